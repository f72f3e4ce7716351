"""How many questions are worked on and wait at once; who comes on top is told when to come again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TypeVar

from anyio import CancelScope, CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect
from starlette.types import Receive

AT_ONCE = 8
WAITING = 64
PER_USER = 16
"""That work and wait."""
AT_ONCE_PER_USER = 4
"""Below AT_ONCE, so that nobody holds all places, however slowly they read."""
RETRY_SECONDS = 2

T = TypeVar("T")


class Busy(Exception):
    """No room now. `status` is 429 where the user has too many under way, 503 where everybody together has."""

    def __init__(self, status: int, message: str, seconds: int = RETRY_SECONDS) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.seconds = seconds


class Gate:
    """Belongs to one event loop. A user's name "" stands for nobody in particular and has no share of its own."""

    def __init__(
        self,
        at_once: int = AT_ONCE,
        waiting: int = WAITING,
        per_user: int = PER_USER,
        at_once_per_user: int = AT_ONCE_PER_USER,
    ) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._threads = CapacityLimiter(at_once)
        self._most = at_once + waiting
        self._per_user = per_user
        self._inside: Counter[str] = Counter()
        self._at_once_per_user = at_once_per_user
        self._shares: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def entered(self, user: str = "") -> AsyncIterator[None]:
        """A place to work in, after waiting for it. Raises Busy."""
        if self._inside.total() >= self._most:
            raise Busy(503, "Too many questions are being asked now.")
        if user and self._inside[user] >= self._per_user:
            raise Busy(429, f"You have {self._per_user} questions under way.")
        self._inside[user] += 1
        try:
            async with self._share(user), self._slots:
                yield
        finally:
            self._inside[user] -= 1
            if not self._inside[user]:
                del self._inside[user]
                self._shares.pop(user, None)

    def _share(self, user: str) -> AbstractAsyncContextManager[object]:
        if not user:
            return nullcontext()
        return self._shares.setdefault(user, asyncio.Semaphore(self._at_once_per_user))

    async def run(self, work: Callable[[], T]) -> T:
        """In a thread; only for who has entered. What has begun is waited for, even when nobody wants it any more:
        until then its place is taken. That holds for anyio's cancelling; asyncio's own, at the service's end, is heeded
        at once.
        """
        return await to_thread.run_sync(work, limiter=self._threads)


async def unless_left(receive: Receive, work: Awaitable[T]) -> T:
    """What `work` gives, unless the client leaves before: then it is cancelled. Raises ClientDisconnect."""
    scope = CancelScope()
    leaving = asyncio.ensure_future(_left(receive, scope))
    try:
        with scope:
            return await work
    finally:
        leaving.cancel()
    raise ClientDisconnect


async def _left(receive: Receive, scope: CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
