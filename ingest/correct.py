"""What a loader got wrong about an article, put right by hand: a new version, its vectors made with its new title."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingest.cleaning import one_line
from ingest.passages import passages
from qa import sentences
from qa.domain import Article, LoadedArticle
from qa.embedder import Embedder, PassageInput
from qa.errors import NotInLibrary, UsageError
from qa.library import Added, Library

LONGEST_FIELD = 500
"""Characters."""


@dataclass(frozen=True, slots=True)
class Correction:
    """An article's fields as they should be, `published` an ISO date or "".

    Authors are separated by semicolons, where there is one, or else by commas.
    """

    title: str
    publisher: str = ""
    authors: str = ""
    published: str = ""


def one_field(authors: Sequence[str]) -> str:
    """Authors as they are shown to be corrected; given back so, they are the same."""
    return ("; " if any("," in name for name in authors) else ", ").join(authors)


def correct(library: Library, embedder: Embedder, article_id: int, correction: Correction) -> Added:
    """Takes effect at once, and stays until the file itself changes: the same file again is no work.

    Raises UsageError for a field that will not do, NotInLibrary for a removed article.
    """
    article = library.article(article_id)
    if article.state != "current":
        raise NotInLibrary(f"Article {article_id} has been removed.", "Ingest it again, then correct it.")
    loaded = _corrected(article, correction)
    cut = tuple(passages(loaded.text, sentences.split(loaded.text, loaded.language)))
    inputs = [PassageInput.of(loaded.title, loaded.text[p.start : p.end], p) for p in cut]
    source_hash = library.source_hash(article.uri) or ""
    return library.add(article.uri, loaded, cut, embedder.passages(inputs), source_hash)


# --------------------------------------------------------------------------------------------------


def _corrected(article: Article, given: Correction) -> LoadedArticle:
    title = _line("title", given.title)
    if not title:
        raise UsageError("The title is empty.", "Give the article a title.")
    authors = _authors(article, given.authors)
    publisher, published = _line("publisher", given.publisher), _day(given.published)
    return LoadedArticle(title, article.text, publisher, authors, published, article.language, article.url)


def _authors(article: Article, given: str) -> tuple[str, ...]:
    if one_line(given) == one_line(one_field(article.authors)):
        return article.authors
    names = (_line("name", part) for part in given.split(";" if ";" in given else ","))
    return tuple(filter(None, names))


def _line(name: str, value: str) -> str:
    folded = one_line(value)
    if len(folded) > LONGEST_FIELD:
        raise UsageError(f"The {name} has {len(folded):,} characters; {LONGEST_FIELD} are the most.", "Shorten it.")
    return folded


def _day(given: str) -> str | None:
    if not given.strip():
        return None
    try:
        return date.fromisoformat(given.strip()).isoformat()
    except ValueError:
        raise UsageError(f"{given[:40]!r} is not a date.", "Write it as 2026-05-03, or leave it empty.") from None
