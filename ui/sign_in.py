"""Sign-in, between the guard and the rest: who makes a request, and that nobody else's page is reached with it.

A browser signs in at /sign-in and is known by its cookie. A program gives name and password with every request
(Basic), below the paths of PROGRAMS. Whatever lies behind asks `ui.caller.user_of(request)`.
"""

import hmac
import json
import re
import time
from collections.abc import Callable
from urllib.parse import parse_qs, quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui import render_sign_in
from ui.caller import UNKNOWN
from ui.credentials import Credentials, basic, remember
from ui.sessions import MOST_SECONDS, Sessions
from ui.users import Users

OPEN = ("/healthz", "/favicon.ico")
HERE_ONLY = "/metrics"
"""Open to this machine itself, which the one behind a web server is not."""
PROGRAMS = ("/api/", "/mcp", "/metrics")
MOST_PAGES = 20_000
WRONG = "Name or password is wrong."


class SignIn:
    """An ASGI app around another. Belongs to one event loop."""

    def __init__(
        self, app: ASGIApp, users: Users, *, https: bool = False, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._app = app
        self._users = users
        self._now = now
        self._cookie = _Cookie(https)
        self._sessions = Sessions()
        self._credentials = Credentials(users, now)
        self._pages: dict[str, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN or _from_here(scope):
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        if scope["path"] in ("/sign-in", "/sign-out"):
            answer = await self._door(request)
            return await answer(scope, receive, send)
        user, refused = await self._who(request)
        if refused:
            return await refused(scope, receive, send)
        message = await receive()
        if not self._own_page(user, request, message):
            return await PlainTextResponse("This page is someone else's. Load it again.", 403)(scope, receive, send)
        within = {**scope, "state": {**scope.get("state", {}), "user": user}}
        return await self._app(within, _again(message, receive), _unstored(scope["path"], send))

    # --- the door ---

    async def _door(self, request: Request) -> Response:
        if request.url.path == "/sign-out":
            return self._sign_out(request)
        if request.method != "POST":
            onward = _onward(request.query_params.get("onward", ""))
            return self._onwards(onward) if self._session_user(request) else _page(onward)
        name, password, onward = _fields(await request.body())
        return await self._sign_in(name, password, _onward(onward), self._address(request))

    async def _sign_in(self, name: str, password: str, onward: str, address: str) -> Response:
        user, wait = await self._credentials.check(name, password, address)
        if user:
            token = self._sessions.start(user, self._users.stamp(user), self._now())
            return self._cookie.given(self._onwards(onward), token)
        if wait:
            return _page(onward, f"Too many wrong tries. Try again in {_words(wait)}.", name, 429, wait)
        return _page(onward, WRONG, name, 401)

    def _sign_out(self, request: Request) -> Response:
        self._sessions.end(self._cookie.of(request))
        return self._cookie.taken(RedirectResponse("/sign-in", 303))

    def _onwards(self, onward: str) -> Response:
        return RedirectResponse(onward, 303, headers=_NO_STORE)

    # --- who it is ---

    async def _who(self, request: Request) -> tuple[str, Response | None]:
        """The user, or the answer to who is none."""
        user = self._session_user(request)
        if user:
            return user, None
        if not request.url.path.startswith(PROGRAMS):
            return "", _to_the_door(request)
        name, password = basic(request.headers.get("authorization", ""))
        if not name:
            return "", _refuse_program(401, "Sign in with a user's name and password.")
        user, wait = await self._credentials.check(name, password, self._address(request))
        if wait:
            return "", _refuse_program(429, f"Too many wrong tries. Try again in {_words(wait)}.", wait)
        return (user, None) if user else ("", _refuse_program(401, WRONG))

    def _session_user(self, request: Request) -> str:
        user, stamp = self._sessions.find(self._cookie.of(request), self._now())
        return user if user and hmac.compare_digest(stamp, self._users.stamp(user)) else ""

    def _address(self, request: Request) -> str:
        """The client's, which a web server in front may have said: `ui.server` knows which ones are believed."""
        return request.client.host[:64] if request.client else ""

    # --- whose page it is ---

    def _own_page(self, user: str, request: Request, message: Message) -> bool:
        """Gradio keeps a page's state under a word that the browser chooses: the first who uses it owns it."""
        word = _page_word(request, message.get("body", b""))
        if not word:
            return True
        owner = self._pages.get(word, user)
        if owner == user:
            remember(self._pages, word, user, MOST_PAGES)
        return owner == user


# --------------------------------------------------------------------------------------------------


def _from_here(scope: Scope) -> bool:
    return bool(scope["path"] == HERE_ONLY and scope.get("state", {}).get("address", UNKNOWN) == "")


_NO_STORE = {"Cache-Control": "no-store"}


class _Cookie:
    """The session's token in the browser: never for scripts, never sent along from another site."""

    def __init__(self, https: bool) -> None:
        self._https = https
        self._name = "__Host-footnote" if https else "footnote"

    def of(self, request: Request) -> str:
        return request.cookies.get(self._name, "")

    def given(self, answer: Response, token: str) -> Response:
        answer.set_cookie(
            self._name, token, max_age=MOST_SECONDS, path="/", secure=self._https, httponly=True, samesite="strict"
        )
        return answer

    def taken(self, answer: Response) -> Response:
        answer.delete_cookie(self._name, path="/", secure=self._https, httponly=True, samesite="strict")
        return answer


def _page(onward: str, message: str = "", name: str = "", status: int = 200, wait: float = 0.0) -> Response:
    headers = _NO_STORE | ({"Retry-After": str(int(wait) + 1)} if wait else {})
    return HTMLResponse(render_sign_in.page(onward, message=message, name=name[:64]), status, headers)


def _to_the_door(request: Request) -> Response:
    if request.method not in ("GET", "HEAD") or request.url.path != "/":
        return PlainTextResponse("Sign in first.", 401, headers=_NO_STORE)
    onward = _onward(f"/?{request.url.query}")
    if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
        return HTMLResponse(render_sign_in.again(onward), headers=_NO_STORE)
    return RedirectResponse(f"/sign-in?onward={quote(onward, safe='')}" if onward != "/" else "/sign-in", 303)


def _onward(given: str) -> str:
    """An address of the page itself; "/" for anything else."""
    return given if re.fullmatch(r"/\?[\w=&:.%-]{1,200}", given, re.ASCII) else "/"


def _fields(body: bytes) -> tuple[str, str, str]:
    """Name, password and onward address of a sent form; empty where they are missing."""
    try:
        given = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8)
    except ValueError:
        given = {}
    name, password, onward = (given.get(field, [""])[0] for field in ("name", "password", "onward"))
    return name, password, onward


def _refuse_program(status: int, why: str, wait: float = 0.0) -> Response:
    headers = {"Retry-After": str(int(wait) + 1)} if wait else {"WWW-Authenticate": 'Basic realm="Footnote"'}
    remedy = "footnote users add NAME makes a user." if status == 401 else ""
    return JSONResponse({"error": {"message": why, "remedy": remedy, "id": ""}}, status, headers | _NO_STORE)


def _page_word(request: Request, body: bytes) -> str:
    """The session_hash of a request to Gradio's queue, wherever it stands; "" where there is none."""
    path = request.url.path
    if not path.startswith("/gradio_api/"):
        return ""
    if path.startswith("/gradio_api/heartbeat/"):
        return path.rpartition("/")[2]
    given = json.loads(body).get("session_hash") if body else request.query_params.get("session_hash")
    return str(given) if given is not None else ""


def _again(message: Message, receive: Receive) -> Receive:
    """A receive that gives the message that was already taken, then what comes after it."""
    waiting = [message]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def _unstored(path: str, send: Send) -> Send:
    """What a user sees is not kept by the browser for the next one who goes back to it."""
    if path.startswith(("/assets/", "/static/")):
        return send

    async def send_unstored(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], (b"cache-control", b"no-store")]
        await send(message)

    return send_unstored


def _words(seconds: float) -> str:
    whole = int(seconds) + 1
    if whole < 90:
        return f"{whole} second{'' if whole == 1 else 's'}"
    return f"{whole // 60 + 1} minutes"
