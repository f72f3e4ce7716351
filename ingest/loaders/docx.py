"""DOCX -> article: its paragraphs and table rows as they are read, refused before parsing where it could blow up."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ingest.cleaning import clean, one_line
from ingest.loaders.text import named, opening
from ingest.sources import MEGABYTE, RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit, Unreadable

if TYPE_CHECKING:
    from docx.oxml.xmlchemy import BaseOxmlElement

MAX_BYTES = 100 * MEGABYTE
MAX_RATIO = 100
MAX_MEMBERS = 2_000

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DOCTYPE = tuple("<!DOCTYPE".encode(encoding) for encoding in ("ascii", "utf-16-le", "utf-16-be"))
_WHITE = {_W + "tab": " ", _W + "br": "\n", _W + "cr": "\n", _W + "noBreakHyphen": "-"}


def load(raw: RawFile) -> LoadedArticle:
    """Raises NoText, Unreadable for a broken or unsafe archive, OverLimit for one that unpacks to too much."""
    import docx

    name = raw.name or raw.uri
    _check(raw.body, name)
    document = docx.Document(io.BytesIO(raw.body))
    blocks = [(style, text) for style, text in _blocks(document.element.body) if text.strip()]
    said = document.core_properties
    title = one_line(_title(said)) or next((text for style, text in blocks if style in _TITLES), "")
    if blocks and one_line(blocks[0][1]) == title:
        blocks = blocks[1:]
    text = clean("\n\n".join(text for _, text in blocks), name)
    if not text:
        raise NoText(f"{name} holds no text.", "If it is made of pictures, run OCR over it first.")
    return LoadedArticle(
        title=one_line(title) or named(raw.name) or opening(text),
        text=text,
        authors=_authors(said),
        published=_published(said),
        language=(said.language or "")[:2].lower(),
    )


# --------------------------------------------------------------------------------------------------

_TITLES = frozenset({"Title", "Heading1"})
_TEMPLATE = ("python-docx", datetime(2013, 12, 23, 23, 15, tzinfo=UTC))
"""What python-docx's own template says of itself; a file made from it says nothing by that."""
_MADE_UP = ("Word Document", "python-docx")
"""Title and last writer that python-docx gives a file without properties."""


def _check(body: bytes, name: str) -> None:
    """Sizes as the archive states them (more than that is never unpacked), and no document type declarations."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if len(members) > MAX_MEMBERS:
                raise OverLimit(
                    f"{name} has {len(members):,} parts, more than {MAX_MEMBERS:,}.", "Save its text alone."
                )
            if unpacked > min(MAX_BYTES, MAX_RATIO * max(len(body), MEGABYTE // 10)):
                raise OverLimit(f"{name} unpacks to {unpacked / MEGABYTE:.0f} MB.", "Save its text alone.")
            markup = (member for member in members if member.filename.endswith((".xml", ".rels")))
            if any(mark in archive.read(member) for member in markup for mark in _DOCTYPE):
                raise Unreadable(f"{name} declares a document type, as no word processor does.", "Save it again.")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, zlib.error) as error:
        raise Unreadable(f"{name} is a broken archive ({error}).", "Save it again.") from error


def _blocks(body: "BaseOxmlElement") -> Iterator[tuple[str, str]]:
    """Style and text of every paragraph and table row in order, those in content controls included."""
    for element in body.iter(_W + "p", _W + "tr"):
        if element.tag == _W + "tr":
            cells = (" ".join(_text(p) for p in cell.iter(_W + "p")) for cell in element.iterchildren(_W + "tc"))
            yield "", " | ".join(cells)
        elif not any(True for _ in element.iterancestors(_W + "tr", _W + "txbxContent")):
            style = element.find(f"{_W}pPr/{_W}pStyle")
            yield "" if style is None else style.get(_W + "val", ""), _text(element)


def _text(paragraph: "BaseOxmlElement") -> str:
    """What is seen of a paragraph: insertions, links and fields too; no hidden runs and no text boxes."""
    return "".join(piece for run in paragraph.iter(_W + "r") for piece in _pieces(run))


def _pieces(run: "BaseOxmlElement") -> Iterator[str]:
    hidden = run.find(f"{_W}rPr/{_W}vanish") is not None
    if hidden or any(True for _ in run.iterancestors(_W + "txbxContent")):
        return
    for child in run:
        if child.tag == _W + "t":
            yield child.text or ""
        yield _WHITE.get(child.tag, "")


def _title(said: Any) -> str:
    return "" if (said.title, said.last_modified_by) == _MADE_UP else said.title or ""


def _authors(said: Any) -> tuple[str, ...]:
    names = (one_line(author) for author in (said.author or "").split(";"))
    return tuple(name for name in names if name and name != _TEMPLATE[0])


def _published(said: Any) -> str | None:
    """The day the file was made, as far as it says so in a way that can be read."""
    try:
        created = said.created
    except ValueError:
        return None
    return created.date().isoformat() if created and created != _TEMPLATE[1] else None
