"""Text -> sentence spans, for articles and for generated answers.

`sentencex` finds the boundaries; `_settled` first moves stray closing quotation marks to the sentence that they
close, `_ended` makes the cuts that are known to be missing, `_joins` undoes those that are known to be wrong, and
`_pieces` cuts what is too long to be quoted. Every span is trimmed of white space and none crosses a blank line.
"""

import re
from collections.abc import Iterator

from qa.domain import Span

MAX_CHARACTERS = 1_200
END = 100
"""Characters at the end of a sentence that tell whether it goes on; the many before them are not looked at again."""

_ITEM = r"[^\S\n]*(?:[-–—*•◦▪·]|\(?\d{1,3}[.)])[^\S\n]+(?=\S)"
_PARAGRAPH = re.compile(rf"\n[^\S\n]*\n\s*|\n(?={_ITEM})")
_BULLET = re.compile(r"[^\S\n]*[-–—*•◦▪·](?=[^\S\n])")
_MARK = re.compile('"')
_NUMBER = re.compile(r"\(?\d{1,3}[.)]")
_TIME = re.compile(r"\b[ap]\.m\.$", re.IGNORECASE)
_DAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z]{2,4}\b")
_ABBREVIATION = re.compile(r"\b(?:Ms|Messrs|Mon|Tues?|Wed|Thurs?|Ft|Mass|Md|Ch|approx|vol|eds?)\.$")
_DEGREE = re.compile(r"\b(?:Ph\.D|M\.D)\.$")
_WORD = re.compile(r"\b(?:May|Fed|no|art|ill|miss|ark|ore)\.[\"'”’)]*(?=\s+[\"'“‘(]*[A-Z])")
"""Words that sentencex takes for abbreviations; followed by a capital, they end a sentence."""
_CALLED = re.compile(r"\b[A-Z]\w*[!?][\"'”’]?$")


def split(text: str, language: str = "en") -> list[Span]:
    """Spans of the sentences of `text`, in order, not overlapping, none empty."""
    return [
        piece
        for paragraph in _paragraphs(text)
        for sentence in _sentences(text, paragraph, language or "en")
        for piece in _pieces(text, sentence)
    ]


# --------------------------------------------------------------------------------------------------


def _paragraphs(text: str) -> Iterator[Span]:
    """What lies between blank lines, and every item of a list, without its bullet."""
    at = 0
    for gap in _PARAGRAPH.finditer(text):
        yield Span(_after_bullet(text, at), gap.start())
        at = gap.end()
    yield Span(_after_bullet(text, at), len(text))


def _after_bullet(text: str, at: int) -> int:
    bullet = _BULLET.match(text, at)
    return bullet.end() if bullet else at


def _sentences(text: str, paragraph: Span, language: str) -> Iterator[Span]:
    held: Span | None = None
    for span in _cut(text, paragraph, language):
        if held and _joins(text[max(held.start, held.end - END) : held.end], span.of(text)):
            held = Span(held.start, span.end)
            continue
        if held:
            yield held
        held = span
    if held:
        yield held


def _cut(text: str, paragraph: Span, language: str) -> Iterator[Span]:
    import sentencex

    body = paragraph.of(text)
    for found in sentencex.get_sentence_boundaries(language, _settled(body)):
        start, end = int(found["start_index"]), int(found["end_index"])
        for whole in _ended(body, Span(start, end)):
            span = _trim(text, Span(paragraph.start + whole.start, paragraph.start + whole.end))
            if span:
                yield span


def _ended(text: str, sentence: Span) -> Iterator[Span]:
    """The sentence, cut after each word in it that was taken for an abbreviation."""
    at = sentence.start
    for word in _WORD.finditer(text, sentence.start, sentence.end):
        yield Span(at, word.end())
        at = word.end()
    yield Span(at, sentence.end)


def _settled(paragraph: str) -> str:
    """As many characters, with straight quotation marks told apart: “ opens, ” closes, | opens and is never closed.

    A speech that runs on over paragraphs opens each of them and closes only the last; flattened, its marks no
    longer alternate, and pairing them one after the other turns what is said inside out.
    """
    if '"' not in paragraph:
        return paragraph
    characters = list(paragraph)
    opened: int | None = None
    for mark in _MARK.finditer(paragraph):
        at = mark.start()
        if _opens(paragraph, at):
            characters[at] = "|"
            opened = at
            continue
        characters[at] = "”"
        if opened is not None:
            characters[opened] = "“"
            opened = None
    return "".join(characters)


def _opens(paragraph: str, at: int) -> bool:
    before, after = paragraph[:at][-1:], paragraph[at + 1 : at + 2]
    return (not before or before.isspace() or before in "([-–—/'‘“") and not (not after or after.isspace())


def _joins(before: str, after: str) -> bool:
    """Whether the cut between these two is none: "at 5 p.m." + "Tuesday", "Ms." + "Lee", "Mamma Mia!" + "has"."""
    if not any(c.isalnum() for c in after):
        return True
    if _NUMBER.fullmatch(before):
        return True
    if _TIME.search(before):
        return bool(_DAY.match(after))
    if _CALLED.search(before):
        return after[0].islower() or after.startswith("'s ")
    if _DEGREE.search(before):
        return after[0].islower()
    return bool(_ABBREVIATION.search(before))


def _pieces(text: str, sentence: Span) -> Iterator[Span]:
    at = sentence.start
    while sentence.end - at > MAX_CHARACTERS:
        cut = _pause(text, at)
        piece = _trim(text, Span(at, cut))
        if piece:
            yield piece
        at = cut
    last = _trim(text, Span(at, sentence.end))
    if last:
        yield last


def _pause(text: str, at: int) -> int:
    """Where a sentence that begins at `at` is best cut: late, after the strongest pause there is."""
    for mark in ("\n", "; ", ", ", " "):
        found = text.rfind(mark, at + MAX_CHARACTERS // 2, at + MAX_CHARACTERS)
        if found > 0:
            return found + 1
    return at + MAX_CHARACTERS


def _trim(text: str, span: Span) -> Span | None:
    body = span.of(text)
    start = span.start + len(body) - len(body.lstrip())
    end = span.start + len(body.rstrip())
    return Span(start, end) if end > start else None
