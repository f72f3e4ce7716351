"""One article into the catalog: new, a new version, or no work at all. Inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Literal

from qa import articles, stored
from qa.domain import LoadedArticle, Passage, PassageVectors
from qa.embedder import EmbeddingStamp
from qa.steps import reached


@dataclass(frozen=True, slots=True)
class NewArticle:
    """What `Library.add` takes: an article with its passages and one `PassageVectors` a passage."""

    uri: str
    loaded: LoadedArticle
    passages: Sequence[Passage]
    vectors: Sequence[PassageVectors]
    source_hash: str = ""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of it: `version` is current now."""

    article_id: int
    version: int
    change: Literal["new", "updated", "unchanged"]


def add(connection: Connection, item: NewArticle) -> Added:
    """The version that was current, if one was, keeps its text and loses its passages."""
    loaded = articles.storable(item.loaded)
    known = articles.current(connection, item.uri)
    if known and known[1] is not None and known[2] == loaded.content_hash:
        articles.note_source(connection, known[0], known[1], item.source_hash)
        return Added(known[0], known[1], "unchanged")
    if known and known[1] is not None:
        stored.delete_passages(connection, known[0])
        articles.retire(connection, known[0])
    article_id, version = articles.insert_version(
        connection, known[0] if known else None, item.uri, loaded, item.source_hash
    )
    reached("after a version was written")
    stored.insert_passages(connection, (article_id, version), loaded, item.passages, item.vectors)
    return Added(article_id, version, "updated" if known and known[1] is not None else "new")


def check_vectors(item: NewArticle, stamp: EmbeddingStamp) -> None:
    """Raises ValueError for vectors that do not belong to the passages."""
    wanted = [(stamp.dimension, (len(p.sentences), stamp.dimension)) for p in item.passages]
    if [(len(v.passage), v.sentences.shape) for v in item.vectors] != wanted:
        raise ValueError(f"The vectors of {item.uri} are not those of its {len(item.passages)} passages.")
