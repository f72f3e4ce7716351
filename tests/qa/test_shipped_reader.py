"""The reader that comes with Footnote, as it is set up by default, over the text and Markdown samples."""

from pathlib import Path
from typing import Any

import pytest

from evals.cases import Dataset
from evals.command import evaluate_dataset
from evals.datasets import load as load_cases
from qa.bootstrap import calibration, service
from qa.confidence import Confidence
from qa.domain import Answer
from qa.settings import load

SAMPLES = Path(__file__).parents[2] / "samples"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cases(sample_library: Path) -> Dataset:
    whole = load_cases(SAMPLES / "cases.jsonl")
    held = tuple(case for case in whole.cases if all(gold.uri.endswith((".md", ".txt")) for gold in case.gold))
    return Dataset("samples", held)


def report(cases: Dataset, library: Path, reader: str) -> dict[str, Any]:
    return evaluate_dataset(cases, load(library=library, index="exact", reader=reader))[0]


def test_it_puts_more_right_sentences_first_than_similarity(cases: Dataset, sample_library: Path) -> None:
    read, alone = (report(cases, sample_library, reader) for reader in ("trained", "none"))
    assert read["failures"] == alone["failures"] == []
    assert read["metrics"]["hit@1"] > alone["metrics"]["hit@1"]
    assert read["metrics"]["quote_exactness"] == 1


def test_it_marks_the_words_that_answer(sample_library: Path) -> None:
    wired = service(load(library=sample_library, index="exact", reader="trained"))
    with wired.library:
        reply = wired.answerer.answer("For how much is the stolen silver insured?")
    assert isinstance(reply, Answer)
    assert reply.short_answer is not None
    assert reply.short_answer.text == "£1.9m"
    first = reply.evidence[reply.short_answer.number - 1]
    assert first.quote.startswith("The silver is insured for £1.9m")


def test_its_confidence_was_fitted_with_it() -> None:
    beside = calibration(load(reader="trained"))
    assert beside.parent.name == "models"
    assert "answers" in Confidence.load(beside).weights
