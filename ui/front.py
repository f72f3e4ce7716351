"""The outermost layer: gives every request an id, says whose it is, and writes a line when it has been answered."""

import logging
import secrets
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.caller import Caller, address, caller, calling
from ui.guard import shown

PROBES = ("/healthz", "/metrics", "/theme.css", "/favicon.ico")
PARTS = ("/assets/", "/static/", "/gradio_api/heartbeat/")
"""What is asked for all day long, and logged at the level of debug only."""

log = logging.getLogger(__name__)


class Front:
    """An ASGI app around the guard. `refused` is told the status of what was refused: 400, 401, 403, 404, 413, 429."""

    def __init__(self, app: ASGIApp, refused: Callable[[int], object] = lambda _: None) -> None:
        self._app = app
        self._refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        request_id, client = secrets.token_hex(8), address(scope)
        state = {**scope.get("state", {}), "request_id": request_id, "address": client}
        started, status = time.perf_counter(), 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with calling(Caller(request_id)):
            try:
                await self._app({**scope, "state": state}, receive, noting)
            finally:
                if status in (400, 401, 403, 404, 413, 429):
                    self._refused(status)
                _line(scope, client, status, time.perf_counter() - started)


# --------------------------------------------------------------------------------------------------


def _line(scope: Scope, client: str, status: int, seconds: float) -> None:
    """Neither query nor body: people's words are there. A path that is none of ours may hold anything, too."""
    path = scope["path"]
    often = path in PROBES or path.startswith(PARTS)
    level = logging.ERROR if status >= 500 else logging.DEBUG if often and status < 400 else logging.INFO
    fields = {
        "request_id": caller().request_id,
        "method": scope["method"] if shown(path) else "",
        "path": shown(path),
        "status": status,
        "ms": round(seconds * 1000, 1),
        "client": client or "here",
    }
    log.log(level, "request", extra={"fields": fields})
