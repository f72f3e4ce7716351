"""The lines of printed pages -> paragraphs: page numbers and running heads dropped, hard-wrapped lines mended."""

import re
from collections import Counter
from collections.abc import Sequence
from statistics import quantiles

SENTENCE_END = re.compile(r"[.!?:…][\"'”’)\]]*$")

_PAGE_NUMBER = re.compile(r"[-–—|]*\s*(page\s*)?(\d{1,4})(\s*(?:of|/)\s*\d{1,4})?\s*[-–—|]*", re.I)
_FRAMED = re.compile(r"([-–—|]).*\1")
_BULLET = re.compile(r"(?:[•◦▪*–—-]|\(?\d{1,2}[.)]|\(?[a-z]\))\s")


def in_one_run(pages: Sequence[list[str] | None]) -> list[str]:
    """The lines of all pages; a blank one for a page that is left out, over which no sentence goes on."""
    kept = without_running_heads([page or [] for page in pages])
    return [line for page, lines in zip(pages, kept, strict=True) for line in ([""] if page is None else lines)]


def without_running_heads(pages: Sequence[Sequence[str]]) -> list[list[str]]:
    """Pages without their number, or a first or last line that most of them share, numbers aside."""
    filled = [[line for line in page if line] for page in pages]
    edges = Counter(_numberless(line) for page in filled for line in _edges(page) if not _PAGE_NUMBER.fullmatch(line))
    running = {line for line, count in edges.items() if count >= 3 and count > len(filled) / 2}
    bare = [_trimmed(page, running) for page in filled]
    firsts = _firsts(bare)
    made: list[list[str]] = []
    for at, page in enumerate(pages):
        made.append(_unnumbered(page, running, {at + first for first in firsts}, made[-1] if made else []))
    return made


def paragraphs(lines: Sequence[str]) -> str:
    """Hard-wrapped lines as paragraphs, blank lines between them; words cut at a line's end whole again."""
    text = "\n".join(lines)
    width = full_width(lines)
    made: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if made and line and not _breaks(before, line, width):
            made[-1] = _joined(made[-1], line, text)
        elif line:
            made.append(line)
    return "\n\n".join(made)


def full_width(lines: Sequence[str]) -> float:
    """How long a full line is, in characters."""
    lengths = [len(line) for line in lines if line]
    return quantiles(lengths, n=10)[-1] if len(lengths) > 1 else float(sum(lengths))


# --------------------------------------------------------------------------------------------------


def _numberless(line: str) -> str:
    return re.sub(r"\d+", "#", line).casefold()


def _edges(page: Sequence[str]) -> set[str]:
    return {*page[:1], *page[-1:]}


def _firsts(pages: Sequence[Sequence[str]]) -> set[int]:
    """What number the first page may have: 1, and what the numbers that two pages or more bear make it."""
    borne = Counter(
        int(found[2]) - at
        for at, page in enumerate(pages)
        for found in map(_PAGE_NUMBER.fullmatch, _edges(page))
        if found
    )
    return {1, *(first for first, count in borne.items() if count > 1)}


def _trimmed(page: Sequence[str], running: set[str]) -> list[str]:
    lines = list(page)
    for end in (0, -1):
        while lines and (not lines[end] or _numberless(lines[end]) in running):
            lines.pop(end)
    return lines


def _unnumbered(page: Sequence[str], running: set[str], numbers: set[int], above: Sequence[str]) -> list[str]:
    """`numbers` are those that this page may bear, `above` the page before."""
    lines = _trimmed(page, running)
    if lines and _is_number(lines[0], numbers, above):
        lines = _trimmed(lines[1:], running)
    if lines and _is_number(lines[-1], numbers, lines[:-1]):
        lines = _trimmed(lines[:-1], running)
    return lines


def _is_number(line: str, numbers: set[int], before: Sequence[str]) -> bool:
    """Whether a line is its page's number: it looks like one alone or counts on, or else comes after what has ended.

    "1998" below "in the year" is the sentence's.
    """
    found = _PAGE_NUMBER.fullmatch(line)
    if not found:
        return False
    said = next((earlier for earlier in reversed(before) if earlier), "")
    clear = found[1] or found[3] or _FRAMED.fullmatch(line) or int(found[2]) in numbers
    return bool(clear or SENTENCE_END.search(said))


def _breaks(before: str, line: str, width: float) -> bool:
    """Whether a paragraph ends between two lines: a blank one, a bullet, or one that stops well short."""
    if not before or _BULLET.match(line):
        return True
    if before.endswith("-") or len(before) + len(line.split(" ", 1)[0]) >= 0.9 * width:
        return False
    return bool(SENTENCE_END.search(before)) or (len(before) < 0.6 * width and not line[0].islower())


def _joined(text: str, line: str, whole: str) -> str:
    """Two lines as one; a hyphen at the cut goes unless the word is written with it elsewhere."""
    head, tail = re.search(r"(\w+)-$", text), re.match(r"\w+", line)
    if not head or not tail:
        return f"{text} {line}"
    if tail[0][0].islower() and f"{head[1]}-{tail[0]}" not in whole:
        return text[:-1] + line
    return text + line
