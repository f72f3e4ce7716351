"""Kept conversations: one SQLite file in the library's folder. Whose they are is part of every query."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from qa.catalog import Catalog
from qa.errors import UsageError
from ui import conversation_tables as tables
from ui import exchanges
from ui.conversation import Conversation, Exchange

NAME = "conversations.db"
MOST_KEPT = 2_000
"""Conversations of one user; past them the one that was unused for longest goes."""
LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as it is listed. `changed_at` is ISO 8601, UTC; `shared_as` is "" where it is its owner's only."""

    conversation_id: str
    title: str
    changed_at: str
    shared_as: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """Somebody's conversation as others read it: without its owner's verdicts."""

    owner: str
    conversation_id: str
    conversation: Conversation


@dataclass(slots=True, eq=False)
class Conversations:
    """May be used from any thread and by several processes. Reading makes no file; the first exchange does.

    Nothing is written that quotes an article whose text is gone, which `erased` says of its id: each time in the
    transaction that writes, so that what is written before the text goes is there to be forgotten.
    Every method may raise LibraryError (disk full, read-only folder, damaged file).
    """

    folder: Path
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    erased: Callable[[int], bool] = lambda _: False
    _opened: Catalog | None = field(default=None, init=False)
    _opening: Lock = field(default_factory=Lock, init=False)

    def begin(self, owner: str, exchange: Exchange, into: str = "") -> str:
        """Keeps a question as the last of conversation `into`; of a new one where the owner has none of that id.

        Returns the conversation's id. `exchange.key` must be new in it.
        """
        with self._writing() as connection:
            (exchange,) = self.without_erased((exchange,))
            conversation_id = into if tables.owns(connection, owner, into) else self._start(connection, owner, exchange)
            row = connection.execute(
                "INSERT INTO exchange (conversation_id, key, body) VALUES (?, ?, ?)",
                (conversation_id, exchange.key, exchanges.dump(exchange)),
            )
            self._touch(connection, conversation_id)
            tables.index(connection, int(row.lastrowid or 0), exchange)
        return conversation_id

    def change(self, owner: str, conversation_id: str, exchange: Exchange) -> None:
        """Writes what came of a question, found by the exchange's key. Nothing where it was deleted meanwhile."""
        with self._writing() as connection:
            found = connection.execute(
                """SELECT exchange.id FROM exchange JOIN conversation ON conversation.id = conversation_id
                WHERE owner = ? AND conversation_id = ? AND key = ?""",
                (owner, conversation_id, exchange.key),
            ).fetchone()
            if found:
                (exchange,) = self.without_erased((exchange,))
                connection.execute("UPDATE exchange SET body = ? WHERE id = ?", (exchanges.dump(exchange), *found))
                self._touch(connection, conversation_id)
                tables.index(connection, found[0], exchange)

    def without_erased(self, conversation: Conversation) -> Conversation:
        """As it may be kept now, and shown again."""
        return exchanges.without_erased(conversation, self.erased)

    def open(self, owner: str, conversation_id: str) -> Conversation:
        """Raises UsageError where this user has no such conversation, whoever else may."""
        with self._reading() as connection:
            if connection is None or not tables.owns(connection, owner, conversation_id):
                raise _no_such()
            bodies = tables.exchanges_of(connection, conversation_id)
        return tuple(map(exchanges.load, bodies))

    def list(self, owner: str, search: str = "") -> list[Summary]:
        """The user's conversations, newest first, 200 at most; with words, those that hold them all."""
        with self._reading() as connection:
            if connection is None:
                return []
            return [Summary(*row) for row in tables.found(connection, owner, search.strip()[:LONGEST_SEARCH])]

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Raises UsageError where this user has no such conversation. A title without a word changes nothing."""
        line = tables.title(title)
        if not line:
            return
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE conversation SET title = ? WHERE id = ? AND owner = ?", (line, conversation_id, owner)
            )
            if not changed.rowcount:
                raise _no_such()

    def share(self, owner: str, conversation_id: str) -> str:
        """The word under which whoever may sign in reads it; the same until it is taken back, then never again.

        Raises UsageError where this user has no such conversation.
        """
        with self._writing() as connection:
            if not tables.owns(connection, owner, conversation_id):
                raise _no_such()
            connection.execute(
                "UPDATE conversation SET shared_as = ? WHERE id = ? AND shared_as IS NULL",
                (secrets.token_urlsafe(16), conversation_id),
            )
            query = "SELECT shared_as FROM conversation WHERE id = ?"
            return str(connection.execute(query, (conversation_id,)).fetchone()[0])

    def unshare(self, owner: str, conversation_id: str) -> None:
        """Nothing where this user has no such conversation."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE conversation SET shared_as = NULL WHERE id = ? AND owner = ?", (conversation_id, owner)
            )

    def shared(self, word: str) -> Shared:
        """For whoever has the word. Raises UsageError where nothing is shared under it, or not any more."""
        with self._reading() as connection:
            query = "SELECT owner, id FROM conversation WHERE shared_as = ?"
            row = connection.execute(query, (word,)).fetchone() if connection else None
            if connection is None or row is None:
                raise UsageError("No conversation is shared under this link.", "It may have been taken back.")
            bodies = tables.exchanges_of(connection, row[1])
        return Shared(str(row[0]), str(row[1]), tuple(replace(exchanges.load(body), verdict="") for body in bodies))

    def delete(self, owner: str, conversation_id: str) -> None:
        """Deletes it with all its exchanges; nothing where this user has no such conversation."""
        with self._writing() as connection:
            if tables.owns(connection, owner, conversation_id):
                tables.delete(connection, conversation_id)

    def forget(self, article_id: int) -> int:
        """Erases, for every user, the answers that quote an article; how many. The questions stay."""
        with self._reading() as connection:
            if connection is None:
                return 0
        with self._writing() as connection:
            rows = connection.execute(
                "SELECT id, body FROM exchange JOIN quoted ON exchange_id = id WHERE article_id = ?", (article_id,)
            ).fetchall()
            for exchange_id, body in rows:
                erased = replace(exchanges.load(body), outcome=exchanges.ERASED)
                connection.execute("UPDATE exchange SET body = ? WHERE id = ?", (exchanges.dump(erased), exchange_id))
                tables.index(connection, exchange_id, erased)
        return len(rows)

    def close(self) -> None:
        if self._opened:
            self._opened.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None while nothing was ever kept here."""
        if not (self.folder / NAME).is_file():
            yield None
            return
        with self._file().reading() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._file().writing() as connection:
            yield connection

    def _file(self) -> Catalog:
        with self._opening:
            if self._opened is None:
                self._opened = Catalog(self.folder, name=NAME, steps=tables.STEPS, private=True)
            return self._opened

    def _start(self, connection: sqlite3.Connection, owner: str, exchange: Exchange) -> str:
        conversation_id = secrets.token_urlsafe(12)
        connection.execute(
            "INSERT INTO conversation (id, owner, title, changed_at) VALUES (?, ?, ?, '')",
            (conversation_id, owner, tables.title(exchange.question) or "Untitled"),
        )
        self._touch(connection, conversation_id)
        unused = connection.execute(
            "SELECT id FROM conversation WHERE owner = ? ORDER BY changed_at DESC LIMIT -1 OFFSET ?", (owner, MOST_KEPT)
        )
        for (old,) in unused.fetchall():
            tables.delete(connection, old)
        return conversation_id

    def _touch(self, connection: sqlite3.Connection, conversation_id: str) -> None:
        now = self.now().isoformat(timespec="microseconds")
        connection.execute("UPDATE conversation SET changed_at = ? WHERE id = ?", (now, conversation_id))


# --------------------------------------------------------------------------------------------------


def _no_such() -> UsageError:
    return UsageError("There is no such conversation among yours.", "It may have been deleted, or be someone else's.")
