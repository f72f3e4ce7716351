"""The service over HTTP, under /api/v1: ask and library as `footnote ... --json` prints them.

ui.api.asking    /ask, /ask/stream        ui.api.library   /articles, /publishers, /stats, /export
ui.api.ingesting /uploads, /jobs
ui.api.gate      how many work and wait at once
ui.api.failures  every error as {"error": {"message", "remedy", "id"}}
ui.api.describe  /openapi.json and /docs
"""

from collections.abc import Callable

from fastapi import FastAPI, Request

from ui.api import describe, failures
from ui.api.asking import Asking
from ui.api.gate import Gate
from ui.api.ingesting import Ingesting
from ui.api.library import Library, Shelf
from ui.chat import Answerer
from ui.pace import Pace

__all__ = ["PREFIX", "Ingesting", "Library", "build"]

PREFIX = "/api/v1"
MOST_BYTES = 64 * 1024
"""Of a JSON body."""

User = Callable[[Request], str]
"""Who makes a request, and has a share of their own; "" for nobody in particular."""


def build(
    answerer: Answerer,
    library: Library,
    user: User = lambda _: "",
    ingesting: Ingesting | None = None,
    forget: Callable[[int, str], object] = lambda *_: None,
    pace: Pace = Pace(0),  # noqa: B008
) -> FastAPI:
    """The API as an app of its own, to be mounted at PREFIX; without `ingesting` nothing can be taken in.

    `forget` is told the id and the URI of an article that was purged.
    """
    app = FastAPI(
        title="Footnote",
        version="1",
        description=describe.ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=MOST_BYTES,
        responses=failures.DOCUMENTED,
    )
    failures.install(app)
    app.include_router(Asking(answerer, library, Gate(), user, pace).routes())
    app.include_router(Shelf(library, forget).routes())
    if ingesting:
        app.include_router(ingesting.routes())
    describe.install(app, PREFIX)
    return app
