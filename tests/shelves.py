"""Small articles with vectors that can be checked by hand, for tests of the library."""

import math
from collections.abc import Sequence

import numpy as np

from qa.domain import LoadedArticle, Passage, PassageVectors, Span, Vector
from qa.embedder import EmbeddingStamp, PassageInput
from qa.library import NewArticle

STAMP = EmbeddingStamp("circle", 2)


def at(turn: float) -> Vector:
    """The unit vector at that part of a full turn: 0 is east, 0.25 north. Cosines are those of the angle between."""
    return np.array([math.cos(2 * math.pi * turn), math.sin(2 * math.pi * turn)], dtype=np.float32)


def new(uri: str, *sentences: str, turn: float = 0.0, per_passage: int = 2, **told: str) -> NewArticle:
    """An article of those sentences, `per_passage` to a passage; passage number i lies at `turn` + i / 100."""
    spans, start = [], 0
    for sentence in sentences:
        spans.append(Span(start, start + len(sentence)))
        start += len(sentence) + 1
    runs = [tuple(spans[i : i + per_passage]) for i in range(0, len(spans), per_passage)]
    passages = [Passage(run[0].start, run[-1].end, run) for run in runs]
    vectors = [PassageVectors(at(turn + n / 100), np.stack([at(turn)] * len(run))) for n, run in enumerate(runs)]
    loaded = LoadedArticle(told.pop("title", uri.upper()), " ".join(sentences), **told)
    return NewArticle(uri, loaded, passages, vectors, source_hash=f"hash of {loaded.text!a}")


class TurnEmbedder:
    """Every passage and sentence lies at the same part of a turn; `calls` counts the passages it was given."""

    def __init__(self, stamp: EmbeddingStamp, turn: float) -> None:
        self.stamp = stamp
        self.calls = 0
        self._turn = turn

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]:
        self.calls += len(inputs)
        return [PassageVectors(self._vector(), np.stack([self._vector()] * len(i.sentences))) for i in inputs]

    def question(self, text: str) -> Vector:
        return self._vector()

    def _vector(self) -> Vector:
        padding = np.zeros(self.stamp.dimension - 2, dtype=np.float32)
        return np.concatenate([at(self._turn), padding])
