import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.statistics import FEW, difference, draws, interval, mean


def test_cases_of_one_article_are_drawn_together() -> None:
    drawn = draws(["a", "b", "a", "c", "d", "e"], count=200)

    assert drawn.shape == (200, 6)
    assert (drawn[:, 0] == drawn[:, 2]).all()
    # Five articles are drawn, with replacement, from five.
    assert (drawn.sum(axis=1) - drawn[:, 2] == 5).all()


@pytest.mark.parametrize("articles", range(1, FEW))
def test_of_few_articles_cases_are_drawn(articles: int) -> None:
    """One article can be drawn in one way only, which would make every figure certain."""
    drawn = draws([str(n % articles) for n in range(40)], count=200)
    bounds = interval(mean(np.array([1.0] * 30 + [0.0] * 10)), drawn)

    assert (drawn.sum(axis=1) == 40).all()
    # Standard error sqrt(.75 x .25 / 40) = 0.068; 0.75 -+ 1.96 x 0.068 = 0.62 .. 0.88.
    assert bounds == pytest.approx((0.62, 0.88), abs=0.04)


def test_the_same_seed_draws_the_same() -> None:
    names = [str(n) for n in range(20)]

    assert (draws(names, 10, seed=1) == draws(names, 10, seed=1)).all()
    assert (draws(names, 10, seed=1) != draws(names, 10, seed=2)).any()


def test_no_cases_no_draws() -> None:
    assert draws([], 5).shape == (5, 0)


def test_a_mean_is_over_the_cases_that_have_a_score() -> None:
    figure = mean(np.array([1.0, np.nan, 0.0, 1.0]))

    # (1 + 0 + 1) / 3, and with weights 2, 5, 1, 0: (2 x 1 + 1 x 0) / (2 + 1).
    assert figure(np.ones(4)) == pytest.approx(2 / 3)
    assert figure(np.array([2.0, 5.0, 1.0, 0.0])) == pytest.approx(2 / 3)
    assert figure(np.array([0.0, 3.0, 0.0, 0.0])) is None


def test_the_interval_of_a_share_is_about_two_standard_errors_wide() -> None:
    values = np.array([1.0] * 60 + [0.0] * 40)
    bounds = interval(mean(values), draws([str(n) for n in range(100)], 2_000))

    # Standard error sqrt(0.6 x 0.4 / 100) = 0.049; 0.6 -+ 1.96 x 0.049 = 0.504 .. 0.696.
    assert bounds is not None
    assert bounds == pytest.approx((0.504, 0.696), abs=0.02)


def test_an_interval_over_articles_is_wider_than_over_cases() -> None:
    values = np.repeat([1.0, 0.0] * 10, 5)
    alone = interval(mean(values), draws([str(n) for n in range(100)]))
    together = interval(mean(values), draws([str(n // 5) for n in range(100)]))

    assert alone is not None
    assert together is not None
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_a_figure_without_values_has_no_interval() -> None:
    assert interval(mean(np.array([np.nan, np.nan])), draws(["a", "b"], 50)) is None


def test_a_difference_sees_the_same_draw_on_both_sides() -> None:
    one, other = np.array([1.0, 0.0, 1.0, 1.0]), np.array([0.5, -0.5, 0.5, 0.5])
    drawn = draws(["a", "b", "c", "d"], 200)

    # Both move together, so their difference is 0.5 in every draw.
    assert interval(difference(mean(one), mean(other)), drawn) == pytest.approx((0.5, 0.5))
    assert difference(mean(one), mean(np.full(4, np.nan)))(np.ones(4)) is None


VALUES = st.lists(st.floats(-1, 1).map(lambda value: round(value, 3)), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.data())
def test_an_interval_lies_among_the_values_and_narrows_with_its_level(values: list[float], data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from("abcdefg"), min_size=len(values), max_size=len(values)))
    figure, drawn = mean(np.array(values)), draws(names, 60)
    wide, narrow = interval(figure, drawn, 0.95), interval(figure, drawn, 0.5)
    assert wide is not None
    assert narrow is not None
    assert min(values) - 1e-9 <= wide[0] <= narrow[0] <= narrow[1] <= wide[1] <= max(values) + 1e-9
    assert drawn.sum(axis=1).min() >= 0
    # Each draw takes as many articles as there are, and a case's weight is its article's; or as many cases.
    counted = list(map(names.index, set(names))) if len(set(names)) >= FEW else list(range(len(names)))
    assert (drawn[:, counted].sum(axis=1) == len(counted)).all()


@settings(max_examples=40, deadline=None)
@given(VALUES, st.floats(-2, 2))
def test_an_interval_moves_along_with_its_values(values: list[float], by: float) -> None:
    drawn = draws([str(n) for n in range(len(values))], 40)
    here, there = interval(mean(np.array(values)), drawn), interval(mean(np.array(values) + by), drawn)
    assert here is not None
    assert there == pytest.approx((here[0] + by, here[1] + by))


@settings(max_examples=40, deadline=None)
@given(VALUES, VALUES)
def test_a_difference_turned_round_is_the_negative(one: list[float], other: list[float]) -> None:
    count = min(len(one), len(other))
    first, second = mean(np.array(one[:count])), mean(np.array(other[:count]))
    drawn = draws([str(n // 2) for n in range(count)], 40)
    forwards, backwards = interval(difference(first, second), drawn), interval(difference(second, first), drawn)
    assert forwards is not None
    assert backwards == pytest.approx((-forwards[1], -forwards[0]))
