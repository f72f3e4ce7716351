"""Close sentences are put in order by a second reading; nothing else about the scores changes."""

from collections.abc import Sequence

import numpy as np
import pytest

from qa.fusion import Scores
from qa.reader_input import PassageText
from qa.second_reading import CLOSE, MOST, Second, put_in_order
from tests.tiny_reader import text

TEXTS = [text("a one .", "a two .", "a three ."), text("b one .", "b two .")]


def saying(told: dict[str, float], asked: list[PassageText]) -> Second:
    """A reading in which a sentence is worth what is told of it; what it was asked is noted."""

    def read(texts: Sequence[PassageText]) -> list[Scores]:
        asked.extend(texts)
        return [np.array([told.get(span.of(one.text), 0.0) for span in one.sentences]) for one in texts]

    return read


def in_order(first: Sequence[Sequence[float]], told: dict[str, float], scale: float = 1.0) -> list[list[float]]:
    rows = [np.array(row) for row in first]
    return [row.tolist() for row in put_in_order(rows, TEXTS, scale, saying(told, []))]


def test_the_second_reading_decides_between_close_sentences() -> None:
    assert in_order([[0.0, 5.0, 0.0], [4.5, 0.0]], {"b one .": 9.0}) == [[0.0, 4.5, 0.0], [5.0, 0.0]]
    assert in_order([[0.0, 5.0, 0.0], [4.5, 0.0]], {"a two .": 9.0}) == [[0.0, 5.0, 0.0], [4.5, 0.0]]


def test_three_are_dealt_out_in_the_new_order() -> None:
    found = in_order([[4.2, 5.0, 0.0], [4.5, 0.0]], {"a one .": 9.0, "b one .": 5.0, "a two .": 1.0})
    assert found == [[5.0, 4.2, 0.0], [4.5, 0.0]]


@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_what_stands_far_below_is_not_read_again(scale: float) -> None:
    asked: list[PassageText] = []
    first = [np.array([0.0, 5.0, 0.0]) / scale, np.array([5.0 - CLOSE, 0.0]) / scale]
    found = put_in_order(first, TEXTS, scale, saying({"b one .": 99.0}, asked))
    assert [row.tolist() for row in found] == [row.tolist() for row in first]
    assert not asked


def test_at_most_so_many_are_read_each_between_its_neighbours() -> None:
    asked: list[PassageText] = []
    put_in_order([np.array([5.0, 5.0, 5.0]), np.array([5.0, 5.0])], TEXTS, 1.0, saying({}, asked))
    assert len(asked) == MOST
    assert [one.text for one in asked] == ["a one . a two .", "a one . a two . a three .", "a two . a three ."]


def test_the_rows_that_were_given_stay_as_they_are() -> None:
    first = [np.array([0.0, 5.0, 0.0]), np.array([4.5, 0.0])]
    put_in_order(first, TEXTS, 1.0, saying({"b one .": 9.0}, []))
    assert first[0].tolist() == [0.0, 5.0, 0.0]
