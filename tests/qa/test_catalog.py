import sqlite3
import threading
from pathlib import Path

import pytest

from qa import fulltext, migrations
from qa.catalog import Catalog, changes_since, last_change, log_change, put_setting, setting
from qa.errors import LibraryError, LibraryNotFound, LibraryTooNew, LibraryUnwritable


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path)


def test_a_file_is_as_the_recommendations_ask(catalog: Catalog) -> None:
    with catalog.reading() as connection:
        found = {
            name: connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "busy_timeout",
                "trusted_schema",
                "user_version",
            )
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "trusted_schema": 0,
        "user_version": migrations.NEWEST,
    }


def test_settings_are_kept_and_forgotten(catalog: Catalog) -> None:
    with catalog.writing() as connection:
        put_setting(connection, "a", {"b": [1, None]})
    with catalog.reading() as connection:
        assert setting(connection, "a") == {"b": [1, None]}
    with catalog.writing() as connection:
        put_setting(connection, "a", None)
        assert setting(connection, "a", 7) == 7


def test_a_failed_write_leaves_nothing(catalog: Catalog) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        put_setting(connection, "a", 1)
        raise KeyError

    with pytest.raises(KeyError), catalog.writing() as connection:
        fail(connection)
    with catalog.reading() as connection:
        assert setting(connection, "a") is None


def test_a_reader_sees_one_state_throughout(catalog: Catalog) -> None:
    with catalog.reading() as reader:
        assert setting(reader, "a") is None
        with catalog.writing() as writer:
            put_setting(writer, "a", 1)
        assert setting(reader, "a") is None
    with catalog.reading() as reader:
        assert setting(reader, "a") == 1


def test_writers_wait_for_one_another(catalog: Catalog) -> None:
    def count() -> None:
        for _ in range(50):
            with catalog.writing() as connection:
                put_setting(connection, "n", setting(connection, "n", 0) + 1)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalog.reading() as connection:
        assert setting(connection, "n") == 200


def test_changes_are_numbered(catalog: Catalog) -> None:
    with catalog.writing() as connection:
        log_change(connection, "added", range(1, 4))
        log_change(connection, "removed", range(2, 3))
        log_change(connection, "added", range(0))
        assert last_change(connection) == 2
        assert changes_since(connection, 0) == [(1, "added", range(1, 4)), (2, "removed", range(2, 3))]
        assert changes_since(connection, 1) == [(2, "removed", range(2, 3))]


def test_no_library_is_said(tmp_path: Path) -> None:
    with pytest.raises(LibraryNotFound, match="There is no library in"):
        Catalog(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    Catalog(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "catalog.db")
    connection.execute(f"PRAGMA user_version = {migrations.NEWEST + 1}")
    connection.close()
    with pytest.raises(LibraryTooNew, match="later version"):
        Catalog(tmp_path)


def test_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog.db").write_bytes(b"This is no catalog. " * 100)
    with pytest.raises(LibraryError, match="damaged"):
        Catalog(tmp_path)


def test_a_file_in_the_folder_s_place(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(LibraryUnwritable, match="taken"):
        Catalog(tmp_path / "taken")


def test_a_full_disk_is_said_and_nothing_is_harmed(catalog: Catalog) -> None:
    with catalog.alone() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    with pytest.raises(LibraryUnwritable, match="full"), catalog.writing() as connection:
        put_setting(connection, "long", "x" * 100_000)
    with catalog.writing() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        put_setting(connection, "short", "x")


def test_closed_is_closed(catalog: Catalog) -> None:
    catalog.close()
    with pytest.raises(LibraryError, match="closed"), catalog.reading():
        pass


class TestQuoting:
    @pytest.mark.parametrize(
        "term",
        [
            '"',
            "'",
            "(",
            ")",
            "-x",
            "C++",
            "title: x",
            "",
            "a\0b",
            "cat*",
            "^cat",
            "NEAR(",
            "AND",
            "{",
            ":",
            "\ud800"[:0],
        ],
    )
    def test_nothing_is_syntax(self, catalog: Catalog, term: str) -> None:
        with catalog.reading() as connection:
            assert fulltext.passages(connection, [term]) == {}
            assert fulltext.frequencies(connection, [term]) == {term: 0}

    def test_each_once_and_not_too_many(self) -> None:
        assert fulltext.quoted(["b", "a", "b"]) == '"b" OR "a"'
        assert fulltext.quoted([]) == ""
        assert fulltext.quoted([str(n) for n in range(1_000)]).count(" OR ") == fulltext.MOST_TERMS - 1


class ReadOnly(Catalog):
    """In a folder where this process may not write."""

    writable = False  # type: ignore[assignment]


def test_who_may_only_read_sees_what_others_write_meanwhile(tmp_path: Path, catalog: Catalog) -> None:
    catalog.close()  # with the last connection the log goes into the file
    reader, seen = ReadOnly(tmp_path), []
    for number in range(3):
        with reader.reading() as connection:
            seen.append(setting(connection, "count"))
        writer = Catalog(tmp_path)
        with writer.writing() as connection:
            put_setting(connection, "count", number)
            put_setting(connection, f"filler {number}", "x" * 100_000)
        with reader.reading() as connection:
            seen.append(setting(connection, "count"))
        writer.close()
    assert seen == [None, 0, 0, 1, 1, 2]
    reader.close()
