"""The tables of kept conversations, and the statements on them that several methods need."""

import sqlite3

from qa import terms
from qa.domain import Answer
from ui.conversation import Exchange, quoted

MOST_LISTED = 200
LONGEST_TITLE = 120
MOST_TERMS = 12

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
    (
        "ALTER TABLE conversation ADD COLUMN shared_as TEXT",
        "CREATE UNIQUE INDEX conversation_by_share ON conversation (shared_as) WHERE shared_as IS NOT NULL",
    ),
    (
        """INSERT OR IGNORE INTO quoted (article_id, exchange_id)
            SELECT json_extract(one.value, '$.article.article_id'), exchange.id
            FROM exchange, json_each(body, '$.outcome.evidence') AS one
            WHERE json_extract(body, '$.kind') = 'Stopped'""",
    ),
)
"""Add a step at the end to change the tables; never edit one that has been released."""


def owns(connection: sqlite3.Connection, owner: str, conversation_id: str) -> bool:
    row = connection.execute("SELECT 1 FROM conversation WHERE id = ? AND owner = ?", (conversation_id, owner))
    return row.fetchone() is not None


def delete(connection: sqlite3.Connection, conversation_id: str) -> None:
    """With its exchanges; the full text first, which no foreign key leads to."""
    connection.execute(
        "DELETE FROM exchange_text WHERE rowid IN (SELECT id FROM exchange WHERE conversation_id = ?)",
        (conversation_id,),
    )
    connection.execute("DELETE FROM conversation WHERE id = ?", (conversation_id,))


def exchanges_of(connection: sqlite3.Connection, conversation_id: str) -> list[str]:
    """Their bodies, in the order of asking."""
    query = "SELECT body FROM exchange WHERE conversation_id = ? ORDER BY id"
    return [body for (body,) in connection.execute(query, (conversation_id,))]


def found(connection: sqlite3.Connection, owner: str, search: str) -> list[tuple[str, str, str, str]]:
    """Id, title, time of the last change, and the word under which it is shared; those that hold all the words."""
    query, titled = _query(search), "instr(casefold(title), casefold(:search))"
    narrowed = f"AND {titled}" if search else ""
    if query:
        narrowed = f"""AND ({titled} OR id IN (
            SELECT conversation_id FROM exchange WHERE id IN (
                SELECT rowid FROM exchange_text WHERE exchange_text MATCH :query)))"""  # nosec B608 # names of ours
    return connection.execute(
        f"""SELECT id, title, changed_at, coalesce(shared_as, '') FROM conversation WHERE owner = :owner {narrowed}
        ORDER BY changed_at DESC LIMIT :most""",  # nosec B608 # conditions of ours
        {"owner": owner, "search": search, "query": query, "most": MOST_LISTED},
    ).fetchall()


def index(connection: sqlite3.Connection, exchange_id: int, exchange: Exchange) -> None:
    """What the exchange is found by, and the articles that it quotes."""
    outcome = exchange.outcome
    answer = " ".join(claim.text for claim in outcome.claims) if isinstance(outcome, Answer) else ""
    connection.execute("DELETE FROM exchange_text WHERE rowid = ?", (exchange_id,))
    connection.execute(
        "INSERT INTO exchange_text (rowid, question, answer) VALUES (?, ?, ?)", (exchange_id, exchange.question, answer)
    )
    connection.execute("DELETE FROM quoted WHERE exchange_id = ?", (exchange_id,))
    connection.executemany(
        "INSERT INTO quoted (article_id, exchange_id) VALUES (?, ?)",
        [(article_id, exchange_id) for article_id in quoted(exchange)],
    )


def title(text: str) -> str:
    """One line, short enough for a list."""
    line = " ".join(text[: 4 * LONGEST_TITLE].split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"


# --------------------------------------------------------------------------------------------------


def _query(search: str) -> str:
    """All of the words, the last one as a beginning; each quoted, so that nothing in them is FTS syntax."""
    words = [word.replace('"', "") for word in terms.words(search)[:MOST_TERMS]]
    return " ".join(f'"{word}"' for word in words) + "*" if words else ""
