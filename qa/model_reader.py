"""A reader whose scores are a model's, with similarity beside them: the two err differently.

A sentence's score is the model's, over "not here", plus `weight` times the standardised score of a reader of
similarity. Both are divided by `scale`, so that a claim worth citing lies within `composer.MARGIN` of the best. Two
passages are read first; where a sentence of theirs beats "not here" by more than `clear`, no more are. Otherwise four
more are, and those up to `limit` unless a sentence beats it by more than `enough`; where nothing is ever clear, all are
read at once. What is not read stands below what is, in the order of similarity.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Protocol

import numpy as np

from qa import answer_span
from qa.domain import RankedPassage, Reading, Span, StoredPassage, Vector
from qa.fusion import Scores, standardise
from qa.reader import Reader
from qa.reader_input import Encoded, PassageText
from qa.second_reading import put_in_order

GLANCE, USUAL = 2, 6
"""Passages that are read before it is decided whether to read on: at first, and then."""
LOWEST = -30.0
"""Of a sentence that was cut off."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a model says of one passage: `sentences` over "not here", which stands at 0; the rest one value a token."""

    encoded: Encoded
    sentences: Scores
    starts: Scores
    ends: Scores


class Model(Protocol):
    """Implemented by `qa.trained_reader` and `qa.other_models`."""

    def read(self, question: str, texts: Sequence[PassageText]) -> list[Read]:
        """One a passage, in their order; scores compare between the passages of a call."""
        ...


@dataclass(frozen=True, slots=True)
class Figures:
    """What is fitted for a model. An answer's words are shown where they beat "no span" by more than `span_margin`."""

    weight: float
    scale: float
    span_margin: float
    clear: float
    enough: float


class ModelReader:
    """`limit` is the most passages that are read of a ranking."""

    def __init__(self, similarity: Reader, model: Model, figures: Figures, limit: int) -> None:
        self._similarity = similarity
        self._model = model
        self._figures = figures
        self._limit = limit

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        if not passages:
            return []
        figures = self._figures
        texts, found, similar = self.sides(question, vector, passages)
        scores = [
            (one.sentences + figures.weight * near) / figures.scale for one, near in zip(found, similar, strict=False)
        ]
        if figures.clear < inf:
            scores = put_in_order(scores, texts, figures.scale, partial(self._over, question))
        lowest = min(float(rows.min()) for rows in scores)
        highest = max(float(near.max()) for near in similar)
        margin = figures.span_margin if answer_span.wanted(question) else inf
        readings = [
            _reading(ranked.passage, one, rows, margin, figures.scale)
            for ranked, one, rows in zip(passages, found, scores, strict=False)
        ]
        unread = (lowest - 1 + figures.weight * (near - highest) / figures.scale for near in similar[len(found) :])
        return readings + [Reading(_values(rows)) for rows in unread]

    def sides(
        self, question: str, vector: Vector, passages: Sequence[RankedPassage]
    ) -> tuple[list[PassageText], list[Read], list[Scores]]:
        """What the model reads, what it says of that, and standardised similarity of all passages: to be weighed."""
        texts = [PassageText.of(ranked.passage) for ranked in passages[: self._limit]]
        found: list[Read] = []
        for upto, beaten in self._rounds():
            found = found + self._model.read(question, texts[len(found) : upto])
            if len(found) == len(texts) or any(float(one.sentences.max()) > beaten for one in found):
                break
        return texts[: len(found)], found, self._similar(question, vector, passages)

    def _over(self, question: str, texts: Sequence[PassageText]) -> list[Scores]:
        return [one.sentences for one in self._model.read(question, texts)]

    def _rounds(self) -> list[tuple[int, float]]:
        """How many passages are read, and by how much a sentence must beat "not here" for no more to be."""
        figures = self._figures
        earlier = [] if figures.clear == inf else [(GLANCE, figures.clear), (USUAL, figures.enough)]
        return [*earlier, (self._limit, inf)]

    def _similar(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Scores]:
        """One row of standardised scores a passage."""
        found = [reading.sentence_scores for reading in self._similarity.read(question, vector, passages)]
        flat = standardise(np.array([score for scores in found for score in scores]))
        return np.split(flat, np.cumsum([len(scores) for scores in found])[:-1])


def best_words(read: Read, sentence: int) -> tuple[Span, float] | None:
    """The words of a sentence that answer best, as a span of the passage's text, and how far they beat "no span"."""
    allowed = [of == sentence for of in read.encoded.sentence]
    found = answer_span.best(read.starts.tolist(), read.ends.tolist(), allowed)
    if found is None:
        return None
    first, last, score = found
    return Span(read.encoded.spans[first][0], read.encoded.spans[last][1]), score


# ----------------------------------------------------------------------------------------------------------------


def _reading(passage: StoredPassage, read: Read, scores: Scores, margin: float, scale: float) -> Reading:
    """`null_score` stands as far below the best sentence as "not here" does for the model alone.

    An answer is given where its sentence beats "not here" and it beats "no span" by more than the margin.
    """
    best = int(scores.argmax())
    null = float(scores.max() - read.sentences.max() / scale)
    found = best_words(read, best)
    if found is None:
        return Reading(_values(scores), null, span_score=LOWEST)
    words, score = found
    answers = read.sentences[best] > 0 and score > margin
    span = Span(passage.start + words.start, passage.start + words.end) if answers else None
    return Reading(_values(scores), null, span, score)


def _values(scores: Scores) -> tuple[float, ...]:
    return tuple(scores.tolist())
