"""Passages, their sentences and their vectors, as the catalog holds them. Every function takes a connection that is
inside a transaction; vectors are float16 there and float32 everywhere else."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cache, partial
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from qa.catalog import log_change, put_setting, setting
from qa.domain import ArticleRef, LoadedArticle, Passage, PassageVectors, Span, StoredPassage, Vectors
from qa.embedder import EmbeddingStamp, PassageInput

Ids = NDArray[np.int64]
ACTIVE = "embedding_generation"
STAMP = "embedding"

_FULL_TEXT = {"passage_text": "passage", "sentence_text": "sentence"}


def active_generation(connection: sqlite3.Connection) -> int:
    """The embedding generation that questions are compared with."""
    return int(setting(connection, ACTIVE, 1))


def stamp(connection: sqlite3.Connection) -> EmbeddingStamp | None:
    """Which model made the active vectors; None for a library that was never given one."""
    kept = setting(connection, STAMP)
    return EmbeddingStamp(**kept) if kept else None


def activate(connection: sqlite3.Connection, stamp: EmbeddingStamp, generation: int | None = None) -> None:
    """From now on the vectors are that model's, and of that generation if one is named."""
    put_setting(connection, STAMP, asdict(stamp))
    if generation is not None:
        put_setting(connection, ACTIVE, generation)


def insert_passages(
    connection: sqlite3.Connection,
    version: tuple[int, int],
    loaded: LoadedArticle,
    passages: Sequence[Passage],
    vectors: Sequence[PassageVectors],
) -> None:
    """Passages with their sentences, vectors and full text, and the change for the indexes to follow.

    `version` is the article's id and the number of its current version.
    """
    ids = _fresh(connection, "passage", len(passages))
    sentences = [(i, n, s) for i, p in zip(ids, passages, strict=True) for n, s in enumerate(p.sentences)]
    sentence_ids = _fresh(connection, "sentence", len(sentences))
    connection.executemany(
        "INSERT INTO passage VALUES (?, ?, ?, ?, ?)",
        [(i, *version, p.start, p.end) for i, p in zip(ids, passages, strict=True)],
    )
    connection.executemany(
        "INSERT INTO sentence VALUES (?, ?, ?, ?, ?)",
        [(i, p, n, s.start, s.end) for i, (p, n, s) in zip(sentence_ids, sentences, strict=True)],
    )
    connection.executemany(
        "INSERT INTO passage_text (rowid, title, body) VALUES (?, ?, ?)",
        [(i, loaded.title, loaded.text[p.start : p.end]) for i, p in zip(ids, passages, strict=True)],
    )
    connection.executemany(
        "INSERT INTO sentence_text (rowid, title, body) VALUES (?, ?, ?)",
        [(i, loaded.title, s.of(loaded.text)) for i, (_, _, s) in zip(sentence_ids, sentences, strict=True)],
    )
    insert_vectors(connection, active_generation(connection), dict(zip(ids, vectors, strict=True)))
    log_change(connection, "added", ids)


def insert_vectors(connection: sqlite3.Connection, generation: int, vectors: Mapping[int, PassageVectors]) -> None:
    connection.executemany(
        "INSERT INTO vectors (generation, passage_id, passage, sentences) VALUES (?, ?, ?, ?)",
        [(generation, i, pack(v.passage), pack(v.sentences)) for i, v in vectors.items()],
    )


def delete_passages(connection: sqlite3.Connection, article_id: int) -> None:
    """An article's passages with everything that hangs on them, and the change for the indexes to follow."""
    ids = [i for (i,) in connection.execute("SELECT id FROM passage WHERE article_id = ? ORDER BY id", (article_id,))]
    for table, inner in (("passage_text", "id"), ("sentence_text", "passage_id")):
        connection.executemany(
            f"DELETE FROM {table} WHERE rowid IN (SELECT id FROM {_FULL_TEXT[table]} WHERE {inner} = ?)",  # nosec B608 # ours
            [(i,) for i in ids],
        )
    connection.executemany("DELETE FROM passage WHERE id = ?", [(i,) for i in ids])
    for run in _runs(ids):
        log_change(connection, "removed", run)


def load(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, StoredPassage]:
    """The passages among `ids` that exist, by id."""
    wanted = _json(ids)
    spans, article = _sentences(connection, wanted), cache(partial(_article, connection))
    found = {}
    for passage_id, start, end, article_id, version, passage, sentences in connection.execute(_PASSAGES, (wanted,)):
        ref, text = article(article_id, version)
        found[passage_id] = StoredPassage(
            passage_id,
            ref,
            start,
            end,
            text[start:end],
            spans.get(passage_id, ()),
            unpack(passage, sentences),
        )
    return found


