"""A library that the first form of the tables holds, opened by today's program: nothing is lost."""

import gzip
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from qa import migrations
from qa.library import Library
from tests.shelves import STAMP, at

FIRST = Path(__file__).parents[1] / "data" / "library-1.db.gz"
"""Two articles, one of them in its second version, and one that was removed; `PRAGMA user_version` is 1."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalog.db").write_bytes(gzip.decompress(FIRST.read_bytes()))
    return tmp_path


def version(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection:
        return migrations.version(connection)


def test_nothing_is_lost(folder: Path) -> None:
    assert version(folder) == 1
    with Library.open(folder, STAMP) as library:
        assert {a.uri: a.text for a in library.export()} == {
            "a": "Foxes run. Dogs bark. Owls hoot.",
            "b": "The mayor spoke twice.",
        }
        assert [library.article(2, 1).text, library.article(3).state] == ["The mayor spoke.", "removed"]
        first = library.articles(search="a")[0]
        assert (first.publisher, first.published) == ("The Paper", "2024-05-03")
        found = library.candidates(at(0.11), ["owl"], limit=1)
        assert [c.passage.text for c in found] == ["Owls hoot."]
        library.catch_up()
        assert [f for f in library.check() if f.severity != "ok"] == []
    assert version(folder) == migrations.NEWEST
