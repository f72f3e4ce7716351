"""Every vector anew with another model: beside the old ones, then one swap. Killed half-way, it goes on from there."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import asdict

from qa import stored
from qa.catalog import Catalog, put_setting, setting
from qa.embedder import Embedder, EmbeddingStamp, PassageInput

PENDING = "reembedding"
"""The setting that is there while vectors of another generation are being made."""

_BATCH = 256


def reembed(catalog: Catalog, embedder: Embedder, progress: Callable[[int, int], None] | None = None) -> None:
    """What other processes add meanwhile, with the old model, is embedded too before the swap."""
    generation = _begin(catalog, embedder.stamp)
    while not _swapped(catalog, generation, embedder.stamp):
        while batch := _waiting(catalog, generation):
            _embed(catalog, generation, embedder, batch)
            if progress:
                progress(*_progress(catalog, generation))


# --------------------------------------------------------------------------------------------------

_WITHOUT = """
    FROM passage WHERE NOT EXISTS (
        SELECT 1 FROM vectors WHERE passage_id = passage.id AND generation = ?)"""


def _begin(catalog: Catalog, stamp: EmbeddingStamp) -> int:
    """The generation to fill: the one that was begun with this model, or a new one."""
    with catalog.writing() as connection:
        pending = setting(connection, PENDING)
        if pending and pending["stamp"] == asdict(stamp):
            return int(pending["generation"])
        active = stored.active_generation(connection)
        connection.execute("DELETE FROM vectors WHERE generation != ?", (active,))
        generation = 1 + max(active, pending["generation"] if pending else 0)
        put_setting(connection, PENDING, {"generation": generation, "stamp": asdict(stamp)})
        return generation


def _waiting(catalog: Catalog, generation: int) -> dict[int, PassageInput]:
    with catalog.reading() as connection:
        ids = [i for (i,) in connection.execute(f"SELECT id {_WITHOUT} LIMIT ?", (generation, _BATCH))]
        return stored.inputs(connection, ids)


def _embed(catalog: Catalog, generation: int, embedder: Embedder, batch: Mapping[int, PassageInput]) -> None:
    vectors = dict(zip(batch, embedder.passages([*batch.values()]), strict=True))
    with catalog.writing() as connection:
        kept = {i for i in vectors if connection.execute("SELECT 1 FROM passage WHERE id = ?", (i,)).fetchone()}
        done = {i for i in kept if _has(connection, generation, i)}
        stored.insert_vectors(connection, generation, {i: vectors[i] for i in kept - done})


def _has(connection: sqlite3.Connection, generation: int, passage_id: int) -> bool:
    row = connection.execute(
        "SELECT 1 FROM vectors WHERE passage_id = ? AND generation = ?", (passage_id, generation)
    ).fetchone()
    return row is not None


def _progress(catalog: Catalog, generation: int) -> tuple[int, int]:
    with catalog.reading() as connection:
        (total,) = connection.execute("SELECT count(*) FROM passage").fetchone()
        (left,) = connection.execute(f"SELECT count(*) {_WITHOUT}", (generation,)).fetchone()
        return total - left, total


def _swapped(catalog: Catalog, generation: int, stamp: EmbeddingStamp) -> bool:
    """Whether every passage has its new vector and they are the active ones now."""
    with catalog.writing() as connection:
        if connection.execute(f"SELECT 1 {_WITHOUT} LIMIT 1", (generation,)).fetchone():
            return False
        stored.activate(connection, stamp, generation)
        put_setting(connection, PENDING, None)
        connection.execute("DELETE FROM vectors WHERE generation != ?", (generation,))
        return True
