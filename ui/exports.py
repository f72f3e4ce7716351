"""Articles as JSON lines to keep: what the library page shows or has chosen, in the words of `footnote library export`.

Each article is read on its own, so that a slow reader holds up nobody.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from typing import Protocol

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from qa.domain import Article, ArticleOrder, ArticleRef, Filters
from qa.errors import FootnoteError, NotInLibrary
from ui.listing import View, read_view

PATH = "/library/export"


class Shelf(Protocol):
    """What an export wants of `qa.library.Library`."""

    def articles(
        self,
        *,
        search: str = ...,
        filters: Filters = ...,
        limit: int | None = None,
        offset: int = 0,
        order: ArticleOrder = "newest",
    ) -> Sequence[ArticleRef]: ...

    def article(self, article_id: int, version: int | None = None) -> Article: ...


class Exports:
    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def route(self) -> Route:
        return Route(PATH, self._handle, methods=["GET"])

    def lines(self, ids: Iterable[int]) -> Iterator[str]:
        """One article a line; those that were removed since are left out."""
        for article_id in ids:
            with suppress(NotInLibrary):
                article = self._shelf.article(article_id)
                if article.state == "current":
                    yield json.dumps(asdict(article), ensure_ascii=False) + "\n"

    # ----------------------------------------------------------------------------------------------

    def _handle(self, request: Request) -> Response:
        try:
            ids = self._chosen(request.query_params.get("ids", "")) or self._found(read_view(request.query_params))
        except FootnoteError as error:
            return PlainTextResponse(str(error), 400)
        headers = {"Content-Disposition": 'attachment; filename="articles.jsonl"'}
        return StreamingResponse(self.lines(ids), media_type="application/jsonl", headers=headers)

    def _chosen(self, given: str) -> list[int]:
        return [int(part) for part in given.split(",") if part.isascii() and part.isdigit() and len(part) <= 18]

    def _found(self, view: View) -> list[int]:
        return sorted(ref.article_id for ref in self._shelf.articles(search=view.search, filters=view.filters))
