"""The wire of a fetch over sockets of this machine: addresses in turn, and one deadline for everything."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpcore
import pytest

from ingest.addresses import Address
from ingest.network import GuardedNetwork
from qa.errors import FetchRefused


def anywhere(address: Address) -> bool:
    return True


def nowhere(address: Address) -> bool:
    return False


@contextmanager
def listening(says: bytes = b"") -> Iterator[int]:
    """The port of a socket that accepts one connection, says its piece and then nothing more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def serve() -> None:
            connection, _ = server.accept()
            held.append(connection)
            connection.sendall(says)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(2)
        for connection in held:
            connection.close()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def network(*addresses: str, seconds: float = 5.0, policy=anywhere) -> GuardedNetwork:
    return GuardedNetwork(lambda host, port: list(addresses), policy, time.monotonic() + seconds)


def test_the_second_address_is_tried_when_the_first_does_not_answer() -> None:
    """Nobody listens on 127.0.0.2 at that port."""
    with listening(b"hello") as port:
        stream = network("127.0.0.2", "127.0.0.1").connect_tcp("two.test", port)
        assert stream.read(10) == b"hello"
        stream.close()


def test_when_none_answers_the_last_failure_is_told(closed_port: int) -> None:
    with pytest.raises(httpcore.ConnectError):
        network("127.0.0.1").connect_tcp("one.test", closed_port)


def test_an_address_that_is_not_allowed_is_never_connected_to() -> None:
    with listening() as port:
        with pytest.raises(FetchRefused, match=r"inner\.test"):
            network("127.0.0.1", policy=nowhere).connect_tcp("inner.test", port)
        network("127.0.0.1").connect_tcp("outer.test", port).close()


def test_one_bad_address_among_good_ones_refuses_all() -> None:
    def all_but_one(address: Address) -> bool:
        return str(address) != "127.0.0.9"

    with pytest.raises(FetchRefused):
        network("127.0.0.1", "127.0.0.9", policy=all_but_one).connect_tcp("mixed.test", 80)


@pytest.mark.parametrize("answer", [(), ("not an address",), ("127.0.0.1%eth0",), ("",)])
def test_a_resolver_that_answers_nonsense(answer: tuple[str, ...]) -> None:
    with pytest.raises(FetchRefused):
        network(*answer).connect_tcp("odd.test", 80)


@pytest.mark.parametrize("error", [OSError("no such name"), UnicodeError("label too long")])
def test_a_name_that_does_not_resolve(error: Exception) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise error

    with pytest.raises(httpcore.ConnectError, match="does not resolve"):
        GuardedNetwork(resolve, anywhere, time.monotonic() + 5).connect_tcp("x.test", 80)


def test_a_look_up_that_does_not_end_is_left_at_the_deadline() -> None:
    over = threading.Event()

    def hangs(host: str, port: int) -> list[str]:
        over.wait(20)
        return ["127.0.0.1"]

    started = time.monotonic()
    with pytest.raises(httpcore.ConnectTimeout, match="not resolved in time"):
        GuardedNetwork(hangs, anywhere, started + 0.2).connect_tcp("example.org", 80)
    assert time.monotonic() - started < 10
    over.set()


def test_after_the_deadline_nothing_is_begun(closed_port: int) -> None:
    with pytest.raises(httpcore.ReadTimeout, match="deadline"):
        network("127.0.0.1", seconds=-1).connect_tcp("late.test", closed_port)


def test_reading_ends_at_the_deadline_whatever_time_it_is_given() -> None:
    with listening() as port:
        stream = network("127.0.0.1", seconds=0.15).connect_tcp("slow.test", port)
        started = time.monotonic()
        with pytest.raises(httpcore.ReadTimeout):
            stream.read(10, timeout=60)
        assert time.monotonic() - started < 10
        with pytest.raises(httpcore.ReadTimeout, match="deadline"):
            stream.write(b"more")
        stream.close()


def test_encryption_keeps_the_deadline() -> None:
    """A server that accepts and never shakes hands."""
    with listening() as port:
        stream = network("127.0.0.1", seconds=0.15).connect_tcp("tls.test", port)
        started = time.monotonic()
        with pytest.raises((httpcore.ConnectTimeout, httpcore.ReadTimeout, httpcore.ConnectError)):
            stream.start_tls(httpcore.default_ssl_context(), "tls.test", timeout=60)
        assert time.monotonic() - started < 10
