"""From cases and an answerer to records and a report."""

import json
from dataclasses import replace
from zlib import crc32

import pytest

from evals.cases import Case, Dataset, Gold
from evals.evaluate import Asking, evaluate
from evals.records import from_row, to_row
from evals.report import as_text
from qa.domain import Turn
from tests.evals.makers import FakeAnswers, FakeShelf, article, evidence, ranked

RATES = article(1, "/news/rates.txt", "Rates rose on Friday. Nobody knew why.")
STRIKE = article(2, "/news/strike.txt", "Players went on strike. It lasted a day.")
SHELF = FakeShelf(RATES, STRIKE)
ROSE, NOBODY = evidence(RATES, "Rates rose on Friday."), evidence(RATES, "Nobody knew why.")
STRUCK = evidence(STRIKE, "Players went on strike.")
CASES = (
    Case("first", "When?", (Gold("rates.txt", "Rates rose on Friday."),), answers=("Friday",), kind="date"),
    Case("second", "Who?", (Gold("strike.txt", "Players went on strike."),), kind="who"),
    Case("none", "Where?", kind="unanswerable"),
)
FOUND = {"When?": (ROSE, NOBODY), "Who?": (NOBODY, STRUCK), "Where?": (NOBODY,)}


def answers(**changes) -> FakeAnswers:
    passages = {"When?": (ranked(RATES),), "Who?": (ranked(RATES), ranked(STRIKE))}
    return FakeAnswers(FOUND, passages, {"When?": 0.9, "Who?": 0.8, "Where?": 0.1}, **changes)


def test_the_report_of_three_cases() -> None:
    report, records = evaluate(Dataset("news", CASES), answers(), SHELF, draws=50)
    metrics = report["metrics"]

    assert (report["dataset"], report["cases"], len(records)) == ("news", 3, 3)
    # Gold first for "When?", second for "Who?": hit@1 1/2, mrr (1 + 1/2) / 2.
    assert (metrics["hit@1"], metrics["hit@3"], metrics["mrr"]) == (0.5, 1, 0.75)
    assert (metrics["article_hit@1"], metrics["passage_hit@1"], metrics["passage_hit@2"]) == (0.5, 0.5, 1)
    # Each answer cites its first sentence: right for one of two.
    assert (metrics["citation_precision"], metrics["citation_recall"]) == (0.5, 0.5)
    assert (metrics["refusal_precision"], metrics["refusal_recall"], metrics["auroc"]) == (1, 1, 1)
    assert (metrics["answer_containment"], metrics["quote_exactness"], metrics["failure_rate"]) == (1, 1, 0)
    assert report["counts"]["hit@1"] == 2
    assert report["counts"]["answer_containment"] == 1
    assert "answer_f1" not in metrics
    low, high = report["intervals"]["hit@1"]
    assert low <= 0.5 <= high


def test_kinds_of_question_apart() -> None:
    report, _ = evaluate(Dataset("news", CASES), answers(), SHELF, draws=0)

    assert report["by_kind"]["date"]["hit@1"] == 1
    assert report["by_kind"]["who"]["hit@1"] == 0
    assert report["by_kind"]["unanswerable"]["cases"] == 1
    assert "hit@1" not in report["by_kind"]["unanswerable"]
    assert report["intervals"] == {}


def test_a_case_that_crashes_is_a_failure_and_the_rest_goes_on() -> None:
    report, _ = evaluate(Dataset("news", (Case("bad", "crash"), *CASES)), answers(), SHELF, draws=0)

    assert report["failures"] == [{"id": "bad", "question": "crash", "error": "ValueError: no such thing"}]
    # One of four cases; the metrics are of the other three.
    assert report["metrics"]["failure_rate"] == 0.25
    assert report["metrics"]["hit@1"] == 0.5
    assert (report["cases"], report["counts"]["scored"]) == (4, 3)


def test_gold_that_the_library_lacks_is_listed_and_its_case_set_apart() -> None:
    lost = Case("lost", "When?", (Gold("rates.txt", "Rates fell."),))
    report, _ = evaluate(Dataset("news", (lost, *CASES)), answers(), SHELF, draws=0)

    assert [(gold["id"], gold["quote"]) for gold in report["missing_gold"]] == [("lost", "Rates fell.")]
    assert report["without_gold"] == ["lost"]
    assert report["metrics"]["hit@1"] == 0.5
    assert "Rates fell." in as_text(report)


