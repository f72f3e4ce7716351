"""A web page -> article: its main text and what it says of itself, through trafilatura.

`favor_precision` and no comments came closest to the true bodies of 91 news pages (docs/decisions.md).
"""

import re
from typing import TYPE_CHECKING

from ingest.cleaning import clean, decode, one_line
from ingest.loaders.frontmatter import iso_date
from ingest.loaders.inline import readied
from ingest.loaders.text import named, opening
from ingest.sources import MEGABYTE, RawFile, host_of
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_BYTES = 5 * MEGABYTE
SHORT_CHARACTERS = 250
"""A page's text below this is tried again with trafilatura's own defaults."""

TOP_BYTES = 10_000
"""Of a page, where it states its encoding."""

_ENCODING = re.compile(rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w:.-]+)", re.IGNORECASE)
_RULE = re.compile(r"[\s|:-]*")
_MARKS = re.compile(r"^(?:[-*•] |\|\s*)|\s*\|$")
_SUFFIX = re.compile(r"\s+(?:[|–—·»-]|::)\s+(?=\S)")


def load(raw: RawFile) -> LoadedArticle:
    """Raises NoText for a page without a main text, OverLimit above MAX_BYTES."""
    import trafilatura

    name = raw.name or raw.uri
    if len(raw.body) > MAX_BYTES:
        raise OverLimit(f"{name} is a page of more than {MAX_BYTES / MEGABYTE:g} MB.", "Save its text alone.")
    tree = trafilatura.load_html(decode(raw.body, raw.charset, _stated_encoding(raw.body)))
    text = "" if tree is None else _extracted(readied(tree))
    loaded = _article(raw, tree, text) if text else None
    if not loaded or not loaded.text:
        raise NoText(f"{name} holds no article text.", "If its text is drawn by scripts, save it from a browser.")
    return loaded


def stripped(title: str, site: str, host: str = "") -> str:
    """`title` without the site's name in front or behind: "Rates rise | The Daily" -> "Rates rise"."""
    parts = _SUFFIX.split(title)
    names = {_folded(name) for name in (site, *_SUFFIX.split(site), host, host.partition(".")[0]) if name}
    while len(parts) > 1 and _folded(parts[-1]) in names:
        title = title[: title.rindex(parts.pop())].rstrip(" |–—·»:-")
    return title


# --------------------------------------------------------------------------------------------------


def _stated_encoding(body: bytes) -> str:
    """What the top of the page says its encoding is; it says so in bytes, and so is not UTF-16, whatever it says."""
    found = _ENCODING.search(body[:TOP_BYTES])
    name = found[1].decode("ascii").lower() if found else ""
    return "utf-8" if name.startswith("utf-16") else name


def _extracted(tree: "HtmlElement") -> str:
    """One paragraph a line; `tree` is left as it is."""
    import trafilatura

    found = trafilatura.bare_extraction(tree, favor_precision=True, include_comments=False)
    if found and found.text and len(found.text) >= SHORT_CHARACTERS:
        return str(found.text)
    found = trafilatura.bare_extraction(tree, include_comments=False) or found
    return str(found.text) if found and found.text else ""


def _article(raw: RawFile, tree: "HtmlElement", lines: str) -> LoadedArticle:
    """`lines` with what the page says of itself; one that names no address of its own is at the one it came from."""
    import trafilatura

    said = trafilatura.extract_metadata(tree)
    language, host = _language(tree), said.hostname or host_of(raw.uri)
    publisher = one_line(said.sitename or "")
    title = stripped(one_line(said.title or ""), publisher, host)
    text = _text(lines, title, raw.name or raw.uri)
    return LoadedArticle(
        title=title or named(raw.name) or opening(text),
        text=text,
        publisher=publisher or host,
        authors=_authors(said.author or ""),
        published=iso_date(said.date),
        language=language,
        url=_web(said.url or "") or _web(raw.uri),
    )


def _text(lines: str, title: str, name: str) -> str:
    """One paragraph a line of trafilatura's, without marks of lists and tables, and without the title on top."""
    kept = [_MARKS.sub("", line.strip()) for line in lines.split("\n") if not _RULE.fullmatch(line)]
    if len(kept) > 1 and _folded(kept[0]) == _folded(title):
        kept = kept[1:]
    return clean("\n\n".join(kept), name)


def _language(tree: "HtmlElement") -> str:
    """What the page's root element says: "en" for lang="en-GB", "" where it says nothing."""
    stated = str(tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or "")
    code = re.match(r"[a-z]{2}(?![a-z])", stated.strip().lower())
    return code[0] if code else ""


def _authors(names: str) -> tuple[str, ...]:
    return tuple(name for name in (one_line(name) for name in names.split(";")) if name)


def _web(url: str) -> str:
    return url if url.startswith(("http://", "https://")) else ""


def _folded(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
