"""Publisher, dates and chosen articles, as a page sends them -> the filters of a question, and in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from qa.domain import ArticleRef, Filters
from qa.errors import UsageError
from ui.markup import day

MOST_CHOSEN = 50


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which articles a question is asked of; `words` is "" where it is all of them."""

    filters: Filters = field(default_factory=Filters)
    words: str = ""


def read(publisher: object, since: object, until: object, chosen: Sequence[ArticleRef]) -> Narrowing:
    """What the page's fields say. Raises UsageError for a malformed date, or a range that ends before it starts."""
    first, last = _date(since), _date(until)
    if first and last and first > last:
        raise UsageError("The first date is after the last one.", "Exchange them, or leave one empty.")
    name = str(publisher or "").strip()
    publishers = frozenset({name} if name else ())
    filters = Filters(publishers, first, last, frozenset(ref.article_id for ref in chosen))
    return Narrowing(filters, _words(filters, chosen))


def choose(chosen: Sequence[ArticleRef], ref: ArticleRef) -> tuple[ArticleRef, ...]:
    """With one more article, once. Raises UsageError where there are too many."""
    if any(ref.article_id == other.article_id for other in chosen):
        return tuple(chosen)
    if len(chosen) >= MOST_CHOSEN:
        raise UsageError(f"{MOST_CHOSEN} articles are chosen already.", "Take one out first.")
    return (*chosen, ref)


# --------------------------------------------------------------------------------------------------


def _date(given: object) -> date | None:
    text = str(given or "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text[:40]!r} is not a date.", "Write it as 2025-03-31.") from None


def _words(filters: Filters, chosen: Sequence[ArticleRef]) -> str:
    dates = [
        f"from {day(filters.published_from.isoformat())}" if filters.published_from else "",
        f"to {day(filters.published_to.isoformat())}" if filters.published_to else "",
    ]
    return ", ".join(part for part in (_articles(chosen), *filters.publishers, " ".join(filter(None, dates))) if part)


def _articles(chosen: Sequence[ArticleRef]) -> str:
    if len(chosen) == 1:
        return f"“{chosen[0].title or 'Untitled'}”"
    return f"{len(chosen)} chosen articles" if chosen else ""
