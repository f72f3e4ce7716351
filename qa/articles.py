"""Articles and their versions, as the catalog holds them. Every function takes a connection inside a transaction."""

import difflib
import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from qa.domain import Article, ArticleOrder, ArticleRef, ArticleState, Filters, LoadedArticle
from qa.errors import NotInLibrary

_VERSION = """
    SELECT article.id, number, uri, title, publisher, authors, published, language, url, text, content_hash,
        ingested_at, current_version
    FROM version JOIN article ON article.id = version.article_id"""
_CURRENT = "FROM article JOIN version ON version.article_id = article.id AND number = current_version"
_REF = f"SELECT article.id, number, uri, title, publisher, published, url {_CURRENT}"


def storable(loaded: LoadedArticle) -> LoadedArticle:
    """Half a surrogate pair cannot be stored: each becomes U+FFFD, so that no offset moves."""
    mended: dict[str, Any] = {
        name: _SURROGATE.sub("\ufffd", getattr(loaded, name)) for name in ("text", "title", "publisher", "url")
    }
    return replace(loaded, **mended)


def current(connection: sqlite3.Connection, uri: str) -> tuple[int, int | None, str, str] | None:
    """(id, current version or None when removed, content hash, source hash) of the newest version, or None."""
    row = connection.execute(
        """SELECT id, current_version, content_hash, source_hash FROM article
        JOIN version ON article_id = article.id WHERE uri = ? ORDER BY number DESC LIMIT 1""",
        (uri,),
    ).fetchone()
    return tuple(row) if row else None


def insert_version(
    connection: sqlite3.Connection, article_id: int | None, uri: str, loaded: LoadedArticle, source_hash: str
) -> tuple[int, int]:
    """A new version, made current and full-text searchable: (article id, version number)."""
    if article_id is None:
        article_id = int(connection.execute("INSERT INTO article (uri) VALUES (?)", (uri,)).lastrowid or 0)
    (number,) = connection.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM version WHERE article_id = ?", (article_id,)
    ).fetchone()
    connection.execute(
        "INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            article_id,
            number,
            loaded.title,
            loaded.publisher,
            json.dumps(loaded.authors),
            loaded.published,
            loaded.language,
            loaded.url,
            loaded.content_hash,
            source_hash,
            datetime.now(UTC).isoformat(timespec="seconds"),
            len(loaded.text),
            loaded.text,
        ),
    )
    make_current(connection, article_id, number, loaded)
    return article_id, number


def make_current(connection: sqlite3.Connection, article_id: int, number: int, loaded: LoadedArticle) -> None:
    connection.execute("UPDATE article SET current_version = ? WHERE id = ?", (number, article_id))
    connection.execute(
        "INSERT INTO article_text (rowid, title, body) VALUES (?, ?, ?)", (article_id, loaded.title, loaded.text)
    )


def retire(connection: sqlite3.Connection, article_id: int) -> None:
    """No version is current; their texts stay. The passages are the caller's to delete first."""
    connection.execute("UPDATE article SET current_version = NULL WHERE id = ?", (article_id,))
    connection.execute("DELETE FROM article_text WHERE rowid = ?", (article_id,))


def erase(connection: sqlite3.Connection, article_id: int) -> None:
    """Every version too."""
    connection.execute("DELETE FROM article WHERE id = ?", (article_id,))


def note_source(connection: sqlite3.Connection, article_id: int, number: int, source_hash: str) -> None:
    connection.execute(
        "UPDATE version SET source_hash = ? WHERE article_id = ? AND number = ?", (source_hash, article_id, number)
    )


def state(connection: sqlite3.Connection, article_id: int) -> ArticleState:
    """ "current" or "removed". Raises NotInLibrary."""
    row = connection.execute("SELECT current_version FROM article WHERE id = ?", (article_id,)).fetchone()
    if row is None:
        raise NotInLibrary(f"There is no article {article_id}.", "List them with: footnote library list")
    return "removed" if row[0] is None else "current"


def article(connection: sqlite3.Connection, article_id: int, number: int | None = None) -> Article:
    """One version, or the newest. Raises NotInLibrary."""
    state(connection, article_id)
    row = connection.execute(
        f"{_VERSION} WHERE article.id = ? AND (? IS NULL OR number = ?) ORDER BY number DESC LIMIT 1",
        (article_id, number, number),
    ).fetchone()
    if row is None:
        raise NotInLibrary(f"Article {article_id} has no version {number}.", f"Try: footnote library show {article_id}")
    return _article(row)


def everything(connection: sqlite3.Connection) -> Iterator[Article]:
    """The current version of each article, in the order in which they first came."""
    return map(_article, connection.execute(f"{_VERSION} WHERE number = current_version ORDER BY article.id"))


