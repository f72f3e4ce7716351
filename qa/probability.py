"""Passages and readings -> the probability that an answer would hold: the confidence's, or none where it has no say.

The confidence was fitted on questions in English that name something. Of any other it knows too little to be believed.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from qa import phrasing
from qa.confidence import Confidence, features
from qa.domain import Filters, RankedPassage, Reading
from qa.evidence import best_first
from qa.terms import content

SHARED = 0.2
"""Of a question's words, by how rare they are, in a passage of another language than English that answers it."""


class Words(Protocol):
    """What `qa.library.Library` knows of them: how many passages there are, and how many hold each."""

    @property
    def size(self) -> int: ...

    def document_frequencies(self, terms: Sequence[str]) -> dict[str, int]: ...


def probability(
    confidence: Confidence,
    words: Words,
    question: str,
    filters: Filters,
    passages: Sequence[RankedPassage],
    readings: Sequence[Reading],
) -> float:
    """0 where nothing was found; for a question that names nothing, unless it is asked of chosen articles ("What is
    this about?"); and for one that shares next to nothing with a best passage in another language than English."""
    if not passages:
        return 0.0
    found = features(question, passages, readings, words.document_frequencies(content(question)), words.size)
    fitted = confidence.probability(found)
    nothing_named = phrasing.names_nothing(question) and not filters.article_ids
    return 0.0 if nothing_named or _strange(found, passages, readings) else fitted


# ----------------------------------------------------------------------------------------------------------------


def _strange(found: Mapping[str, float], passages: Sequence[RankedPassage], readings: Sequence[Reading]) -> bool:
    if found["covered_by_passage"] >= SHARED:
        return False
    (best, *_), _ = best_first(passages, readings)
    return phrasing.foreign(best.passage.text)
