"""Plain text -> article: the headline told from the body, front matter read where there is some."""

import re
from dataclasses import replace
from pathlib import PurePath

from ingest.cleaning import clean, decode, one_line
from ingest.loaders import byline
from ingest.loaders.frontmatter import FrontMatter, take
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText

HEADLINE_CHARACTERS = 200
TOP_LINES = 12
SHORTEST_REPEATED = 25
SENTENCE_WORDS = 6
_SENTENCE_END = re.compile(r"""(?<!\.\.)[.:;,]["'”’)]*\s*$""")
_ANY_END = re.compile(r"""(?<!\.\.)[.:;,!?]["'”’)]*\s*$""")


def load(raw: RawFile) -> LoadedArticle:
    """Raises NoText for an empty file, Unreadable for one that is no text."""
    name = raw.name or raw.uri
    front, text = take(clean(decode(raw.body, raw.charset), name))
    headline, body = (front.title, text) if front.title else headline_and_body(text)
    if front == FrontMatter(title=front.title) and headline:
        front, body = byline.take(body)
        front = front if front.published else replace(front, published=byline.dateline(body))
    if not body:
        raise NoText(f"{name} holds no text.", "Check that it is the file you meant.")
    return article(front, headline or named(raw.name) or opening(body), body)


def headline_and_body(text: str) -> tuple[str, str]:
    """A first line that stands alone above a blank line and does not end like a sentence is the headline.

    So is a line that the top of a page saved as text says twice: it and the page's furniture above it are no body.
    """
    repeated = _repeated(text)
    if repeated:
        return repeated
    first, _, rest = text.partition("\n\n")
    alone = rest.strip() and "\n" not in first and len(first) <= HEADLINE_CHARACTERS
    if alone and not _SENTENCE_END.search(first):
        return one_line(first), rest.strip()
    return "", text


def _repeated(text: str) -> tuple[str, str] | None:
    lines = text.split("\n")
    top = [at for at, line in enumerate(lines[:TOP_LINES]) if SHORTEST_REPEATED <= len(line) <= HEADLINE_CHARACTERS]
    twice = [at for at in top if lines[at] in lines[:at] and _is_headline(lines[at], lines[:at])]
    body = "\n".join(lines[twice[-1] + 1 :]).strip() if twice else ""
    return (one_line(lines[twice[-1]]), body) if body else None


def _is_headline(line: str, above: list[str]) -> bool:
    """Whether no sentence would be lost above it. One that ends like a sentence itself must be in a longer line too,
    as a page's navigation ends in its headline; an answer that is given twice is not."""
    longer = any(line in other != line for other in above)
    pieces = [*above, *"\n".join(above).split("\n\n")]
    return (longer or not _ANY_END.search(line)) and not any(_is_said(piece, line) for piece in pieces)


def _is_said(piece: str, headline: str) -> bool:
    """Whether a line or paragraph, but for the headline in it, ends like a sentence and is long enough for one."""
    rest = piece.replace(headline, "").strip()
    return bool(_ANY_END.search(rest)) and (headline in piece or len(rest.split()) >= SENTENCE_WORDS)


def named(name: str) -> str:
    """A title of last resort from a file's name: "rate-rise_2024.txt" -> "rate rise 2024"."""
    return one_line(PurePath(name).stem.replace("_", " ").replace("-", " "))


def opening(text: str) -> str:
    """The first words of `text`, for an article that nothing else names."""
    words = one_line(text[:500]).split(" ")
    return " ".join(words[:12])[:HEADLINE_CHARACTERS]


def article(front: FrontMatter, title: str, text: str) -> LoadedArticle:
    """`text` under `title`, with what the front matter says of it."""
    return LoadedArticle(
        title=title,
        text=text,
        publisher=front.publisher,
        authors=front.authors,
        published=front.published,
        language=front.language,
        url=front.url,
    )
