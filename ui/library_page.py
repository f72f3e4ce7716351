"""The library page: event -> library or jobs -> render. What events bring is untrusted and of any shape."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from ingest.correct import Correction, correct
from ingest.sources import Source, file_path, is_url
from qa.answerer import Answerer
from qa.embedder import Embedder
from qa.errors import NotInLibrary, UsageError
from qa.library import Library
from qa.settings import Settings
from qa.why import explain as explain_why
from ui import allowed
from ui import render_library as render
from ui.chat import explain
from ui.events import QUIET, article_id, given, html, scripts
from ui.explanation import findings
from ui.jobs import Jobs
from ui.listing import PAGE, Listing, View, read_view
from ui.render_failure import failure
from ui.render_why import explanation
from ui.uploads import Uploads

MOST_CHOSEN = 500
MOST_UPLOADS = 500
MOST_PUBLISHERS = 500


class Service(Protocol):
    """What the page works with: `qa.bootstrap.Service`, or parts of a test."""

    @property
    def library(self) -> Library: ...

    @property
    def embedder(self) -> Embedder: ...

    @property
    def answerer(self) -> Answerer: ...


def add(gr: Any, page: "LibraryPage") -> None:
    """Puts the page where it is called, and wires its events."""
    with gr.Column(elem_id="fn-library-page"):
        with gr.Column(elem_id="fn-lib-main"):
            adding = html(gr, "fn-lib-add", page.form(), scripts("library.js"))
            said, jobs, find, listed = (html(gr, f"fn-lib-{name}") for name in ("said", "jobs", "find", "list"))
        with gr.Column(elem_id="fn-lib-side"):
            article, why, words = (html(gr, f"fn-lib-{name}") for name in ("article", "why", "text"))
    on = partial(_on, gr, adding)
    on("begin", page.begin, [find, jobs, listed])
    on("show", page.show, [listed], trigger_mode="always_last")
    on("look", lambda event: gr.skip() if (news := page.look(event)) is None else news, [jobs])
    on("ingest", page.ingest, [jobs, said])
    on("job", page.job, [jobs, said])
    on("remove", page.remove, [listed, said])
    on("again", page.again, [jobs, said])
    on("open", page.open, [article, why, words], trigger_mode="always_last")
    on("correct", page.correct, [article, why, words, said])
    on("why", page.why, [why])


class LibraryPage:
    """The handlers. Each takes what the browser sent and gives the HTML of its outputs; none raises."""

    def __init__(self, service: Service, jobs: Jobs, uploads: Uploads, settings: Settings) -> None:
        self._service = service
        self._library = service.library
        self._jobs = jobs
        self._uploads = uploads
        self._settings = settings

    def form(self) -> str:
        return render.adding(self._settings.file_max_mb, folders=bool(self._settings.ingest_roots.strip()))

    def begin(self, event: object) -> tuple[str, str, str]:
        try:
            publishers = [name for name in self._library.publishers() if name.strip()][:MOST_PUBLISHERS]
        except Exception as error:
            return "", "", _failed(error)
        return render.finding(publishers), self._seen(), self.show(event)

    def show(self, event: object) -> str:
        try:
            return render.listing(self._listing(read_view(_field(event, "view"))))
        except Exception as error:
            return _failed(error)

    def look(self, event: object) -> str | None:
        """None where nothing changed since the revision that the page shows."""
        return None if _field(event, "revision") == self._jobs.revision else self._seen()

    def ingest(self, event: object) -> tuple[str, str]:
        return self._told(lambda: self._submit(event))

    def job(self, event: object) -> tuple[str, str]:
        actions = {"cancel": self._jobs.cancel, "retry": self._jobs.retry}
        act = actions.get(str(_field(event, "do")), lambda _: None)
        return self._told(lambda: act(str(_field(event, "job"))))

    def again(self, event: object) -> tuple[str, str]:
        return self._told(lambda: self._jobs.submit([self._source(i) for i in _ids(event)]))

    def remove(self, event: object) -> tuple[str, str]:
        try:
            ids = _ids(event)
            removed = sum(map(self._removed, ids))
            said = render.said(f"Removed {removed:,} article{'' if removed == 1 else 's'}.")
        except Exception as error:
            said = _failed(error)
        return self.show(event), said

    def open(self, event: object) -> tuple[str, str, str]:
        try:
            article = self._library.article(article_id(event))
            return render.article(article), "", render.article_text(article)
        except Exception as error:
            return _failed(error), "", ""

    def correct(self, event: object) -> tuple[str, str, str, str]:
        try:
            fields = (_field(event, name) for name in ("title", "publisher", "authors", "published"))
            correct(self._library, self._service.embedder, article_id(event), Correction(*map(str, fields)))
            said = render.said("Corrected.")
        except Exception as error:
            said = _failed(error)
        return (*self.open(event), said)

    def why(self, event: object) -> str:
        try:
            question = str(_field(event, "question"))
            service = self._service
            why = explain_why(question, article_id(event), service.library, service.embedder, service.answerer)
            return explanation(why, findings(why))
        except Exception as error:
            return _failed(error)

    # ----------------------------------------------------------------------------------------------

    def _told(self, act: Callable[[], object]) -> tuple[str, str]:
        """The jobs after `act`, and what went wrong with it."""
        try:
            act()
            said = ""
        except Exception as error:
            said = _failed(error)
        return self._seen(), said

    def _seen(self) -> str:
        revision = self._jobs.revision  # first: a change in between is seen the next time
        return render.jobs(self._jobs.jobs(), revision)

    def _listing(self, view: View) -> Listing:
        found = self._library.count(view.search, view.filters)
        view = view.among(found)
        refs = self._library.articles(
            search=view.search, filters=view.filters, limit=PAGE, offset=PAGE * (view.page - 1), order=view.order
        )
        return Listing(view, tuple(refs), found)

    def _submit(self, event: object) -> None:
        tokens = _field(event, "uploads")
        given = [token for token in tokens if isinstance(token, str)] if isinstance(tokens, list) else []
        named = _field(event, "source")
        with self._uploads.taken(given[:MOST_UPLOADS]) as uploads:
            address = [allowed.named(named, self._settings)] if isinstance(named, str) and named.strip() else []
            self._jobs.submit([*uploads, *address])

    def _source(self, article_id: int) -> Source:
        """Where an article came from. Raises UsageError where that is not kept."""
        article = self._library.article(article_id)
        if is_url(article.uri):
            return article.uri
        if article.uri.startswith("file://"):
            return allowed.again(file_path(article.uri), self._settings)
        raise UsageError(f"“{article.title}” was uploaded, and the file is not kept.", "Drop it here again.")

    def _removed(self, article_id: int) -> bool:
        try:
            self._library.remove(article_id)
        except NotInLibrary:
            return False
        return True


# --------------------------------------------------------------------------------------------------


def _on(gr: Any, part: Any, name: str, handler: Callable[[object], Any], outputs: list[Any], **more: Any) -> None:
    getattr(part, name)(given(gr, handler), None, outputs, **QUIET, **more)


def _failed(error: Exception) -> str:
    return failure(explain(error))


def _field(event: object, name: str) -> Any:
    return event.get(name, "") if isinstance(event, Mapping) else ""


def _ids(event: object) -> list[int]:
    """Raises UsageError for none, or too many."""
    given = _field(event, "ids")
    if not isinstance(given, list) or not given or len(given) > MOST_CHOSEN:
        raise UsageError("No article is chosen.", f"Choose up to {MOST_CHOSEN}.")
    return list(dict.fromkeys(article_id({"id": each}) for each in given))
