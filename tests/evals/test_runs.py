from pathlib import Path

import pytest

from evals.cases import Case, Dataset, Gold
from evals.evaluate import evaluate
from evals.runs import Run, kept, key_of, library_fingerprint, read
from qa.errors import CaseError
from tests.evals.makers import FakeAnswers, FakeShelf, article, evidence, record

RATES = article(1, "rates.txt", "Rates rose.")
SHELF = FakeShelf(RATES)
CASES = tuple(Case(f"case {n}", f"When {n}?", (Gold("rates.txt", "Rates rose."),)) for n in range(4))
DATASET = Dataset("news", CASES)


class Stopped(FakeAnswers):
    """Ctrl-C at the third question."""

    def consider(self, question, turns=(), filters=None):
        if len(self.asked) == 2:
            raise KeyboardInterrupt
        return super().consider(question, turns)


def found() -> dict:
    return {case.question: (evidence(RATES, "Rates rose."),) for case in CASES}


def test_a_run_is_kept_and_read_back(tmp_path: Path) -> None:
    report, records = evaluate(DATASET, FakeAnswers(found()), SHELF, runs=tmp_path, draws=10)

    (run,) = kept(tmp_path)
    assert str(run) == report["run"]
    assert list(tmp_path.iterdir()) == [run]
    stored, again = read(run)
    assert again == records
    assert stored["metrics"] == report["metrics"]


def test_a_run_that_was_stopped_goes_on_where_it_stood(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        evaluate(DATASET, Stopped(found()), SHELF, runs=tmp_path, draws=0)
    answers = FakeAnswers(found())
    report, records = evaluate(DATASET, answers, SHELF, runs=tmp_path, draws=0)

    assert [question for question, _, _ in answers.asked] == ["When 2?", "When 3?"]
    assert [one.id for one in records] == [case.id for case in CASES]
    whole, _ = evaluate(DATASET, FakeAnswers(found()), SHELF, draws=0)
    assert report["metrics"]["hit@1"] == whole["metrics"]["hit@1"] == 1


def test_a_finished_run_is_asked_anew(tmp_path: Path) -> None:
    evaluate(DATASET, FakeAnswers(found()), SHELF, runs=tmp_path, draws=0)
    answers = FakeAnswers(found())
    evaluate(DATASET, answers, SHELF, runs=tmp_path, draws=0)

    assert len(answers.asked) == 4


def test_a_record_that_was_cut_off_is_asked_again(tmp_path: Path) -> None:
    run = Run(tmp_path, "news", "key")
    run.append(record(1))
    run.append(record(2))
    (part,) = tmp_path.iterdir()
    part.write_text(part.read_text()[:-20])

    assert list(run.records()) == ["case 1"]
    run.append(record(2))
    assert list(run.records()) == ["case 1", "case 2"]


def test_failed_cases_are_asked_again(tmp_path: Path) -> None:
    run = Run(tmp_path, "news", "key")
    run.append(record(1, error="broke"))

    assert run.records() == {}


def test_what_a_run_depends_on_makes_its_key() -> None:
    keys = {
        key_of(DATASET, SHELF, "footnote", {"passages": 8}),
        key_of(DATASET, SHELF, "footnote", {"passages": 4}),
        key_of(DATASET, SHELF, "baseline", {"passages": 8}),
        key_of(Dataset("news", CASES[:2]), SHELF, "footnote", {"passages": 8}),
        key_of(DATASET, FakeShelf(RATES, article(2, "b", "")), "footnote", {"passages": 8}),
    }

    assert len(keys) == 5
    assert key_of(DATASET, SHELF, "footnote", {"passages": 8}) in keys


def test_the_fingerprint_of_a_library_does_not_depend_on_the_order() -> None:
    other = article(2, "b", "")

    assert library_fingerprint(FakeShelf(RATES, other)) == library_fingerprint(FakeShelf(other, RATES))
    assert library_fingerprint(FakeShelf(RATES)) != library_fingerprint(FakeShelf(other))


def test_newest_runs_first(tmp_path: Path) -> None:
    first = Run(tmp_path, "b-set", "1" * 12).finish({}, [])
    second = Run(tmp_path, "a-set", "2" * 12).finish({}, [])

    assert kept(tmp_path) == [second, first]


def test_what_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="is not a kept run"):
        read(tmp_path)
