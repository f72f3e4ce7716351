from ipaddress import ip_address

import pytest

from ingest.addresses import checked_addresses, checked_url, is_public
from qa.errors import FetchRefused

NOT_PUBLIC = """
0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 192.0.0.8 192.0.0.9
192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1
64:ff9b::a00:1 64:ff9b:1::1 100::1 2001:: 2001:db8::1 2001:20::1 2002:7f00:1:: 2002:a00:1:: 3fff::1
5f00::1 fc00::1 fd00::1 fe80::1 fec0::1 ff02::1
"""


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::"],
)
def test_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    NOT_PUBLIC.split(),
)
def test_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


def test_every_address_of_a_host_must_be_allowed() -> None:
    assert len(checked_addresses("two.test", ["8.8.8.8", "2606:4700::1111"], is_public)) == 2
    with pytest.raises(FetchRefused, match=r"mixed\.test"):
        checked_addresses("mixed.test", ["8.8.8.8", "10.0.0.1"], is_public)
    with pytest.raises(FetchRefused):
        checked_addresses("none.test", [], is_public)
    with pytest.raises(FetchRefused):
        checked_addresses("zoned.test", ["fe80::1%eth0%"], lambda address: True)


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://example.com", "http://example.com"),
        (" HTTPS://Example.COM:443/a?b=c#d ", "https://example.com/a?b=c"),
        ("https://ünï.example/ä b", "https://xn--n-nga1b.example/%C3%A4%20b"),
        ("http://[2606:4700::1111]/", "http://[2606:4700::1111]/"),
    ],
)
def test_urls_that_are_asked_for(url: str, asked: str) -> None:
    assert str(checked_url(url)).replace(":443", "") == asked


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com",
        "http:///path",
        "ftp://example.com",
        "file:///etc/passwd",
        "gopher://example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://user@example.com",
        "http://user:secret@example.com",
        "http://a\\@example.com",
        "http://example.com:22",
        "http://example.com:0x50",
        "http://example.com:99999",
        "http://exa mple.com",
        "http://%31%32%37.0.0.1",
        "http://[fe80::1%25eth0]/",
        "http://[::1",
        "http://\x00",
        "http://example.com/" + "a" * 5_000,
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        checked_url(url)
    assert refused.value.remedy
