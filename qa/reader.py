"""Question + passages -> how well each sentence answers, the answer's span, and "not here".

`SimilarityReader` needs no model beyond the embedder: nearness in meaning and shared words. It finds no span and
cannot tell that a passage is only *about* the subject; a trained reader takes its place behind the same Protocol.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from qa import terms
from qa.domain import RankedPassage, Reading, Vector
from qa.fusion import Scores, fuse
from qa.library import Library

WEIGHTS: Mapping[str, float] = {"meaning": 1.0, "words": 0.0, "passage": 0.5}


class Reader(Protocol):
    """Implemented by `SimilarityReader` and, for tests, by `tests.fakes.FakeReader`."""

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        """One reading a passage, in their order; scores compare between the passages of one call."""
        ...


class SimilarityReader:
    """Scores a sentence by its vector's cosine to the question, its BM25, and its passage's fused score."""

    def __init__(self, library: Library, weights: Mapping[str, float] = WEIGHTS) -> None:
        self._library = library
        self._weights = weights

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        if not passages:
            return []
        sides = {
            "meaning": _rows([ranked.passage.vectors.sentences @ vector for ranked in passages]),
            "words": self._bm25(question, passages),
            "passage": _rows([np.full(len(r.passage.sentences), r.score) for r in passages]),
        }
        scores = iter(fuse(sides, self._weights).tolist())
        return [Reading(tuple(next(scores) for _ in ranked.passage.sentences)) for ranked in passages]

    def _bm25(self, question: str, passages: Sequence[RankedPassage]) -> Scores:
        found = self._library.sentence_bm25(terms.content(question), [r.passage.passage_id for r in passages])
        return np.array(
            [
                found.get((ranked.passage.passage_id, ordinal), 0.0)
                for ranked in passages
                for ordinal in range(len(ranked.passage.sentences))
            ]
        )


def _rows(parts: Sequence[Scores]) -> Scores:
    return np.concatenate(parts).astype(np.float64)
