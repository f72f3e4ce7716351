"""No test leaves this machine: a connection or look-up outside loopback is refused, and fails the test that made it.

Python's own sockets only: what a library connects from compiled code (uvloop, Chroma) raises no audit event.
"""

import ipaddress
import socket
import sys
from typing import Any

LOCAL = frozenset({None, "", "localhost", b"localhost"})
EVENTS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"})
left: list[str] = []
"""What was tried since it was last emptied."""


def watch() -> None:
    """For the rest of the process: an audit hook cannot be taken off."""
    sys.addaudithook(_hook)


def _hook(event: str, given: tuple[Any, ...]) -> None:
    if event not in EVENTS:
        return
    host = given[0]
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = given[1]
        if not isinstance(address, tuple):  # a socket in the file system, or one that is connected already
            return
        host = address[0]
    elif number(host):  # the system reads it without asking anybody; connecting to it is another matter
        return
    if not local(host):
        left.append(f"{event} {host!r}")
        raise OSError(f"{event} {host!r}: no test leaves this machine")


def local(host: object) -> bool:
    """Whether a name or address is this machine's, without asking anybody."""
    if host in LOCAL:
        return True
    try:
        named = ipaddress.ip_address(_text(host))
    except ValueError:
        return False
    return named.is_loopback or named.is_unspecified


def number(host: object) -> bool:
    """Whether it is an address in one of its spellings, 2130706433 and 0x7f.1 among them."""
    text = _text(host)
    try:
        ipaddress.ip_address(text)
    except ValueError:
        try:
            socket.inet_aton(text)
        except (OSError, ValueError):
            return False
        return not any(map(str.isspace, text))  # it reads no further than a space
    return True


def _text(host: object) -> str:
    return host.decode(errors="replace") if isinstance(host, bytes) else str(host)
