"""How an index follows the catalog's changes: steps, ids that are gone, and the exact index by its threads."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qa import stored
from qa.catalog import Catalog, last_change
from qa.exact import ExactFollower
from qa.following import Step, follow
from qa.index import ExactIndex
from qa.library import Library
from qa.lock import Lock
from qa.probe import finds_itself
from tests.shelves import STAMP, TurnEmbedder, at, new


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Three articles of two passages: 1 and 2, 3 and 4, 5 and 6."""
    with Library.open(tmp_path, STAMP, index="exact") as opened:
        opened.add_many([new(f"a{n}", "One.", "Two.", "Three.", turn=n / 4) for n in range(3)])
        yield opened


@pytest.fixture
def catalog(library: Library, tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path)
    yield made
    made.close()


def step(catalog: Catalog, since: int, most: int = 100) -> Step | None:
    with catalog.reading() as connection:
        return follow(connection, 1, since, most)


def ids(found: Step | None) -> tuple[list[int], list[int]]:
    assert found
    return [i for i, _ in found.added], sorted(found.removed)


class TestSteps:
    def test_everything_from_the_beginning(self, catalog: Catalog) -> None:
        found = step(catalog, 0)
        assert ids(found) == ([1, 2, 3, 4, 5, 6], [])
        assert found
        assert (found.sequence, found.done, found.left) == (3, 6, 0)

    def test_in_step_there_is_none(self, catalog: Catalog) -> None:
        assert step(catalog, 3) is None

    def test_whole_articles_until_there_are_enough(self, catalog: Catalog) -> None:
        """Three are wanted: the second article brings the count from two to four."""
        found = step(catalog, 0, most=3)
        assert ids(found) == ([1, 2, 3, 4], [])
        assert found
        assert (found.sequence, found.done, found.left) == (2, 4, 2)
        assert ids(step(catalog, found.sequence, most=3)) == ([5, 6], [])

    def test_removed_before_it_was_seen(self, library: Library, catalog: Catalog) -> None:
        library.remove(2)
        assert ids(step(catalog, 0)) == ([1, 2, 5, 6], [3, 4])

    def test_an_update_takes_the_old_ids_out_and_brings_new_ones(self, library: Library, catalog: Catalog) -> None:
        library.add_many([new("a0", "Other.")])
        assert ids(step(catalog, 3)) == ([7], [1, 2])

    def test_ids_are_never_used_again(self, library: Library, catalog: Catalog) -> None:
        library.remove(3, purge=True)
        library.add_many([new("b", "New.")])
        assert ids(step(catalog, 3)) == ([7], [5, 6])

    def test_a_step_brings_an_index_up_to_date(self, library: Library, catalog: Catalog) -> None:
        index = ExactIndex(2)
        first = step(catalog, 0)
        assert first
        first.apply(index)
        library.remove(1)
        second = step(catalog, first.sequence)
        assert second
        second.apply(index)
        assert index.ids() == {3, 4, 5, 6}

    def test_taken_twice_it_changes_nothing(self, catalog: Catalog) -> None:
        """As after a kill between writing the index and its mark."""
        index, found = ExactIndex(2), step(catalog, 0)
        assert found
        found.apply(index)
        found.apply(index)
        assert len(index) == 6


