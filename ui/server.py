"""The page as a web service: Gradio behind a guard, without its telemetry, its links or its further routes."""

import logging
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import uvicorn

from ingest.sources import Fetch
from qa.bootstrap import Service, stay_quiet
from qa.catalog import NAME as CATALOG
from qa.errors import SettingsError, UsageError
from qa.settings import Settings
from ui import api, evals_page, logs, look_out, purging
from ui.app import Library as PageLibrary
from ui.caller import LOOPBACK, caller_of, loopback
from ui.chat import Answerer
from ui.conversations import Conversations
from ui.evals_desk import EvalsDesk
from ui.feedback import Feedback
from ui.job_journal import Journal
from ui.jobs import Jobs
from ui.metrics import Metrics
from ui.pace import Pace
from ui.source_view import Articles, erased
from ui.uploads import Uploads

HERE = Path(__file__).parent
SESSIONS = 500


class Library(api.Library, PageLibrary, Protocol):
    """All that the page and the API want of `qa.library.Library`."""


def serve(answerer: Answerer, library: Library, settings: Settings, service: Service | None = None) -> None:
    """Serves until interrupted; prints the page's address once it answers.

    Raises SettingsError where the address cannot be had, UsageError where it would be open to others.
    """
    _refuse_open_address(settings)
    with _bind(settings.host, settings.port) as listening:
        app = build(answerer, library, settings, service)
        logs.configure(settings.log_level, settings.log_format)
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=0,
            server_header=False,
            proxy_headers=False,
        )
        with suppress(KeyboardInterrupt):
            _Server(config).run(sockets=[listening])


def build(
    answerer: Answerer,
    library: Library,
    settings: Settings,
    service: Service | None = None,
    fetch: Fetch | None = None,
) -> Any:
    """The whole service as an ASGI app. Its files live in a folder of its own that goes when it stops.

    Without `service` there is neither a library page nor an evals page. `fetch` is in place of the settings' fetcher.
    """
    from ui.front import Front
    from ui.guard import Guard

    metrics = Metrics()
    behind = _with_sign_in(_orderless(rooms(answerer, library, settings, service, metrics, fetch)), settings)
    guard = Guard(behind, [*LOOPBACK, settings.host, *_listed(settings.allowed_hosts)])
    return behind_proxies(Front(guard, metrics.refused), settings.proxies)


def behind_proxies(app: Any, proxies: str) -> Any:
    """`app`, told the client's address by these web servers and by nobody else."""
    from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

    return ProxyHeadersMiddleware(app, _listed(proxies))


def rooms(
    answerer: Answerer,
    library: Library,
    settings: Settings,
    service: Service | None,
    metrics: Metrics,
    fetch: Fetch | None = None,
) -> Any:
    """All that answers: page, API, files, look-out. For whoever is let in; nothing here asks who that is."""
    folder = tempfile.TemporaryDirectory(prefix="footnote-page-")
    _silence_gradio(folder.name)
    from fastapi import FastAPI

    answerer, pace = metrics.observed(answerer), Pace(settings.questions_per_minute)
    choices = {name: metrics.observed(each) for name, each in service.choices.items()} if service else {}
    jobs = _jobs(service, settings, metrics, fetch) if service else None
    evals = EvalsDesk(service, settings) if service else None

    @asynccontextmanager
    async def tidy(_: FastAPI) -> AsyncIterator[None]:
        with folder, jobs or nullcontext(), evals or nullcontext():
            yield

    app = FastAPI(openapi_url=None, lifespan=tidy)
    app.router.routes += look_out.routes(library, metrics, settings.library / CATALOG if service else None)
    uploads = _uploads(folder.name, settings)
    ingesting = api.Ingesting(jobs, uploads, settings) if jobs else None
    forget = partial(purging.forget, settings.library)
    if service:
        purging.finish(service.library, forget)
    app.mount(api.PREFIX, api.build(answerer, library, _who, ingesting, forget, pace))
    further = [_library_page(app, service, jobs, uploads, settings)] if service and jobs else []
    further += [partial(evals_page.add, desk=evals, library=library)] if evals else []
    _mount(app, blocks_of(answerer, library, settings, further, pace, choices), settings)
    return app


