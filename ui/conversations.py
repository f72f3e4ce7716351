"""Kept conversations: one SQLite file in the library's folder. Whose they are is part of every query."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from qa import terms
from qa.catalog import Catalog
from qa.domain import Answer, Refusal
from qa.errors import UsageError
from ui import exchanges
from ui.conversation import Conversation, Exchange

NAME = "conversations.db"
MOST_KEPT = 2_000
"""Conversations of one user; past them the one that was unused for longest goes."""
MOST_LISTED = 200
LONGEST_TITLE = 120
MOST_TERMS = 12
LONGEST_SEARCH = 200

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE conversation (
            id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT NOT NULL, changed_at TEXT NOT NULL) WITHOUT ROWID""",
        "CREATE INDEX conversation_by_owner ON conversation (owner, changed_at)",
        """CREATE TABLE exchange (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id TEXT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
            key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (conversation_id, key))""",
        """CREATE TABLE quoted (
            article_id INTEGER NOT NULL, exchange_id INTEGER NOT NULL REFERENCES exchange (id) ON DELETE CASCADE,
            PRIMARY KEY (article_id, exchange_id)) WITHOUT ROWID""",
        "CREATE INDEX quoted_by_exchange ON quoted (exchange_id)",
        """CREATE VIRTUAL TABLE exchange_text USING fts5(
            question, answer, tokenize = 'porter unicode61 remove_diacritics 2')""",
    ),
)
"""Add a step at the end to change the tables; never edit one that has been released."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as it is listed. `changed_at` is ISO 8601, UTC."""

    conversation_id: str
    title: str
    changed_at: str


