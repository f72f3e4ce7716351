"""Slows down whoever guesses: after some failures each further try has to wait, twice as long every time. Pure."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

LONGEST_WAIT = 900.0
FORGOTTEN_AFTER = 3600.0
MOST_KEYS = 20_000


@dataclass(frozen=True, slots=True)
class _Failures:
    count: int = 0
    last: float = 0.0


class Throttle:
    """Failures by key. Times are seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._failures: dict[Hashable, _Failures] = {}

    def wait(self, free: Mapping[Hashable, int], now: float) -> float:
        """Seconds until the next try is let in, 0 for at once. `free` is each key's number of failures for nothing."""
        return max((self._wait(key, most, now) for key, most in free.items()), default=0.0)

    def failed(self, keys: Mapping[Hashable, int], now: float) -> None:
        """Counted before the password is looked at, so that many tries at once gain nothing."""
        for key in keys:
            before = self._failures.pop(key, _Failures())
            fresh = now - before.last > FORGOTTEN_AFTER
            self._failures[key] = _Failures(1 if fresh else before.count + 1, now)
        while len(self._failures) > MOST_KEYS:
            del self._failures[next(iter(self._failures))]

    def succeeded(self, keys: Mapping[Hashable, int]) -> None:
        """Takes the count of this try back."""
        for key in keys:
            before = self._failures.get(key)
            if before:
                self._failures[key] = replace(before, count=before.count - 1)

    def _wait(self, key: Hashable, free: int, now: float) -> float:
        failures = self._failures.get(key, _Failures())
        over = failures.count - free
        if over < 0 or now - failures.last > FORGOTTEN_AFTER:
            return 0.0
        return max(0.0, failures.last + min(LONGEST_WAIT, 2.0 ** min(over, 20)) - now)