def blocks_of(
    answerer: Answerer,
    library: Library,
    settings: Settings,
    further: Sequence[Callable[[Any], None]],
    pace: Pace,
    choices: Mapping[str, Answerer],
) -> Any:
    from ui.app import blocks

    kept, feedback = stores(library, settings.library)
    return blocks(answerer, library, kept, feedback, further, pace, choices)


def stores(library: Articles, folder: Path) -> tuple[Conversations, Feedback]:
    """What keeps conversations and verdicts in the library's folder, and nothing of an article that was purged."""
    gone = partial(erased, library)
    return Conversations(folder, erased=gone), Feedback(folder, erased=gone)


def _who(request: Any) -> str:
    return caller_of(request).who


def _listed(names: str) -> list[str]:
    return [name for name in names.replace(" ", "").split(",") if name]


def _orderless(app: Any) -> Any:
    """What stands behind the page's address (?c=...) is its script's business: Gradio takes some of it for orders."""

    async def without_query(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "query_string": b""} if scope.get("path") == "/" else scope, receive, send)

    return without_query


def _with_sign_in(app: Any, settings: Settings) -> Any:
    """`app` behind the sign-in where there are users. Raises SettingsError where nobody could sign in."""
    if settings.users is None:
        return app
    from ui.sign_in import SignIn
    from ui.users import Users

    users = Users(settings.users)
    if not users.names():
        raise SettingsError(f"{settings.users} has no users.", "Make one with: footnote users add NAME")
    return SignIn(app, users, https=settings.https)


class _Server(uvicorn.Server):
    """Says where it is once it answers, and drops open pages without a word when it is stopped."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            sys.stdout.write(f"Footnote is at {_address(listening)} (Ctrl-C stops it)\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def _jobs(service: Service, settings: Settings, metrics: Metrics, fetch: Fetch | None) -> Jobs:
    told, journal = metrics.ingested, Journal(settings)
    return Jobs(service.library, service.embedder, settings, fetch=fetch, ingested=told, journal=journal)


def _uploads(folder: str, settings: Settings) -> Uploads:
    files = Path(folder) / "uploads"
    files.mkdir()
    return Uploads(files, settings.file_max_mb)


def _library_page(
    app: Any, service: Service, jobs: Jobs, uploads: Uploads, settings: Settings
) -> Callable[[Any], None]:
    """Puts the library page into Gradio's; the files that go in and out have routes of their own in `app`."""
    from ui import library_page
    from ui.exports import Exports

    app.router.routes += [uploads.route(), Exports(service.library).route()]
    page = library_page.LibraryPage(service, jobs, uploads, settings)
    return lambda gr: library_page.add(gr, page)


def _mount(app: Any, demo: Any, settings: Settings) -> None:
    import gradio as gr

    demo.state_session_capacity = SESSIONS
    gr.mount_gradio_app(
        app,
        demo,
        path="/",
        app_kwargs={"openapi_url": None},
        server_name=settings.host,
        show_error=False,
        run_history=False,
        enable_monitoring=False,
        footer_links=[],
        max_file_size="1mb",
        allowed_paths=[],
        blocked_paths=[str(settings.library.resolve())],
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
        css_paths=[HERE / "style.css", HERE / "library.css", HERE / "evals.css"],
    )


def _silence_gradio(folder: str) -> None:
    """Must run before gradio is imported: no telemetry, no look-ups, no tunnel, temporary files in `folder`."""
    stay_quiet()
    os.environ["GRADIO_TEMP_DIR"] = folder


def _refuse_open_address(settings: Settings) -> None:
    if not (loopback(settings.host) or settings.users or settings.open_to_everyone):
        raise UsageError(
            f"Footnote does not listen on {settings.host}: nobody has to sign in, and who reaches it reads everything.",
            "Make users (footnote users add NAME, FOOTNOTE_USERS=FILE), or leave FOOTNOTE_HOST at 127.0.0.1. "
            "To open it on purpose: --open-to-everyone.",
        )


def _bind(host: str, port: int) -> socket.socket:
    """A listening socket; taken first, so that a wrong address is said before anything is loaded."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"Cannot listen on {host}, port {port}: {error.strerror or error}.",
            "Choose another port with FOOTNOTE_PORT (0 takes any free one).",
        ) from None
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
