"""The catalog's tables, as numbered steps: `PRAGMA user_version` says how many a file has had."""

import sqlite3
from collections.abc import Sequence

_FULL_TEXT = "fts5(title, body, tokenize = 'porter unicode61 remove_diacritics 2')"

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        """CREATE TABLE article (
            id INTEGER PRIMARY KEY AUTOINCREMENT, uri TEXT NOT NULL UNIQUE, current_version INTEGER)""",
        """CREATE TABLE version (
            article_id INTEGER NOT NULL REFERENCES article (id) ON DELETE CASCADE, number INTEGER NOT NULL,
            title TEXT NOT NULL, publisher TEXT NOT NULL, authors TEXT NOT NULL, published TEXT,
            language TEXT NOT NULL, url TEXT NOT NULL, content_hash TEXT NOT NULL, source_hash TEXT NOT NULL,
            ingested_at TEXT NOT NULL, characters INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE (article_id, number))""",
        """CREATE TABLE passage (
            id INTEGER PRIMARY KEY AUTOINCREMENT, article_id INTEGER NOT NULL, version INTEGER NOT NULL,
            start INTEGER NOT NULL, end INTEGER NOT NULL,
            FOREIGN KEY (article_id, version) REFERENCES version (article_id, number))""",
        "CREATE INDEX passage_by_article ON passage (article_id, version)",
        """CREATE TABLE sentence (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            passage_id INTEGER NOT NULL REFERENCES passage (id) ON DELETE CASCADE, ordinal INTEGER NOT NULL,
            start INTEGER NOT NULL, end INTEGER NOT NULL, UNIQUE (passage_id, ordinal))""",
        """CREATE TABLE vectors (
            generation INTEGER NOT NULL, passage_id INTEGER NOT NULL REFERENCES passage (id) ON DELETE CASCADE,
            passage BLOB NOT NULL, sentences BLOB NOT NULL, UNIQUE (passage_id, generation))""",
        """CREATE TABLE change (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL CHECK (kind IN ('added', 'removed')),
            first INTEGER NOT NULL, last INTEGER NOT NULL)""",
        f"CREATE VIRTUAL TABLE article_text USING {_FULL_TEXT}",
        f"CREATE VIRTUAL TABLE passage_text USING {_FULL_TEXT}",
        f"CREATE VIRTUAL TABLE sentence_text USING {_FULL_TEXT}",
    ),
)
"""Add a step at the end to change the tables; never edit one that has been released."""

NEWEST = len(STEPS)


def version(connection: sqlite3.Connection) -> int:
    """How many steps the file has had."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, steps: Sequence[Sequence[str]] = STEPS) -> None:
    """Take the steps that the file lacks. The caller holds the write transaction."""
    for number, step in enumerate(steps[version(connection) :], start=version(connection) + 1):
        for statement in step:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
