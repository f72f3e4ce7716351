"""The row that narrows down which articles are asked. Only words go in; the chosen articles are state on the server."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qa.domain import Article, ArticleRef
from qa.errors import FootnoteError, UsageError
from ui import filters
from ui.events import QUIET, article_id, given, html, index_of
from ui.render_filters import choices, unlimited

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
    listed: Any
    found: Any
    chosen: Any
    limits: Any

    @property
    def inputs(self) -> list[Any]:
        return [self.publisher, self.since, self.until, self.chosen]


def add(gr: Any) -> FilterRow:
    """Puts the row where it is called, folded; the way out of what it says stays in sight."""
    found, chosen = gr.State(()), gr.State(())
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
        listed = gr.HTML("", elem_id="fn-choices", html_template="${value}", js_on_load=None)
    limits = html(gr, "fn-limits", script=(Path(__file__).parent / "filters.js").read_text())
    return FilterRow(row, publisher, since, until, search, listed, found, chosen, limits)


def wire(gr: Any, row: FilterRow, shelf: Shelf, demo: Any) -> None:
    handlers = Handlers(shelf, gr)
    demo.load(handlers.publishers, None, row.publisher, **QUIET)
    for told in (row.publisher.change, row.since.blur, row.since.submit, row.until.blur, row.until.submit):
        told(handlers.label, row.inputs, [row.row, row.limits], trigger_mode="always_last", **QUIET)
    shown = [row.found, row.listed]
    row.search.input(handlers.search, [row.search, row.chosen], shown, trigger_mode="always_last", **QUIET)
    picked = [row.chosen, row.found, row.listed, row.search, row.row, row.limits]
    row.limits.choose(given(gr, handlers.choose), [row.found, *row.inputs], picked, **QUIET)
    row.limits.unchoose(given(gr, handlers.unchoose), row.inputs, picked, **QUIET)
    everything = [row.publisher, row.since, row.until, *picked]
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

    def search(self, words: object, chosen: Refs) -> tuple[Refs, str]:
        searched = str(words or "")[:LONGEST_SEARCH]
        found = tuple(self._shelf.articles(search=searched, limit=FOUND)) if searched.strip() else ()
        return found, choices(found, chosen, searched)

    def choose(self, event: object, found: Refs, *fields: Any) -> tuple[Any, ...]:
        *plain, chosen = fields
        index = index_of(event, found)
        with suppress(FootnoteError):
            chosen = chosen if index is None else filters.choose(chosen, found[index])
        return self._picked(chosen, plain)

    def unchoose(self, event: object, *fields: Any) -> tuple[Any, ...]:
        *plain, chosen = fields
        index = index_of(event, chosen)
        return self._picked(tuple(ref for at, ref in enumerate(chosen) if at != index), plain)

    def about(self, event: object, *fields: Any) -> tuple[Any, ...]:
        """Limits the next questions to one article, and to nothing else; where it is not there, all stays as it is."""
        *plain, chosen = fields
        try:
            article = self._shelf.article(article_id(event))
            if article.state == "removed":
                raise UsageError("This article has been removed.", "Choose another one.")
        except FootnoteError as error:
            *picked, _, limits = self._picked(chosen, plain)
            return *plain, *picked, self._gr.update(label=f"{error.message} {error.remedy}"), limits
        return *NO_FIELDS, *self._picked((article.ref,), NO_FIELDS)

    def unlimited(self) -> tuple[Any, ...]:
        return *NO_FIELDS, *self._picked((), NO_FIELDS)

    def _picked(self, chosen: Refs, plain: Sequence[object]) -> tuple[Any, ...]:
        publisher, since, until = plain
        return chosen, (), choices((), chosen), "", *self.label(publisher, since, until, chosen)


def _date(gr: Any, label: str) -> Any:
    return gr.Textbox(label=label, placeholder="2025-03-31", max_lines=1, max_length=10, elem_classes="fn-date")