def inputs(connection: sqlite3.Connection, ids: Iterable[int]) -> dict[int, PassageInput]:
    """What the passages among `ids` that exist are embedded from, by id; their vectors are not looked at."""
    wanted = _json(ids)
    spans, article = _sentences(connection, wanted), cache(partial(_article, connection))
    found = {}
    for passage_id, start, end, article_id, version in connection.execute(_PLACES, (wanted,)):
        ref, text = article(article_id, version)
        passage = Passage(start, end, spans.get(passage_id, ()))
        found[passage_id] = PassageInput.of(ref.title, text[start:end], passage)
    return found


def ids_of(connection: sqlite3.Connection, article_id: int) -> list[int]:
    """An article's passages in the order of the text."""
    rows = connection.execute("SELECT id FROM passage WHERE article_id = ? ORDER BY start", (article_id,))
    return [i for (i,) in rows]


def all_ids(connection: sqlite3.Connection) -> Ids:
    """Every passage that questions are asked of, ascending."""
    return np.array([i for (i,) in connection.execute("SELECT id FROM passage ORDER BY id")], dtype=np.int64)


def passage_vectors(
    connection: sqlite3.Connection, generation: int, ids: range | None = None
) -> Iterator[tuple[int, bytes]]:
    """(passage id, packed vector) of one generation, ascending; `ids` narrows it to those that exist among them."""
    first, last = (ids[0], ids[-1]) if ids else (0, 2**62)
    return connection.execute(
        """SELECT passage_id, passage FROM vectors
        WHERE passage_id BETWEEN ? AND ? AND generation = ? ORDER BY passage_id""",
        (first, last, generation),
    )


def sample(
    connection: sqlite3.Connection, generation: int, most: int, *, before: int | None = None
) -> list[tuple[int, bytes]]:
    """Some (passage id, packed vector) at random; with `before`, of those that came by that sequence number."""
    return connection.execute(
        """SELECT passage_id, passage FROM vectors WHERE rowid IN (
            SELECT rowid FROM vectors WHERE generation = ? AND passage_id <= coalesce(
                (SELECT max(last) FROM change WHERE kind = 'added' AND sequence <= ?), 0)
            ORDER BY random() LIMIT ?)""",
        (generation, 2**62 if before is None else before, most),
    ).fetchall()


def pack(vectors: Vectors) -> bytes:
    return vectors.astype("<f2").tobytes()


def unpack(passage: bytes, sentences: bytes) -> PassageVectors:
    dimension = len(passage) // 2
    return PassageVectors(rows(passage, dimension)[0], rows(sentences, dimension))


def unpack_rows(packed: Sequence[bytes]) -> Vectors:
    """Packed passage vectors -> one row each."""
    return rows(b"".join(packed), len(packed[0]) // 2)


def rows(packed: bytes, dimension: int) -> Vectors:
    """As many float32 rows of that dimension as the bytes hold."""
    return np.frombuffer(packed, dtype="<f2").astype(np.float32).reshape(-1, dimension)


# --------------------------------------------------------------------------------------------------

_PASSAGES = f"""
    SELECT passage.id, start, end, article_id, version, vectors.passage, vectors.sentences
    FROM json_each(?) AS wanted JOIN passage ON passage.id = wanted.value
    JOIN vectors ON vectors.passage_id = passage.id
        AND generation = coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE key = '{ACTIVE}'), 1)"""  # nosec B608 # a constant
_PLACES = """
    SELECT passage.id, start, end, article_id, version FROM json_each(?) AS wanted
    JOIN passage ON passage.id = wanted.value"""
_SENTENCES = """
    SELECT passage_id, start, end FROM json_each(?) AS wanted
    JOIN sentence ON passage_id = wanted.value ORDER BY passage_id, ordinal"""
_ARTICLE = """
    SELECT uri, title, publisher, published, url, text FROM version JOIN article ON article.id = article_id
    WHERE article_id = ? AND number = ?"""


def _fresh(connection: sqlite3.Connection, table: str, count: int) -> range:
    """Ids that were never used; the write transaction keeps them ours."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    first = (row[0] if row else 0) + 1
    return range(first, first + count)


def _sentences(connection: sqlite3.Connection, wanted: str) -> dict[int, tuple[Span, ...]]:
    rows = connection.execute(_SENTENCES, (wanted,))
    return {
        passage_id: tuple(Span(start, end) for _, start, end in group)
        for passage_id, group in groupby(rows, key=lambda row: row[0])
    }


def _article(connection: sqlite3.Connection, article_id: int, version: int) -> tuple[ArticleRef, str]:
    uri, title, publisher, published, url, text = connection.execute(_ARTICLE, (article_id, version)).fetchone()
    return ArticleRef(article_id, version, uri, title, publisher, published, url), text


def _json(ids: Iterable[int]) -> str:
    return f"[{','.join(str(int(i)) for i in ids)}]"


def _runs(ids: Sequence[int]) -> Iterator[range]:
    """Ascending ids as unbroken ranges."""
    for _, group in groupby(enumerate(ids), key=lambda pair: pair[1] - pair[0]):
        run = [i for _, i in group]
        yield range(run[0], run[-1] + 1)
