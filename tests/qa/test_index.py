from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qa.embedder import EmbeddingStamp
from qa.index import ChromaIndex, ExactIndex
from tests.contracts import IndexContract, ids, rows
from tests.shelves import STAMP, at


class TestExactIndex(IndexContract):
    @pytest.fixture
    def index(self) -> ExactIndex:
        return ExactIndex(2)

    def test_among_some_only(self, index: ExactIndex) -> None:
        index.add([1, 2, 3], rows(0.0, 0.1, 0.2))
        assert ids(index.nearest_among(at(0), 5, np.array([2, 3, 99]))) == [2, 3]
        assert index.nearest_among(at(0), 5, np.array([], dtype=np.int64)) == []

    def test_who_is_asking_keeps_what_they_had(self, index: ExactIndex) -> None:
        index.add([1, 2], rows(0.0, 0.1))
        held = index._held
        index.add([3], rows(0.2))
        index.remove([1])
        assert held[0].tolist() == [1, 2]
        assert held[1] == pytest.approx(rows(0.0, 0.1))

    def test_closed_is_empty(self, index: ExactIndex) -> None:
        index.add([1], rows(0.0))
        index.close()
        assert index.nearest(at(0), 1) == []


class TestChromaIndex(IndexContract):
    @pytest.fixture
    def index(self, tmp_path: Path) -> Iterator[ChromaIndex]:
        made = ChromaIndex(tmp_path / "vectors-1", STAMP)
        yield made
        made.close()

    def test_what_was_added_is_there_when_it_is_opened_again(self, tmp_path: Path) -> None:
        first = ChromaIndex(tmp_path / "kept", STAMP)
        first.add([1, 2], rows(0.0, 0.25))
        first.close()
        second = ChromaIndex(tmp_path / "kept", STAMP)
        assert ids(second.nearest(at(0.2), 2)) == [2, 1]
        second.close()

    @pytest.mark.parametrize("other", [EmbeddingStamp("square", 2), EmbeddingStamp("circle", 3)])
    def test_a_folder_of_another_stamp_is_refused(self, tmp_path: Path, other: EmbeddingStamp) -> None:
        ChromaIndex(tmp_path / "kept", STAMP).close()
        with pytest.raises(ValueError, match=r"holds vectors of .*circle"):
            ChromaIndex(tmp_path / "kept", other)


class TestGrowing:
    """The exact index keeps spare room: what is asked must not depend on how it came to be."""

    @pytest.mark.parametrize("batch", [1, 3, 7, 60])
    def test_one_by_one_or_all_at_once(self, batch: int) -> None:
        index = ExactIndex(2)
        turns = [(7 * n % 60) / 60 for n in range(60)]
        for start in range(0, 60, batch):
            index.add(range(start, min(start + batch, 60)), rows(*turns[start : start + batch]))
        assert len(index) == 60
        assert [index.nearest(at(turn), 1)[0][0] for turn in turns] == list(range(60))

    def test_removed_rows_do_not_come_back_when_it_grows(self) -> None:
        index = ExactIndex(2)
        index.add(range(10), rows(*(n / 10 for n in range(10))))
        index.remove(range(5))
        index.add(range(20, 40), rows(*(n / 40 for n in range(20, 40))))
        assert index.ids() == {*range(5, 10), *range(20, 40)}
        assert not {i for i, _ in index.nearest(at(0.1), 25)} & set(range(5))

    def test_equal_vectors_come_in_the_order_in_which_they_were_added(self) -> None:
        index = ExactIndex(2)
        index.add([5, 3, 9], rows(0.1, 0.1, 0.1))
        assert [i for i, _ in index.nearest(at(0.1), 3)] == [5, 3, 9]

    def test_none_of_the_allowed_is_here(self) -> None:
        index = ExactIndex(2)
        index.add([1, 2], rows(0.0, 0.5))
        assert index.nearest_among(at(0), 5, np.array([7, 8])) == []
        assert index.nearest_among(at(0), 5, np.array([], dtype=np.int64)) == []
        assert index.nearest_among(at(0), 0, np.array([1])) == []

    def test_closed_twice_is_closed(self) -> None:
        index = ExactIndex(2)
        index.add([1], rows(0.0))
        index.close()
        index.close()
        assert (len(index), index.nearest(at(0), 3)) == (0, [])
