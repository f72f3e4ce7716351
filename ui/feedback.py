"""Thumbs up and down, with a reason: one more SQLite file in the library's folder, a row a user and reply.

What says enough to be an evaluation case becomes a draft of one.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from evals.case_store import CaseStore, from_reply
from qa.catalog import Catalog
from qa.domain import Answer, Refusal, Turn
from qa.errors import UsageError
from ui import exchanges
from ui.conversation import Conversation, Exchange, quoted, turns

NAME = "feedback.db"
LONGEST_REASON = 1_000
Verdict = Literal["", "up", "down"]
"""What somebody thinks of a reply; "" takes an earlier word back."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE feedback (
            id INTEGER PRIMARY KEY AUTOINCREMENT, given_at TEXT NOT NULL, user TEXT NOT NULL,
            exchange_key TEXT NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, exchange TEXT NOT NULL,
            history TEXT NOT NULL)""",
    ),
    (
        "DELETE FROM feedback WHERE id NOT IN (SELECT max(id) FROM feedback GROUP BY user, exchange_key)",
        "CREATE UNIQUE INDEX feedback_once ON feedback (user, exchange_key)",
    ),
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a browser says of the reply to exchange `turn` (from 0)."""

    turn: int
    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """The last word of one user on one exchange. `given_at` is ISO 8601, UTC; `history` the turns before it."""

    given_at: str
    user: str
    verdict: Verdict
    reason: str
    exchange: Exchange
    history: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Feedback:
    """May be used from any thread and by several processes. Reading makes no file. May raise LibraryError.

    Nothing is written that quotes an article whose text is gone, which `erased` says of its id: within the transaction
    that writes, the draft of a case included, so that what is written before the text goes is there to be forgotten.
    """

    folder: Path
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    erased: Callable[[int], bool] = lambda _: False

    def give(self, conversation: Conversation, given: Given, user: str = "") -> None:
        """In place of the user's earlier word on it. Raises UsageError where there is no reply to speak of."""
        _judged(conversation, given.turn)
        with closing(Catalog(self.folder, name=NAME, steps=STEPS, private=True)) as file, file.writing() as connection:
            left = exchanges.without_erased(conversation[: given.turn + 1], self.erased)
            exchange, earlier = _judged(left, given.turn), turns(left[:-1])
            row = (self.now().isoformat(timespec="seconds"), user, exchange.key, given.verdict, given.reason)
            history = json.dumps([asdict(turn) for turn in earlier])
            connection.execute(_GIVE, (*row, exchanges.dump(exchange), history))
            if given.verdict and isinstance(exchange.outcome, Answer | Refusal):
                case = from_reply(exchange.outcome, given.verdict == "up", earlier)
                CaseStore(self.folder).add([case] if case else [])

    def forget(self, article_id: int) -> int:
        """Erases the judged answers that quote an article; how many. Questions, verdicts and reasons stay.

        Answers that went before go from every entry: which articles they quoted is not kept.
        """
        if not (self.folder / NAME).is_file():
            return 0
        with closing(Catalog(self.folder, name=NAME, steps=STEPS, private=True)) as file, file.writing() as connection:
            rows = [(i, exchanges.load(body), json.loads(history)) for i, body, history in connection.execute(_ALL)]
            quoting = {
                i: replace(judged, outcome=exchanges.ERASED) for i, judged, _ in rows if article_id in quoted(judged)
            }
            for i, judged, history in rows:
                kept = (
                    exchanges.dump(quoting.get(i, judged)),
                    json.dumps([turn | {"answer": ""} for turn in history]),
                    i,
                )
                connection.execute("UPDATE feedback SET exchange = ?, history = ? WHERE id = ?", kept)
        return len(quoting)

    def entries(self) -> list[Entry]:
        """The oldest first; what was taken back is left out."""
        if not (self.folder / NAME).is_file():
            return []
        catalog = Catalog(self.folder, create=False, name=NAME, steps=STEPS)
        try:
            with catalog.reading() as connection:
                rows = connection.execute(_LAST_WORDS).fetchall()
        finally:
            catalog.close()
        return [_entry(*row) for row in rows]


def read(event: object) -> Given:
    """What the browser's event says, which may be anything. Raises UsageError for what is no verdict."""
    given = event if isinstance(event, Mapping) else {}
    turn, verdict, reason = given.get("turn"), given.get("verdict"), given.get("reason", "")
    if not isinstance(turn, int) or isinstance(turn, bool) or turn < 0 or verdict not in ("", "up", "down"):
        raise UsageError("That is no verdict on a reply of this conversation.")
    return Given(turn, verdict, reason.strip()[:LONGEST_REASON] if isinstance(reason, str) else "")


# --------------------------------------------------------------------------------------------------


def _judged(conversation: Conversation, turn: int) -> Exchange:
    if turn < len(conversation) and isinstance(conversation[turn].outcome, Answer | Refusal):
        return conversation[turn]
    raise UsageError(
        "There is no such reply in this conversation.", "Ask again: this page may have been open too long."
    )


def _entry(given_at: str, user: str, verdict: Verdict, reason: str, exchange: str, history: str) -> Entry:
    earlier = tuple(Turn(**turn) for turn in json.loads(history))
    return Entry(given_at, user, verdict, reason, exchanges.load(exchange), earlier)


_GIVE = """REPLACE INTO feedback (given_at, user, exchange_key, verdict, reason, exchange, history)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
_ALL = "SELECT id, exchange, history FROM feedback"
_LAST_WORDS = """SELECT given_at, user, verdict, reason, exchange, history FROM feedback
    WHERE verdict != '' ORDER BY id"""
