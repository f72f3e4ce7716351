"""The wire of a fetch: connects only to addresses that were checked, and never waits past one deadline."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

import httpcore

from ingest.addresses import Policy, checked_addresses

Resolver = Callable[[str, int], list[str]]


def system_resolver(host: str, port: int) -> list[str]:
    """Addresses of `host`, in the system's order of preference, each once."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedNetwork(httpcore.NetworkBackend):
    """`deadline` on the monotonic clock, for everything that goes through here, however slowly it drips."""

    def __init__(self, resolver: Resolver, policy: Policy, deadline: float) -> None:
        self._resolver = resolver
        self._policy = policy
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 (httpcore's signature)
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Tries each of the host's addresses in turn, after all of them were checked. Raises FetchRefused."""
        try:
            found = self._resolved(host, port)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("its name was not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"its name does not resolve ({error})") from error
        failure = httpcore.ConnectError("no address")
        for address in checked_addresses(host, found, self._policy):
            try:
                stream = self._inner.connect_tcp(str(address), port, _left(self._deadline), None, socket_options)
                return _Stream(stream, self._deadline)
            except httpcore.ConnectError as error:
                failure = error
        raise failure

    def _resolved(self, host: str, port: int) -> list[str]:
        """In a thread of its own, which is left behind when time is up: a look-up cannot be stopped."""
        found: Future[list[str]] = Future()

        def look_up() -> None:
            try:
                found.set_result(self._resolver(host, port))
            except Exception as error:
                found.set_exception(error)

        threading.Thread(target=look_up, name="footnote-resolve", daemon=True).start()
        return found.result(_left(self._deadline))


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        return self._inner.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline)), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the deadline has passed")
    return left