class TestTheExactIndex:
    def nearest(self, catalog: Catalog, follower: ExactFollower, turn: float, k: int = 1) -> list[int]:
        with catalog.reading() as connection:
            return [i for i, _ in follower.nearest(connection, at(turn), k)]

    def test_it_sees_what_its_transaction_sees(self, library: Library, catalog: Catalog) -> None:
        follower = ExactFollower()
        with catalog.reading() as before:
            last_change(before)  # the transaction begins to see here
            library.add_many([new("late", "Late.", turn=0.75)])
            assert 7 not in [i for i, _ in follower.nearest(before, at(0.75), 10)]
        assert self.nearest(catalog, follower, 0.75) == [7]

    def test_only_among_the_allowed(self, catalog: Catalog) -> None:
        with catalog.reading() as connection:
            found = ExactFollower().nearest(connection, at(0), 5, np.array([3, 5, 99]))
        assert [i for i, _ in found] == [3, 5]

    def test_vectors_made_anew_are_loaded_anew(self, library: Library, catalog: Catalog) -> None:
        follower = ExactFollower()
        assert self.nearest(catalog, follower, 0.5) == [5]
        library.reembed(TurnEmbedder(STAMP, 0.5))
        with catalog.reading() as connection:
            cosines = [cosine for _, cosine in follower.nearest(connection, at(0.5), 6)]
        assert cosines == pytest.approx([1] * 6, abs=1e-3)

    def test_many_threads_share_one(self, library: Library, catalog: Catalog) -> None:
        follower = ExactFollower()
        wrong: list[object] = []

        def ask() -> None:
            try:
                wrong.extend(found for _ in range(30) if (found := self.nearest(catalog, follower, 0.25)) != [3])
            except Exception as error:
                wrong.append(error)

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(10):
            library.add_many([new(f"b{number}", "More.", turn=0.6 + number / 100)])
        for thread in threads:
            thread.join()
        assert wrong == []
        with catalog.reading() as connection:
            assert len(follower.nearest(connection, at(0), 100)) == 16


class TestPacked:
    def test_half_precision_keeps_a_cosine_to_three_digits(self) -> None:
        vectors = np.stack([at(n / 17) for n in range(17)])
        again = stored.rows(stored.pack(vectors), 2)
        assert (again * vectors).sum(axis=1) == pytest.approx(np.ones(17), abs=1e-3)
        assert again.dtype == np.float32

    def test_rows_come_back_in_order(self) -> None:
        packed = [stored.pack(at(turn)) for turn in (0.0, 0.25, 0.5)]
        assert stored.unpack_rows(packed) == pytest.approx(np.array([[1, 0], [0, 1], [-1, 0]]), abs=1e-3)

    def test_no_sentences_are_no_rows(self) -> None:
        assert stored.unpack(stored.pack(at(0)), b"").sentences.shape == (0, 2)

    def test_passages_that_are_not_there_are_left_out(self, catalog: Catalog) -> None:
        with catalog.reading() as connection:
            found = stored.load(connection, [2, 99, 5])
        assert sorted(found) == [2, 5]
        assert found[5].article.uri == "a2"

    def test_a_sample_is_of_what_came_by_then(self, catalog: Catalog) -> None:
        with catalog.reading() as connection:
            assert {i for i, _ in stored.sample(connection, 1, 50, before=2)} == {1, 2, 3, 4}
            assert len(stored.sample(connection, 1, 3)) == 3
            assert stored.sample(connection, 1, 50, before=0) == []


class TestOneAtATime:
    def test_whoever_has_it_keeps_it(self, tmp_path: Path) -> None:
        first, second = Lock(tmp_path), Lock(tmp_path)
        assert first.take()
        assert first.take()
        assert not second.take()
        first.release()
        assert second.take()

    def test_a_folder_that_cannot_be_written_is_nobody_s(self, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("A file in the folder's place.")
        assert not Lock(tmp_path / "taken").take()

    def test_releasing_what_is_not_held_does_nothing(self, tmp_path: Path) -> None:
        Lock(tmp_path).release()
        assert Lock(tmp_path).take()


class TestFindingItself:
    def index(self, *turns: float) -> ExactIndex:
        made = ExactIndex(2)
        made.add(range(1, len(turns) + 1), np.stack([at(turn) for turn in turns]))
        return made

    def test_it_or_its_twin_is_nearest(self) -> None:
        index = self.index(0.1, 0.1, 0.6)
        assert all(finds_itself(index, number, at(0.1)) for number in (1, 2))
        assert finds_itself(index, 3, at(0.6))

    def test_another_is_nearer(self) -> None:
        """A quarter of a turn away from everything that is there."""
        assert not finds_itself(self.index(0.1), 2, at(0.35))

    def test_nothing_is_there(self) -> None:
        assert not finds_itself(ExactIndex(2), 1, at(0))
