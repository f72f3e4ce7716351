"""More ways to spell an address of this machine or its network, redirects to it, and servers that behave badly."""

import gzip
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from ingest.addresses import Address, is_public
from ingest.fetch import Fetcher
from ingest.loaders import kind_of
from qa.errors import FetchFailed, FetchRefused, IngestError, OverLimit
from tests.ingest.servers import PAGE, Site, site
from tests.ingest.test_fetch import HOSTILE, resolver

PUBLIC = "127.0.0.9"
"""Stands for the open internet: the only address that the policy of these tests allows besides public ones."""

MORE = """
http://[::ffff:127.1]:{port}/ http://[0000:0000:0000:0000:0000:ffff:7f00:0001]:{port}/ http://[::ffff:0:7f00:1]:{port}/
http://[64:ff9b::127.0.0.1]:{port}/ http://[64:ff9b:1::7f00:1]:{port}/ http://[2002:7f00:0001::1]:{port}/
http://[2002:a9fe:a9fe::]:{port}/ http://[2001:0:7f00:1::]:{port}/ http://[::7f00:1]:{port}/ http://[fe80::1%lo]:{port}/
http://[::1]%lo:{port}/ http://[::1]a:{port}/ http://[::1:{port}/ http://::1:{port}/ http://[]:{port}/ http://[v1.x]:{port}/
http://127.0.0.1.:{port}/ http://127.0.0.1..:{port}/ http://.127.0.0.1:{port}/ http://127..1:{port}/
http://127.0.0.1:{port}./ http://127.0.0.1:+{port}/ http://127.0.0.1:0{port}/ http://127.0.0.1:٨٠/ http://127.0.0.1:/
http://١٢٧.٠.٠.١:{port}/ http://127｡0｡0｡1:{port}/ http://127.0.0.1\u200b:{port}/ http://127.0.0\u00ad.1:{port}/
http://lo\u00adcalhost:{port}/ http://LOCALHOST\u3002:{port}/ http://xn--localhost-:{port}/ http://xn--a.xn--b:{port}/
http://224.0.0.1:{port}/ http://239.255.255.250:{port}/ http://255.255.255.255:{port}/ http://240.0.0.1:{port}/
http://100.64.0.1:{port}/ http://100.127.255.254:{port}/ http://192.168.0.1:{port}/ http://172.31.0.1:{port}/
http://198.18.0.1:{port}/ http://192.0.2.1:{port}/ http://169.254.170.2:{port}/ http://0xa9fea9fe/ http://2852039166/
http://0251.0376.0251.0376/ http://[::ffff:169.254.169.254]/ http://[fd00::1]:{port}/ http://[ff05::2]:{port}/
http://site.test@127.0.0.1:{port}/ http://@127.0.0.1:{port}/ http://:@127.0.0.1:{port}/ http://site.test%40127.0.0.1:{port}/
http://site.test\\@127.0.0.1:{port}/ http://site.test&@127.0.0.1:{port}/ http://127.0.0.1\\.site.test:{port}/
http://127.0.0.1%0d%0aHost:x:{port}/ http://127.0.0.1%09:{port}/ http://127.0.0.1;site.test:{port}/ http://127.0.0.1,8.8.8.8:{port}/
http://127.0.0.1/:{port} http:\\\\127.0.0.1:{port}\\ ws://127.0.0.1:{port}/ HTTPS://localhost:{port}/ feed:http://127.0.0.1:{port}/
view-source:http://127.0.0.1:{port}/ blob:http://127.0.0.1:{port}/ about:blank netdoc:///etc/passwd sftp://127.0.0.1:{port}/
tftp://127.0.0.1:69/ http+unix://%2Fvar%2Frun%2Fdocker.sock/ \\\\127.0.0.1\\share http://127.0.0.1:22/ http://127.0.0.1:65536/
http://127.0.0.1:-1/ http://256.256.256.256:{port}/ http://4294967297:{port}/ http://1e3:{port}/ http://0x:{port}/
""".split()  # noqa: SIM905
BROKEN = [
    "http://127.0.0.1:{port}/\r\nHost: inner.test\r\n\r\n",
    "http://127.0.0.1:{port} /",
    "http://127.0.0.1:{port}/" + "a" * 5_000,
    "http://" + "a" * 64 + ".test:{port}/",
    "http://" + "a." * 200 + "test:{port}/",
    "http://127.0.0.1:{port}/\ud800",
]


def public_or_stand_in(address: Address) -> bool:
    return str(address) == PUBLIC or is_public(address)


