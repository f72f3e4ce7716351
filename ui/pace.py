"""So many questions a minute for each who asks. Pure but for its lock."""

import threading
import time
from collections.abc import Callable

MOST_KNOWN = 10_000


class Pace:
    """A bucket a caller, which holds a minute's questions and fills evenly. May be used from any thread."""

    def __init__(self, per_minute: int, now: Callable[[], float] = time.monotonic) -> None:
        """0 for no limit."""
        self.per_minute = per_minute
        self._now = now
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, who: str) -> float:
        """0 where one more question is let in, else the seconds until one is. "" is not limited."""
        if not who or not self.per_minute:
            return 0.0
        with self._lock:
            now = self._now()
            left, at = self._left.pop(who, (float(self.per_minute), now))
            left = min(self.per_minute, left + (now - at) * self.per_minute / 60)
            self._left[who] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > MOST_KNOWN:
                del self._left[next(iter(self._left))]
            return 0.0 if left >= 1 else (1 - left) * 60 / self.per_minute


def too_many(per_minute: int, seconds: float) -> tuple[str, str]:
    """What is said to who asks too often, and what to do."""
    many = "one question" if per_minute == 1 else f"{per_minute} questions"
    return f"You have asked {many} in a minute.", f"Ask again in {int(seconds) + 1} seconds."
