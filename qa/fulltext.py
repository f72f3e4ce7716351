"""BM25 over articles, passages and sentences (SQLite FTS5). Words are quoted: nothing in them is FTS syntax.

Every score is higher for better. Full text is a help, not a must: a query that takes too long has no result.
"""

import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

TABLES = ("article_text", "passage_text", "sentence_text")
MOST_TERMS = 48
SECONDS = 2.0
TITLE_WEIGHT = 1.0

_STEPS = 1_000
"""SQLite instructions between two looks at the clock."""


def articles(connection: sqlite3.Connection, terms: Sequence[str]) -> dict[int, float]:
    """Article id -> BM25, for those that hold a term."""
    return _scores(connection, "article_text", terms, None)


def passages(connection: sqlite3.Connection, terms: Sequence[str]) -> dict[int, float]:
    """Passage id -> BM25, for those that hold a term."""
    return _scores(connection, "passage_text", terms, None)


def sentences(
    connection: sqlite3.Connection, terms: Sequence[str], passage_ids: Collection[int]
) -> dict[tuple[int, int], float]:
    """(passage id, ordinal) -> BM25, for the sentences of those passages that hold a term."""
    rows = connection.execute(
        """SELECT sentence.id, passage_id, ordinal FROM json_each(?) AS wanted
        JOIN sentence ON passage_id = wanted.value""",
        (_json(passage_ids),),
    )
    places = {sentence_id: (passage_id, ordinal) for sentence_id, passage_id, ordinal in rows}
    return {places[i]: score for i, score in _scores(connection, "sentence_text", terms, places).items()}


def frequencies(connection: sqlite3.Connection, terms: Sequence[str]) -> dict[str, int]:
    """How many passages hold each term after stemming; 0 for those past the most terms or the time."""
    counts = dict.fromkeys(terms, 0)
    with _in_time(connection):
        for term in list(counts)[:MOST_TERMS]:
            counts[term] = _count(connection, quoted([term]))
    return counts


def quoted(terms: Sequence[str]) -> str:
    """An FTS query for any of the terms: each once, at most 48, as phrases; "" for none."""
    bare = dict.fromkeys(term.replace("\0", "").replace('"', '""') for term in terms)
    return " OR ".join(f'"{term}"' for term in list(filter(str.strip, bare))[:MOST_TERMS])


# --------------------------------------------------------------------------------------------------


def _scores(
    connection: sqlite3.Connection, table: str, terms: Sequence[str], only: Collection[int] | None
) -> dict[int, float]:
    query = quoted(terms)
    if not query or (only is not None and not only):
        return {}
    narrowed = "" if only is None else "AND +rowid IN (SELECT value FROM json_each(?))"
    found: dict[int, float] = {}
    with _in_time(connection):
        rows = connection.execute(
            f"SELECT rowid, -bm25({table}, ?, 1.0) FROM {table} WHERE {table} MATCH ? {narrowed}",  # nosec B608 # ours, all
            (TITLE_WEIGHT, query) if only is None else (TITLE_WEIGHT, query, _json(only)),
        )
        found.update(rows)
    return found


def _count(connection: sqlite3.Connection, query: str) -> int:
    if not query:
        return 0
    return int(
        connection.execute("SELECT count(*) FROM passage_text WHERE passage_text MATCH ?", (query,)).fetchone()[0]
    )


@contextmanager
def _in_time(connection: sqlite3.Connection) -> Iterator[None]:
    """Swallows the interruption of a query that ran past the limit."""
    deadline = time.monotonic() + SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if "interrupt" not in str(error):
            raise
    finally:
        connection.set_progress_handler(None, 0)


def _json(ids: Collection[int]) -> str:
    return f"[{','.join(str(int(i)) for i in ids)}]"
