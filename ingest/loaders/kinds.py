"""Bytes -> the kind of file they are. Suffix and server have a say only where the bytes leave it open."""

import mimetypes
import re
from functools import cache
from pathlib import PurePath
from typing import Literal

from ingest.cleaning import looks_binary
from ingest.sources import RawFile
from qa.errors import UnsupportedMedia

Kind = Literal["text", "markdown", "html", "pdf", "docx", "feed"]

SANDBOXED: frozenset[Kind] = frozenset({"html", "pdf", "docx", "feed"})
"""Kinds whose libraries have been seen to hang or to eat memory."""

REMEDY = "Footnote reads text, Markdown, HTML, PDF, DOCX and RSS or Atom feeds."

_MARKDOWN = (".md", ".markdown", ".mdown", ".mkd")
_HTML = (".html", ".htm", ".xhtml", ".shtml")
_HEAD = 4_096
_ROOT = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->|<!doctype[^>\[]*(?:\[.*?\]\s*)?>)*+<([\w:.-]+)", re.I | re.S)
_HTML_ROOTS = frozenset(
    b"html head body title meta link script style article section header main nav".split()
    + b"div p h1 h2 h3 h4 ul ol table span a b br img form center font iframe".split()
)
_FEED_ROOTS = frozenset({b"rss", b"feed", b"rdf", b"channel"})
_MAGIC = (
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a media file"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "a media file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "a database"),
    (b"{\\rtf", "an RTF file"),
    (b"\xd0\xcf\x11\xe0", "an old Word, Excel or PowerPoint file"),
    (b"%!PS", "a PostScript file"),
)


def kind_of(raw: RawFile) -> Kind:
    """Raises UnsupportedMedia, saying what the file seems to be."""
    head = raw.body[:_HEAD]
    name = raw.name or raw.uri
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(raw.body, name)
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise UnsupportedMedia(f"{name} is {what}.", REMEDY)
    if looks_binary(head):
        raise UnsupportedMedia(f"{name} is not text.", REMEDY)
    return _marked_up(head, raw) or _plain(raw, name)


def looks_like_feed(raw: RawFile) -> bool:
    """Whether the root element is a feed's; such a file holds several articles."""
    return _root(raw.body[:_HEAD]).rpartition(b":")[2] in _FEED_ROOTS


# --------------------------------------------------------------------------------------------------


def _zipped(body: bytes, name: str) -> Kind:
    if b"word/document" in body:
        return "docx"
    raise UnsupportedMedia(f"{name} is a zip archive, not a DOCX file.", REMEDY)


def _marked_up(head: bytes, raw: RawFile) -> Kind | None:
    if looks_like_feed(raw):
        return "feed"
    if _suffix(raw) in _MARKDOWN:
        return "markdown"
    start = _narrow(head)
    if _root(head) in _HTML_ROOTS or start[:14].lower() == b"<!doctype html":
        return "html"
    if start.startswith(b"<?xml"):
        raise UnsupportedMedia(f"{raw.name or raw.uri} is XML, but no feed and no page.", REMEDY)
    return None


def _root(head: bytes) -> bytes:
    """Name of the first element, in lower case, with its prefix; b"" where the file begins otherwise."""
    found = _ROOT.match(_narrow(head))
    return found[1].lower() if found else b""


def _narrow(head: bytes) -> bytes:
    """UTF-16 and UTF-32 as bytes that a pattern can match; marks and leading white space gone."""
    return head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe").lstrip()


def _plain(raw: RawFile, name: str) -> Kind:
    if raw.media_type in ("text/html", "application/xhtml+xml") or _suffix(raw) in _HTML:
        return "html"
    if raw.media_type == "text/markdown":
        return "markdown"
    media_type = _media_types().guess_type(raw.name)[0] or raw.media_type or "text/plain"
    if media_type not in ("text/plain", "application/octet-stream", "text/x-rst"):
        raise UnsupportedMedia(f"{name} is {media_type}, not an article.", REMEDY)
    return "text"


@cache
def _media_types() -> mimetypes.MimeTypes:
    """Python's own table, without what the machine adds to it."""
    return mimetypes.MimeTypes()


def _suffix(raw: RawFile) -> str:
    return PurePath(raw.name).suffix.lower()
