"""Ranking scores, by hand and against ir-measures used directly."""

from math import log2

import ir_measures
import pytest
from ir_measures import RR, R, Success, nDCG

from evals.ranking import hit_scores, sentence_scores


def test_gold_at_rank_three_of_one_part() -> None:
    scores = sentence_scores({"q": [(), (), (0,), ()]}, {"q": 1})["q"]

    # First hit at rank 3: not in one, in three, five and ten; reciprocal rank 1/3; the only part is found.
    assert scores["hit@1"] == 0
    assert scores["hit@3"] == scores["hit@5"] == scores["hit@10"] == 1
    assert scores["mrr"] == pytest.approx(1 / 3)
    assert scores["recall@10"] == 1
    # DCG = 1/log2(3+1) = 0.5, ideal DCG = 1/log2(1+1) = 1.
    assert scores["ndcg@10"] == pytest.approx(0.5)


def test_two_parts_of_which_one_is_found() -> None:
    scores = sentence_scores({"q": [(), (1,), ()]}, {"q": 2})["q"]

    # One of two parts in the first ten; DCG = 1/log2(3), ideal = 1/log2(2) + 1/log2(3).
    assert scores["recall@10"] == 0.5
    assert scores["ndcg@10"] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))


def test_a_second_alternative_of_a_part_that_was_found_adds_nothing() -> None:
    one = sentence_scores({"q": [(0,), ()]}, {"q": 1})["q"]
    both = sentence_scores({"q": [(0,), (0,)]}, {"q": 1})["q"]

    assert one == both
    assert one["ndcg@10"] == 1


def test_a_sentence_that_holds_two_parts_finds_both() -> None:
    scores = sentence_scores({"q": [(0, 1)]}, {"q": 2})["q"]

    assert scores["recall@10"] == 1
    assert scores["ndcg@10"] == 1


def test_rank_eleven_is_outside_ten_but_counts_for_mrr() -> None:
    scores = sentence_scores({"q": [()] * 10 + [(0,)]}, {"q": 1})["q"]

    assert scores["hit@10"] == scores["recall@10"] == scores["ndcg@10"] == 0
    assert scores["mrr"] == pytest.approx(1 / 11)


def test_nothing_ranked_scores_zero() -> None:
    assert set(sentence_scores({"q": []}, {"q": 1})["q"].values()) == {0.0}


def test_without_gold_there_is_no_score() -> None:
    assert sentence_scores({"q": [(), ()]}, {"q": 0}) == {}
    assert sentence_scores({}, {}) == {}


def test_passages_hit_at_depths() -> None:
    scores = hit_scores({"q": [(), (), (0,), (1,)]}, {"q": 2}, "passage_hit", (1, 2, 4, 8))["q"]

    assert scores == {"passage_hit@1": 0, "passage_hit@2": 0, "passage_hit@4": 1, "passage_hit@8": 1}


def test_same_as_ir_measures_over_named_sentences() -> None:
    relevant = {"a": {"s1": 1, "s4": 1, "s9": 1}, "b": {"s2": 1}}
    run = {"a": {"s7": 4.0, "s4": 3.0, "s2": 2.0, "s9": 1.0}, "b": {"s1": 2.0, "s2": 1.0}}
    measures = {Success @ 1: "hit@1", RR: "mrr", R @ 10: "recall@10", nDCG @ 10: "ndcg@10"}

    ours = sentence_scores({"a": [(), (1,), (), (2,)], "b": [(), (0,)]}, {"a": 3, "b": 1})

    theirs = list(ir_measures.iter_calc(list(measures), relevant, run))
    assert len(theirs) == 8
    for metric in theirs:
        assert ours[metric.query_id][measures[metric.measure]] == pytest.approx(metric.value)
