"""Is everything in a library as it should be? One finding for each thing that was looked at."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa import fulltext, purges, stored
from qa.catalog import Catalog, setting
from qa.domain import Finding
from qa.errors import FootnoteError
from qa.index import Index
from qa.keeper import Keeper
from qa.mark import leftovers, read_mark
from qa.probe import finds_itself
from qa.reembedding import PENDING

Progress = Callable[[int, int], None]
Problems = Iterator[str]


@dataclass(frozen=True, slots=True)
class Check:
    """`look` yields one line a problem; `fine` is said when there is none."""

    name: str
    fine: str
    remedy: str
    look: Callable[[sqlite3.Connection], Problems]
    writes: bool = False


def run(catalog: Catalog, keeper: Keeper | None, folder: Path, progress: Progress | None = None) -> list[Finding]:
    """The catalog's checks, then the index's. `keeper` is None where questions are answered exactly.

    What cannot be checked without writing is a warning where the folder is read-only.
    """
    findings = []
    for check in CATALOG_CHECKS:
        if check.writes and not catalog.writable:
            findings.append(_unchecked(check.name))
            continue
        with catalog.writing() if check.writes else catalog.reading() as connection:
            findings.append(_finding(check, connection))
    if keeper is not None:
        findings.extend(_index(catalog, keeper, progress) if catalog.writable else [_unchecked("index")])
    with catalog.reading() as connection:
        findings.append(_finding(_leftover_check(folder), connection))
    return findings


# --------------------------------------------------------------------------------------------------

_SHOWN = 5
_RESTORE = "Restore catalog.db from a backup, or ingest the articles into a new folder."
_AGAIN = "Take the named articles out and ingest them again: footnote library remove, footnote ingest."
_AS_OWNER = "Check as a user who may write there; questions are answered all the same."
_EMBED = "Make the vectors again: footnote reindex --embed"
_PURGE = "Finish it: footnote library remove --purge with that number, or start footnote serve again."
_INDEX = "Make the index again: footnote reindex"


def _finding(check: Check, connection: sqlite3.Connection) -> Finding:
    try:
        problems = list(check.look(connection))
    except sqlite3.DatabaseError as error:
        problems = [str(error)]
    if not problems:
        return Finding(check.name, "ok", check.fine)
    more = f" and {len(problems) - _SHOWN:,} more" if len(problems) > _SHOWN else ""
    return Finding(check.name, "error", "; ".join(problems[:_SHOWN]) + more, check.remedy)


def _unchecked(name: str) -> Finding:
    return Finding(name, "warning", "not checked, since the folder is read-only", _AS_OWNER)


def _file(connection: sqlite3.Connection) -> Problems:
    yield from (line for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok")


def _references(connection: sqlite3.Connection) -> Problems:
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield f"row {row} of {table} belongs to no {parent}"


def _versions(connection: sqlite3.Connection) -> Problems:
    for (article_id,) in connection.execute(
        """SELECT id FROM article WHERE current_version IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM version WHERE article_id = article.id AND number = current_version)"""
    ):
        yield f"article {article_id} has lost its current version"
    for (passage_id,) in connection.execute(
        """SELECT passage.id FROM passage JOIN article ON article.id = article_id
        WHERE passage.version IS NOT current_version"""
    ):
        yield f"passage {passage_id} belongs to a version that is not current"


def _cuts(connection: sqlite3.Connection) -> Problems:
    for article_id, _, text in _texts(connection):
        end = 0
        for passage in _passages(connection, article_id):
            if not end <= passage.start < passage.end <= len(text):
                yield f"passage {passage.id} of article {article_id} lies outside its text or another passage"
            end = passage.start
            for sentence_id, start, stop in passage.sentences:
                if not (end <= start < stop <= passage.end and text[start:stop].strip()):
                    yield f"sentence {sentence_id} of article {article_id} is empty or outside its passage"
                end = stop
            if not passage.sentences:
                yield f"passage {passage.id} of article {article_id} has no sentences"
            end = passage.end


def _terms(connection: sqlite3.Connection) -> Problems:
    """FTS5's own check; SQLite calls it a write."""
    for table in fulltext.TABLES:
        try:
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")  # nosec B608 # a table of ours
        except sqlite3.DatabaseError as error:
            yield f"{table}: {error}"


def _words(connection: sqlite3.Connection) -> Problems:
    """The rows of the full text are the texts, and there are no others."""
    held = {table: _rows(connection, table) for table in fulltext.TABLES}
    for article_id, title, text in _texts(connection):
        yield from _differs(held, "article_text", article_id, (title, text))
        for passage in _passages(connection, article_id):
            yield from _differs(held, "passage_text", passage.id, (title, text[passage.start : passage.end]))
            for sentence_id, start, end in passage.sentences:
                yield from _differs(held, "sentence_text", sentence_id, (title, text[start:end]))
    for table, rows in held.items():
        yield from (f"row {row} of {table} belongs to nothing" for row in rows)


