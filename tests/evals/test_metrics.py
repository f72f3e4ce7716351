"""Scores of one case, each worked out by hand."""

import pytest

from evals.metrics import by_case, containment, exact_match, f1, token_f1
from evals.records import Record
from qa.support import UNSUPPORTED
from tests.evals.makers import record


def scores(of: Record) -> dict[str, float]:
    return by_case([of])[of.id]


def test_citations_of_three_sentences_two_of_them_gold() -> None:
    found = scores(record(gold_parts=3, cited=((0,), (), (2,))))

    # Two of three cited sentences are gold: 2/3. Two of three parts are cited: 2/3. F1 of equal numbers: 2/3.
    assert found["citation_precision"] == pytest.approx(2 / 3)
    assert found["citation_recall"] == pytest.approx(2 / 3)
    assert found["citation_f1"] == pytest.approx(2 / 3)


def test_citing_two_alternatives_of_one_part() -> None:
    found = scores(record(gold_parts=2, cited=((0,), (0,))))

    # Both cited sentences are gold: 1. One of two parts: 1/2. F1 = 2 x 1 x 0.5 / 1.5 = 2/3.
    assert found["citation_precision"] == 1
    assert found["citation_recall"] == 0.5
    assert found["citation_f1"] == pytest.approx(2 / 3)


def test_an_answer_that_cites_nothing_has_no_precision_and_no_recall_left() -> None:
    found = scores(record(cited=()))

    assert "citation_precision" not in found
    assert found["citation_recall"] == 0
    assert found["citation_f1"] == 0


def test_citations_do_not_apply_to_refusals_and_to_questions_without_gold() -> None:
    refused = scores(record(refused=True, cited=()))
    without_gold = scores(record(answerable=False, gold_parts=0, cited=((),)))

    assert not [name for name in refused if name.startswith("citation")]
    assert not [name for name in without_gold if name.startswith("citation")]


def test_quote_exactness_is_the_share_of_quotes_that_stand_in_the_article() -> None:
    assert scores(record(quotes=4, exact_quotes=3))["quote_exactness"] == 0.75
    assert scores(record(refused=True, quotes=2, exact_quotes=1))["quote_exactness"] == 0.5
    assert "quote_exactness" not in scores(record(quotes=0))
    assert "quote_exactness" not in scores(record(refused=True, quotes=0))


def test_dangling_and_dropped_citations_are_counted_of_answers_only() -> None:
    found = scores(record(dangling=2, dropped=1))

    assert (found["dangling_citations"], found["dropped_citations"]) == (2, 1)
    assert "dangling_citations" not in scores(record(refused=True))


def test_tokens_and_cost_are_of_written_answers() -> None:
    found = scores(record(tokens_read=2_000, tokens_written=100, cost=0.0012))
    assert (found["tokens_read"], found["tokens_written"], found["cost"]) == (2_000, 100, 0.0012)
    assert not {"tokens_read", "tokens_written", "cost"} & scores(record()).keys()
    assert "cost" not in scores(record(tokens_read=2_000, tokens_written=100))


def test_citation_support_is_the_share_of_citations_that_bear_their_claim() -> None:
    # Of four, one reaches what counts as borne out and one is above it.
    supports = (UNSUPPORTED, 1.0, 0.0, UNSUPPORTED - 0.01)
    assert scores(record(supports=supports))["citation_support"] == 0.5
    assert "citation_support" not in scores(record())


def test_unsupported_claims_are_their_share_of_an_answer_s_claims() -> None:
    assert scores(record(claims=3, unsupported=1))["unsupported_claims"] == pytest.approx(1 / 3)
    assert scores(record(claims=2))["unsupported_claims"] == 0
    assert "unsupported_claims" not in scores(record())
    assert "unsupported_claims" not in scores(record(refused=True, claims=3, unsupported=1))


def test_ranking_scores_are_those_of_the_record() -> None:
    found = scores(record(sentences=((), (0,)), passages=((0,),), articles=((), (0,))))

    assert (found["hit@1"], found["hit@3"], found["mrr"]) == (0, 1, 0.5)
    assert (found["passage_hit@1"], found["article_hit@1"], found["article_hit@4"]) == (1, 0, 1)


def test_ranking_does_not_apply_without_gold() -> None:
    found = scores(record(answerable=False, gold_parts=0, sentences=((), ())))

    assert not [name for name in found if "@" in name or name == "mrr"]


def test_a_crashed_case_and_one_whose_gold_is_missing_have_no_scores() -> None:
    crashed, missing = record(1, error="broke"), record(2, gold_parts=0)

    assert by_case([crashed, missing]) == {}


def test_answers_are_compared_only_where_there_is_something_to_compare() -> None:
    short = scores(record(short_answer="the Fed", text="The Fed raised rates. [1]", answers=("Fed",)))
    long = scores(record(text="The Fed raised rates. [1]", answers=("Fed",)))
    open_ended = scores(record(text="The Fed raised rates. [1]", answers=()))

    assert (short["answer_exact_match"], short["answer_f1"], short["answer_containment"]) == (1, 1, 1)
    assert long["answer_containment"] == 1
    assert "answer_f1" not in long
    assert not [name for name in open_ended if name.startswith("answer")]


def test_exact_match_forgives_case_articles_and_punctuation() -> None:
    assert exact_match("The  Fed.", ["a bank", "fed"]) == 1
    assert exact_match("The Fed board", ["fed"]) == 0
    assert exact_match("anything", []) == 0


def test_token_f1_of_the_best_accepted_answer() -> None:
    # "raised rates today" against "raised rates": shared 2, precision 2/3, recall 1 -> 2 x 2/3 / (5/3) = 0.8.
    assert token_f1("raised rates today", ["nothing", "raised the rates"]) == pytest.approx(0.8)
    # A word said twice is shared only as often as both say it: shared 1 of 2 and of 1 -> 2 x 0.5 / 1.5 = 2/3.
    assert token_f1("rates rates", ["rates"]) == pytest.approx(2 / 3)
    assert token_f1("rates", []) == 0
    assert token_f1("the", ["a"]) == 1


def test_the_number_of_a_footnote_is_no_answer() -> None:
    found = by_case(
        [record(1, text="Several were hurt. [1][2]", answers=("2",)), record(2, text="2.[1]", answers=("2",))]
    )

    assert [scores["answer_containment"] for scores in found.values()] == [0, 1]


def test_containment_is_of_whole_words() -> None:
    assert containment("It rose by 15 percent.", ["15"]) == 1
    assert containment("It rose by 150 percent.", ["15"]) == 0
    assert containment("It rose.", ["."]) == 0


def test_f1_of_nothing_is_zero() -> None:
    assert f1(0, 0) == 0
    assert f1(1, 0.5) == pytest.approx(2 / 3)
