"""A purge that is cut short anywhere can be finished, and says that it has to be."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

import pytest

from qa.catalog import Catalog
from qa.domain import Finding
from qa.errors import LibraryError, LibraryUnwritable, NotInLibrary
from qa.library import Library
from tests.shelves import STAMP, new

SECRET = "file:///secrets/xylophone.txt"
FULL = LibraryUnwritable("The disk is full.", "Free some.")


class Beside:
    """What may quote articles: told of each that is to be forgotten, and whether its text is still there.

    The calls by these numbers fail.
    """

    def __init__(self, library: Library, **fail: BaseException) -> None:
        self.told: list[tuple[int, str, bool]] = []
        self.library = library
        self._fail = {int(name.removeprefix("call_")): error for name, error in fail.items()}

    def forget(self, article_id: int, uri: str) -> None:
        self.told.append((article_id, uri, there(self.library, article_id)))
        if error := self._fail.get(len(self.told)):
            raise error


class Crowded(Catalog):
    """Has no room to overwrite anything, while it is told so."""

    full = False

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        if self.full:
            raise FULL
        with super().alone() as connection:
            yield connection


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path, STAMP, index="exact") as opened:
        opened.add_many([new(SECRET, "Xylophonist secrets."), new("file:///b.txt", "Two.")])
        yield opened


def there(library: Library, article_id: int) -> bool:
    try:
        return bool(library.article(article_id).text)
    except NotInLibrary:
        return False


def finding(library: Library) -> Finding:
    return next(found for found in library.check() if found.name == "purges")


def on_disk(folder: Path, words: bytes) -> bool:
    return any(words in file.read_bytes().lower() for file in folder.glob("catalog.db*"))


def test_it_is_forgotten_before_it_is_erased_and_after(library: Library, tmp_path: Path) -> None:
    beside = Beside(library)
    library.purge(1, beside.forget)
    assert beside.told == [(1, SECRET, True), (1, SECRET, False)]
    assert library.finish_purges(beside.forget) == {}
    assert finding(library).severity == "ok"
    assert not on_disk(tmp_path, b"xylophon")
    with pytest.raises(NotInLibrary):
        library.purge(1, beside.forget)
    with pytest.raises(NotInLibrary):
        library.purge(9, beside.forget)


def test_what_fails_first_leaves_the_article_as_it_was(library: Library) -> None:
    beside = Beside(library, call_1=FULL)
    with pytest.raises(LibraryUnwritable, match=r"^The disk is full"):
        library.purge(1, beside.forget)
    assert there(library, 1)
    assert library.finish_purges(beside.forget) == {}
    library.purge(1, beside.forget)
    assert not there(library, 1)


@pytest.mark.parametrize("error", [FULL, OSError("No space left"), ValueError("Broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("again", [True, False], ids=["purged again", "finished"])
def test_what_fails_after_the_erasing_is_finished_later(
    library: Library, tmp_path: Path, error: BaseException, again: bool
) -> None:
    beside = Beside(library, call_2=error)
    with pytest.raises(LibraryError if isinstance(error, Exception) else KeyboardInterrupt) as told:
        library.purge(1, beside.forget)
    if isinstance(error, Exception):
        assert f"Article 1 ({SECRET}) is erased, but not yet" in str(told.value)
        assert str(error) in str(told.value)
        assert "purge it again" in str(told.value)
    library.close()
    with Library.open(tmp_path, STAMP, index="exact") as opened:
        beside.library = opened
        assert not there(opened, 1)
        assert "article 1 is erased" in finding(opened).message
        assert "--purge" in finding(opened).remedy
        opened.purge(2, beside.forget)  # Others go on meanwhile.
        if again:
            opened.purge(1, beside.forget)
        else:
            assert opened.finish_purges(beside.forget) == {1: SECRET}
        assert beside.told[-1] == (1, SECRET, False)
        assert opened.finish_purges(beside.forget) == {}
        assert finding(opened).severity == "ok"
    assert not on_disk(tmp_path, b"xylophon")


def test_what_fails_again_stays_to_be_finished(library: Library) -> None:
    beside = Beside(library, call_2=FULL, call_3=FULL)
    for finished in (lambda: library.purge(1, beside.forget), lambda: library.finish_purges(beside.forget)):
        with pytest.raises(LibraryError, match="is erased, but not yet"):
            finished()
    assert library.finish_purges(beside.forget) == {1: SECRET}


def test_what_could_not_be_overwritten_is_overwritten_later(tmp_path: Path) -> None:
    catalog = Crowded(tmp_path)
    library = Library(tmp_path, catalog, STAMP, "exact")
    library._agree()
    library.add_many([new(SECRET, "Xylophonist secrets.")])
    beside = Beside(library)
    catalog.full = True
    library.purge(1, beside.forget)
    assert not there(library, 1)
    assert library.finish_purges(beside.forget) == {1: SECRET}
    catalog.full = False
    assert library.finish_purges(beside.forget) == {1: SECRET}
    assert library.finish_purges(beside.forget) == {}
    assert not on_disk(tmp_path, b"xylophon")
    library.close()
