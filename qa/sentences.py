"""Text -> sentence spans, for articles and for generated answers.

`sentencex` finds the boundaries; `_joins` undoes those it is known to get wrong, and `_pieces` cuts what is too
long to be quoted. Every span is trimmed of white space and none crosses a blank line.
"""

import re
from collections.abc import Iterator

from qa.domain import Span

MAX_CHARACTERS = 1_000

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_JOINS = re.compile(
    r"(?:\b(?:[ap]\.m|Mr|Mrs|Ms|Dr|Prof|St|No|vs|Gen|Col|Lt|Sgt|Capt|Rep|Sen|Gov|Jr|Sr|Inc|Ltd|Co|Corp|approx|Fig)\.|\b[A-Z]\.)\s*$"
)
_AFTER_TIME = re.compile(r"(?:on\s+)?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|[a-z(]|[A-Z]{2,4}\b")


def split(text: str, language: str = "en") -> list[Span]:
    """Spans of the sentences of `text`, in order, not overlapping, none empty."""
    return [
        piece
        for paragraph in _paragraphs(text)
        for sentence in _sentences(text, paragraph, language or "en")
        for piece in _pieces(text, sentence)
    ]


def _paragraphs(text: str) -> Iterator[Span]:
    at = 0
    for gap in _PARAGRAPH.finditer(text):
        yield Span(at, gap.start())
        at = gap.end()
    yield Span(at, len(text))


def _sentences(text: str, paragraph: Span, language: str) -> Iterator[Span]:
    import sentencex

    body = paragraph.of(text)
    held: Span | None = None
    for boundary in sentencex.get_sentence_boundaries(language, body):
        span = _trim(text, Span(paragraph.start + boundary["start_index"], paragraph.start + boundary["end_index"]))
        if span is None:
            continue
        if held and _joins(held.of(text), span.of(text)):
            held = Span(held.start, span.end)
            continue
        if held:
            yield held
        held = span
    if held:
        yield held


def _joins(before: str, after: str) -> bool:
    """Whether a boundary between these two is none: "at 5 p.m." + "Tuesday", "Mr." + "Smith", "J." + "Doe"."""
    found = _JOINS.search(before)
    if not found:
        return False
    if before.rstrip().endswith(("a.m.", "p.m.")):
        return bool(_AFTER_TIME.match(after))
    return True


def _pieces(text: str, sentence: Span) -> Iterator[Span]:
    at = sentence.start
    while sentence.end - at > MAX_CHARACTERS:
        cut = max(text.rfind(mark, at, at + MAX_CHARACTERS) for mark in ("\n", "; ", ", ", " "))
        cut = cut + 1 if cut > at else at + MAX_CHARACTERS
        piece = _trim(text, Span(at, cut))
        if piece:
            yield piece
        at = cut
    last = _trim(text, Span(at, sentence.end))
    if last:
        yield last


def _trim(text: str, span: Span) -> Span | None:
    body = span.of(text)
    start = span.start + len(body) - len(body.lstrip())
    end = span.start + len(body.rstrip())
    return Span(start, end) if end > start else None
