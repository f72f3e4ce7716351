"""PDF -> article: the text layer of its pages, hard-wrapped lines mended, running heads dropped."""

import io
import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from ingest.cleaning import clean, one_line
from ingest.loaders.pages import SENTENCE_END, full_width, in_one_run, paragraphs
from ingest.loaders.text import HEADLINE_CHARACTERS, named, opening
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import IngestError, NoText, OverLimit, Unreadable

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_PAGES = 2_000

_PROGRAM_TITLE = re.compile(r"microsoft word|untitled|\.(?:docx?|pdf|tex|indd|qxp|rtf|odt|dvi)$|^\W*$", re.I)
_NOBODY = ("", "anonymous", "unknown", "user", "admin")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


def load(raw: RawFile) -> LoadedArticle:
    """Raises NoText where no page has a text layer, Unreadable where it is encrypted, OverLimit for too much.

    Pages that unpack to too much are left out, and named in the notes, as long as another one has text.
    """
    name = raw.name or raw.uri
    reader = _opened(raw.body, name)
    pages = [_lines(reader, number) for number in range(len(reader.pages))]
    heavy = [number for number, lines in enumerate(pages, 1) if lines is None]
    bare = [number for number, lines in enumerate(pages, 1) if lines is not None and not any(lines)]
    if len(heavy) + len(bare) == len(pages):
        raise _without_text(name, heavy, bare)
    lines = in_one_run(pages)
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
        notes=_notes(heavy, bare),
    )


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


def _lines(reader: "PdfReader", number: int) -> list[str] | None:
    """A page's lines, None where it unpacks to too much; none where it is broken, which counts as without a text layer.

    Raises MemoryError, after which nothing more should be read.
    """
    from pypdf.errors import LimitReachedError

    try:
        return [one_line(line.translate(_LIGATURES)) for line in reader.pages[number].extract_text().split("\n")]
    except LimitReachedError:
        return None
    except MemoryError:
        raise
    except Exception:
        return []


def _without_text(name: str, heavy: Sequence[int], bare: Sequence[int]) -> IngestError:
    if heavy:
        rest = ", and no other page has a text layer" if bare else ""
        return OverLimit(f"{name}: {_too_much(heavy)}{rest}.", "Save its text alone.")
    return NoText(f"No page of {name} has a text layer ({len(bare)} looked at).", "Run OCR over it first.")


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
    if len(filled) < 2 or len(filled[0]) > HEADLINE_CHARACTERS or SENTENCE_END.search(filled[0]):
        return "", lines
    if len(filled[0]) > 0.8 * full_width(lines) or filled[1][0].islower():
        return "", lines
    return filled[0], lines[lines.index(filled[0]) + 1 :]


def _below(title: str, lines: list[str]) -> list[str]:
    """The lines below the title, where the title stands on top, over up to three of them."""
    for count in (1, 2, 3):
        if " ".join(lines[:count]).casefold() == title.casefold():
            return lines[count:]
    return lines


def _authors(stated: str) -> tuple[str, ...]:
    names = (one_line(name) for name in re.split(r";|\band\b|&", stated))
    return tuple(name for name in names if name.strip("()").casefold() not in _NOBODY)


def _notes(heavy: Sequence[int], bare: Sequence[int]) -> tuple[str, ...]:
    without = f"{_listed(bare)} {'has' if len(bare) == 1 else 'have'} no text layer"
    out = f"{_too_much(heavy)} and {'is' if len(heavy) == 1 else 'are'} left out"
    return (*((out,) if heavy else ()), *((without,) if bare else ()))


def _too_much(pages: Sequence[int]) -> str:
    return f"{_listed(pages)} {'unpacks' if len(pages) == 1 else 'unpack'} to too much"


def _listed(pages: Sequence[int]) -> str:
    numbers = ", ".join(map(str, pages[:20])) + (f" and {len(pages) - 20} more" if len(pages) > 20 else "")
    return f"page {numbers}" if len(pages) == 1 else f"pages {numbers}"
