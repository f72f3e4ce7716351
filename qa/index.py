"""Passage ids and vectors, nothing else: nearest neighbours by cosine.

`ExactIndex` compares with every vector; `ChromaIndex` is approximate and lives in a folder that may be thrown away.
Chroma's files do not survive a kill while they are rewritten, and opening damaged ones can end the process: only
`qa.keeper` opens them, after it has made sure.
"""

import threading
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from qa.domain import Vector, Vectors
from qa.embedder import EmbeddingStamp
from qa.steps import reached

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
BATCH = 100
"""Most vectors of one write while questions are asked."""

HNSW = {"space": "cosine", "ef_search": 400, "sync_threshold": 1000, "batch_size": 100}
"""`ef_search` is what recall needs; the files are rewritten every `sync_threshold` records."""

_COLLECTION = "passages"


class Index(Protocol):
    """Implemented by `ExactIndex` and `ChromaIndex`; tests/contracts.py says how they behave."""

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        """New ids; adding an id again replaces its vector."""
        ...

    def remove(self, ids: Collection[int]) -> None:
        """Ids that are not there are none of its business."""
        ...

    def nearest(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        """Up to k (id, cosine), the nearest first."""
        ...

    def ids(self) -> set[int]: ...

    def __len__(self) -> int: ...

    def close(self) -> None: ...


class ExactIndex:
    """All vectors in memory, float32. Safe to ask from several threads while one changes it."""

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._change = threading.Lock()
        self._held: tuple[Ids, Vectors] = _nothing(dimension)
        self._room: tuple[Ids, Vectors] = self._held

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        fresh = np.asarray(ids, dtype=np.int64)
        with self._change:
            if len(self._held[0]) and np.isin(fresh, self._held[0]).any():
                self._keep(~np.isin(self._held[0], fresh))
            used = len(self._held[0])
            self._reserve(used + len(fresh))
            self._room[0][used : used + len(fresh)] = fresh
            self._room[1][used : used + len(fresh)] = vectors
            self._held = (self._room[0][: used + len(fresh)], self._room[1][: used + len(fresh)])

    def remove(self, ids: Collection[int]) -> None:
        with self._change:
            self._keep(~np.isin(self._held[0], np.fromiter(ids, dtype=np.int64)))

    def nearest(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        ids, rows = self._held
        return _best(ids, rows @ vector, k)

    def nearest_among(self, vector: Vector, k: int, allowed: Ids) -> list[tuple[int, float]]:
        """As `nearest`, over those of the ids that are here."""
        ids, rows = self._held
        inside = np.flatnonzero(np.isin(ids, allowed, assume_unique=True))
        return _best(ids[inside], (rows @ vector)[inside], k)

    def ids(self) -> set[int]:
        return set(self._held[0].tolist())

    def __len__(self) -> int:
        return len(self._held[0])

    def close(self) -> None:
        with self._change:
            self._held = self._room = _nothing(self._dimension)

    def _keep(self, rows: NDArray[np.bool_]) -> None:
        """Copies: whoever is asking goes on with the arrays that they have."""
        if not rows.all():
            self._held = self._room = (self._held[0][rows], self._held[1][rows])

    def _reserve(self, rows: int) -> None:
        if rows <= len(self._room[0]):
            return
        ids, vectors = np.empty(2 * rows, np.int64), np.empty((2 * rows, self._dimension), np.float32)
        used = len(self._held[0])
        ids[:used], vectors[:used] = self._held
        self._room = (ids, vectors)


class ChromaIndex:
    """A Chroma collection in a folder of its own, stamped with the embedding that its vectors come from."""

    def __init__(self, folder: Path, stamp: EmbeddingStamp) -> None:
        """Opens the folder, or makes it. Raises ValueError for a folder of another stamp, and what Chroma raises."""
        import chromadb
        from chromadb.config import Settings

        self._client: Any = chromadb.PersistentClient(folder, Settings(anonymized_telemetry=False))
        metadata = {"model": stamp.model, "dimension": stamp.dimension, "normalised": stamp.normalised}
        try:
            self._collection: Any = self._client.get_or_create_collection(
                _COLLECTION,
                configuration=cast(Any, {"hnsw": HNSW}),
                metadata=metadata,
                embedding_function=None,
            )
            if {name: self._collection.metadata.get(name) for name in metadata} != metadata:
                raise ValueError(f"{folder} holds vectors of {self._collection.metadata}, not of {metadata}.")
            self._size = int(self._collection.count())
        except BaseException:
            self._client.close()
            raise

    def add(self, ids: Sequence[int], vectors: Vectors) -> None:
        for at in range(0, len(ids), BATCH):
            self._collection.upsert([str(i) for i in ids[at : at + BATCH]], vectors[at : at + BATCH])
            reached("after vectors were added")
        self._size = int(self._collection.count())

    def remove(self, ids: Collection[int]) -> None:
        wanted = [str(i) for i in ids]
        for at in range(0, len(wanted), BATCH):
            present = self._collection.get(wanted[at : at + BATCH], include=[])["ids"]
            if present:
                self._collection.delete(present)
                reached("after vectors were deleted")
        self._size = int(self._collection.count())

    def nearest(self, vector: Vector, k: int) -> list[tuple[int, float]]:
        k = min(k, len(self))
        if k < 1:
            return []
        found = self._collection.query(query_embeddings=[vector], n_results=k, include=["distances"])
        return [(int(i), 1.0 - d) for i, d in zip(found["ids"][0], found["distances"][0], strict=True)]

    def ids(self) -> set[int]:
        return {int(i) for i in self._collection.get(include=[])["ids"]}

    def __len__(self) -> int:
        return self._size

    def close(self) -> None:
        self._client.close()


# --------------------------------------------------------------------------------------------------


def _best(ids: Ids, cosines: Scores, k: int) -> list[tuple[int, float]]:
    if not len(ids) or k < 1:
        return []
    top = np.argpartition(-cosines, k - 1)[:k] if k < len(ids) else np.arange(len(ids))
    top = top[np.argsort(-cosines[top], kind="stable")]
    return list(zip(ids[top].tolist(), cosines[top].tolist(), strict=True))


def _nothing(dimension: int) -> tuple[Ids, Vectors]:
    return np.empty(0, np.int64), np.empty((0, dimension), np.float32)
