"""Question -> ranked passages: candidates from both sides, standardised, weighted.

A passage is as near as its nearest sentence (late vectors carry the passage's context already), and it shares the
question's words itself and through its article: two passages of one article speak for each other.
The weights were fitted on newsqa/train (docs/decisions.md).
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from qa import terms
from qa.domain import Candidate, Filters, RankedPassage, Vector
from qa.fusion import Scores, fuse
from qa.library import Library

WEIGHTS: Mapping[str, float] = {"nearest_sentence": 1.73, "words": 0.13, "article_words": 1.23}
CANDIDATES = 32
"""From each side."""


class Retriever(Protocol):
    """Implemented by `HybridRetriever` and, for tests, by `tests.fakes.FakeRetriever`."""

    def retrieve(self, question: str, vector: Vector, filters: Filters) -> list[RankedPassage]: ...


class HybridRetriever:
    """Vectors and full text together; `limit` passages come back, best first."""

    def __init__(self, library: Library, limit: int = 8, weights: Mapping[str, float] = WEIGHTS) -> None:
        self._library = library
        self._limit = limit
        self._weights = weights

    def retrieve(self, question: str, vector: Vector, filters: Filters) -> list[RankedPassage]:
        found = self._library.candidates(vector, terms.content(question), limit=CANDIDATES, filters=filters)
        return _rank(found, vector, self._weights)[: self._limit]


def _rank(found: Sequence[Candidate], vector: Vector, weights: Mapping[str, float]) -> list[RankedPassage]:
    if not found:
        return []
    sides = _sides(found, vector)
    fused = fuse(sides, weights)
    order = np.argsort(-fused, kind="stable")
    return [
        RankedPassage(
            found[i].passage,
            float(fused[i]),
            {"cosine": found[i].cosine, **{name: float(side[i]) for name, side in sides.items()}},
        )
        for i in order
    ]


def _sides(found: Sequence[Candidate], vector: Vector) -> dict[str, Scores]:
    return {
        "nearest_sentence": np.array([float((c.passage.vectors.sentences @ vector).max()) for c in found]),
        "words": np.array([c.bm25 for c in found]),
        "article_words": np.array([c.article_bm25 for c in found]),
    }
