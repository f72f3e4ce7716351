"""Sentences -> passages: runs of neighbouring sentences, every sentence in exactly one of them."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf

from qa.domain import Passage, Span

TARGET = 150
LONGEST = 200
SHORTEST = 60
MAX_CHARACTERS = 1_600
"""About 350 tokens of English; what an embedder of 512 tokens can read with the title in front."""


def passages(text: str, sentences: Sequence[Span]) -> list[Passage]:
    """The cheapest cut of `sentences` into runs: near TARGET words, at ends of paragraphs.

    A single sentence is never cut, so a run may be longer than LONGEST only when it is one sentence.
    """
    sizes = [size(sentence.of(text)) for sentence in sentences]
    bounds = _cheapest(sizes, [_ends_paragraph(text, sentences, i) for i in range(len(sentences))])
    runs = (tuple(sentences[start:end]) for start, end in pairwise(bounds))
    return [Passage(run[0].start, run[-1].end, run) for run in runs]


def size(sentence: str) -> float:
    """In words; in scripts without spaces, and for long tokens, as many as its characters would make."""
    return max(3, len(sentence.split()), len(sentence) * LONGEST / MAX_CHARACTERS)


# --------------------------------------------------------------------------------------------------


def _ends_paragraph(text: str, sentences: Sequence[Span], i: int) -> bool:
    return i + 1 == len(sentences) or "\n\n" in text[sentences[i].end : sentences[i + 1].start]


def _cheapest(sizes: Sequence[float], ends_paragraph: Sequence[bool]) -> list[int]:
    """Where runs begin, and the end: dynamic programming over the last cut."""
    best = [0.0] + [inf] * len(sizes)
    previous = [0] * (len(sizes) + 1)
    for end in range(1, len(sizes) + 1):
        words = 0.0
        for start in range(end - 1, -1, -1):
            words += sizes[start]
            if words > LONGEST and start < end - 1:
                break
            cost = best[start] + _cost(words) + (0 if ends_paragraph[end - 1] else 0.3)
            if cost < best[end]:
                best[end], previous[end] = cost, start
    return _path(previous)


def _cost(words: float) -> float:
    """0 at TARGET, 1 at SHORTEST below it and at LONGEST above."""
    if words >= TARGET:
        return ((words - TARGET) / (LONGEST - TARGET)) ** 2
    return ((TARGET - words) / (TARGET - SHORTEST)) ** 2


def _path(previous: Sequence[int]) -> list[int]:
    bounds = [len(previous) - 1]
    while bounds[-1] > 0:
        bounds.append(previous[bounds[-1]])
    return bounds[::-1]
