"""Markdown -> article: the tokens of a CommonMark parser, as paragraphs of plain text."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.cleaning import clean, decode, one_line
from ingest.loaders.frontmatter import take
from ingest.loaders.text import article, named, opening
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText

if TYPE_CHECKING:
    from markdown_it.token import Token

_VISIBLE = frozenset({"text", "code_inline"})
_BREAK = re.compile(r"<br\b[^>]*>", re.IGNORECASE)


def load(raw: RawFile) -> LoadedArticle:
    """Raises NoText for a file without words."""
    name = raw.name or raw.uri
    front, source = take(clean(decode(raw.body, raw.charset), name))
    blocks = list(_blocks(_tokens(source)))
    headline = front.title or next((text for kind, text in blocks if kind == "h1"), "")
    if blocks and blocks[0] == ("h1", headline):
        blocks = blocks[1:]
    text = clean("\n\n".join(text for _, text in blocks), name)
    if not text:
        raise NoText(f"{name} holds no text.", "Check that it is the file you meant.")
    return article(front, one_line(headline) or named(raw.name) or opening(text), text)


# --------------------------------------------------------------------------------------------------


def _tokens(source: str) -> "list[Token]":
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table").parse(source)


def _blocks(tokens: "Sequence[Token]") -> Iterator[tuple[str, str]]:
    """Tag and text of every heading, paragraph, list item, table row and piece of code; HTML is left out."""
    tag = "p"
    row: list[str] | None = None
    for token in tokens:
        if token.nesting == 1:
            tag = token.tag
        if token.type == "tr_open":
            row = []
        elif token.type == "tr_close":
            yield "tr", " | ".join(row or ())
            row = None
        elif token.type in ("fence", "code_block"):
            yield "code", token.content
        elif token.type == "inline" and row is not None:
            row.append(_inline(token).replace("\n", " "))
        elif token.type == "inline":
            yield tag, _inline(token)


def _inline(token: "Token") -> str:
    """What a reader sees of a paragraph: words of links and alternative texts, no marks, no addresses."""
    return "".join(_piece(child) for child in token.children or ())


def _piece(token: "Token") -> str:
    if token.type == "softbreak":
        return " "
    if token.type == "hardbreak" or (token.type == "html_inline" and _BREAK.fullmatch(token.content)):
        return "\n"
    if token.type == "image":
        return _inline(token)
    return token.content if token.type in _VISIBLE else ""
