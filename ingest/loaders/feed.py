"""RSS or Atom -> what it says of each of its articles; `ingest.feeds` goes for their pages."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from ingest.cleaning import clean, one_line
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText

MAX_ITEMS = 200

_BLOCKS = (
    *("p", "div", "br", "hr", "li", "dt", "dd", "tr", "td", "th", "h1", "h2", "h3", "h4", "h5", "h6"),
    *(
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "section",
        "article",
        "aside",
        "header",
        "footer",
        "table",
        "ul",
        "ol",
    ),
)
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that lxml refuses, and that `clean` would take out."""
_UNSEEN = ("script", "style", "template", "noscript")


def load_all(raw: RawFile) -> list[LoadedArticle]:
    """The first MAX_ITEMS entries that link to a web page, each under its link, once. Raises NoText."""
    import feedparser

    # Bytes alone would be opened as a path or a URL where they look like one.
    parsed = feedparser.parse(io.BytesIO(raw.body), response_headers=_headers(raw))
    linked = [entry for entry in parsed.entries if _link(entry)]
    if not linked:
        raise NoText(f"{raw.name or raw.uri} is a feed that lists no web page.", "Ingest the pages themselves.")
    first = {_link(entry): entry for entry in reversed(linked[:MAX_ITEMS])}
    articles = [_article(entry, parsed.feed) for entry in reversed(first.values())]
    if len(linked) > MAX_ITEMS:
        note = f"the feed lists {len(linked)} articles; the first {MAX_ITEMS} are taken"
        articles[-1] = replace(articles[-1], notes=(note,))
    return articles


# --------------------------------------------------------------------------------------------------


def _headers(raw: RawFile) -> dict[str, str]:
    """A type without an encoding is not passed on: of text/xml it would mean ASCII."""
    declared = {"content-type": f"{raw.media_type}; charset={raw.charset}"} if raw.charset else {}
    return {"content-location": raw.uri, **declared}


def _article(entry: Any, feed: Any) -> LoadedArticle:
    return LoadedArticle(
        title=one_line(_plain(entry.get("title", ""))),
        text=_text(entry),
        publisher=one_line(_plain(feed.get("title", ""))),
        authors=tuple(_authors(entry)),
        published=_published(entry),
        language=str(entry.get("language") or feed.get("language") or "")[:2].lower(),
        url=_link(entry),
    )


def _link(entry: Any) -> str:
    link = str(entry.get("link", "")).strip()
    return link if link.startswith(("http://", "https://")) else ""


def _text(entry: Any) -> str:
    """The longest of what the entry carries of the article, as paragraphs."""
    carried = [str(content.get("value", "")) for content in entry.get("content", [])]
    return max((clean(_plain(html)) for html in [*carried, str(entry.get("summary", ""))]), key=len)


def _plain(html: str) -> str:
    """Text of a piece of HTML, blank lines between its blocks."""
    from lxml.html import fragment_fromstring

    if "<" not in html and "&" not in html:
        return html
    root = fragment_fromstring(_NO_XML.sub("", html), create_parent="div")
    for element in list(root.iter(*_UNSEEN)):
        element.drop_tree()
    for element in root.iter(*_BLOCKS):
        element.text = "\n\n" + (element.text or "")
        element.tail = "\n\n" + (element.tail or "")
    return str(root.text_content())


def _authors(entry: Any) -> Iterator[str]:
    for author in entry.get("authors", []):
        name = one_line(str(author.get("name", "")))
        if name:
            yield name


def _published(entry: Any) -> str | None:
    when = entry.get("published_parsed") or entry.get("updated_parsed")
    try:
        return date(*when[:3]).isoformat() if when else None
    except (ValueError, TypeError):
        return None