class Conversations:
    """May be used from any thread and by several processes. Reading makes no file; the first exchange does.

    Every method may raise LibraryError (disk full, read-only folder, damaged file).
    """

    def __init__(self, folder: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = folder
        self._now = now
        self._opened: Catalog | None = None
        self._opening = Lock()

    def begin(self, owner: str, exchange: Exchange, into: str = "") -> str:
        """Keeps a question as the last of conversation `into`; of a new one where the owner has none of that id.

        Returns the conversation's id. `exchange.key` must be new in it.
        """
        with self._writing() as connection:
            conversation_id = into if _owns(connection, owner, into) else self._start(connection, owner, exchange)
            row = connection.execute(
                "INSERT INTO exchange (conversation_id, key, body) VALUES (?, ?, ?)",
                (conversation_id, exchange.key, exchanges.dump(exchange)),
            )
            self._touch(connection, conversation_id)
            _index(connection, int(row.lastrowid or 0), exchange)
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
                connection.execute("UPDATE exchange SET body = ? WHERE id = ?", (exchanges.dump(exchange), *found))
                self._touch(connection, conversation_id)
                _index(connection, found[0], exchange)

    def open(self, owner: str, conversation_id: str) -> Conversation:
        """Raises UsageError where this user has no such conversation, whoever else may."""
        with self._reading() as connection:
            if connection is None or not _owns(connection, owner, conversation_id):
                raise _no_such()
            rows = connection.execute(
                "SELECT body FROM exchange WHERE conversation_id = ? ORDER BY id", (conversation_id,)
            ).fetchall()
        return tuple(exchanges.load(body) for (body,) in rows)

    def list(self, owner: str, search: str = "") -> list[Summary]:
        """The user's conversations, newest first, 200 at most; with words, those that hold them all."""
        with self._reading() as connection:
            if connection is None:
                return []
            return [Summary(*row) for row in _found(connection, owner, search.strip()[:LONGEST_SEARCH])]

    def rename(self, owner: str, conversation_id: str, title: str) -> None:
        """Raises UsageError where this user has no such conversation. A title without a word changes nothing."""
        if not _title(title):
            return
        with self._writing() as connection:
            changed = connection.execute(
                "UPDATE conversation SET title = ? WHERE id = ? AND owner = ?", (_title(title), conversation_id, owner)
            )
            if not changed.rowcount:
                raise _no_such()

    def delete(self, owner: str, conversation_id: str) -> None:
        """Deletes it with all its exchanges; nothing where this user has no such conversation."""
        with self._writing() as connection:
            if _owns(connection, owner, conversation_id):
                _delete(connection, conversation_id)

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
                _index(connection, exchange_id, erased)
        return len(rows)

    def close(self) -> None:
        if self._opened:
            self._opened.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None while nothing was ever kept here."""
        if not (self._folder / NAME).is_file():
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
                self._opened = Catalog(self._folder, name=NAME, steps=STEPS, private=True)
            return self._opened

    def _start(self, connection: sqlite3.Connection, owner: str, exchange: Exchange) -> str:
        conversation_id = secrets.token_urlsafe(12)
        connection.execute(
            "INSERT INTO conversation (id, owner, title, changed_at) VALUES (?, ?, ?, '')",
            (conversation_id, owner, _title(exchange.question) or "Untitled"),
        )
        self._touch(connection, conversation_id)
        unused = connection.execute(
            "SELECT id FROM conversation WHERE owner = ? ORDER BY changed_at DESC LIMIT -1 OFFSET ?", (owner, MOST_KEPT)
        )
        for (old,) in unused.fetchall():
            _delete(connection, old)
        return conversation_id

    def _touch(self, connection: sqlite3.Connection, conversation_id: str) -> None:
        now = self._now().isoformat(timespec="microseconds")
        connection.execute("UPDATE conversation SET changed_at = ? WHERE id = ?", (now, conversation_id))


# --------------------------------------------------------------------------------------------------


def _no_such() -> UsageError:
    return UsageError("There is no such conversation among yours.", "It may have been deleted, or be someone else's.")


def _owns(connection: sqlite3.Connection, owner: str, conversation_id: str) -> bool:
    row = connection.execute("SELECT 1 FROM conversation WHERE id = ? AND owner = ?", (conversation_id, owner))
    return row.fetchone() is not None


def _delete(connection: sqlite3.Connection, conversation_id: str) -> None:
    """With its exchanges; the full text first, which no foreign key leads to."""
    connection.execute(
        "DELETE FROM exchange_text WHERE rowid IN (SELECT id FROM exchange WHERE conversation_id = ?)",
        (conversation_id,),
    )
    connection.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))


def _found(connection: sqlite3.Connection, owner: str, search: str) -> list[tuple[str, str, str]]:
    query, titled = _query(search), "instr(casefold(title), casefold(:search))"
    narrowed = f"AND {titled}" if search else ""
    if query:
        narrowed = f"""AND ({titled} OR id IN (
            SELECT conversation_id FROM exchange WHERE id IN (
                SELECT rowid FROM exchange_text WHERE exchange_text MATCH :query)))"""  # nosec B608 # names of ours
    return connection.execute(
        f"""SELECT id, title, changed_at FROM conversation WHERE owner = :owner {narrowed}
        ORDER BY changed_at DESC LIMIT :most""",  # nosec B608 # conditions of ours
        {"owner": owner, "search": search, "query": query, "most": MOST_LISTED},
    ).fetchall()


def _query(search: str) -> str:
    """All of the words, the last one as a beginning; each quoted, so that nothing in them is FTS syntax."""
    words = [word.replace('"', "") for word in terms.words(search)[:MOST_TERMS]]
    return " ".join(f'"{word}"' for word in words) + "*" if words else ""


def _index(connection: sqlite3.Connection, exchange_id: int, exchange: Exchange) -> None:
    """What the exchange is found by, and the articles that it quotes."""
    outcome = exchange.outcome
    answer = " ".join(claim.text for claim in outcome.claims) if isinstance(outcome, Answer) else ""
    connection.execute("DELETE FROM exchange_text WHERE rowid = ?", (exchange_id,))
    connection.execute(
        "INSERT INTO exchange_text (rowid, question, answer) VALUES (?, ?, ?)", (exchange_id, exchange.question, answer)
    )
    connection.execute("DELETE FROM quoted WHERE exchange_id = ?", (exchange_id,))
    found = outcome.evidence if isinstance(outcome, Answer | Refusal) else ()
    connection.executemany(
        "INSERT INTO quoted (article_id, exchange_id) VALUES (?, ?)",
        {(one.article.article_id, exchange_id) for one in found},
    )


def _title(text: str) -> str:
    """One line, short enough for a list."""
    line = " ".join(text[: 4 * LONGEST_TITLE].split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"
