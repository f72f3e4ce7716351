"""Both sides of a question: the passages nearest to its vector, united with those that hold its words."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

import numpy as np

from qa import articles, fulltext, stored
from qa.domain import Candidate, Filters, StoredPassage, Vector
from qa.exact import ExactFollower


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the library is asked it: its vector, its words, and how many passages of each side."""

    vector: Vector
    terms: Sequence[str]
    limit: int
    filters: Filters


def find(
    connection: sqlite3.Connection, asked: Asked, exact: ExactFollower, nearest: Sequence[tuple[int, float]] | None
) -> list[Candidate]:
    """The best of each side, each candidate with both sides' scores.

    `nearest` comes from an approximate index, whose ids may have gone since; None compares exactly.
    """
    allowed = articles.allowed(connection, asked.filters) if asked.filters else None
    words = fulltext.passages(connection, asked.terms)
    if allowed is not None:
        words = {i: words[i] for i in allowed if i in words}
    if nearest is None:
        among = None if allowed is None else np.array(allowed, dtype=np.int64)
        nearest = exact.nearest(connection, asked.vector, asked.limit, among)
    best = dict.fromkeys([i for i, _ in nearest] + nlargest(asked.limit, words, key=words.__getitem__))
    found = stored.load(connection, best)
    whole = fulltext.articles(connection, asked.terms)
    return [_candidate(found[i], asked.vector, words.get(i, 0.0), whole) for i in best if i in found]


def _candidate(passage: StoredPassage, vector: Vector, words: float, whole: Mapping[int, float]) -> Candidate:
    cosine = float(np.dot(passage.vectors.passage, vector))
    return Candidate(passage, cosine, words, whole.get(passage.article.article_id, 0.0))
