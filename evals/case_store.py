"""Cases that wait for somebody's word, those that count, and those that were thrown away: a small file per library.

Drafts come from `evals.drafts` and from answers in the chat (`from_reply`). Only accepted cases are ever asked. What
was thrown away is remembered, so that it is not drafted again.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from evals.cases import Case, Dataset, Gold, from_row, to_row
from qa.catalog import Catalog
from qa.domain import Answer, Reply, Turn
from qa.errors import CaseError

State = Literal["draft", "accepted", "thrown away"]
NAME = "cases.db"
FROM_CHAT = "chat-"
"""How the id of a case begins that `from_reply` made."""
ACCEPTED = "accepted"
"""The name of the data set of accepted cases."""

STEPS = (
    (
        """CREATE TABLE IF NOT EXISTS evaluation (
            id TEXT PRIMARY KEY, row TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'draft', added TEXT NOT NULL)""",
    ),
)


@dataclass(frozen=True, slots=True)
class CaseStore:
    """The cases of one library, in its folder. Any thread or process may use the same file.

    Every method may raise LibraryError (disk full, read-only folder, damaged file).
    """

    folder: Path

    def add(self, cases: Iterable[Case]) -> int:
        """As drafts; how many were new. A known case stays what it is."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        rows = [(case.id, json.dumps(to_row(case)), now) for case in cases]
        with self._open() as connection:
            before = connection.total_changes
            connection.executemany("INSERT OR IGNORE INTO evaluation (id, row, added) VALUES (?, ?, ?)", rows)
            return connection.total_changes - before

    def decide(self, case_id: str, state: State) -> None:
        """Accept, throw away, or put back. Raises CaseError for a case that is not here."""
        if state not in get_args(State):
            raise CaseError(f"A case cannot be {state!r}.", f"It can be {', '.join(get_args(State))}.")
        with self._open() as connection:
            changed = connection.execute("UPDATE evaluation SET state = ? WHERE id = ?", (state, case_id))
            if not changed.rowcount:
                raise CaseError(f"There is no case {case_id!r}.", "It may have been deleted: load the page again.")

    def cases(self, state: State, limit: int | None = None) -> list[Case]:
        """Those in this state, in the order in which they came."""
        query = "SELECT id, row FROM evaluation WHERE state = ? ORDER BY rowid LIMIT ?"
        with self._open() as connection:
            rows = connection.execute(query, (state, -1 if limit is None else limit)).fetchall()
        return [from_row(json.loads(row), case_id) for case_id, row in rows]

    def forget(self, uri: str) -> int:
        """Deletes the cases that quote an article, whatever their state, or were made from it; how many.

        Earlier answers go from all that came out of a chat: which articles they quoted is not kept.
        """
        if not (self.folder / NAME).is_file():
            return 0
        with self._open() as connection:
            rows = connection.execute("SELECT id, row FROM evaluation").fetchall()
            cases = [from_row(json.loads(row), case_id) for case_id, row in rows]
            quoting = {case.id for case in cases if case.rests_on(uri)}
            connection.executemany("DELETE FROM evaluation WHERE id = ?", [(case_id,) for case_id in quoting])
            said = [case for case in cases if case.id.startswith(FROM_CHAT) and case.history and case.id not in quoting]
            bare = [replace(case, history=tuple(replace(turn, answer="") for turn in case.history)) for case in said]
            connection.executemany(
                "UPDATE evaluation SET row = ? WHERE id = ?", [(json.dumps(to_row(case)), case.id) for case in bare]
            )
        return len(quoting)

    def known(self) -> frozenset[str]:
        """The ids of all cases, whatever their state."""
        with self._open() as connection:
            return frozenset(case_id for (case_id,) in connection.execute("SELECT id FROM evaluation"))

    def counts(self) -> dict[str, int]:
        with self._open() as connection:
            found = dict(connection.execute("SELECT state, count(*) FROM evaluation GROUP BY state").fetchall())
        return {state: found.get(state, 0) for state in get_args(State)}

    def dataset(self) -> Dataset:
        """The accepted cases. Raises CaseError where there are none."""
        accepted = tuple(self.cases("accepted"))
        if not accepted:
            raise CaseError("No case has been accepted yet.", "Draft some, and accept those that are good.")
        return Dataset(ACCEPTED, accepted)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection in a transaction of its own; the file is made when it is first needed."""
        with closing(Catalog(self.folder, name=NAME, steps=STEPS, private=True)) as file, file.writing() as connection:
            yield connection


def from_reply(reply: Reply, good: bool, history: Sequence[Turn] = ()) -> Case | None:
    """A case of what was asked in the chat and whether the reply was good; None where that says too little.

    Good: any of the cited sentences answers; nothing does, if it was refused. A bad answer becomes a case without gold,
    to be accepted only where the library does not answer the question. Of a bad refusal nobody knows the gold.
    """
    if isinstance(reply, Answer):
        gold = tuple(_gold(reply)) if good else ()
        kind = "answer found good" if good else "answer found bad"
    elif good:
        gold, kind = (), "refusal found good"
    else:
        return None
    asked = "\n".join([*(turn.question for turn in history), reply.question, *(g.uri + g.quote for g in gold)])
    digest = hashlib.sha256(asked.encode(errors="replace")).hexdigest()[:12]
    return Case(f"{FROM_CHAT}{digest}", reply.question, gold, tuple(history), kind=kind)


# ----------------------------------------------------------------------------------------------------------------


def _gold(answer: Answer) -> Iterator[Gold]:
    """The cited sentences, as alternatives."""
    numbers = dict.fromkeys(citation.number for claim in answer.claims for citation in claim.citations)
    for evidence in (answer.evidence[n - 1] for n in numbers if 1 <= n <= len(answer.evidence)):
        yield Gold(evidence.article.uri, evidence.quote, 0, evidence.start)
