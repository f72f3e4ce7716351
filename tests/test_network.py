"""The check that no test leaves this machine can fail."""

import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from ingest.sandbox import _environment
from tests import network

AWAY = "192.0.2.1"  # TEST-NET-1: nobody's


@pytest.mark.parametrize("name", ["example.org", "127.0.0.1.example.org", b"example.org", "127.0.0.1 example.org"])
def test_a_look_up_of_another_machine_is_refused_and_noted(name: str | bytes) -> None:
    with pytest.raises(OSError, match="no test leaves this machine"):
        socket.getaddrinfo(name, 80)
    assert network.taken() == [f"socket.getaddrinfo {name!r}"]


@pytest.mark.parametrize("number", ["127.1", "2130706433", "0x7f.1", "::1", AWAY])
def test_a_number_is_read_without_asking_anybody(number: str) -> None:
    assert socket.getaddrinfo(number, 80)
    assert network.taken() == []


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_connection_to_another_machine_is_refused_and_noted(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as one, pytest.raises(OSError, match="no test leaves this machine"):
        one.connect((AWAY, 9))
    assert network.taken() == [f"socket.connect {AWAY!r}"]


def test_this_machine_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        assert network.taken() == []


@pytest.mark.parametrize("environment", [lambda: None, _environment], ids=["as it is", "a loader's"])
def test_a_process_that_a_test_starts_is_refused_and_noted_too(
    environment: Callable[[], dict[str, str] | None],
) -> None:
    tried = f"import socket; socket.create_connection(({AWAY!r}, 9), timeout=5)"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", tried], env=environment(), capture_output=True, text=True, check=False
    )
    assert "no test leaves this machine" in ended.stderr
    assert network.taken() == [f"socket.connect {AWAY!r}"]
