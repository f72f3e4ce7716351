"""/healthz for who restarts the service, /metrics for who watches it."""

import asyncio
from pathlib import Path
from typing import Any, Protocol

from anyio import CapacityLimiter, to_thread
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from qa.errors import LibraryError
from ui.caller import UNKNOWN, unexpected
from ui.metrics import Metrics

SECONDS = 5
"""That the library may take to be read."""
PROBES = 2
"""At once: those that hang hold up no other work."""


class Shelf(Protocol):
    def articles(self, *, limit: int) -> Any: ...


def routes(library: Shelf, metrics: Metrics, catalog: Path | None) -> list[Route]:
    """`catalog` is the file that must be there, where the library is one on disk."""
    healthy = _Health(library, catalog)

    def figures(request: Request) -> Response:
        if not (getattr(request.state, "user", "") or getattr(request.state, "address", UNKNOWN) == ""):
            return PlainTextResponse("Only for this machine, or for who signs in.", 403)
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return [Route("/healthz", healthy.answer, methods=["GET"]), Route("/metrics", figures, methods=["GET"])]


class _Health:
    def __init__(self, library: Shelf, catalog: Path | None) -> None:
        self._library = library
        self._catalog = catalog
        self._limiter = CapacityLimiter(PROBES)

    async def answer(self, _: Request) -> Response:
        """Everybody may ask: what is wrong is said without a path, the rest is in the log under the id."""
        try:
            async with asyncio.timeout(SECONDS):
                await to_thread.run_sync(self._read, limiter=self._limiter, abandon_on_cancel=True)
        except Exception as error:
            problem = _problem(error)
            told = {"status": "failing", "problem": problem, "id": unexpected(error)}
            return JSONResponse(told, 503, _UNSTORED)
        return JSONResponse({"status": "ok"}, headers=_UNSTORED)

    def _read(self) -> None:
        if self._catalog is not None and not self._catalog.is_file():
            raise LibraryError("The library's catalog is not there any more.")
        self._library.articles(limit=1)


_UNSTORED = {"Cache-Control": "no-store"}


def _problem(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"The library was not read within {SECONDS} seconds."
    return "The library cannot be read."
