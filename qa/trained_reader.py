"""A reader that reads: a small network scores every sentence of the best passages, "not here", and the answer's words.

A sentence's score is the network's, less its passage's null score, plus `weight` times the standardised score of a
reader of similarity: the two err differently. Both are divided by `scale`, so that a claim worth citing lies within
`composer.MARGIN` of the best. Two passages are read first; where a sentence of theirs beats "not here" by more than
`clear`, no more are. Otherwise the next ones are, up to `limit`. What is not read stands below what is, in the order of
similarity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa import answer_span
from qa.domain import RankedPassage, Reading, Span, StoredPassage, Vector
from qa.embedder import bundled, native_precision
from qa.errors import ModelError
from qa.fusion import Scores, standardise
from qa.reader import Reader
from qa.reader_input import Encoded, Encoder, PassageText

MODEL = Path(__file__).parent / "models" / "reader.safetensors"
LIMIT = 6
GLANCE = 2
"""Passages that are read before it is decided whether to read on."""
LOWEST = -30.0
"""Of a sentence that was cut off."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the network says of one passage: `sentences` less its null score; the rest one value a token."""

    encoded: Encoded
    sentences: Scores
    starts: Scores
    ends: Scores


class TrainedReader:
    """`path` is a file that `qa.reader_network.save` wrote. Raises ModelError where it cannot be used.

    `base` is the folder of the model it was trained from; without one, that which a package carries.
    """

    def __init__(
        self,
        similarity: Reader,
        path: Path = MODEL,
        *,
        base: Path | None = None,
        limit: int = LIMIT,
        weight: float | None = None,
        precision: str = "auto",
    ) -> None:
        import torch

        from qa.reader_network import restore

        base = base or bundled()
        self._network, about = restore(path, base)
        if native_precision(precision) == "bfloat16":
            self._network.encoder.to(torch.bfloat16)
        self._encoder = Encoder(base / "tokenizer.json")
        self._similarity = similarity
        self._limit = limit
        self._weight = _number(about, "weight", path) if weight is None else weight
        self._scale = _number(about, "scale", path)
        self._margin = _number(about, "span_margin", path)
        self._clear = _number(about, "clear", path)

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        if not passages:
            return []
        similar = self._similar(question, vector, passages)
        found = self.network_reads(question, passages)
        scores = [
            (one.sentences + self._weight * near) / self._scale for one, near in zip(found, similar, strict=False)
        ]
        lowest = min(float(rows.min()) for rows in scores)
        highest = max(float(near.max()) for near in similar)
        margin = self._margin if answer_span.wanted(question) else inf
        readings = [
            _reading(ranked.passage, one, rows, margin, self._scale)
            for ranked, one, rows in zip(passages, found, scores, strict=False)
        ]
        unread = (lowest - 1 + self._weight * (near - highest) / self._scale for near in similar[len(found) :])
        return readings + [Reading(_values(rows)) for rows in unread]

    def sides(
        self, question: str, vector: Vector, passages: Sequence[RankedPassage]
    ) -> tuple[list[Read], list[Scores]]:
        """What the network says of the passages that it reads, and standardised similarity of all: to be weighed."""
        return self.network_reads(question, passages), self._similar(question, vector, passages)

    def network_reads(self, question: str, passages: Sequence[RankedPassage]) -> list[Read]:
        """What the network alone says of the passages that it reads."""
        texts = [PassageText.of(ranked.passage) for ranked in passages[: self._limit]]
        found = self._read_all(question, texts[:GLANCE])
        if all(float(one.sentences.max()) <= self._clear for one in found):
            found += self._read_all(question, texts[GLANCE:])
        return found

    def _read_all(self, question: str, texts: Sequence[PassageText]) -> list[Read]:
        import torch

        encoded = self._encoder.encode(question, texts)
        with torch.inference_mode():
            scores = self._network.score(encoded)
            return [
                Read(one, _array(s.sentences - s.null).clip(min=LOWEST), _array(s.start), _array(s.end))
                for one, s in zip(encoded, scores, strict=True)
            ]

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


def _number(about: Mapping[str, Any], name: str, path: Path) -> float:
    try:
        return float(about[name])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"The reader {path} has no {name}: {error!r}.", "Install Footnote again.") from error


def _reading(passage: StoredPassage, read: Read, scores: Scores, margin: float, scale: float) -> Reading:
    """`null_score` stands as far below the best sentence as "not here" does for the network alone.

    An answer is given where its sentence beats "not here" and it beats "no span" by more than the margin.
    """
    best = int(scores.argmax())
    null = float(scores.max() - read.sentences.max() / scale)
    found = best_words(read, best) if read.sentences[best] > 0 else None
    if found is None or found[1] <= margin:
        return Reading(_values(scores), null)
    start, end = passage.start + found[0].start, passage.start + found[0].end
    return Reading(_values(scores), null, Span(start, end))


def _values(scores: Scores) -> tuple[float, ...]:
    return tuple(scores.tolist())


def _array(tensor: Any) -> NDArray[np.float64]:
    return np.asarray(tensor.float().numpy(), dtype=np.float64)
