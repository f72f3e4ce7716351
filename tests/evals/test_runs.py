import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from evals.cases import Case, Dataset, Gold
from evals.evaluate import evaluate
from evals.purged import ERASED
from evals.records import Record
from evals.runs import Run, forget, kept, key_of, library_fingerprint, read
from evals.temporary import store
from qa.domain import Article, LoadedArticle
from qa.errors import CaseError
from qa.library import Library
from tests.evals.makers import FakeAnswers, FakeShelf, article, evidence, record
from tests.fakes import FakeEmbedder

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


def test_the_articles_that_a_data_set_brings_make_its_key() -> None:
    """Their temporary library has each in its first version, whatever it says."""
    brought = [(("rates.txt", LoadedArticle("Rates", text)),) for text in ("Rates rose.", "Rates rose. Why?")]
    keys = {key_of(Dataset("news", CASES, articles), SHELF, "footnote", {}) for articles in (*brought, *brought)}

    assert len(keys) == 2
    odd = Dataset("news", CASES, (("\udce4.txt", LoadedArticle("\ud83d", "Rates.")),))
    assert key_of(odd, FakeShelf(article(1, "\udce4.txt", "")), "footnote", {}) not in keys


def test_the_fingerprint_of_a_library_does_not_depend_on_the_order() -> None:
    other = article(2, "b", "")

    assert library_fingerprint(FakeShelf(RATES, other)) == library_fingerprint(FakeShelf(other, RATES))
    assert library_fingerprint(FakeShelf(RATES)) != library_fingerprint(FakeShelf(other))


def test_a_library_made_anew_in_the_same_folder_is_another_unless_it_holds_the_same(tmp_path: Path) -> None:
    texts = [
        {"rates.txt": "Rates rose.", "b.txt": "Nobody knew."},
        {"b.txt": "Nobody knew.", "rates.txt": "Rates rose."},
        {"rates.txt": "Rates fell.", "b.txt": "Nobody knew."},
    ]
    prints = []
    for held in texts:
        embedder = FakeEmbedder()
        with Library.open(tmp_path / "library", embedder.stamp, index="exact") as library:
            list(store([(uri, LoadedArticle("News", text)) for uri, text in held.items()], library, embedder))
            prints.append(library_fingerprint(library))
        shutil.rmtree(tmp_path / "library")

    assert prints[0] == prints[1] != prints[2]


def test_newest_runs_first(tmp_path: Path) -> None:
    first = Run(tmp_path, "b-set", "1" * 12).finish({}, [])
    second = Run(tmp_path, "a-set", "2" * 12).finish({}, [])

    assert kept(tmp_path) == [second, first]


def test_what_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="is not a kept run"):
        read(tmp_path)


@pytest.mark.parametrize("line", ["", "{", "[]", "7", "null", '{"id": "x"}', '{"id": "x", "colour": 1}', "\x00" * 50])
def test_a_line_that_makes_no_sense_is_asked_again_and_the_others_are_kept(tmp_path: Path, line: str) -> None:
    run = Run(tmp_path, "news", "key")
    run.append(record(1))
    (part,) = tmp_path.iterdir()
    part.write_text(f"{part.read_text()}{line}\n")
    run.append(record(2))

    assert list(run.records()) == ["case 1", "case 2"]


def test_bytes_that_are_no_text_spoil_only_their_own_line(tmp_path: Path) -> None:
    run = Run(tmp_path, "news", "key")
    run.append(record(1))
    (part,) = tmp_path.iterdir()
    part.write_bytes(part.read_bytes() + b"\xff\xfe{\n")

    assert list(run.records()) == ["case 1"]


def test_of_two_records_of_a_case_the_later_counts(tmp_path: Path) -> None:
    run = Run(tmp_path, "news", "key")
    run.append(record(1, error="broke"))
    run.append(record(1, confidence=0.25))

    assert run.records()["case 1"].confidence == 0.25


def test_runs_of_another_key_are_not_mixed_in(tmp_path: Path) -> None:
    Run(tmp_path, "news", "one").append(record(1))

    assert Run(tmp_path, "news", "other").records() == {}


@pytest.mark.parametrize("lines", ["{", "[]", '{"id": 1}', "\x00"])
def test_a_kept_run_with_broken_records_is_refused(tmp_path: Path, lines: str) -> None:
    kept_run = Run(tmp_path, "news", "key").finish({}, [record(1)])
    (kept_run / "records.jsonl").write_text(lines)

    with pytest.raises(CaseError, match="is not a kept run"):
        read(kept_run)


def test_everything_of_a_record_survives_the_disk(tmp_path: Path) -> None:
    full = record(
        1,
        question="Wer? \u2028 \U0001f98a",
        gold=("a", "b"),
        sentences=((0, 1), ()),
        cited=((1,),),
        supports=(1.0, 0.5),
        timings_ms={"read": 1.5},
    )
    run = Run(tmp_path, "news", "key")
    run.append(full)

    assert run.records() == {"case 1": full}
    assert read(run.finish({"cases": 1}, [full])) == ({"cases": 1}, [full])


