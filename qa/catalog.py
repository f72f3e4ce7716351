"""The catalog file: opening, transactions, errors, settings and the log of changes. The truth of a library.

What is in it is read and written by `qa.articles` (articles and versions), `qa.stored` (passages and vectors) and
`qa.fulltext`, each given a connection that is inside a transaction.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, LifoQueue
from typing import Any, ClassVar

from qa import migrations
from qa.errors import LibraryError, LibraryNotFound, LibraryTooNew, LibraryUnwritable
from qa.steps import reached

NAME = "catalog.db"
BUSY_SECONDS = 30

_PRAGMAS = (
    "foreign_keys = ON",
    "trusted_schema = OFF",
    "synchronous = NORMAL",
    "cache_size = -32000",
    "secure_delete = ON",
)


class Catalog:
    """One SQLite file. A connection serves one transaction at a time and is kept for the next.

    `name` and `steps` (its tables) are others' where another file is kept in the same way; a `private` one is readable
    by its owner only.
    """

    connection_class: ClassVar[type[sqlite3.Connection]] = sqlite3.Connection

    def __init__(
        self,
        folder: Path,
        *,
        create: bool = True,
        name: str = NAME,
        steps: Sequence[Sequence[str]] = migrations.STEPS,
        private: bool = False,
    ) -> None:
        """Raises LibraryNotFound, LibraryTooNew, LibraryUnwritable or LibraryError (not a catalog)."""
        self.path = folder / name
        self._steps = steps
        self._idle: LifoQueue[tuple[_State, sqlite3.Connection]] = LifoQueue()
        self._closed = False
        if not self.path.is_file() and not create:
            raise LibraryNotFound(f"There is no library in {folder}.", "Make one with: footnote ingest FOLDER")
        with explained(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            if private and not self.path.exists():
                self.path.touch(mode=0o600)  # SQLite gives the log beside it the same permissions
            self._prepare()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of the catalog throughout."""
        with explained(self.path), self._lent() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                _roll_back(connection)

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that is committed at the end, or not at all; others write before or after it."""
        with explained(self.path), self._lent() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                reached("before a commit")
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
            reached("after a commit")

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """A connection outside any transaction, for what SQLite refuses inside one (VACUUM)."""
        with explained(self.path), self._lent() as connection:
            yield connection

    @property
    def writable(self) -> bool:
        """Whether this process may write in the folder."""
        return _writable(self.path)

    def close(self) -> None:
        self._closed = True
        while True:
            try:
                self._idle.get_nowait()[1].close()
            except Empty:
                return

    def _prepare(self) -> None:
        with self._lent() as connection:
            found = migrations.version(connection)
            if found > len(self._steps):
                raise LibraryTooNew(f"{self.path} was written by a later version of Footnote.", "Update Footnote.")
            if found == len(self._steps):
                return
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            migrations.migrate(connection, self._steps)
            reached("before the tables are made")
            connection.execute("COMMIT")

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        if self._closed:
            raise LibraryError(f"{self.path} has been closed.")
        state = self._state()
        connection = self._kept(state) or self._connect()
        try:
            yield connection
        finally:
            if self._closed or connection.in_transaction:
                connection.close()
            else:
                self._idle.put((state, connection))

    def _kept(self, state: "_State") -> sqlite3.Connection | None:
        """One that is idle and was opened in this state; others are closed."""
        while True:
            try:
                opened, connection = self._idle.get_nowait()
            except Empty:
                return None
            if opened == state:
                return connection
            connection.close()

    def _state(self) -> "_State":
        """What a connection must have been opened under: where it was told that none writes, nobody may have since."""
        if self.writable:
            return ()
        found = (file.stat() for file in (self.path, self._log) if file.exists())
        return tuple((stat.st_size, stat.st_mtime_ns) for stat in found)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}{self._mode()}",
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
            factory=self.connection_class,
            uri=True,
        )
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("casefold", 1, str.casefold, deterministic=True)
        return connection

    def _mode(self) -> str:
        """A read-only folder can be asked too: SQLite wants a log beside the file unless told that none writes."""
        if self.writable:
            return ""
        return "?mode=ro" if self._log.exists() and self._log.stat().st_size else "?mode=ro&immutable=1"

    @property
    def _log(self) -> Path:
        return self.path.with_name(f"{self.path.name}-wal")


_State = tuple[tuple[int, int], ...]


def setting(connection: sqlite3.Connection, key: str, default: Any = None) -> Any:
    """A value that was put with `put_setting`, or the default."""
    row = connection.execute("SELECT value FROM setting WHERE key = ?", (key,)).fetchone()
    return json.loads(row[0]) if row else default


def put_setting(connection: sqlite3.Connection, key: str, value: Any) -> None:
    """Keep a JSON value; None forgets the key."""
    if value is None:
        connection.execute("DELETE FROM setting WHERE key = ?", (key,))
        return
    connection.execute("REPLACE INTO setting (key, value) VALUES (?, ?)", (key, json.dumps(value)))


def log_change(connection: sqlite3.Connection, kind: str, ids: range) -> None:
    """Tell the indexes that the passages with these ids were "added" or "removed"."""
    if ids:
        connection.execute("INSERT INTO change (kind, first, last) VALUES (?, ?, ?)", (kind, ids[0], ids[-1]))


def last_change(connection: sqlite3.Connection) -> int:
    """The newest sequence number; 0 for a catalog that never changed."""
    return int(connection.execute("SELECT coalesce(max(sequence), 0) FROM change").fetchone()[0])


def changes_since(connection: sqlite3.Connection, sequence: int) -> list[tuple[int, str, range]]:
    """(sequence, "added" or "removed", passage ids) in order; some of the ids may be gone since."""
    rows = connection.execute(
        "SELECT sequence, kind, first, last FROM change WHERE sequence > ? ORDER BY sequence", (sequence,)
    )
    return [(number, kind, range(first, last + 1)) for number, kind, first, last in rows]


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """SQLite's and the file system's errors in Footnote's own words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _explain(path, error) from error
    except OSError as error:
        raise LibraryUnwritable(f"{path} cannot be written: {error.strerror or error}.", _MAKE_ROOM) from error


# --------------------------------------------------------------------------------------------------


def _writable(path: Path) -> bool:
    return os.access(path.parent, os.W_OK)


def _roll_back(connection: sqlite3.Connection) -> None:
    """What cannot even be rolled back is left in its transaction: closing the connection ends it."""
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


_UNWRITABLE = ("disk is full", "readonly", "unable to open", "disk I/O error")


_MAKE_ROOM = "Free some disk space or check the folder's permissions; what is stored is unharmed."


def _explain(path: Path, error: sqlite3.DatabaseError) -> LibraryError:
    words = str(error)
    if any(sign in words for sign in _UNWRITABLE):
        return LibraryUnwritable(f"{path} cannot be written: {words}.", _MAKE_ROOM)
    if "locked" in words or "busy" in words:
        return LibraryError(f"{path} is held by another process: {words}.", "Try again when it has finished.")
    if "malformed" in words and not _writable(path):
        return LibraryError(f"{path} was changed while it was read.", "Try again, or run: footnote library check")
    if "not a database" in words or "malformed" in words:
        return LibraryError(f"{path} is damaged: {words}.", "Restore it from a backup, or ingest into a new folder.")
    return LibraryError(f"{path} could not be used: {words}.", "Run: footnote library check")
