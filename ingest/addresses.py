"""Which URLs and which network addresses may be fetched from: rules, no I/O."""

import re
from collections.abc import Callable, Collection, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import httpx

from qa.errors import FetchRefused

Address = IPv4Address | IPv6Address
Policy = Callable[[Address], bool]

PORTS = frozenset({80, 443})
MAX_URL = 4_096

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_SPECIAL = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
_NAT64 = IPv6Network("64:ff9b::/96")
_UNICAST = IPv6Network("2000::/3")
_EXAMPLES = IPv6Network("3fff::/20")


def checked_url(url: str, ports: Collection[int] = PORTS) -> httpx.URL:
    """The URL as it will be asked for, without its fragment. Raises FetchRefused."""
    try:
        parsed = httpx.URL(url.strip()).copy_with(fragment=None)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise _refused(url, f"it is no URL ({error})") from error
    port = parsed.port or {"http": 80, "https": 443}.get(parsed.scheme)
    if parsed.scheme not in ("http", "https"):
        raise _refused(url, "only http and https are fetched")
    if not _HOST.fullmatch(host) or parsed.userinfo or len(url) > MAX_URL:
        raise _refused(url, "it names no plain host, or a user, or it is too long")
    if port not in ports:
        raise _refused(url, f"only ports {' and '.join(map(str, sorted(ports)))} are used")
    return parsed


def checked_addresses(host: str, found: Sequence[str], allowed: Policy) -> list[Address]:
    """The addresses that `host` resolved to, if every one of them is allowed. Raises FetchRefused."""
    try:
        addresses = [ip_address(address) for address in found]
    except ValueError as error:
        raise _refused(host, f"it leads to no plain address ({error})") from error
    if not addresses or not all(allowed(address) for address in addresses):
        raise _refused(host, "it is, or leads to, an address that is not public")
    return addresses


def is_public(address: Address) -> bool:
    """Whether the address belongs to the open internet; one that wraps an IPv4 address is judged by that."""
    if isinstance(address, IPv4Address):
        ordinary = address.is_global and not address.is_multicast and not address.is_reserved
        return ordinary and not any(address in network for network in _SPECIAL)
    inner = _wrapped(address)
    if inner:
        return is_public(inner)
    return address in _UNICAST and address.is_global and address not in _EXAMPLES


# --------------------------------------------------------------------------------------------------


def _wrapped(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped, a 6to4 or a NAT64 one."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _refused(what: str, why: str) -> FetchRefused:
    return FetchRefused(f"{what[:200]!r} is not fetched: {why}.", "Save the page and ingest the file.")
