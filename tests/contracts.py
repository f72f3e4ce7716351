"""Suites that every implementation passes: inherit one and give it the fixture that it asks for."""

from collections.abc import Sequence

import numpy as np
import pytest

from qa.domain import Vectors
from qa.index import Index
from tests.shelves import at


class IndexContract:
    """Give it `index`: an empty index of two dimensions."""

    def test_an_empty_index_finds_nothing(self, index: Index) -> None:
        assert index.nearest(at(0), 5) == []
        assert len(index) == 0
        assert index.ids() == set()

    def test_nearest_comes_first_with_its_cosine(self, index: Index) -> None:
        index.add([10, 20, 30], rows(0.0, 0.25, 0.125))
        found = index.nearest(at(0), 3)
        assert [i for i, _ in found] == [10, 30, 20]
        # cosines of 0, 45 and 90 degrees
        assert [c for _, c in found] == pytest.approx([1.0, 0.7071, 0.0], abs=1e-3)

    def test_asking_for_more_than_there_are_gives_all(self, index: Index) -> None:
        index.add([1, 2], rows(0.0, 0.5))
        assert [i for i, _ in index.nearest(at(0.1), 50)] == [1, 2]

    def test_k_limits(self, index: Index) -> None:
        index.add(range(1, 9), rows(*(n / 10 for n in range(8))))
        assert [i for i, _ in index.nearest(at(0.31), 2)] == [4, 5]
        assert index.nearest(at(0), 0) == []

    def test_removed_is_not_found_again(self, index: Index) -> None:
        index.add([1, 2, 3], rows(0.0, 0.1, 0.2))
        index.remove([1, 3])
        assert [i for i, _ in index.nearest(at(0), 3)] == [2]
        assert index.ids() == {2}

    def test_removing_what_is_not_there_does_nothing(self, index: Index) -> None:
        index.add([1], rows(0.0))
        index.remove([7, 8])
        assert index.ids() == {1}

    def test_adding_an_id_again_replaces_its_vector(self, index: Index) -> None:
        index.add([1, 2], rows(0.0, 0.2))
        index.add([1], rows(0.5))
        assert [i for i, _ in index.nearest(at(0), 2)] == [2, 1]
        assert len(index) == 2

    def test_many_in_one_call_each_finds_itself(self, index: Index) -> None:
        turns = [n / 250 for n in range(250)]
        index.add(range(1, 251), rows(*turns))
        assert [index.nearest(at(turn), 1)[0][0] for turn in turns] == list(range(1, 251))

    def test_adding_after_removing(self, index: Index) -> None:
        index.add([1, 2], rows(0.0, 0.2))
        index.remove([1])
        index.add([3], rows(0.0))
        assert [i for i, _ in index.nearest(at(0), 2)] == [3, 2]


def rows(*turns: float) -> Vectors:
    return np.stack([at(turn) for turn in turns])


def ids(found: Sequence[tuple[int, float]]) -> list[int]:
    return [i for i, _ in found]
