"""The catalog's log of changes -> what an index has to add and remove to be in step."""

import sqlite3
from dataclasses import dataclass

from qa import stored
from qa.catalog import changes_since
from qa.index import Index


@dataclass(frozen=True, slots=True)
class Step:
    """Changes up to `sequence`; `left` is how many changed passages come after them."""

    sequence: int
    added: tuple[tuple[int, bytes], ...]
    removed: tuple[int, ...]
    done: int
    left: int

    def apply(self, index: Index) -> None:
        """Ids are never used twice, so the order within a step does not matter."""
        if self.added:
            ids, packed = zip(*self.added, strict=True)
            index.add(ids, stored.unpack_rows(packed))
        if self.removed:
            index.remove(self.removed)


def follow(connection: sqlite3.Connection, generation: int, sequence: int, most: int) -> Step | None:
    """The next changes after `sequence`: whole articles until there are `most` passages. None when in step."""
    changes = changes_since(connection, sequence)
    added: list[tuple[int, bytes]] = []
    removed: list[int] = []
    done = 0
    for number, kind, ids in changes:
        if done >= most:
            break
        if kind == "added":
            added += stored.passage_vectors(connection, generation, ids)
        else:
            removed += ids
        sequence, done = number, done + len(ids)
    total = sum(len(ids) for _, _, ids in changes)
    return Step(sequence, tuple(added), tuple(removed), done, total - done) if changes else None
