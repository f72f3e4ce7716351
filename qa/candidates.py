"""Both sides of a question: the passages nearest to its vector, united with those that hold its words."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

import numpy as np

from qa import articles, fulltext, stored
from qa.domain import Candidate, Filters, Standing, StoredPassage, Vector
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


def standings(
    connection: sqlite3.Connection, asked: Asked, exact: ExactFollower, article_id: int
) -> tuple[Standing, Standing]:
    """How near and how full of the question's words one article's best passage is; `asked.limit` does not count."""
    own = set(stored.ids_of(connection, article_id))
    nearest = exact.nearest(connection, asked.vector, len(stored.all_ids(connection)))
    return _standing(dict(nearest), own), _standing(fulltext.passages(connection, asked.terms), own)


def _standing(scores: Mapping[int, float], own: set[int]) -> Standing:
    best = max((scores[i] for i in own if i in scores), default=None)
    if best is None:
        return Standing(None, 0.0)
    return Standing(1 + sum(score > best for score in scores.values()), best)


def _candidate(passage: StoredPassage, vector: Vector, words: float, whole: Mapping[int, float]) -> Candidate:
    cosine = float(np.dot(passage.vectors.passage, vector))
    return Candidate(passage, cosine, words, whole.get(passage.article.article_id, 0.0))
