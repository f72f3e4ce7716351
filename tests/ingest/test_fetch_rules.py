"""What a fetch does with a response, without any network: where it leads, how it unpacks, what it is."""

import gzip
import zlib
from collections.abc import Iterable, Iterator

import httpx
import pytest

from ingest.addresses import checked_url
from ingest.fetch import Head, decoded, redirect
from qa.errors import FetchFailed, FetchRefused, OverLimit, SourceNotFound

HERE = httpx.URL("https://daily.test/news/today?page=1")


def onward(status: int, **headers: str) -> str | None:
    return redirect(HERE, Head(status, headers))


def unpacked(pieces: Iterable[bytes], encoding: str = "gzip", limit: int = 1_000) -> bytes:
    return b"".join(decoded(pieces, encoding, limit))


def in_pieces(body: bytes, size: int) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/other", "https://daily.test/other"),
        ("other", "https://daily.test/news/other"),
        ("?page=2", "https://daily.test/news/today?page=2"),
        ("//echo.test/a", "https://echo.test/a"),
        ("http://echo.test/a", "http://echo.test/a"),
    ],
)
def test_where_a_redirect_leads(status: int, location: str, target: str) -> None:
    assert onward(status, location=location) == target


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[bad",
        "http://a:99999999/",
        "http://\x00/",
        "http://u@a.test/",
    ],
)
def test_a_redirect_to_what_may_not_be_fetched(location: str) -> None:
    with pytest.raises(FetchRefused):
        checked_url(onward(302, location=location) or "")


@pytest.mark.parametrize("status", [301, 304, 204, 206, 403, 429, 500, 503])
def test_what_is_no_page(status: int) -> None:
    with pytest.raises(FetchFailed, match=f"HTTP {status}"):
        onward(status)


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_gone(status: int) -> None:
    with pytest.raises(SourceNotFound, match="does not exist"):
        onward(status, location="/elsewhere")


def test_a_page_leads_nowhere_whatever_it_says() -> None:
    assert onward(200, location="/other") is None


@pytest.mark.parametrize("size", [1, 3, 7, 10_000])
def test_pieces_of_any_size_make_the_same_page(size: int) -> None:
    body = b"Rates rose. " * 40
    assert unpacked(in_pieces(gzip.compress(body), size)) == body
    assert unpacked(in_pieces(body, size), "identity") == body


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_limit_is_exact(encoding: str) -> None:
    for length, fits in ((1_000, True), (1_001, False)):
        body = b"x" * length
        packed = gzip.compress(body) if encoding == "gzip" else body
        if fits:
            assert unpacked([packed], encoding) == body
        else:
            with pytest.raises(OverLimit, match=r"larger than 0\.001 MB"):
                unpacked([packed], encoding)


def test_a_bomb_is_left_early() -> None:
    """Of a thousand pieces only the first is taken."""
    taken = []

    def pieces() -> Iterator[bytes]:
        for number, piece in enumerate(in_pieces(gzip.compress(bytes(10_000_000)), 100)):
            taken.append(number)
            yield piece

    with pytest.raises(OverLimit):
        unpacked(pieces())
    assert taken == [0]


def test_what_comes_after_the_end_is_ignored() -> None:
    body = gzip.compress(b"One.")
    assert unpacked([body + b"rubbish", b"more"]) == b"One."


def test_what_is_not_packed_as_it_says() -> None:
    with pytest.raises(zlib.error):
        unpacked([b"plain text"])


def test_nothing_is_an_empty_page() -> None:
    assert unpacked([]) == unpacked([b""]) == unpacked([], "identity") == b""
