"""A name and a password -> the user, or how long to wait: guessing is slowed by name and by address."""

import hashlib
import hmac
import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from ui.throttle import Throttle
from ui.users import LONGEST_NAME, Users, plain

K = TypeVar("K")
V = TypeVar("V")

FREE_OF_A_PAIR, FREE_OF_AN_ADDRESS, FREE_OF_A_NAME = 5, 30, 30
"""Wrong passwords for nothing: for one name from one address, from one address, for one name."""
MOST_KNOWN = 1_000
CHECKED_AT_ONCE = 2


class Credentials:
    """Belongs to one event loop; passwords are compared in threads of their own, two at once."""

    def __init__(self, users: Users, now: Callable[[], float]) -> None:
        self._users = users
        self._now = now
        self._throttle = Throttle()
        self._limiter = CapacityLimiter(CHECKED_AT_ONCE)
        self._known: dict[bytes, tuple[str, str]] = {}
        self._key = secrets.token_bytes(32)

    async def check(self, name: str, password: str, address: str) -> tuple[str, float]:
        """(user, 0); ("", seconds to wait); ("", 0) for a wrong password or an unknown name.

        What was right a moment ago is not hashed again: a program sends its password with every request.
        """
        seal = hmac.digest(self._key, json.dumps([name, password]).encode(), hashlib.sha256)
        user, stamp = self._known.get(seal, ("", ""))
        if user and stamp == self._users.stamp(user):
            return user, 0.0
        keys = _keys(name, address)
        wait = self._throttle.wait(keys, self._now())
        if wait:
            return "", wait
        self._throttle.failed(keys, self._now())
        user = await to_thread.run_sync(self._users.authenticate, name, password, limiter=self._limiter)
        if user:
            self._throttle.succeeded(keys)
            remember(self._known, seal, (user, self._users.stamp(user)), MOST_KNOWN)
        return user, 0.0


def basic(authorization: str) -> tuple[str, str]:
    """(name, password) of an Authorization header of the Basic scheme; ("", "") for anything else."""
    scheme, _, given = authorization.partition(" ")
    try:
        decoded = b64decode(given, validate=True).decode() if scheme.lower() == "basic" else ""
    except ValueError:
        return "", ""
    name, _, password = decoded.partition(":")
    return name, password


def remember(into: dict[K, V], key: K, value: V, most: int) -> None:
    """Puts it last; the one that was unused for longest makes room."""
    into.pop(key, None)
    into[key] = value
    if len(into) > most:
        del into[next(iter(into))]


def _keys(name: str, address: str) -> Mapping[Hashable, int]:
    who = plain(name)[: LONGEST_NAME + 1]
    return {
        ("pair", who, address): FREE_OF_A_PAIR,
        ("address", address): FREE_OF_AN_ADDRESS,
        ("name", who): FREE_OF_A_NAME,
    }
