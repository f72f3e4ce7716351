"""`footnote eval calibrate` and `fit-ranking` over the samples: from cases to a file that the program reads."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from qa.confidence import Confidence
from qa.features import NAMES
from qa.retriever import SIDES
from qa.weights import Weights
from ui.cli import app

CASES = Path(__file__).parents[2] / "samples" / "cases.jsonl"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOOTNOTE_INDEX", "exact")
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(tmp_path / "none"))


def footnote(*args: object) -> Result:
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


@pytest.mark.slow
def test_weights_are_fitted_written_and_read(sample_library: Path, tmp_path: Path) -> None:
    done = footnote("eval", "fit-ranking", CASES, "--library", sample_library, "--out", "new.json", "--json")
    told = json.loads(done.stdout)
    read = Weights.load(tmp_path / "new.json")

    assert done.exit_code == 0
    assert (dict(read.passages), dict(read.sentences)) == (told["passages"], told["sentences"])
    assert (set(read.passages), set(read.sentences)) == (set(SIDES), set(NAMES))
    assert read.passages["nearest_sentence"] > 0
    assert told["fitted_on"]["cases.jsonl"] > 10


@pytest.mark.slow
def test_a_confidence_is_fitted_written_and_read(sample_library: Path, tmp_path: Path) -> None:
    done = footnote("eval", "calibrate", CASES, "--library", sample_library, "--out", "new.json", "--wrong", "2")
    made = json.loads((tmp_path / "new.json").read_text())

    assert done.exit_code == 0
    assert "Written to new.json." in done.stdout
    assert made["provenance"]["costs"] == {"wrong": 2.0, "refused": 1.0}
    assert made["provenance"]["fitted_on"] == ["cases.jsonl"]
    assert 0 <= Confidence.load(tmp_path / "new.json").threshold <= 1


@pytest.mark.slow
def test_too_few_cases_are_said_and_nothing_is_written(sample_library: Path, tmp_path: Path) -> None:
    done = footnote("eval", "calibrate", CASES, "--library", sample_library, "--out", "new.json", "--limit", 2)

    assert done.exit_code != 0
    assert "too few to fit" in done.stderr
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("command", ["calibrate", "fit-ranking"])
def test_a_file_that_is_not_there(command: str, tmp_path: Path) -> None:
    done = footnote("eval", command, "none.jsonl", "--out", "new.json")

    assert done.exit_code != 0
    assert "none.jsonl: no such file" in done.stderr
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("command", ["calibrate", "fit-ranking"])
def test_a_format_that_is_not_there(command: str, tmp_path: Path) -> None:
    (tmp_path / "cases").write_text("")
    done = footnote("eval", command, "cases:colour")

    assert done.exit_code != 0
    assert "no format 'colour'" in done.stderr


def test_as_many_limits_as_files_or_one() -> None:
    done = footnote("eval", "calibrate", CASES, "--limit", 2, "--limit", 3)
    assert done.exit_code == 2
    assert "2 limits for 1 files" in done.stderr