def _vectors(connection: sqlite3.Connection) -> Problems:
    generation = stored.active_generation(connection)
    stamp = stored.stamp(connection)
    dimension = stamp.dimension if stamp else 0
    for passage_id, sentences, packed_passage, packed_sentences in connection.execute(
        """SELECT id, (SELECT count(*) FROM sentence WHERE passage_id = passage.id), vectors.passage, sentences
        FROM passage LEFT JOIN vectors ON passage_id = passage.id AND generation = ?""",
        (generation,),
    ):
        if packed_passage is None:
            yield f"passage {passage_id} has no vectors"
            continue
        packed = packed_passage + packed_sentences
        if len(packed) != 2 * dimension * (1 + sentences):
            yield f"passage {passage_id} has vectors of the wrong length"
        elif not np.allclose(np.linalg.norm(stored.rows(packed, dimension), axis=1), 1, atol=0.01):
            yield f"passage {passage_id} has a vector that is not of unit length"


def _purges(connection: sqlite3.Connection) -> Problems:
    for article_id in purges.unfinished(connection):
        yield f"article {article_id} is erased, but perhaps not from all that quotes it"


CATALOG_CHECKS = (
    Check("catalog file", "SQLite finds the file sound", _RESTORE, _file),
    Check("references", "every row belongs to its article", _RESTORE, _references),
    Check("versions", "every article has its current version", _AGAIN, _versions),
    Check("passages", "passages and sentences lie inside their texts, in order", _AGAIN, _cuts),
    Check("full text index", "SQLite finds it sound", _RESTORE, _terms, writes=True),
    Check("full text", "it holds exactly the words of the current articles", _AGAIN, _words),
    Check("vectors", "one a passage and one a sentence, of unit length", _EMBED, _vectors),
    Check("purges", "none was cut short", _PURGE, _purges),
)


def _index(catalog: Catalog, keeper: Keeper, progress: Progress | None) -> Iterator[Finding]:
    """Brought up to date first. Where another process has it, that is said and nothing is checked."""
    try:
        if not keeper.catch_up():
            yield Finding("index", "ok", "another process has it open; check there, or when it has ended")
            return
        with catalog.reading() as connection:
            index = keeper.index
            if index is not None:
                yield _finding(_holds(index.ids()), connection)
                yield _finding(_finds(index, progress), connection)
    except FootnoteError as error:
        yield Finding("index", "warning", error.message, error.remedy)
    except Exception as error:
        yield Finding("index", "error", f"Chroma: {error}", _INDEX)


def _holds(ids: set[int]) -> Check:
    def look(connection: sqlite3.Connection) -> Problems:
        wanted = set(stored.all_ids(connection).tolist())
        yield from (f"passage {i} is not in the index" for i in sorted(wanted - ids))
        yield from (f"the index holds {i}, which is no passage" for i in sorted(ids - wanted))

    return Check("index", "it holds every passage, once, and nothing else", _INDEX, look)


def _finds(index: Index, progress: Progress | None) -> Check:
    def look(connection: sqlite3.Connection) -> Problems:
        rows = list(stored.passage_vectors(connection, stored.active_generation(connection)))
        for done, (passage_id, packed) in enumerate(rows, start=1):
            if not finds_itself(index, passage_id, stored.unpack_rows([packed])[0]):
                yield f"passage {passage_id} is not its own nearest neighbour"
            if progress:
                progress(done, len(rows))

    return Check("neighbours", "every passage is its own nearest neighbour", _INDEX, look)


def _leftover_check(folder: Path) -> Check:
    def look(connection: sqlite3.Connection) -> Problems:
        yield from (f"{place.name} is in use by nothing" for place in leftovers(folder, read_mark(connection)))
        active = stored.active_generation(connection)
        if setting(connection, PENDING) is None:
            for generation, count in connection.execute(
                "SELECT generation, count(*) FROM vectors WHERE generation != ? GROUP BY generation", (active,)
            ):
                yield f"{count:,} vectors of embedding generation {generation} are left over"

    return Check("leftovers", "nothing of old generations is left", _INDEX, look)


@dataclass(frozen=True, slots=True)
class _Cut:
    id: int
    start: int
    end: int
    sentences: list[tuple[int, int, int]]


def _texts(connection: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """(article id, title, text) of every current article."""
    return connection.execute(
        """SELECT article.id, title, text FROM article
        JOIN version ON article_id = article.id AND number = current_version"""
    )


def _passages(connection: sqlite3.Connection, article_id: int) -> Iterator[_Cut]:
    for passage_id, start, end in connection.execute(
        "SELECT id, start, end FROM passage WHERE article_id = ? ORDER BY start", (article_id,)
    ):
        sentences = connection.execute(
            "SELECT id, start, end FROM sentence WHERE passage_id = ? ORDER BY ordinal", (passage_id,)
        )
        yield _Cut(passage_id, start, end, sentences.fetchall())


def _rows(connection: sqlite3.Connection, table: str) -> dict[int, tuple[str, str]]:
    rows = connection.execute(f"SELECT rowid, title, body FROM {table}")  # nosec B608 # a table of ours
    return {i: (title, body) for i, title, body in rows}


def _differs(
    held: dict[str, dict[int, tuple[str, str]]], table: str, row: int, wanted: tuple[str, str]
) -> Iterator[str]:
    """Takes the row out of `held`: what is left in the end belongs to nothing."""
    if held[table].pop(row, None) != wanted:
        yield f"row {row} of {table} is not what the text says"