def listed(
    connection: sqlite3.Connection,
    search: str,
    filters: Filters,
    limit: int | None,
    offset: int,
    order: ArticleOrder = "newest",
) -> list[ArticleRef]:
    """Current articles that hold every word of `search` in title, publisher or URI."""
    conditions, values = _searched(search, filters)
    rows = connection.execute(
        f"{_REF} WHERE {conditions} ORDER BY {_ORDERS[order]}, article.id DESC LIMIT ? OFFSET ?",
        (*values, -1 if limit is None else limit, offset),
    )
    return [ArticleRef(*row) for row in rows]


def content_hashes(connection: sqlite3.Connection) -> dict[str, str]:
    """Of the current versions, by URI."""
    return dict(connection.execute(f"SELECT uri, content_hash {_CURRENT}").fetchall())


def counted(connection: sqlite3.Connection, search: str, filters: Filters) -> int:
    """How many `listed` would give without a limit."""
    conditions, values = _searched(search, filters)
    return int(connection.execute(f"SELECT count(*) {_CURRENT} WHERE {conditions}", values).fetchone()[0])


def allowed(connection: sqlite3.Connection, filters: Filters) -> list[int]:
    """Ids of the passages of the articles that the filters let through."""
    conditions, values = where(filters)
    joined = f"SELECT passage.id {_CURRENT} JOIN passage ON passage.article_id = article.id"
    return [i for (i,) in connection.execute(f"{joined} WHERE {_all(conditions)}", values)]


def where(filters: Filters) -> tuple[list[str], list[Any]]:
    """SQL conditions on article and version, with their values. An article without a date is in no date range."""
    each = "IN (SELECT value FROM json_each(?))"
    given: list[tuple[str, Any]] = [
        (f"publisher {each}", _json(filters.publishers)),
        ("published >= ?", filters.published_from and filters.published_from.isoformat()),
        ("substr(published, 1, 10) <= ?", filters.published_to and filters.published_to.isoformat()),
        (f"article.id {each}", _json(filters.article_ids)),
        (f"article.id NOT {each}", _json(filters.excluded_ids)),
    ]
    used = [(condition, value) for condition, value in given if value]
    return [condition for condition, _ in used], [value for _, value in used]


def publishers(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(f"SELECT DISTINCT publisher {_CURRENT} WHERE publisher != '' ORDER BY publisher")
    return [name for (name,) in rows]


def find(connection: sqlite3.Connection, name: str) -> int:
    """The article with that URI, that id, or the one whose URI ends so. Raises NotInLibrary with near matches."""
    known = connection.execute("SELECT uri, id, current_version IS NULL FROM article ORDER BY id").fetchall()
    by_uri: dict[str, int] = {uri: article_id for uri, article_id, _ in known}
    if name in by_uri:
        return by_uri[name]
    if re.fullmatch(r"[0-9]{1,18}", name) and int(name) in by_uri.values():
        return int(name)
    ends = [(removed, uri) for uri, _, removed in known if name and uri.endswith(name)]
    best = [uri for removed, uri in ends if removed == min(ends)[0]]
    if len(best) == 1:
        return by_uri[best[0]]
    raise NotInLibrary(*_not_found(name, best, [uri for uri, _, removed in known if not removed]))


# --------------------------------------------------------------------------------------------------

_SURROGATE = re.compile("[\ud800-\udfff]")
_SHOWN = 3
_ORDERS: dict[ArticleOrder, str] = {
    "newest": "ingested_at DESC",
    "title": "casefold(title)",
    "publisher": "publisher = '', casefold(publisher), casefold(title)",
    "published": "published DESC",
}


def _searched(search: str, filters: Filters) -> tuple[str, list[Any]]:
    conditions, values = where(filters)
    for word in search.casefold().split():
        conditions.append("instr(casefold(title || ' ' || publisher || ' ' || uri), ?) > 0")
        values.append(word)
    return _all(conditions), values


def _not_found(name: str, ends: list[str], uris: list[str]) -> tuple[str, str]:
    if ends:
        return f"{len(ends):,} articles end in {name!r}.", f"Name one: {', '.join(ends[:_SHOWN])}"
    short = {uri.rstrip("/").rpartition("/")[2]: uri for uri in uris}
    near = [short[match] for match in difflib.get_close_matches(name.rpartition("/")[2], short, _SHOWN, 0.5)]
    near += [uri for uri in uris if name and name.casefold() in uri.casefold() and uri not in near]
    hint = f"Did you mean {', '.join(near[:_SHOWN])}?" if near else "List them with: footnote library list"
    return f"There is no article {name!r}.", hint


def _article(row: Any) -> Article:
    states: dict[int | None, ArticleState] = {None: "removed", row[1]: "current"}
    fields = [*row[:5], tuple(json.loads(row[5])), *row[6:12], states.get(row[12], "superseded")]
    return Article(*fields)


def _all(conditions: list[str]) -> str:
    return " AND ".join(conditions) or "1"


def _json(values: frozenset[Any]) -> str:
    return json.dumps(sorted(values)) if values else ""
