"""/articles, /publishers, /stats and /export: the library as `footnote library ... --json` prints it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response, StreamingResponse

from qa import contract
from qa.counts import Stats
from qa.domain import Article, ArticleRef, Filters
from qa.errors import NotInLibrary
from qa.purges import Forget
from ui import batch
from ui.api import describe

MOST_ARTICLES = 200
_LARGEST = 2**63 - 1

Id = Annotated[int, Path(ge=1, le=_LARGEST)]
Version = Annotated[int | None, Query(ge=1, le=_LARGEST, description="An earlier one; the newest when left out.")]
Words = Annotated[str, Query(max_length=200, description="Words of the title, publisher or URI.")]
Publishers = Annotated[list[str], Query(description="Only articles of these publishers (repeatable).")]
Day = Annotated[date | None, Query(description="Inclusive.")]
Limit = Annotated[int, Query(ge=1, le=MOST_ARTICLES)]
Offset = Annotated[int, Query(ge=0, le=1_000_000_000)]


class Library(batch.Named, Protocol):
    """All that the API wants of `qa.library.Library`."""

    def articles(
        self,
        *,
        search: str = "",
        filters: Filters = ...,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[ArticleRef]: ...

    def article(self, article_id: int, version: int | None = None) -> Article: ...

    def remove(self, article_id: int) -> None: ...

    def purge(self, article_id: int, forget: Forget) -> None: ...

    def stats(self) -> Stats: ...


class Shelf:
    """The handlers, over one library. They are plain functions: each runs in a thread."""

    def __init__(self, library: Library, forget: Forget) -> None:
        self._library = library
        self._forget = forget

    def routes(self) -> APIRouter:
        router = APIRouter(tags=["library"])
        one = describe.document("whole_article", "The article, with its text.")
        router.add_api_route("/articles", self.articles, methods=["GET"], responses=describe.PAGE)
        router.add_api_route("/articles/{article_id}", self.article, methods=["GET"], responses=one)
        router.add_api_route(
            "/articles/{article_id}",
            self.remove,
            methods=["DELETE"],
            responses=describe.document("removal", "It is gone from answers."),
        )
        router.add_api_route("/publishers", self.publishers, methods=["GET"], responses=describe.PUBLISHERS)
        router.add_api_route(
            "/stats", self.stats, methods=["GET"], responses=describe.document("stats", "Counts and sizes.")
        )
        router.add_api_route(
            "/export", self.export, methods=["GET"], response_class=StreamingResponse, responses=describe.EXPORT
        )
        return router

    def articles(
        self,
        search: Words = "",
        publisher: Publishers = [],  # noqa: B006
        since: Day = None,
        until: Day = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Response:
        """List the articles, newest first. `next_offset` is where the next page begins, null on the last."""
        earliest, latest = (day.isoformat() if day else None for day in (since, until))
        filters = batch.filters(self._library, publisher, earliest, latest, [])
        found = self._library.articles(search=search, filters=filters, limit=limit + 1, offset=offset)
        return JSONResponse(
            {
                "articles": [contract.article(ref) for ref in found[:limit]],
                "next_offset": offset + limit if len(found) > limit else None,
            }
        )

    def article(self, article_id: Id, version: Version = None) -> Response:
        """Show one article: what is stored of it, and its text."""
        return JSONResponse(asdict(self._library.article(article_id, version)))

    def remove(
        self,
        article_id: Id,
        purge: Annotated[
            bool, Query(description="Erase the stored text too, and kept answers, cases and runs that quote it.")
        ] = False,
    ) -> Response:
        """Take an article out of the library; it is gone from answers at once."""
        if purge:
            self._library.purge(article_id, self._forget)
        else:
            self._library.remove(article_id)
        return JSONResponse({"article": str(article_id), "removed": True, "reason": ""})

    def publishers(self) -> Response:
        """The publishers that a question can be narrowed to."""
        return JSONResponse({"publishers": self._library.publishers()})

    def stats(self) -> Response:
        """Count what the library holds."""
        return JSONResponse(asdict(self._library.stats()))

    def export(self) -> Response:
        """Every article, whole, as JSON lines: the library as it stands now."""
        return StreamingResponse(_lines(self._library, self._library.articles()), media_type="application/x-ndjson")


def _lines(library: Library, refs: list[ArticleRef]) -> Iterator[str]:
    """One read an article, so that no slow reader holds a transaction; one that was purged meanwhile is left out."""
    for ref in refs:
        try:
            yield json.dumps(_whole(library.article(ref.article_id, ref.version))) + "\n"
        except NotInLibrary:
            continue


def _whole(article: Article) -> dict[str, Any]:
    return asdict(article)
