"""The weight of similarity beside the network, on tables made by hand."""

import numpy as np
import pytest

from evals.reading.blend import (
    NEVER,
    UNSURE,
    best_clear,
    best_enough,
    best_margin,
    best_scale,
    best_weight,
    reciprocal_rank,
)
from qa.composer import MARGIN
from qa.model_reader import USUAL


def test_the_rank_of_the_first_gold_sentence_counts() -> None:
    # By the network alone gold is third; with similarity at weight 1 the scores are 3, 2, 4.
    table = np.array([[3.0, 0.0, 0], [2.0, 0.0, 0], [1.0, 3.0, 1]])
    assert reciprocal_rank([table], 0.0) == pytest.approx(1 / 3)
    assert reciprocal_rank([table], 1.0) == 1.0


def test_without_gold_there_is_no_rank() -> None:
    table = np.array([[3.0, 0.0, 0], [2.0, 0.0, 0]])
    assert reciprocal_rank([table, np.array([[1.0, 0.0, 1]])], 0.5) == 0.5


def test_the_smallest_weight_that_does_best_is_chosen() -> None:
    # Gold comes first where 1 + 3w > 3, from 0.67 on: 0.8 is the first of the weights beyond it.
    gold_near = np.array([[3.0, 0.0, 0], [1.0, 3.0, 1]])
    assert best_weight([gold_near]) == 0.8
    assert best_weight([np.array([[3.0, 0.0, 1], [1.0, 3.0, 0]])]) == 0.0


def test_against_each_other_the_more_wins() -> None:
    near, far = np.array([[3.0, 0.0, 0], [1.0, 3.0, 1]]), np.array([[3.0, 0.0, 1], [1.0, 3.0, 0]])
    assert best_weight([near, near, far]) == 0.8
    assert best_weight([near, far, far]) == 0.0


def test_the_margin_is_where_showing_a_span_begins_to_pay() -> None:
    # Gains in order: +0.5, +0.3, -0.5, +0.1. Most after two: what is above the third's margin is shown.
    assert best_margin([(5.0, 1.0), (4.0, 0.8), (3.0, 0.0), (2.0, 0.6)]) == 3.0


def test_where_no_span_pays_none_is_above_the_margin() -> None:
    assert best_margin([(5.0, 0.0), (4.0, 0.2)]) == 5.0
    assert best_margin([]) == 0.0


def test_where_every_span_pays_all_are_above_it() -> None:
    assert best_margin([(5.0, 1.0), (4.0, 0.9)]) < 4.0


def test_the_scale_puts_the_claims_that_pay_within_the_composer_s_margin() -> None:
    # Below the first stand, of the first table, gold at 1 and none at 2; of the second none at 3 and at 4.
    # Gains in order: +0.88, -0.12, -0.12, -0.12. Most after one: a gap of 1 is the widest that pays.
    first, second = holding((5.0, 0b1), (4.0, 0b10), (3.0, 0)), holding((5.0, 0b1), (2.0, 0), (1.0, 0))
    assert best_scale([first, second], 0.0) == pytest.approx(1 / MARGIN)
    # With similarity the gold of the first table stands 2 below: (5 + 1) - (4 + 0).
    first[0, 1] = 1.0
    assert best_scale([first, second], 1.0) == pytest.approx(2 / MARGIN)


def test_a_further_sentence_that_says_the_same_does_not_pay() -> None:
    # The second holds the first's part again: -0.12. Without any that pays, the least that can be is within the margin.
    assert best_scale([holding((5.0, 0b1), (4.0, 0b1))], 0.0) == pytest.approx(1 / MARGIN)
    assert best_scale([holding((5.0, 0b1), (4.9, 0b1), (4.0, 0b11))], 0.0) == pytest.approx(1 / MARGIN)
    assert best_scale([holding((5.0, 0b1), (4.9, 0b1), (4.0, 0b1))], 0.0) == pytest.approx(0.1 / MARGIN)


def test_without_further_sentences_the_scale_is_one() -> None:
    assert best_scale([holding((5.0, 0b1))], 0.0) == 1.0


def holding(*rows: tuple[float, int]) -> np.ndarray:
    """(score, the bits of the parts it holds) a sentence."""
    return np.array([(score, 0.0, bits > 0, 1, bits) for score, bits in rows])


def read_in_part(*rows: tuple[float, int, int]) -> np.ndarray:
    """(score, gold, its passage's place) a sentence."""
    return np.array([(score, 0.0, gold, place) for score, gold, place in rows])


def test_the_first_passages_are_clear_where_what_is_not_read_is_not_missed() -> None:
    # Gold of the first table is among what is read first, at 2.2; of the second among the rest, and what is read first
    # stands at 1.3. From 1.5 on the second is read whole, and nothing is lost; below, its gold is not found.
    found = read_in_part((2.2, 1, 1), (1.0, 0, 2))
    missed = read_in_part((1.3, 0, 1), (4.0, 1, 2))
    assert best_clear([found, missed], 0.0) == 1.5


def test_where_the_rest_is_always_needed_the_first_passages_are_never_clear() -> None:
    assert best_clear([read_in_part((50.0, 0, 1), (60.0, 1, 2))], 0.0) == NEVER


def test_the_last_passages_are_read_of_the_questions_whose_usual_ones_are_least_sure() -> None:
    usual = USUAL - 1
    tables = [read_in_part((float(best), 0, 0), (best - 2.0, 0, usual), (99.0, 1, USUAL)) for best in range(11)]
    assert best_enough(tables) == UNSURE * 10
    assert best_enough([]) == NEVER
