"""What stands in front of Gradio: host, origin, size and route of every request, and the headers of every answer."""

import asyncio
import json
import re
from collections.abc import Iterable, Sequence

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard", "shown"]

MOST_BYTES = 64 * 1024
BODY_SECONDS = 10

ROUTES = (
    ("GET", r"/"),
    ("GET", r"/(healthz|metrics)"),
    ("GET", r"/sign-in"),
    ("POST", r"/sign-(in|out)"),
    ("GET", r"/config"),
    ("GET", r"/theme\.css"),
    ("GET", r"/favicon\.ico"),
    ("GET", r"/(assets|static)/[\w./-]+"),
    ("GET", r"/gradio_api/(heartbeat/\w+|queue/data)"),
    ("POST", r"/gradio_api/(queue/join|cancel)"),
    ("POST", r"/library/upload"),
    ("GET", r"/library/export"),
    ("GET", r"/api/v1/(docs|openapi\.json|articles|publishers|stats|export|jobs)"),
    ("GET", r"/api/v1/(articles/\d+|jobs/[0-9a-f]+)"),
    ("DELETE", r"/api/v1/(articles/\d+|jobs/[0-9a-f]+)"),
    ("POST", r"/api/v1/(ask|ask/stream|uploads|jobs|jobs/[0-9a-f]+/retry)"),
)
"""All that the page asks for (found by watching it), and the API; whatever else Gradio offers answers 404."""

_PATTERNS = tuple(re.compile(pattern) for _, pattern in ROUTES)
HEARTBEAT = "/gradio_api/heartbeat/"

FORMS = ("/sign-in", "/sign-out")
"""What a browser's form is sent to, as `ui.sign_in` reads it."""

API = "/api/"
"""Below it errors are JSON, and a body need not be one that is safe for Gradio."""

EVENTS = "/gradio_api/"
"""Below it a GET is heard once, or ends a page's state when its reader leaves: it cannot be asked for its head."""

STREAMED = frozenset({"/library/upload", "/api/v1/uploads"})
"""Bodies that are files: not read here, but by who knows how large they may be (`ui.uploads`)."""

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}

# Not "no-referrer": with it a browser sends a form with "Origin: null", like one from another site.
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """An ASGI app around another: refuses what must not reach it, and adds the headers."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], routes: Sequence[tuple[str, str]] = ROUTES) -> None:
        self._app = app
        self._hosts = frozenset(host.strip("[]").lower() for host in hosts if host)
        self._routes = tuple((method, re.compile(pattern)) for method, pattern in routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return None
        with_headers = _adding_headers(send)
        body, refused = await self._admit(scope, receive)
        if refused:
            return await refused(scope, receive, with_headers)
        if scope["method"] == "HEAD":
            return await _head(self._app, scope, with_headers)
        handed_on = receive if scope["path"] in STREAMED else _replaying(body, receive)
        return await self._app(scope, handed_on, with_headers)

    async def _admit(self, scope: Scope, receive: Receive) -> tuple[bytes, Response | None]:
        """The body of a request that may pass, or the answer to one that may not."""
        headers = Headers(scope=scope)
        for_programs = scope["path"].startswith(API)
        refuse = _refuse_program if for_programs else _refuse
        if _host(headers.get("host", "")) not in self._hosts:
            return b"", refuse(400, "This address is not one that Footnote serves. See FOOTNOTE_ALLOWED_HOSTS.")
        if not self._known(scope["method"], scope["path"]):
            return b"", refuse(404, "There is nothing here.")
        if scope["method"] in ("GET", "HEAD"):
            return b"", None
        if _foreign(headers):
            return b"", refuse(403, "Requests from other sites are refused.")
        if scope["path"] in STREAMED:
            return b"", None
        body = await _body(headers, receive)
        if body is None:
            return b"", refuse(413, "The request is too large or too slow.")
        if scope["path"] not in FORMS and not for_programs and not _plain(body):
            return b"", refuse(400, "The request is malformed.")
        return body, None

    def _known(self, method: str, path: str) -> bool:
        wanted = "GET" if method == "HEAD" and not path.startswith(EVENTS) else method
        return ".." not in path and any(m == wanted and p.fullmatch(path) for m, p in self._routes)


def shown(path: str) -> str:
    """A path as it may be logged: "" for what is none of ours, without the word by which a page's state is known."""
    if ".." in path or not any(pattern.fullmatch(path) for pattern in _PATTERNS):
        return ""
    return HEARTBEAT if path.startswith(HEARTBEAT) else path


def _host(header: str) -> str:
    """The name in a Host header without its port; "" where it is malformed."""
    match = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([\w.-]+))(?::\d+)?", header.lower())
    return (match[1] or match[2]) if match else ""


def _foreign(headers: Headers) -> bool:
    """Whether a browser says that another site made this request."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2].lower() != headers["host"].lower()


async def _body(headers: Headers, receive: Receive) -> bytes | None:
    """The whole body, or None where it is larger than allowed, does not come in time, or its sender left."""
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MOST_BYTES:
        return None
    body, more = b"", True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more:
                message = await receive()
                body += message.get("body", b"")
                more = message.get("more_body", False)
                if len(body) > MOST_BYTES or message["type"] == "http.disconnect":
                    return None
    except TimeoutError:
        return None
    return body


def _plain(body: bytes) -> bool:
    """Whether the body is a JSON object whose inputs are bare values: Gradio copies any file that another names."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return False
    inputs = given.get("data", []) if isinstance(given, dict) else None
    return isinstance(inputs, list) and all(value is None or isinstance(value, str | int) for value in inputs)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """A receive that gives the body that was already read, then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _head(app: ASGIApp, scope: Scope, send: Send) -> None:
    """What a GET would answer, without its body: once it has begun, its reader is said to have left."""
    begun = asyncio.Event()
    asking: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if asking:
            return asking.pop()
        await begun.wait()
        return {"type": "http.disconnect"}

    async def cut(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b""})
            begun.set()

    await app({**scope, "method": "GET"}, receive, cut)


def _adding_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return with_headers


def _refuse(status: int, why: str) -> Response:
    return PlainTextResponse(why, status)


def _refuse_program(status: int, why: str) -> Response:
    return JSONResponse({"error": {"message": why, "remedy": "See /api/v1/docs.", "id": ""}}, status)
