"""A passage that is longer than the network reads at once -> several inputs, and what is read of them -> one reading.

Pure, but for the encoding. Letters that the tokenizer does not know as words (Cyrillic, Arabic) take a token each, so a
passage of such a text is two to four inputs, each from the first sentence that the one before it did not read whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qa.model_reader import Read
from qa.reader_input import NONE, Encoded, Encoder, PassageText


@dataclass(frozen=True, slots=True)
class Window:
    """One input: its first sentence is the passage's sentence `first`, which begins at `offset` of the passage."""

    first: int
    offset: int
    encoded: Encoded


def windows(encoder: Encoder, question: str, texts: Sequence[PassageText]) -> list[list[Window]]:
    """One or more a text, in order; every sentence is read whole once, unless it is too long by itself."""
    whole = encoder.encode(question, texts)
    return [_windows(encoder, question, text, one) for text, one in zip(texts, whole, strict=True)]


def merged(held: Sequence[Window], found: Sequence[Read]) -> Read:
    """What was read of a passage's windows, as if it had been read at once; "no span" stands at 0 in each of them."""
    if len(held) == 1:
        return found[0]
    ends = [*(window.first for window in held[1:]), held[-1].first + held[-1].encoded.sentences]
    spans = [
        (a + window.offset, b + window.offset) if a != NONE else (a, b)
        for window in held
        for a, b in window.encoded.spans
    ]
    sentence = [
        place + window.first if place != NONE and place + window.first < end else NONE
        for window, end in zip(held, ends, strict=True)
        for place in window.encoded.sentence
    ]
    first = held[0].encoded
    return Read(
        Encoded(first.ids, first.second, tuple(spans), tuple(sentence), first.sentences),
        np.concatenate([r.sentences[: end - w.first] for w, end, r in zip(held, ends, found, strict=True)]),
        np.concatenate([read.starts - read.starts[0] for read in found]),
        np.concatenate([read.ends - read.ends[0] for read in found]),
    )


# ----------------------------------------------------------------------------------------------------------------


def _windows(encoder: Encoder, question: str, text: PassageText, whole: Encoded) -> list[Window]:
    found = [Window(0, 0, whole)]
    while (first := _unread(found[-1], text)) < len(text.sentences):
        rest = text.part(first, len(text.sentences))
        found.append(Window(first, text.sentences[first].start, encoder.encode(question, [rest])[0]))
    return found


def _unread(window: Window, text: PassageText) -> int:
    """The first sentence that it does not read whole; it reads at least one."""
    reached = window.offset + max((end for _, end in window.encoded.spans), default=NONE)
    read = sum(one.end <= reached for one in text.sentences[window.first :])
    return window.first + max(read, 1)
