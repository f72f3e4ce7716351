"""Every call that can fail, failing in turn: nothing is lost, what is said can be acted on, and asking goes on."""

import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest

from qa.backup import backup
from qa.catalog import Catalog
from qa.domain import Vector, Vectors
from qa.embedder import EmbeddingStamp
from qa.errors import LibraryError, LibraryUnwritable
from qa.index import ChromaIndex
from qa.keeper import Keeper
from qa.library import Library
from tests.shelves import STAMP, at, new

FIRST = {"a": "One.", "b": "Two.", "c": "Three."}
ADDED = {"a": "One, changed.", "b": "Two.", "c": "Three.", "d": "Four."}
REMOVED = {"a": "One, changed.", "b": "Two.", "d": "Four."}
slow = pytest.mark.slow


class Plan:
    """The Nth call fails, if N is set; `failed` says whether it came to that."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.set(0)

    def set(self, number: int) -> None:
        self.left, self.failed = number, False

    def call(self) -> None:
        self.left -= 1
        if self.left == 0:
            self.failed = True
            raise self.error


class FaultyConnection(sqlite3.Connection):
    plan: ClassVar[Plan]

    def execute(self, *given: Any) -> sqlite3.Cursor:
        self.plan.call()
        return super().execute(*given)

    def executemany(self, *given: Any) -> sqlite3.Cursor:
        self.plan.call()
        return super().executemany(*given)


class FaultyCatalog(Catalog):
    connection_class = FaultyConnection


class FaultyChroma(ChromaIndex):
    plan: ClassVar[Plan]

    def __init__(self, folder: Path, stamp: EmbeddingStamp) -> None:
        self.plan.call()
        super().__init__(folder, stamp)

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        self.plan.call()
        super().add(ids, vectors)

    def remove(self, ids: Any) -> None:
        self.plan.call()
        super().remove(ids)

    def nearest(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        self.plan.call()
        return super().nearest(vector, k)


class FaultyKeeper(Keeper):
    index_class = FaultyChroma


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with Library.open(tmp_path / "first", STAMP, index="exact") as library:
        library.add_many([new(uri, text, turn=n / 10) for n, (uri, text) in enumerate(FIRST.items())])
    return tmp_path / "first"


def held(library: Library) -> dict[str, str]:
    return {article.uri: article.text for article in library.export()}


def found(library: Library) -> list[str]:
    return sorted(c.passage.article.uri for c in library.candidates(at(0), ["one"], limit=9))


def complaint(work: Callable[[], object]) -> LibraryError | None:
    try:
        work()
    except LibraryError as error:
        return error
    return None


def filling(library: Library, acknowledged: list[str]) -> None:
    """Until there is no room."""
    for n in count():
        library.add_many([new(f"a{n}", *[f"Foxes run {n} {m}." for m in range(200)], turn=n / 99)])
        acknowledged.append(f"a{n}")


def changing(library: Library) -> None:
    library.add_many([new("a", ADDED["a"]), new("d", ADDED["d"], turn=0.3)])
    library.remove(library.find("c"))


def asking(library: Library) -> None:
    assert found(library) == sorted(FIRST)
    assert held(library) == FIRST


@pytest.mark.parametrize("work", [changing, asking])
@pytest.mark.parametrize(
    "words",
    [
        "database or disk is full",
        pytest.param("database is locked", marks=slow),
        pytest.param("disk I/O error", marks=slow),
        pytest.param("attempt to write a readonly database", marks=slow),
    ],
)
def test_sqlite_fails_at_every_call(folder: Path, tmp_path: Path, words: str, work: Callable[[Library], None]) -> None:
    plan = FaultyConnection.plan = Plan(sqlite3.OperationalError(words))
    for number in count(1):
        copy = Path(shutil.copytree(folder, tmp_path / str(number)))
        library = Library(copy, FaultyCatalog(copy), STAMP, "exact")
        plan.set(number)
        told = complaint(partial(work, library))
        assert told is None or (str(copy) in told.message and told.remedy)
        failed = plan.failed
        plan.set(0)
        assert held(library) in (FIRST, ADDED, REMOVED)
        assert found(library) == sorted(held(library))
        assert [f for f in library.check() if f.severity != "ok"] == []
        library.close()
        if not failed:
            break
    assert number > 10


@pytest.mark.slow
def test_chroma_fails_at_every_call(folder: Path, tmp_path: Path) -> None:
    plan = FaultyChroma.plan = Plan(RuntimeError("Failed to apply logs to the hnsw segment writer"))
    for number in count(1):
        copy = Path(shutil.copytree(folder, tmp_path / str(number)))
        with Library.open(copy, STAMP) as library:
            library._keeper = FaultyKeeper(copy, library._catalog)
            plan.set(number)
            for work in (library.catch_up, lambda: changing(library), library.catch_up, library.rebuild):
                with suppress(LibraryError):
                    work()
                assert found(library) == sorted(held(library))
            failed = plan.failed
            plan.set(0)
            assert held(library) == REMOVED
            assert [f for f in library.check() if f.severity != "ok"] == []
        if not failed:
            break
    assert number > 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Six megabytes, two of them taken by a file that can be deleted."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        (place / "filler").write_bytes(bytes(2_000_000))
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


@pytest.mark.slow
def test_a_full_disk(small_disk: Path) -> None:
    acknowledged: list[str] = []
    with Library.open(small_disk / "library", STAMP) as library:
        with pytest.raises(LibraryUnwritable, match="cannot be written") as caught:
            filling(library, acknowledged)
        assert "Free some disk space" in caught.value.remedy
        with suppress(LibraryError):
            library.catch_up()
        assert sorted(held(library)) == sorted(acknowledged)
        assert {c.passage.article.uri for c in library.candidates(at(0), ["foxes"], limit=5)} <= set(acknowledged)
        with pytest.raises(LibraryError):
            backup(small_disk / "library", small_disk / "copy.db")
        assert sorted(p.name for p in small_disk.iterdir()) == ["filler", "library"]
        (small_disk / "filler").unlink()
        library.add_many([new("late", "Owls hoot.")])
        assert sorted(held(library)) == sorted([*acknowledged, "late"])


def test_a_clock_that_jumps_back(folder: Path) -> None:
    """What is current is told by number, not by time."""
    connection = sqlite3.connect(folder / "catalog.db")
    connection.execute("UPDATE version SET ingested_at = '2099-01-01T00:00:00+00:00'")
    connection.commit()
    connection.close()
    with Library.open(folder, STAMP, index="exact") as library:
        changing(library)
        assert held(library) == REMOVED
        assert [library.article(1).version, library.article(1, 1).state] == [2, "superseded"]
        assert found(library) == sorted(REMOVED)
