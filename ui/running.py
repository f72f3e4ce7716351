"""A question under way, and leaving it: an answerer runs in a thread of its own, so that nobody has to wait for it."""

import threading
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


SETTLED = 0.5
"""Seconds that a page waits for a question that it leaves; one that nobody listens to any more never settles."""


class Run:
    """One question under way. `stop` leaves it and shows what is there; `drop` leaves it without a word."""

    def __init__(self) -> None:
        self.stopped = False
        self.dropped = False
        self._over = threading.Event()
        self._items: SimpleQueue[Any] = SimpleQueue()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def stop(self) -> None:
        self.stopped = True
        self._items.put(_END)

    def settle(self) -> None:
        """Waits until all that was shown of it is sent: nothing of it can then overtake what a page shows next."""
        self._over.wait(SETTLED)

    def drop(self) -> None:
        self.dropped = True
        self.stop()

    def steps(self, stream: Iterator[T]) -> Iterator[T]:
        """The stream's items until it ends, raises, or is left; then it is closed, in the thread that runs it."""
        threading.Thread(target=self._pump, args=(stream,), name="footnote-question", daemon=True).start()
        try:
            while (item := self._items.get()) is not _END and not self.stopped:
                if isinstance(item, _Raised):
                    raise item.error
                yield item
        finally:
            self.end()

    def end(self) -> None:
        """Nobody waits for it any more."""
        self._over.set()

    def _pump(self, stream: Iterator[Any]) -> None:
        try:
            for item in stream:
                if self.stopped or self.over:
                    break
                self._items.put(item)
        except Exception as error:
            self._items.put(_Raised(error))
        finally:
            if isinstance(stream, Generator):
                stream.close()
            self._items.put(_END)


class Desk:
    """One person's place at the page: at most one question at a time is under way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._run: Run | None = None

    def __deepcopy__(self, memo: object) -> "Desk":
        """Gradio copies a state's first value for every session: each has a desk of its own."""
        return Desk()

    @property
    def busy(self) -> bool:
        return self._run is not None and not self._run.over

    def begin(self) -> Run | None:
        """A run for a new question; None while another one is under way."""
        with self._lock:
            if self.busy:
                return None
            self._run = Run()
            return self._run

    def stop(self) -> None:
        if self._run:
            self._run.stop()

    def drop(self) -> None:
        """Leaves the question under way, for a page that goes on to something else. The desk is free at once."""
        with self._lock:
            left, self._run = self._run, None
        if left:
            left.drop()
            left.settle()


class _Raised:
    def __init__(self, error: Exception) -> None:
        self.error = error


_END = object()
