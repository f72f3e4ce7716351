"""One evaluation at a time in a thread of its own, so that asking goes on; whoever looks finds how far it is."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from qa.errors import UsageError

Step = Callable[[str, int, int], None]
Work = Callable[[Step], str]
"""Is given whom to tell how far it is; returns the name of the run that it kept."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A snapshot of the evaluation that runs, or ran last. `run` is the kept run's name once it is done."""

    label: str
    state: Literal["running", "stopping", "done", "stopped", "failed"] = "running"
    step: str = ""
    done: int = 0
    total: int = 0
    seconds: float = 0.0
    run: str = ""
    error: Exception | None = None

    @property
    def live(self) -> bool:
        return self.state in ("running", "stopping")


class Background:
    """Every method may be called from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._progress: Progress | None = None
        self._thread: threading.Thread | None = None
        self._started = 0.0

    def start(self, label: str, work: Work) -> None:
        """Raises UsageError where one is under way."""
        with self._changed:
            if self._progress and self._progress.live:
                raise UsageError("An evaluation is under way.", "Wait for it, or stop it: what it has done is kept.")
            self._progress, self._started = Progress(label), time.monotonic()
            self._thread = threading.Thread(target=self._run, args=(work,), name="footnote-eval", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """After the case that is being asked. What was asked is kept: the same evaluation goes on from there."""
        with self._changed:
            if self._progress and self._progress.live:
                self._progress = replace(self._progress, state="stopping")

    def progress(self) -> Progress | None:
        with self._changed:
            return self._progress

    def wait(self, timeout: float) -> Progress | None:
        """How it stands when it has ended, or after `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._progress is None or not self._progress.live, timeout)
            return self._progress

    def close(self, timeout: float = 10) -> None:
        """Stops what runs and waits for it."""
        self.stop()
        if self._thread:
            self._thread.join(timeout)

    # ----------------------------------------------------------------------------------------------

    def _run(self, work: Work) -> None:
        try:
            run = work(self._step)
            self._note(state="done", run=run)
        except _Stopped:
            self._note(state="stopped")
        except Exception as error:
            self._note(state="failed", error=error)

    def _step(self, step: str, done: int, total: int) -> None:
        self._note(step=step, done=done, total=total)
        if self._progress and self._progress.state == "stopping" and (step, done) != ("asking", total):
            raise _Stopped

    def _note(self, **changed: object) -> None:
        with self._changed:
            assert self._progress is not None
            seconds = time.monotonic() - self._started
            self._progress = replace(self._progress, seconds=seconds, **changed)  # type: ignore[arg-type]
            self._changed.notify_all()


class _Stopped(Exception):
    """Raised into an evaluation to end it."""
