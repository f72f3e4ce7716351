"""How much a library holds."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from qa import stored
from qa.catalog import NAME, changes_since
from qa.mark import FOLDERS, read_mark


@dataclass(frozen=True, slots=True)
class Stats:
    """`articles`, `passages`, `sentences` and `characters` are of current articles; `behind` is how many changed
    passages the index has not seen (they are found all the same)."""

    articles: int
    versions: int
    passages: int
    sentences: int
    characters: int
    catalog_bytes: int
    index_bytes: int
    index: str
    behind: int
    model: str
    dimension: int


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a question is asked of: current articles and their sentences."""

    articles: int
    sentences: int


def stats(connection: sqlite3.Connection, folder: Path, kind: str) -> Stats:
    held, mark = holdings(connection), read_mark(connection)
    uses_chroma = kind != "exact" and mark.generation > 0
    stamp = stored.stamp(connection)
    return Stats(
        articles=held.articles,
        versions=_one(connection, "SELECT count(*) FROM version"),
        passages=size(connection),
        sentences=held.sentences,
        characters=_one(connection, _CHARACTERS),
        catalog_bytes=sum(map(_bytes, folder.glob(f"{NAME}*"))),
        index_bytes=sum(map(_bytes, folder.glob(f"{FOLDERS}/**/*"))),
        index="chroma" if uses_chroma else "exact",
        behind=sum(len(ids) for _, _, ids in changes_since(connection, mark.sequence)) if uses_chroma else 0,
        model=stamp.model if stamp else "",
        dimension=stamp.dimension if stamp else 0,
    )


def holdings(connection: sqlite3.Connection) -> Holdings:
    return Holdings(
        _one(connection, "SELECT count(*) FROM article WHERE current_version IS NOT NULL"),
        _one(connection, "SELECT count(*) FROM sentence"),
    )


def size(connection: sqlite3.Connection) -> int:
    """Passages."""
    return _one(connection, "SELECT count(*) FROM passage")


# --------------------------------------------------------------------------------------------------

_CHARACTERS = """
    SELECT coalesce(sum(characters), 0) FROM article
    JOIN version ON article_id = article.id AND number = current_version"""


def _one(connection: sqlite3.Connection, query: str) -> int:
    return int(connection.execute(query).fetchone()[0])


def _bytes(place: Path) -> int:
    """Nothing for a folder, and for a file that another process has removed since it was listed."""
    try:
        return place.stat().st_size if place.is_file() else 0
    except FileNotFoundError:
        return 0
