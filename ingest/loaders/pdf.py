"""PDF -> article: the text layer of its pages, hard-wrapped lines mended, running heads dropped."""

import io
import logging
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from statistics import quantiles
from typing import TYPE_CHECKING

from ingest.cleaning import clean, one_line
from ingest.loaders.text import HEADLINE_CHARACTERS, named, opening
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit, Unreadable

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 2_000

_PROGRAM_TITLE = re.compile(r"microsoft word|untitled|\.(?:docx?|pdf|tex|indd|qxp|rtf|odt|dvi)$|^\W*$", re.I)
_PAGE_NUMBER = re.compile(r"[-–—|]*\s*(page\s*)?(\d{1,4})(\s*(?:of|/)\s*\d{1,4})?\s*[-–—|]*", re.I)
_FRAMED = re.compile(r"([-–—|]).*\1")
_NOBODY = ("", "anonymous", "unknown", "user", "admin")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_SENTENCE_END = re.compile(r"[.!?:…][\"'”’)\]]*$")
_BULLET = re.compile(r"(?:[•◦▪*–—-]|\(?\d{1,2}[.)]|\(?[a-z]\))\s")


def load(raw: RawFile) -> LoadedArticle:
    """Raises NoText where no page has a text layer, Unreadable where it is encrypted, OverLimit for too much."""
    name = raw.name or raw.uri
    reader = _opened(raw.body, name)
    pages = [_lines(reader, number, name) for number in range(len(reader.pages))]
    bare = [number for number, lines in enumerate(pages, 1) if not any(lines)]
    if len(bare) == len(pages):
        raise NoText(f"No page of {name} has a text layer ({len(pages)} looked at).", "Run OCR over it first.")
    lines = [line for page in without_running_heads(pages) for line in page]
    title, author, published = _metadata(reader)
    headline, lines = (title, _below(title, lines)) if title else _headline(lines)
    text = clean(paragraphs(lines), name)
    if not text:
        raise NoText(f"{name} holds no text but page numbers.", "Run OCR over it first.")
    return LoadedArticle(
        title=headline or named(raw.name) or opening(text),
        text=text,
        authors=_authors(author),
        published=published,
        notes=_notes(bare),
    )


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
    width = _width(lines)
    made: list[str] = []
    for before, line in zip(["", *lines], lines, strict=False):
        if made and line and not _breaks(before, line, width):
            made[-1] = _joined(made[-1], line, text)
        elif line:
            made.append(line)
    return "\n\n".join(made)


# --------------------------------------------------------------------------------------------------


def _opened(body: bytes, name: str) -> "PdfReader":
    from pypdf import PasswordType, PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(io.BytesIO(body))
    if reader.is_encrypted and reader.decrypt("") == PasswordType.NOT_DECRYPTED:
        raise Unreadable(f"{name} is encrypted.", "Save a copy without a password.")
    if len(reader.pages) > MAX_PAGES:
        raise OverLimit(f"{name} has {len(reader.pages)} pages, more than {MAX_PAGES:,}.", "Split it.")
    return reader


def _lines(reader: "PdfReader", number: int, name: str) -> list[str]:
    """A page's lines; none where the page is broken, which counts as a page without a text layer.

    Raises OverLimit, or MemoryError, for one that unpacks to too much.
    """
    from pypdf.errors import LimitReachedError

    try:
        return [one_line(line.translate(_LIGATURES)) for line in reader.pages[number].extract_text().split("\n")]
    except LimitReachedError:
        raise OverLimit(f"Page {number + 1} of {name} unpacks to too much.", "Leave that page out.") from None
    except MemoryError:
        raise
    except Exception:
        return []


def _metadata(reader: "PdfReader") -> tuple[str, str, str | None]:
    """Title, authors and date as the file states them; broken metadata is none."""
    title, author, created = "", "", None
    with suppress(Exception):
        title = one_line(str((reader.metadata and reader.metadata.title) or ""))
    with suppress(Exception):
        author = str((reader.metadata and reader.metadata.author) or "")
    with suppress(Exception):
        created = reader.metadata and reader.metadata.creation_date
    published = created.date().isoformat() if isinstance(created, datetime) else None
    return ("" if _PROGRAM_TITLE.search(title) else title), author, published


def _headline(lines: list[str]) -> tuple[str, list[str]]:
    """The first line, if it stands like a headline (shorter than what follows, not wrapped), and the rest."""
    filled = [line for line in lines if line]
    if len(filled) < 2 or len(filled[0]) > HEADLINE_CHARACTERS or _SENTENCE_END.search(filled[0]):
        return "", lines
    if len(filled[0]) > 0.8 * _width(lines) or filled[1][0].islower():
        return "", lines
    return filled[0], lines[lines.index(filled[0]) + 1 :]


def _below(title: str, lines: list[str]) -> list[str]:
    """The lines below the title, where the title stands on top, over up to three of them."""
    for count in (1, 2, 3):
        if " ".join(lines[:count]).casefold() == title.casefold():
            return lines[count:]
    return lines


def _width(lines: Sequence[str]) -> float:
    """How long a full line is, in characters."""
    lengths = [len(line) for line in lines if line]
    return quantiles(lengths, n=10)[-1] if len(lengths) > 1 else float(sum(lengths))


def _authors(stated: str) -> tuple[str, ...]:
    names = (one_line(name) for name in re.split(r";|\band\b|&", stated))
    return tuple(name for name in names if name.strip("()").casefold() not in _NOBODY)


def _notes(bare: Sequence[int]) -> tuple[str, ...]:
    if not bare:
        return ()
    numbers = ", ".join(map(str, bare[:20])) + (f" and {len(bare) - 20} more" if len(bare) > 20 else "")
    return (f"page {numbers} has no text layer" if len(bare) == 1 else f"pages {numbers} have no text layer",)


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
    return bool(clear or _SENTENCE_END.search(said))


def _breaks(before: str, line: str, width: float) -> bool:
    """Whether a paragraph ends between two lines: a blank one, a bullet, or one that stops well short."""
    if not before or _BULLET.match(line):
        return True
    if before.endswith("-") or len(before) + len(line.split(" ", 1)[0]) >= 0.9 * width:
        return False
    return bool(_SENTENCE_END.search(before)) or (len(before) < 0.6 * width and not line[0].islower())


def _joined(text: str, line: str, whole: str) -> str:
    """Two lines as one; a hyphen at the cut goes unless the word is written with it elsewhere."""
    head, tail = re.search(r"(\w+)-$", text), re.match(r"\w+", line)
    if not head or not tail:
        return f"{text} {line}"
    if tail[0][0].islower() and f"{head[1]}-{tail[0]}" not in whole:
        return text[:-1] + line
    return text + line
