"""What a feed lists -> items, and what a feed says of an article put together with what its page says."""

from collections.abc import Sequence
from dataclasses import replace

from ingest.sources import Fetch, Item, RawFile, host_of
from qa.domain import LoadedArticle
from qa.errors import IngestError, NoText

ENOUGH_CHARACTERS = 400
"""A feed's text this long can stand in for its page; a teaser cannot."""


def expand(entries: Sequence[LoadedArticle], fetch: Fetch) -> list[Item]:
    """One item an entry, under its link."""
    return [_item(entry, fetch) for entry in entries]


def filled(page: LoadedArticle, given: LoadedArticle) -> LoadedArticle:
    """The page, with the feed's word on what the page does not say; the feed's name is better than a bare host."""
    unnamed = page.publisher in ("", host_of(page.url), host_of(given.url))
    return replace(
        page,
        title=given.title or page.title,
        publisher=(given.publisher or page.publisher) if unnamed else page.publisher,
        authors=page.authors or given.authors,
        published=page.published or given.published,
        language=page.language or given.language,
        url=page.url or given.url,
        notes=(*page.notes, *given.notes),
    )


def stand_in(given: LoadedArticle, error: IngestError) -> LoadedArticle:
    """The feed's own text, noting why; `error` is raised where that is no more than a teaser."""
    if len(given.text) < ENOUGH_CHARACTERS:
        raise error
    return replace(given, notes=(*given.notes, f"The feed's own text is used: {error.message}"))


# --------------------------------------------------------------------------------------------------


def _item(entry: LoadedArticle, fetch: Fetch) -> Item:
    return Item(entry.url, lambda: _read(entry, fetch))


def _read(entry: LoadedArticle, fetch: Fetch) -> RawFile:
    """The entry's page; an empty body with the feed's text where the page does not come and that will do."""
    try:
        page = fetch(entry.url)
        if not page.body:
            raise NoText(f"{entry.url} is empty.")
        return replace(page, uri=entry.url, given=entry)
    except IngestError as error:
        return RawFile(entry.url, b"", given=stand_in(entry, error))
