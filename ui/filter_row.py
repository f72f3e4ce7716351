"""The row that narrows down which articles are asked. Only words go in; the chosen articles are state on the server."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from qa.domain import Article, ArticleRef
from qa.errors import FootnoteError, UsageError
from ui import filters
from ui.events import QUIET, article_id, given, html, index_of, scripts
from ui.render_filters import offered, picked, unlimited

FOUND = 5
MOST_PUBLISHERS = 500
LONGEST_SEARCH = 200
ALL = "Asked of: all articles"
NO_FIELDS = ("", "", "")
"""Publisher and dates of a question that is not limited by them."""
Refs = tuple[ArticleRef, ...]


class Shelf(Protocol):
    """Where articles to choose are found: `qa.library.Library`, or a fake."""

    def publishers(self) -> Sequence[str]: ...

    def articles(self, *, search: str = ..., limit: int) -> Sequence[ArticleRef]: ...

    def article(self, article_id: int, version: int | None = None) -> Article: ...


@dataclass(frozen=True, slots=True)
class FilterRow:
    """Gradio's components; `inputs` are what `ui.filters.read` wants, in its order."""

    row: Any
    publisher: Any
    since: Any
    until: Any
    search: Any
    picked: Any
    offered: Any
    chosen: Any
    limits: Any

    @property
    def inputs(self) -> list[Any]:
        return [self.publisher, self.since, self.until, self.chosen]


def add(gr: Any) -> FilterRow:
    """Puts the row where it is called, folded; the way out of what it says stays in sight."""
    chosen = gr.State(())
    with gr.Accordion(ALL, open=False, elem_id="fn-filters") as row:
        with gr.Row():
            publisher = gr.Dropdown([("Any", "")], value="", label="Publisher", filterable=True)
            since = _date(gr, "Published from")
            until = _date(gr, "Published to")
        search = gr.Textbox(
            label="Only these articles",
            placeholder="Words of the title",
            max_lines=1,
            max_length=LONGEST_SEARCH,
            elem_id="fn-article-search",
        )
        # Apart, so that a search that comes late does not hide what was chosen meanwhile.
        taken, found = html(gr, "fn-chosen-articles"), html(gr, "fn-found-articles")
    limits = html(gr, "fn-limits", script=scripts("filters.js"))
    return FilterRow(row, publisher, since, until, search, taken, found, chosen, limits)


def wire(gr: Any, row: FilterRow, shelf: Shelf, demo: Any) -> None:
    handlers = Handlers(shelf, gr)
    demo.load(handlers.publishers, None, row.publisher, **QUIET)
    for told in (row.publisher.change, row.since.blur, row.since.submit, row.until.blur, row.until.submit):
        told(handlers.label, row.inputs, [row.row, row.limits], trigger_mode="always_last", **QUIET)
    row.search.input(handlers.search, row.search, row.offered, trigger_mode="always_last", **QUIET)
    changed = [row.chosen, row.picked, row.offered, row.search, row.row, row.limits]
    row.limits.choose(given(gr, handlers.choose), row.inputs, changed, **QUIET)
    row.limits.unchoose(given(gr, handlers.unchoose), row.inputs, changed, **QUIET)
    everything = [row.publisher, row.since, row.until, *changed]
    row.limits.about(given(gr, handlers.about), row.inputs, everything, **QUIET)
    row.limits.unlimited(handlers.unlimited, None, everything, **QUIET)


class Handlers:
    def __init__(self, shelf: Shelf, gr: Any) -> None:
        self._shelf = shelf
        self._gr = gr

    def publishers(self) -> Any:
        try:
            known = [name for name in self._shelf.publishers() if name.strip()][:MOST_PUBLISHERS]
        except FootnoteError:
            known = []
        return self._gr.update(choices=[("Any", ""), *((name, name) for name in known)])

    def label(self, publisher: object, since: object, until: object, chosen: Refs) -> tuple[Any, str]:
        """The row's own words, which stay in sight while it is folded, and the way back to all articles."""
        try:
            words = filters.read(publisher, since, until, chosen).words
        except FootnoteError as error:
            words = f"{error.message} {error.remedy}"
        return self._gr.update(label=f"Asked of: {words}" if words else ALL), unlimited(words)

    def search(self, words: object) -> str:
        searched = str(words or "")[:LONGEST_SEARCH]
        found = self._shelf.articles(search=searched, limit=FOUND) if searched.strip() else ()
        return offered(found, searched)

    def choose(self, event: object, *fields: Any) -> tuple[Any, ...]:
        *plain, chosen = fields
        with suppress(FootnoteError):
            chosen = filters.choose(chosen, self._standing(event).ref)
        return self._picked(chosen, plain)

    def unchoose(self, event: object, *fields: Any) -> tuple[Any, ...]:
        *plain, chosen = fields
        index = index_of(event, chosen)
        return self._picked(tuple(ref for at, ref in enumerate(chosen) if at != index), plain)

    def about(self, event: object, *fields: Any) -> tuple[Any, ...]:
        """Limits the next questions to one article, and to nothing else; where it is not there, all stays as it is."""
        *plain, chosen = fields
        try:
            article = self._standing(event)
        except FootnoteError as error:
            *kept, _, limits = self._picked(chosen, plain)
            return *plain, *kept, self._gr.update(label=f"{error.message} {error.remedy}"), limits
        return *NO_FIELDS, *self._picked((article.ref,), NO_FIELDS)

    def unlimited(self) -> tuple[Any, ...]:
        return *NO_FIELDS, *self._picked((), NO_FIELDS)

    def _standing(self, event: object) -> Article:
        """The article that an event names. Raises UsageError, NotInLibrary where it cannot be asked of."""
        article = self._shelf.article(article_id(event))
        if article.state == "removed":
            raise UsageError("This article has been removed.", "Choose another one.")
        return article

    def _picked(self, chosen: Refs, plain: Sequence[object]) -> tuple[Any, ...]:
        publisher, since, until = plain
        return chosen, picked(chosen), "", "", *self.label(publisher, since, until, chosen)


def _date(gr: Any, label: str) -> Any:
    return gr.Textbox(label=label, placeholder="2025-03-31", max_lines=1, max_length=10, elem_classes="fn-date")
