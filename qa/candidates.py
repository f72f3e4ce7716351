"""Both sides of a question: the passages nearest to its vector, united with those that hold its words."""

import sqlite3
from collections.abc import Sequence
from heapq import nlargest

import numpy as np

from qa import articles, fulltext, stored
from qa.domain import Candidate, Filters, Vector
from qa.exact import ExactFollower


def find(
    connection: sqlite3.Connection,
    exact: ExactFollower,
    nearest: Sequence[tuple[int, float]] | None,
    vector: Vector,
    terms: Sequence[str],
    limit: int,
    filters: Filters,
) -> list[Candidate]:
    """The best `limit` of each side, each candidate with both sides' scores.

    `nearest` comes from an approximate index, whose ids may have gone since; None compares exactly.
    """
    allowed = stored.ids_under(connection, articles.allowed(connection, filters)) if filters else None
    words = fulltext.passages(connection, terms)
    if allowed is not None:
        inside = set(allowed.tolist())
        words = {i: score for i, score in words.items() if i in inside}
    if nearest is None:
        nearest = exact.nearest(connection, vector, limit, allowed)
    best = dict.fromkeys([i for i, _ in nearest] + nlargest(limit, words, key=words.__getitem__))
    found = stored.load(connection, best)
    return [
        Candidate(found[i], float(np.dot(found[i].vectors.passage, vector)), words.get(i, 0.0))
        for i in best
        if i in found
    ]
