from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import terms
from qa.fusion import fuse, standardise

SCORES = st.lists(st.integers(-100, 100).map(float), min_size=2, max_size=8).map(np.array)


def test_common_words_and_possessives_are_left_out() -> None:
    assert terms.content("What did the minister's advisers say about Shell's reserves?") == [
        "minister",
        "advisers",
        "shell",
        "reserves",
    ]


def test_a_question_of_common_words_keeps_them() -> None:
    assert terms.content("Who are they?") == ["who", "are", "they"]


def test_contractions_of_common_words_are_common() -> None:
    assert terms.content("Why didn't they say what's wrong? I'm sure it can't, won't or isn't.") == ["wrong", "sure"]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("O’Brien's", ["o'brien"]),
        ("Beyoncé and Erdoğan", ["beyonce", "and", "erdogan"]),
        ("Zürich, Zu\u0308rich", ["zurich", "zurich"]),
        ("Straße", ["straße"]),
        ("Ёлка й", ["ёлка", "й"]),
        ("AT&T, M&S, Marks&Spencer", ["at&t", "m&s", "marks", "spencer"]),
    ],
)
def test_words_are_folded_as_the_full_text_folds_them(text: str, folded: list[str]) -> None:
    assert terms.words(text) == folded


def test_digits_and_other_scripts_count() -> None:
    assert terms.content("7 dwarfs in 東京") == ["7", "dwarfs", "東京"]


@given(st.text(max_size=3_000))
def test_never_more_terms_than_the_full_text_takes(text: str) -> None:
    found = terms.content(text)
    assert len(found) <= terms.MOST
    assert len(set(found)) == len(found)
    assert all(found)


def test_overlap_is_the_share_in_common() -> None:
    # {a, b, c} and {b, c, d}: two in common of four.
    assert terms.overlap(["a", "b", "c"], ["b", "c", "d"]) == 0.5
    assert terms.overlap([], []) == 0.0


def test_standardised_scores_have_mean_0_and_deviation_1() -> None:
    # 1, 2, 3: mean 2, deviation sqrt(2/3); (3 - 2) / 0.8165 = 1.2247
    assert standardise(np.array([1.0, 2.0, 3.0])) == pytest.approx([-1.2247, 0, 1.2247], abs=1e-4)


def test_equal_scores_say_nothing() -> None:
    assert standardise(np.array([5.0, 5.0])).tolist() == [0.0, 0.0]
    assert standardise(np.array([])).tolist() == []


def test_fusion_is_the_weighted_sum() -> None:
    sides = {"meaning": np.array([1.0, 3.0]), "words": np.array([4.0, 0.0])}
    # standardised: [-1, 1] and [1, -1]; 2 * [-1, 1] + 0.5 * [1, -1] = [-1.5, 1.5]
    assert fuse(sides, {"meaning": 2.0, "words": 0.5}).tolist() == [-1.5, 1.5]


def test_a_side_without_a_weight_is_an_error() -> None:
    with pytest.raises(KeyError):
        fuse({"meaning": np.array([1.0])}, {})


@given(SCORES, st.floats(0.1, 50), st.floats(-50, 50))
def test_the_unit_and_the_origin_of_a_side_s_scores_change_nothing(
    scores: np.ndarray, unit: float, origin: float
) -> None:
    assert standardise(scores * unit + origin) == pytest.approx(standardise(scores), abs=1e-6)


@given(SCORES, st.randoms(use_true_random=False))
def test_the_order_of_the_candidates_changes_no_score(scores: np.ndarray, random: Any) -> None:
    order = list(range(len(scores)))
    random.shuffle(order)
    weights = {"meaning": 1.0, "words": 0.3}
    whole = fuse({"meaning": scores, "words": scores**2}, weights)
    assert fuse({"meaning": scores[order], "words": scores[order] ** 2}, weights) == pytest.approx(whole[order])


@given(SCORES)
def test_one_side_alone_keeps_its_order_and_twice_the_side_adds_nothing_new(scores: np.ndarray) -> None:
    alone = fuse({"meaning": scores}, {"meaning": 2.0})
    assert (np.argsort(alone, kind="stable") == np.argsort(scores, kind="stable")).all()
    both = fuse({"meaning": scores, "again": scores}, {"meaning": 1.0, "again": 1.0})
    assert both == pytest.approx(alone)


@given(st.text(max_size=80), st.text(max_size=80))
def test_overlap_is_the_same_from_both_sides_and_whole_with_itself(one: str, other: str) -> None:
    left, right = terms.content(one), terms.content(other)
    assert terms.overlap(left, right) == terms.overlap(right, left)
    assert 0 <= terms.overlap(left, right) <= 1
    assert terms.overlap(left, left) == (1.0 if left else 0.0)


@given(st.text(max_size=120))
def test_terms_are_the_text_s_own_words_in_its_order(text: str) -> None:
    words, content = terms.words(text), terms.content(text)
    assert all(word in words for word in content)
    assert content == sorted(content, key=words.index)
    assert terms.weighty(text) in ([], content, terms.weighty(text)[: terms.MOST])
    assert terms.words(text.upper()) == words or text.upper().lower() != text.lower()
