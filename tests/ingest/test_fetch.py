import resource
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ingest.addresses import Address
from ingest.fetch import MAX_REDIRECTS, Fetcher
from ingest.network import system_resolver
from qa.errors import FetchFailed, FetchRefused, IngestError, OverLimit, SourceNotFound
from tests import network
from tests.ingest.servers import PAGE, Site, site

NAMES = {
    "site.test": ["127.0.0.1"],
    "inner.test": ["10.0.0.1"],
    "mixed.test": ["8.8.8.8", "127.0.0.1"],
    "mapped.test": ["::ffff:127.0.0.1"],
    "six.test": ["2002:7f00:1::"],
    "nat.test": ["64:ff9b::7f00:1"],
    "meta.test": ["169.254.169.254"],
}


def resolver(host: str, port: int) -> list[str]:
    """Names of this table; numbers in all their spellings as the system reads them; nothing is looked up."""
    if host in NAMES:
        return NAMES[host]
    if host == "localhost" or network.number(host):
        return system_resolver(host, port)
    raise OSError("unknown name")


def loopback(address: Address) -> bool:
    return str(address) == "127.0.0.1"


@pytest.fixture
def here() -> Iterator[Site]:
    with site() as served:
        yield served


@pytest.fixture
def fetch(here: Site) -> Fetcher:
    return Fetcher(timeout=5, max_mb=1, policy=loopback, resolver=resolver, ports={80, 443, here.port})


def test_a_page(here: Site, fetch: Fetcher) -> None:
    raw = fetch(here.url("/ok"))
    assert (raw.body, raw.media_type, raw.name, raw.uri) == (PAGE, "text/html", "ok", here.url("/ok"))
    assert here.asked == [(f"site.test:{here.port}", "/ok")]


@pytest.mark.parametrize(("path", "charset"), [("/ok", "utf-8"), ("/latin", "iso-8859-2"), ("/gzip", "")])
def test_the_encoding_that_the_server_declares_is_kept(here: Site, fetch: Fetcher, path: str, charset: str) -> None:
    assert fetch(here.url(path)).charset == charset


def test_a_compressed_page(here: Site, fetch: Fetcher) -> None:
    assert fetch(here.url("/gzip")).body == PAGE


def test_a_redirect_gives_the_final_address(here: Site, fetch: Fetcher) -> None:
    assert fetch(here.url("/moved")).uri == here.url("/ok")


@pytest.mark.parametrize(
    ("path", "error", "words"),
    [
        ("/gone", SourceNotFound, "404"),
        ("/broken", FetchFailed, "500"),
        ("/loop", FetchRefused, "redirects"),
        ("/to-file", FetchRefused, "only http"),
        ("/to-junk", FetchRefused, "no plain host"),
        ("/large", OverLimit, "larger than 1 MB"),
        ("/bomb", OverLimit, "larger than 1 MB"),
        ("/brotli", FetchFailed, "'br'"),
        ("/twice", FetchFailed, "gzip, gzip"),
        ("/not-gzip", FetchFailed, "could not be fetched"),
    ],
)
def test_what_does_not_come(here: Site, fetch: Fetcher, path: str, error: type[IngestError], words: str) -> None:
    with pytest.raises(error, match=words) as failed:
        fetch(here.url(path))
    assert failed.value.remedy


def test_a_loop_is_left_after_five_redirects(here: Site, fetch: Fetcher) -> None:
    with pytest.raises(FetchRefused):
        fetch(here.url("/loop"))
    assert here.connections <= MAX_REDIRECTS + 1
    assert len(here.asked) == MAX_REDIRECTS + 1


def test_a_bomb_is_not_unpacked(here: Site, fetch: Fetcher) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(OverLimit):
        fetch(here.url("/bomb"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kilobytes; unpacked it is 50,000


def test_a_dripping_body_ends_at_the_deadline(here: Site, fetch: Fetcher) -> None:
    """Ten seconds of single bytes, each well within any timeout of its own."""
    started = time.monotonic()
    with pytest.raises(FetchFailed, match="within 1 s"):
        replace(fetch, timeout=1)(here.url("/drip"))
    assert time.monotonic() - started < 3


def test_a_dripping_head_ends_at_the_deadline() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]

    def drip() -> None:
        connection, _ = listener.accept()
        with connection:
            for _ in range(60):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.1)

    threading.Thread(target=drip, daemon=True).start()
    started = time.monotonic()
    with listener, pytest.raises(FetchFailed):
        Fetcher(1, 1, loopback, resolver, {port})(f"http://127.0.0.1:{port}/")
    assert time.monotonic() - started < 3


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(FetchFailed):
        Fetcher(2, 1, loopback, resolver, {port})(f"http://127.0.0.1:{port}/")


def test_an_unknown_name(fetch: Fetcher) -> None:
    with pytest.raises(FetchFailed, match="does not resolve"):
        fetch("http://nowhere.test/")


