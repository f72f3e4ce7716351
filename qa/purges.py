"""Purging: an article's texts go from the catalog, and from what is kept beside it and may quote them.

The catalog is changed in one transaction; what lies beside it is told before and after, which may fail, or be killed.
So the catalog notes with the erasing which article is yet to be forgotten, and whoever comes later can finish that.
"""

from collections.abc import Callable
from contextlib import suppress
from sqlite3 import Connection

from qa import articles, fulltext, stored
from qa.catalog import Catalog, put_setting, setting
from qa.errors import LibraryError, first_line
from qa.steps import reached

Forget = Callable[[int, str], object]
"""Takes what quotes an article, by its id and URI, out of what is kept beside the catalog; again, if need be."""

_NOTE = "purges"
_AGAIN = "When that is mended, purge it again or start footnote serve again: either finishes it."


def purge(catalog: Catalog, article_id: int, forget: Forget) -> None:
    """Forgotten before its texts are erased, so that what fails there leaves them; and after, as somebody may have
    quoted them meanwhile. What fails then is finished by the next call.

    Raises NotInLibrary, LibraryError, and whatever `forget` raises the first time.
    """
    with catalog.reading() as connection:
        begun = unfinished(connection).get(article_id)
        uri = begun or articles.article(connection, article_id).uri
    overwritten = False
    if not begun:
        forget(article_id, uri)
        overwritten = erase(catalog, article_id, noted=True)
    _end(catalog, article_id, uri, forget, overwritten)


def finish(catalog: Catalog, forget: Forget) -> dict[int, str]:
    """What was cut short, and is over now: ids and URIs. Raises LibraryError where it fails again."""
    with catalog.reading() as connection:
        begun = unfinished(connection)
    for article_id, uri in begun.items():
        _end(catalog, article_id, uri, forget, overwritten=False)
    return begun


def unfinished(connection: Connection) -> dict[int, str]:
    """The id and URI of each article that is erased, and may yet be quoted beside the catalog."""
    return {int(article_id): uri for article_id, uri in setting(connection, _NOTE, {}).items()}


def erase(catalog: Catalog, article_id: int, *, noted: bool = False) -> bool:
    """Every version out of the catalog; returns whether what was deleted could be overwritten. Raises NotInLibrary."""
    with catalog.writing() as connection:
        uri = articles.article(connection, article_id).uri
        stored.delete_passages(connection, article_id)
        articles.retire(connection, article_id)
        articles.erase(connection, article_id)
        if noted:
            _note(connection, unfinished(connection) | {article_id: uri})
    with suppress(LibraryError):
        _overwrite(catalog)
        return True
    return False


# ----------------------------------------------------------------------------------------------------------------


def _end(catalog: Catalog, article_id: int, uri: str, forget: Forget, overwritten: bool) -> None:
    """The note stays until all is forgotten and overwritten."""
    try:
        forget(article_id, uri)
    except Exception as error:
        raise LibraryError(
            f"Article {article_id} ({uri}) is erased, but not yet from all that quotes it: {first_line(error)}", _AGAIN
        ) from error
    with suppress(LibraryError):
        if not overwritten:
            _overwrite(catalog)
        with catalog.writing() as connection:
            _note(connection, {i: one for i, one in unfinished(connection).items() if i != article_id})
        _empty_log(catalog)


def _note(connection: Connection, left: dict[int, str]) -> None:
    put_setting(connection, _NOTE, left or None)


def _overwrite(catalog: Catalog) -> None:
    """What was deleted. What is left undone is done by the next purge."""
    with catalog.alone() as connection:
        for table in fulltext.TABLES:
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")  # nosec B608 # a table of ours
        reached("before purged text is overwritten")
        connection.execute("VACUUM")
        reached("after purged text is overwritten")
    _empty_log(catalog)


def _empty_log(catalog: Catalog) -> None:
    with catalog.alone() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
