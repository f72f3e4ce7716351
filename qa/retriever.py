"""Question -> ranked passages: candidates from both sides, standardised, weighted.

A passage is as near as its nearest sentence (late vectors carry the passage's context already). It shares the
question's words itself and through its article: two passages of one article speak for each other. And it counts how
much of the question it covers, whatever the length.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from qa import terms
from qa.domain import Candidate, Filters, RankedPassage, Vector
from qa.features import covered, rarity
from qa.fusion import Scores, fuse
from qa.library import Library
from qa.weights import SIDES, Weights

__all__ = ["CANDIDATES", "SIDES", "HybridRetriever", "Retriever"]

CANDIDATES = 32
"""From each side."""


class Retriever(Protocol):
    """Implemented by `HybridRetriever` and, for tests, by `tests.fakes.FakeRetriever`."""

    def retrieve(self, question: str, vector: Vector, filters: Filters) -> list[RankedPassage]: ...


class HybridRetriever:
    """Vectors and full text together; `limit` passages come back, best first."""

    def __init__(self, library: Library, limit: int = 8, weights: Mapping[str, float] | None = None) -> None:
        self._library = library
        self._limit = limit
        self._weights = Weights.load().passages if weights is None else weights

    def retrieve(self, question: str, vector: Vector, filters: Filters) -> list[RankedPassage]:
        found = self._library.candidates(vector, terms.content(question), limit=CANDIDATES, filters=filters)
        sides = self.sides(question, vector, found)
        return _rank(found, sides, self._weights)[: self._limit]

    def sides(self, question: str, vector: Vector, found: Sequence[Candidate]) -> dict[str, Scores]:
        """One array a side, one value a candidate, not yet standardised: what the weights are fitted on."""
        frequencies = self._library.document_frequencies(terms.content(question))
        weighed = rarity(question, frequencies, self._library.size)
        return {
            "nearest_sentence": np.array([float((c.passage.vectors.sentences @ vector).max()) for c in found]),
            "words": np.array([c.bm25 for c in found]),
            "article_words": np.array([c.article_bm25 for c in found]),
            "covered": np.array([covered(weighed, f"{c.passage.article.title} {c.passage.text}") for c in found]),
        }


def _rank(found: Sequence[Candidate], sides: Mapping[str, Scores], weights: Mapping[str, float]) -> list[RankedPassage]:
    if not found:
        return []
    fused = fuse(sides, weights)
    parts = [{name: float(side[i]) for name, side in sides.items()} for i in range(len(found))]
    order = np.argsort(-fused, kind="stable")
    return [RankedPassage(found[i].passage, float(fused[i]), {"cosine": found[i].cosine, **parts[i]}) for i in order]
