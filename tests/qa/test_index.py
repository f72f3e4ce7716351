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