def stand_in(host: str, port: int) -> list[str]:
    return [PUBLIC] if host == "public.test" else resolver(host, port)


@pytest.fixture
def canary() -> Iterator[Site]:
    with site() as served:
        yield served


def test_a_hundred_spellings_reach_nobody(canary: Site) -> None:
    fetch = Fetcher(timeout=3, max_mb=1, resolver=resolver, ports={80, 443, canary.port})
    tried = [*HOSTILE, *MORE, *BROKEN]
    assert len(set(tried)) >= 160
    for url in tried:
        with pytest.raises(IngestError) as refused:
            fetch(url.replace("{port}", str(canary.port)))
        assert refused.value.remedy, url
    assert canary.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/",
        "//127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://mixed.test:{port}/",
        "http://public.test@127.0.0.1:{port}/",
        "https://127.0.0.1:{port}/",
        "http://[::1]:{port}/",
    ],
)
@pytest.mark.parametrize("hops", [1, 4])
def test_no_chain_of_redirects_ends_at_the_canary(canary: Site, location: str, hops: int) -> None:
    """The stand-in for the internet answers on 127.0.0.9, the canary listens at the same port on 127.0.0.1."""
    target = location.format(port=canary.port)
    fetch = Fetcher(3, 1, public_or_stand_in, stand_in, {80, 443, canary.port})
    with site(PUBLIC, canary.port) as public:
        for hop in range(hops):
            onward = f"/{hop + 1}" if hop + 1 < hops else target
            public.pages[f"/{hop}"] = ([301, 302, 303, 307, 308][hop], {"Location": onward}, b"")
        with pytest.raises((FetchRefused, FetchFailed)):
            fetch(public.url("/0", "public.test"))
        assert len(public.asked) == hops
    assert canary.connections == 0


def test_a_name_that_is_public_first_and_this_machine_at_the_redirect(canary: Site) -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"]])
    fetch = Fetcher(3, 1, public_or_stand_in, lambda host, port: next(answers), {canary.port})
    with site(PUBLIC, canary.port) as public:
        public.pages["/0"] = (302, {"Location": f"http://rebind.test:{canary.port}/ok", "Connection": "close"}, b"")
        with pytest.raises(FetchRefused):
            fetch(public.url("/0", "rebind.test"))
    assert canary.connections == 0


@pytest.mark.parametrize("header", ["Refresh", "Link", "Content-Location"])
def test_no_other_header_and_no_page_leads_on(canary: Site, header: str) -> None:
    inward = f"http://127.0.0.1:{canary.port}/ok"
    page = f'<meta http-equiv="refresh" content="0;url={inward}"><img src="{inward}"><p>Words.'.encode()
    fetch = Fetcher(3, 1, public_or_stand_in, stand_in, {canary.port})
    with site(PUBLIC, canary.port) as public:
        public.pages["/0"] = (200, {header: f"0;url={inward}"}, page)
        assert fetch(public.url("/0", "public.test")).body == page
    assert canary.connections == 0


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
def test_a_bomb_stops_at_the_limit_after_unpacking(canary: Site, encoding: str) -> None:
    canary.pages["/zeros"] = (200, {"Content-Encoding": encoding}, gzip.compress(bytes(30_000_000), 1))
    fetch = Fetcher(5, 1, lambda _: True, resolver, {canary.port})
    with pytest.raises(OverLimit, match="larger than 1 MB"):
        fetch(canary.url("/zeros"))


def test_one_byte_at_a_time_ends_at_the_deadline_of_all(canary: Site) -> None:
    """Redirects do not wind the clock back."""
    canary.pages["/slow"] = (302, {"Location": "/slower"}, [b"x"] * 3)
    canary.pages["/slower"] = (200, {}, [b"x"] * 200)
    fetch = Fetcher(0.8, 1, lambda _: True, resolver, {canary.port})
    started = time.monotonic()
    with pytest.raises(FetchFailed, match="within"):
        fetch(canary.url("/slow"))
    assert time.monotonic() - started < 2


def test_the_bytes_say_what_a_page_is_not_the_server(canary: Site) -> None:
    fetch = Fetcher(5, 1, lambda _: True, resolver, {canary.port})
    canary.pages["/picture"] = (200, {"Content-Type": "image/png"}, PAGE)
    assert kind_of(fetch(canary.url("/picture"))) == "html"
    canary.pages["/page"] = (200, {"Content-Type": "text/html"}, b"\x89PNG\r\n\x1a\n")
    with pytest.raises(IngestError, match="a PNG image"):
        kind_of(replace(fetch(canary.url("/page"))))