HOSTILE_TEXT = """
http://127.0.0.1:{port}/ http://127.1:{port}/ http://127.0.1:{port}/ http://0:{port}/
http://0.0.0.0:{port}/ http://0x7f.1:{port}/ http://0x7f000001:{port}/ http://2130706433:{port}/
http://017700000001:{port}/ http://0177.0.0.1:{port}/ http://0x7f.0x0.0x0.0x1:{port}/
http://127.0.0.1.:{port}/ http://127.000.000.001:{port}/ http://127。0。0。1:{port}/
http://127．0．0．1:{port}/ http://①②⑦.⓪.⓪.①:{port}/ http://１２７.0.0.1:{port}/ http://127.0.0.2:{port}/
http://127.255.255.254:{port}/ http://localhost:{port}/ http://LOCALHOST:{port}/
http://localhost.:{port}/ http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/ http://[::1]:{port}/
http://[0:0:0:0:0:0:0:1]:{port}/ http://[::]:{port}/ http://[::ffff:127.0.0.1]:{port}/
http://[::ffff:7f00:1]:{port}/ http://[::127.0.0.1]:{port}/ http://[64:ff9b::7f00:1]:{port}/
http://[2002:7f00:1::]:{port}/ http://[fe80::1]:{port}/ http://[fec0::1]:{port}/
http://[fc00::1]:{port}/ http://[ff02::1]:{port}/ http://[::1%25lo]:{port}/
http://[fe80::1%25lo]:{port}/ http://site.test:{port}/ http://SITE.test:{port}/
http://inner.test:{port}/ http://mixed.test:{port}/ http://mapped.test:{port}/
http://six.test:{port}/ http://nat.test:{port}/ http://meta.test/latest/meta-data/
http://169.254.169.254/ http://[fd00:ec2::254]/ http://100.64.0.1/ http://192.0.0.8/
http://10.0.0.1/ http://user@127.0.0.1:{port}/ http://user:x@127.0.0.1:{port}/
http://example.com@127.0.0.1:{port}/ http://127.0.0.1:{port}@site.test/
http://example.com\\@127.0.0.1:{port}/ http://127.0.0.1\\@example.com:{port}/
http://%31%32%37.0.0.1:{port}/ http://127.0.0.1%2f:{port}/ http://127.0.0.1%00.example.com:{port}/
http://127.0.0.1#@8.8.8.8:{port}/ http:127.0.0.1:{port}/ http:/127.0.0.1:{port}/
http:///127.0.0.1:{port}/ //127.0.0.1:{port}/ https://127.0.0.1:{port}/ HTTP://127.0.0.1:{port}/
hTTp://127.1:{port}/ ftp://127.0.0.1:{port}/ gopher://127.0.0.1:{port}/_GET file:///etc/passwd
file://127.0.0.1/etc/passwd dict://127.0.0.1:{port}/ ldap://127.0.0.1:{port}/
jar:http://127.0.0.1:{port}/!/ data:text/plain,x unix:///var/run/x.sock http://127.0.0.1:22/
http://127.0.0.1:6379/ http://0.1:{port}/ http://[::ffff:0:127.0.0.1]:{port}/
"""
HOSTILE = HOSTILE_TEXT.split()


def test_no_hostile_address_reaches_this_machine(here: Site) -> None:
    """The ports are open and everything listens; only the rule about addresses stands between."""
    fetch = Fetcher(timeout=3, max_mb=1, resolver=resolver, ports={80, 443, here.port})
    assert len(HOSTILE) >= 60
    for url in HOSTILE:
        with pytest.raises(IngestError):
            fetch(url.format(port=here.port))
    assert here.connections == 0
    replace(fetch, policy=loopback)(here.url("/ok"))
    assert here.connections == 1


def test_no_redirect_leads_inwards(here: Site) -> None:
    """The first host counts as public here, everything behind it does not."""
    fetch = Fetcher(3, 1, loopback, resolver, {80, 443, here.port})
    for number, url in enumerate(url for url in HOSTILE if "127.0.0.1" not in url):
        target = url.format(port=here.port)
        if target.isascii() and resolves_elsewhere(target):
            here.pages[f"/{number}"] = (302, {"Location": target}, b"")
            with pytest.raises(IngestError):
                fetch(here.url(f"/{number}"))
    assert {host for host, _ in here.asked} == {f"site.test:{here.port}"}
    assert len(here.asked) >= 10


def resolves_elsewhere(url: str) -> bool:
    return any(
        part in url for part in ("[", "inner.test", "mixed.test", "meta.test", "169.254", "10.0", "100.64", ":///")
    )


def test_a_name_that_changes_its_address_is_resolved_once_a_connection(here: Site) -> None:
    """Rebinding: public when it is checked, the loopback when it would be asked again."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]])
    asked: list[str] = []

    def changing(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    fetch = Fetcher(3, 1, loopback, changing, {here.port})
    assert fetch(here.url("/ok", "rebind.test")).body == PAGE
    assert asked == ["rebind.test"]
    with pytest.raises(FetchRefused):
        fetch(here.url("/ok", "rebind.test"))


def test_proxies_of_the_environment_are_not_used(here: Site, fetch: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert fetch(here.url("/ok")).body == PAGE
