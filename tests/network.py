"""No test leaves this machine: a connection or look-up outside loopback is refused, and fails the test that made it.

Python's own sockets only: what a library connects from compiled code (uvloop, Chroma) raises no audit event.
"""

import ipaddress
import os
import socket
import sys
from pathlib import Path
from typing import Any

LOCAL = frozenset({None, "", "localhost", b"localhost"})
EVENTS = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"})
CHILD = """import importlib.util
spec = importlib.util.spec_from_file_location("watching", {module!r})
watching = importlib.util.module_from_spec(spec)
spec.loader.exec_module(watching)
watching.watch({told!r})
"""
"""The sitecustomize that Python runs before anything else in a process that a test starts."""
left: list[str] = []
"""What was tried in this process since it was last emptied."""
_told: list[str] = []
"""The file into which this process writes it down, too, if it is a child."""
_of_children: list[Path] = []
"""The file into which this process's children write it."""


def watch(told: str = "") -> None:
    """For the rest of the process: an audit hook cannot be taken off. The file `told` gets what is tried, too."""
    _told[:] = [told] if told else []
    sys.addaudithook(_hook)


def watch_children(folder: Path) -> None:
    """Every Python that is started from here on watches itself, and writes down in a file what it tried."""
    told = folder / "left"
    _of_children[:] = [told]
    (folder / "sitecustomize.py").write_text(CHILD.format(module=__file__, told=str(told)))
    sys.path.append(str(folder))  # a loader's process gets this path, and no environment
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])


def taken() -> list[str]:
    """What was tried since this was last asked, here and in the processes that were started."""
    tried, left[:] = list(left), []
    for told in _of_children:
        if told.exists():
            tried += told.read_text().splitlines()
            told.unlink()
    return tried


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
        for file in _told:
            with Path(file).open("a") as one:
                one.write(f"{event} {host!r}\n")
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
