"""How much a library holds."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from qa import stored
from qa.catalog import NAME, changes_since
from qa.keeper import FOLDERS, read_mark


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


def stats(connection: sqlite3.Connection, folder: Path, kind: str) -> Stats:
    mark = read_mark(connection)
    uses_chroma = kind != "exact" and mark.generation > 0
    stamp = stored.stamp(connection)
    return Stats(
        articles=_one(connection, "SELECT count(*) FROM article WHERE current_version IS NOT NULL"),
        versions=_one(connection, "SELECT count(*) FROM version"),
        passages=size(connection),
        sentences=_one(connection, "SELECT count(*) FROM sentence"),
        characters=_one(connection, _CHARACTERS),
        catalog_bytes=sum(place.stat().st_size for place in folder.glob(f"{NAME}*")),
        index_bytes=sum(place.stat().st_size for place in folder.glob(f"{FOLDERS}/**/*") if place.is_file()),
        index="chroma" if uses_chroma else "exact",
        behind=sum(len(ids) for _, _, ids in changes_since(connection, mark.sequence)) if uses_chroma else 0,
        model=stamp.model if stamp else "",
        dimension=stamp.dimension if stamp else 0,
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