def test_a_purged_article_leaves_kept_runs_and_those_under_way_and_the_figures_stay(tmp_path: Path) -> None:
    rates, other = article(1, "file:///news/rates.txt", "Rates rose."), article(2, "strike.txt", "Players struck.")
    strike = Case("strike", "Who struck?", (Gold("strike.txt", "Players struck."),))
    gone = Case("gone", "Who lost?", (Gold("news/rates.txt", "Rates fell."),))
    shelf, dataset = FakeShelf(rates, other), Dataset("news", (*CASES, strike, gone))
    answers = {case.question: (evidence(rates, "Rates rose."),) for case in CASES}
    answers[strike.question] = (evidence(other, "Players struck."),)
    with pytest.raises(KeyboardInterrupt):
        evaluate(dataset, Stopped(answers), shelf, runs=tmp_path, draws=0)
    evaluate(dataset, FakeAnswers(answers), shelf, runs=tmp_path, draws=0, system="whole")
    (run,) = kept(tmp_path)
    before = read(run)
    written = [file for file in tmp_path.rglob("*") if file.is_file() and "Rates" in file.read_text()]
    assert len(written) == 3

    assert forget(tmp_path, rates.uri) == 2 + len(CASES) + 1
    assert not any("Rates" in file.read_text() for file in tmp_path.rglob("*") if file.is_file())
    stored, records = read(run)
    assert (stored["metrics"], len(records)) == (before[0]["metrics"], len(before[1]))
    assert [one.question for one in records] == [ERASED] * len(CASES) + [strike.question, ERASED]
    assert records[4] == before[1][4]
    assert [one.sentences for one in records] == [one.sentences for one in before[1]]
    assert forget(tmp_path, rates.uri) == 0
    assert forget(tmp_path / "none", "a") == 0


class Purging(FakeShelf):
    """Loses an article as `footnote library remove --purge` does: its text, then what the kept runs say of it."""

    def purge(self, gone: Article, folder: Path) -> None:
        del self._articles[gone.article_id]
        forget(folder, gone.uri)


class Ingesting(FakeAnswers):
    """The article of its evidence is ingested when the first question is asked."""

    shelf: Purging

    def consider(self, question, turns=(), filters=None):
        if not self.asked:
            self.shelf._articles[RATES.article_id] = RATES
        return super().consider(question, turns)


class PurgingJudge:
    """Somebody purges an article while the judge looks at the answer with that number, before it is kept."""

    def __init__(self, at: int, purge: Callable[[], None]) -> None:
        self._left, self._purge = at, purge

    def judged(self, one: Record) -> Record:
        self._left -= 1
        if self._left == 0:
            self._purge()
        return one


@pytest.mark.parametrize("at", [1, 3, 5])
@pytest.mark.parametrize("there", [True, False], ids=["there at the start", "ingested meanwhile"])
def test_an_article_that_is_purged_during_a_run_does_not_come_back(tmp_path: Path, at: int, there: bool) -> None:
    """All five answers quote it; the fourth case has its gold elsewhere, the fifth was made from it and has none."""
    other = article(2, "strike.txt", "Players struck.")
    strike = Case("strike", "Who struck?", (Gold("strike.txt", "Players struck."),))
    made = Case("made", "What of Rates?", about=RATES.uri)
    dataset = Dataset("news", (*CASES[:3], strike, made))
    shelf = Purging(RATES, other) if there else Purging(other)
    answers = Ingesting({case.question: (evidence(RATES, "Rates rose."),) for case in dataset.cases})
    answers.shelf = shelf
    judge = PurgingJudge(at, lambda: shelf.purge(RATES, tmp_path))
    under_way = list[str]()

    def progress(done: int, total: int) -> None:
        under_way.extend(file.read_text() for file in tmp_path.rglob("*.part.jsonl") if done >= at)

    report, records = evaluate(dataset, answers, shelf, runs=tmp_path, draws=0, judge=judge, progress=progress)
    (run,) = kept(tmp_path)
    assert len(under_way) == 6 - at
    assert not [text for text in under_way if "Rates" in text]
    assert not [file for file in run.iterdir() if "Rates" in file.read_text()]
    assert "Rates" not in json.dumps(report)
    assert "Rates" not in str(records)
    assert [one.id for one in records] == [case.id for case in dataset.cases]
    assert report["cases"] == 5


def test_an_article_that_is_removed_during_a_run_stays_quotable(tmp_path: Path) -> None:
    listed = [RATES]

    class Removing(FakeShelf):
        def articles(self):
            return listed

    evaluate(DATASET, FakeAnswers(found()), Removing(RATES), runs=tmp_path, draws=0, progress=lambda *_: listed.clear())
    (run,) = kept(tmp_path)
    assert [one.text for one in read(run)[1]] == ["Rates rose. [1]"] * 4
