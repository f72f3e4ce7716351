"""Catalogs of other ages: an empty file, one step back, one step ahead, a step that fails."""

import sqlite3
from pathlib import Path

import pytest

from qa import migrations
from qa.catalog import Catalog
from qa.errors import LibraryTooNew
from qa.library import Library
from tests.shelves import STAMP, new


def file_of_version(path: Path, number: int) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA user_version = {number}")
    return connection


def tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_an_empty_file_takes_every_step(tmp_path: Path) -> None:
    connection = file_of_version(tmp_path / "catalog.db", 0)
    migrations.migrate(connection)

    assert migrations.version(connection) == migrations.NEWEST == len(migrations.STEPS)
    assert {"setting", "article", "version", "passage", "sentence", "vectors", "change"} <= tables(connection)


def test_the_newest_takes_none(tmp_path: Path) -> None:
    Catalog(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "catalog.db", isolation_level=None)
    before = tables(connection)
    migrations.migrate(connection)

    assert tables(connection) == before


def test_steps_are_taken_from_where_the_file_stands(tmp_path: Path) -> None:
    connection = file_of_version(tmp_path / "old.db", 1)
    steps = (("CREATE TABLE first (a)",), ("CREATE TABLE second (a)", "CREATE TABLE third (a)"))
    migrations.migrate(connection, steps)

    assert tables(connection) == {"second", "third"}
    assert migrations.version(connection) == 2


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    connection = file_of_version(tmp_path / "old.db", 0)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError):
        migrations.migrate(connection, (("CREATE TABLE first (a)",), ("CREATE NONSENSE",)))
    connection.execute("ROLLBACK")

    assert (tables(connection), migrations.version(connection)) == (set(), 0)


@pytest.mark.parametrize("ahead", [1, 7, 1_000])
def test_a_file_of_a_later_program_is_left_alone(tmp_path: Path, ahead: int) -> None:
    with Library.open(tmp_path, STAMP, index="exact") as library:
        library.add_many([new("a", "One.")])
    file_of_version(tmp_path / "catalog.db", migrations.NEWEST + ahead).close()
    before = (tmp_path / "catalog.db").read_bytes()

    with pytest.raises(LibraryTooNew) as caught:
        Library.open(tmp_path, STAMP, index="exact")
    assert str(tmp_path / "catalog.db") in caught.value.message
    assert "Update Footnote" in caught.value.remedy
    assert (tmp_path / "catalog.db").read_bytes() == before


def test_a_file_that_was_made_and_never_filled_is_a_library(tmp_path: Path) -> None:
    """As a process leaves it that is killed between making the file and the first step."""
    file_of_version(tmp_path / "catalog.db", 0).close()
    with Library.open(tmp_path, STAMP, index="exact", create=False) as library:
        library.add_many([new("a", "One.")])
        assert library.size == 1


def test_two_that_open_a_new_folder_at_once_make_one_catalog(tmp_path: Path) -> None:
    first, second = Catalog(tmp_path), Catalog(tmp_path)
    with first.reading() as one, second.reading() as other:
        assert migrations.version(one) == migrations.version(other) == migrations.NEWEST
