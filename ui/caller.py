"""Whose request is being worked on: its id, which its answer and the log carry, and who has a share of their own."""

import ipaddress
import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

LOOPBACK = ("localhost", "127.0.0.1", "::1")
FORWARDED = (b"x-forwarded-for", b"forwarded", b"x-real-ip", b"via")
UNKNOWN = "unknown"

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Caller:
    """`who` is a user's name, else another machine's address; "" for who sits at this one, who has no limit."""

    request_id: str = ""
    who: str = ""


_current: ContextVar[Caller] = ContextVar("caller", default=Caller())  # noqa: B039 (frozen)


def caller() -> Caller:
    """Of the request that this thread or task works on; a blank one where it works on none."""
    return _current.get()


def caller_of(request: Any) -> Caller:
    """Of a request, Starlette's or Gradio's, that came through `ui.front`."""
    state = request.state
    who = getattr(state, "user", "") or getattr(state, "address", "")
    return Caller(str(getattr(state, "request_id", "")), str(who))


def user_of(request: Any) -> str:
    """The user's name of a request, Starlette's or Gradio's; "" where nobody signs in."""
    return str(getattr(request.state, "user", ""))


@contextmanager
def calling(made_by: Caller) -> Iterator[None]:
    """Work for that caller."""
    token = _current.set(made_by)
    try:
        yield
    finally:
        _current.reset(token)


def steps(made_by: Caller, stream: Iterator[T]) -> Iterator[T]:
    """The stream, each step of it done for that caller: Gradio may take each in another context."""
    while True:
        with calling(made_by):
            try:
                item = next(stream)
            except StopIteration:
                return
        yield item


def address(scope: Any) -> str:
    """The client's. "" where it is this machine itself: by the connection, by the name, and nothing in between."""
    client = scope.get("client")
    host = str(client[0])[:64] if client else UNKNOWN
    names = dict(scope["headers"])
    asked = re.sub(r":\d+$", "", names.get(b"host", b"").decode("latin-1")).strip("[]")
    straight = asked.lower() in LOOPBACK and not any(name in names for name in FORWARDED)
    return "" if straight and loopback(host) else host


def loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def unexpected(error: BaseException) -> str:
    """Logs what nobody thought of, with its traceback; the id to tell people, the request's where there is one."""
    error_id = caller().request_id or secrets.token_hex(4)
    log.error("error %s", error_id, exc_info=error)
    return error_id
