"""The exact index over the catalog's own vectors, kept in step by sequence number. Every process can have one."""

import sqlite3
import threading

from qa import stored
from qa.catalog import last_change
from qa.domain import Vector
from qa.following import follow
from qa.index import ExactIndex, Ids

_ALL = 2**62


class ExactFollower:
    """Brings itself up to date with the transaction that it is asked in. Safe to use from several threads."""

    def __init__(self) -> None:
        self._work = threading.Lock()
        self._index: ExactIndex | None = None
        self._generation = 0
        self._sequence = 0

    def nearest(
        self, connection: sqlite3.Connection, vector: Vector, k: int, allowed: Ids | None = None
    ) -> list[tuple[int, float]]:
        """Up to k (passage id, cosine), the nearest first; of the allowed ones, if any are named."""
        index = self._in_step(connection, len(vector))
        return index.nearest(vector, k) if allowed is None else index.nearest_among(vector, k, allowed)

    def _in_step(self, connection: sqlite3.Connection, dimension: int) -> ExactIndex:
        with self._work:
            generation = stored.active_generation(connection)
            if self._index is None or generation != self._generation:
                self._load(connection, generation, dimension)
            index = self._index or ExactIndex(dimension)
            if step := follow(connection, generation, self._sequence, _ALL):
                step.apply(index)
                self._sequence = step.sequence
            return index

    def _load(self, connection: sqlite3.Connection, generation: int, dimension: int) -> None:
        index = ExactIndex(dimension)
        rows = list(stored.passage_vectors(connection, generation))
        if rows:
            ids, packed = zip(*rows, strict=True)
            index.add(ids, stored.unpack_rows(packed))
        self._index, self._generation, self._sequence = index, generation, last_change(connection)
