"""Question + passages -> how well each sentence answers, the answer's span, and "not here".

`SimilarityReader` needs no model beyond the embedder: nearness in meaning, shared words, and what kind of thing is
asked for. It finds no span and cannot tell that a passage is only *about* the subject; `qa.trained_reader`, behind the
same Protocol, does both.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from qa import features, terms
from qa.domain import RankedPassage, Reading, Vector
from qa.fusion import Scores
from qa.library import Library
from qa.weights import Weights


class Reader(Protocol):
    """Implemented by `SimilarityReader`, `TrainedReader` and, for tests, by `tests.fakes.FakeReader`."""

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        """One reading a passage, in their order; scores compare between the passages of one call."""
        ...


class SimilarityReader:
    """Weighs the features of `qa.features`; `weights` has one for each of their names."""

    def __init__(self, library: Library, weights: Mapping[str, float] | None = None) -> None:
        self._library = library
        found = Weights.load().sentences if weights is None else weights
        self._weights = np.array([found[name] for name in features.NAMES])

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        if not passages:
            return []
        scores = iter((self.features(question, vector, passages) @ self._weights).tolist())
        return [Reading(tuple(next(scores) for _ in ranked.passage.sentences)) for ranked in passages]

    def features(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> Scores:
        """Shape (sentences of all passages, features): what the weights are fitted on."""
        asked = terms.content(question)
        bm25 = self._library.sentence_bm25(asked, [ranked.passage.passage_id for ranked in passages])
        frequencies = self._library.document_frequencies(asked)
        return features.matrix(
            question, vector, passages, bm25, features.rarity(question, frequencies, self._library.size)
        )