def test_earlier_turns_are_handed_over() -> None:
    asked = answers()
    turn = Turn("Did rates rise?", "They did.")
    evaluate(Dataset("news", (Case("q", "When?", CASES[0].gold, (turn,)),)), asked, SHELF, draws=0)

    assert asked.asked[0][1] == (turn,)


def test_a_case_can_be_asked_of_its_own_article_alone() -> None:
    asked = answers()
    report, records = evaluate(Dataset("news", CASES), asked, SHELF, asking=Asking(own_article=True), draws=0)

    # "Where?" has no gold, and so no article of its own.
    assert [record.id for record in records] == ["first", "second"]
    assert [filters.article_ids for _, _, filters in asked.asked] == [{1}, {2}]
    assert report["settings"]["own_article"] is True


def test_only_what_was_kept_apart_from_training_is_asked() -> None:
    cases = tuple(Case(str(number), "When?") for number in range(40))
    _, records = evaluate(Dataset("news", cases), answers(), SHELF, asking=Asking(kept_apart=3, limit=5), draws=0)

    # CRC-32 of "0" is 4108050209 and ends in 9: training has it.
    assert [record.id for record in records] == [str(n) for n in range(40) if crc32(str(n).encode()) % 10 < 3][:5]


def test_withheld_articles_make_questions_without_an_answer() -> None:
    asked = answers()
    report, records = evaluate(Dataset("news", CASES), asked, SHELF, asking=Asking(withheld=True), draws=0)

    assert [record.id for record in records[3:]] == ["first/withheld", "second/withheld"]
    assert [filters.excluded_ids for _, _, filters in asked.asked[3:]] == [{1}, {2}]
    assert not any(record.answerable for record in records[3:])
    # "When?" has nothing left and is refused; "Who?" still finds the wrong article and is answered at 0.8:
    # of three questions without an answer ("Where?" is the third) two are refused.
    assert report["metrics"]["refusal_recall"] == pytest.approx(2 / 3)
    assert report["metrics"]["hit@1"] == 0.5
    assert report["settings"]["withheld"] is True


def test_a_broad_question_is_not_asked_with_its_article_withheld() -> None:
    cases = (CASES[0], replace(CASES[1], kind="broad"))
    _, records = evaluate(Dataset("news", cases), answers(), SHELF, asking=Asking(withheld=True), draws=0)

    assert [record.id for record in records] == ["first", "second", "first/withheld"]


def test_a_quote_that_is_not_in_the_article_is_seen() -> None:
    made_up = replace(ROSE, quote="Rates fell on Friday.")
    report, _ = evaluate(Dataset("news", CASES[:1]), FakeAnswers({"When?": (made_up,)}), SHELF, draws=0)

    assert report["metrics"]["quote_exactness"] == 0


def test_progress_is_told_after_every_case() -> None:
    told: list[tuple[int, int]] = []
    evaluate(Dataset("news", CASES), answers(), SHELF, draws=0, progress=lambda *at: told.append(at))

    assert told == [(1, 3), (2, 3), (3, 3)]


def test_records_survive_json() -> None:
    _, records = evaluate(Dataset("news", CASES), answers(), SHELF, draws=0)

    assert [from_row(json.loads(json.dumps(to_row(record)))) for record in records] == records
    assert records[0].shown[0].quote == "Rates rose on Friday."
    assert [shown.number for shown in records[0].shown] == [1]


def test_the_same_run_gives_the_same_figures() -> None:
    one, _ = evaluate(Dataset("news", CASES), answers(), SHELF, draws=100)
    other, _ = evaluate(Dataset("news", CASES), answers(), SHELF, draws=100)
    timed = {name for name in one["metrics"] if name.startswith("seconds")}

    assert one["intervals"] == other["intervals"]
    assert {n: v for n, v in one["metrics"].items() if n not in timed} == {
        n: v for n, v in other["metrics"].items() if n not in timed
    }


def test_the_text_names_metrics_kinds_and_failures() -> None:
    report, _ = evaluate(Dataset("news", (Case("bad", "crash"), *CASES)), answers(), SHELF, draws=20)
    text = as_text(report)

    assert "news: 4 cases asked of footnote" in text
    assert any(line.split()[:2] == ["hit@1", "0.500"] for line in text.splitlines())
    assert any(line.split()[:2] == ["date", "1"] for line in text.splitlines())
    assert "Failed: 1\n  bad: ValueError: no such thing" in text
