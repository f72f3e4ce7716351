"""The nouns of the library page's table: which articles it is asked for, and the page of them that it shows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

from qa.domain import ArticleOrder, ArticleRef, Filters
from qa.errors import UsageError

PAGE = 50
LONGEST_SEARCH = 200
LAST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class View:
    """Search, filters, order, and the page, which counts from 1."""

    search: str = ""
    publisher: str = ""
    since: date | None = None
    until: date | None = None
    order: ArticleOrder = "newest"
    page: int = 1

    @property
    def filters(self) -> Filters:
        publishers = frozenset({self.publisher} if self.publisher else ())
        return Filters(publishers=publishers, published_from=self.since, published_to=self.until)

    @property
    def narrowed(self) -> bool:
        return bool(self.search.strip() or self.filters)

    def among(self, found: int) -> "View":
        """The same of so many articles: the last page that there is, for one that is not there."""
        return replace(self, page=min(self.page, pages(found)))


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of `found` articles."""

    view: View
    refs: tuple[ArticleRef, ...]
    found: int

    @property
    def pages(self) -> int:
        return pages(self.found)


def pages(found: int) -> int:
    """At least one."""
    return max(1, -(-found // PAGE))


def read_view(given: object) -> View:
    """What a browser names, untrusted and of any shape. Raises UsageError."""
    fields = given if isinstance(given, Mapping) else {}
    order, page = fields.get("order", "newest"), str(fields.get("page", 1))
    if order not in get_args(ArticleOrder) or not (page.isascii() and page.isdigit() and len(page) <= 7):
        raise UsageError("There is no such list.", "Load the page again.")
    return View(
        _words(fields.get("search", "")),
        _words(fields.get("publisher", "")),
        _day(fields.get("since", "")),
        _day(fields.get("until", "")),
        order,
        min(max(int(page), 1), LAST_PAGE),
    )


# --------------------------------------------------------------------------------------------------


def _words(given: object) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_SEARCH:
        raise UsageError(f"A search has at most {LONGEST_SEARCH} characters.", "Search for fewer words.")
    return given


def _day(given: object) -> date | None:
    if given in ("", None):
        return None
    try:
        return date.fromisoformat(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise UsageError(f"{str(given)[:40]!r} is not a date.", "Write it as 2026-05-03.") from None
