"""One URL -> RawFile, over the open internet only. `addresses` holds the rules, `network` the wire.

Every host is resolved once, every address it has is checked, and the connection goes to an address that was
checked; a redirect is a new URL that starts over. Nothing that a page names is ever fetched.
"""

import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote

import httpcore
import httpx

from ingest.addresses import PORTS, Policy, checked_url, is_public
from ingest.network import GuardedNetwork, Resolver, system_resolver
from ingest.sources import MEGABYTE, RawFile
from qa.errors import FetchFailed, FetchRefused, IngestError, OverLimit, SourceNotFound

if TYPE_CHECKING:
    import ssl

MAX_REDIRECTS = 5
HEADERS = {
    "User-Agent": "Footnote (reads articles)",
    "Accept": "text/html, application/xhtml+xml, application/pdf, application/rss+xml, */*;q=0.5",
    "Accept-Encoding": "gzip",
}
SAVE_IT = "Save the page and ingest the file."


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers (names in lower case) of a response."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Call it with a URL. `timeout` in seconds for everything together, `max_mb` after decompression.

    `policy` says which addresses may be connected to; it, the resolver and the ports are fields so that tests
    can run against a server of their own.
    """

    timeout: float
    max_mb: float
    policy: Policy = is_public
    resolver: Resolver = system_resolver
    ports: Collection[int] = PORTS

    def __call__(self, url: str) -> RawFile:
        """Raises FetchRefused, FetchFailed, SourceNotFound or OverLimit, naming the URL."""
        try:
            return self._follow(url)
        except httpcore.TimeoutException as error:
            raise FetchFailed(f"{url} did not come within {self.timeout:g} s.", SAVE_IT) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, zlib.error, OSError) as error:
            raise FetchFailed(f"{url} could not be fetched: {error}.", SAVE_IT) from error

    def _follow(self, url: str) -> RawFile:
        network = GuardedNetwork(self.resolver, self.policy, time.monotonic() + self.timeout)
        target = checked_url(url, self.ports)
        with httpcore.ConnectionPool(_tls(), network_backend=network) as pool:
            for _ in range(MAX_REDIRECTS + 1):
                with pool.stream("GET", _asked(target), headers=[*HEADERS.items()]) as response:
                    head = _head(response)
                    onward = redirect(target, head)
                    if onward is None:
                        return _raw(target, head, response.iter_stream(), int(self.max_mb * MEGABYTE))
                target = checked_url(onward, self.ports)
        raise FetchRefused(f"{url} leads through more than {MAX_REDIRECTS} redirects.", SAVE_IT)


def redirect(url: httpx.URL, head: Head) -> str | None:
    """Where a response sends the reader on to, not checked yet. Raises for a response that is no page."""
    if head.status in (301, 302, 303, 307, 308) and "location" in head.headers:
        try:
            return str(url.join(head.headers["location"]))
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchRefused(f"{url} leads to something that is no URL ({error}).", SAVE_IT) from error
    if head.status in (404, 410):
        raise SourceNotFound(f"{url} does not exist (HTTP {head.status}).", "Check the address.")
    if head.status != 200:
        raise FetchFailed(f"{url} answered HTTP {head.status}.", SAVE_IT)
    return None


def decoded(body: Iterable[bytes], encoding: str, limit: int) -> Iterator[bytes]:
    """Decompressed pieces, none larger than `limit`; more than `limit` in all raises OverLimit, early."""
    left = limit
    for piece in _inflated(body, limit + 1) if encoding in ("gzip", "x-gzip") else body:
        left -= len(piece)
        if left < 0:
            raise OverLimit(f"It is larger than {limit / MEGABYTE:g} MB.", "Raise FOOTNOTE_FETCH_MAX_MB.")
        yield piece


# --------------------------------------------------------------------------------------------------


@cache
def _tls() -> "ssl.SSLContext":
    return httpx.create_ssl_context(trust_env=False)


def _asked(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _head(response: httpcore.Response) -> Head:
    headers = {name.decode("ascii", "replace").lower(): value.decode("latin-1") for name, value in response.headers}
    return Head(response.status, headers)


def _raw(url: httpx.URL, head: Head, stream: Iterable[bytes], limit: int) -> RawFile:
    encoding = head.headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding not in ("gzip", "x-gzip", "identity"):
        raise FetchFailed(f"{url} came compressed as {encoding[:40]!r}, unasked.", SAVE_IT)
    try:
        body = b"".join(decoded(stream, encoding, limit))
    except IngestError as error:
        raise OverLimit(f"{url}: {error.message}", error.remedy) from error
    media_type, charset = _declared(head)
    return RawFile(str(url), body, media_type, PurePosixPath(unquote(url.path)).name, charset=charset)


def _declared(head: Head) -> tuple[str, str]:
    """Media type and encoding as the server names them, "" where it does not."""
    stated = head.headers.get("content-type", "")
    message = Message()
    message["content-type"] = stated
    return (message.get_content_type(), str(message.get_content_charset(""))) if stated else ("", "")


def _inflated(body: Iterable[bytes], at_most: int) -> Iterator[bytes]:
    """Pieces of `body` decompressed, each of `at_most` bytes or less; one gzip member only."""
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for piece in body:
        rest = piece
        while rest and not inflater.eof:
            yield inflater.decompress(rest, at_most)
            rest = inflater.unconsumed_tail
