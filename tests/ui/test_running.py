import copy
import threading
from collections.abc import Iterator

import pytest

from ui.running import Desk, Run


class Slow:
    """A stream that waits for `goes_on` after its first item, and says when it was closed."""

    def __init__(self) -> None:
        self.goes_on, self.closed = threading.Event(), threading.Event()

    def items(self) -> Iterator[int]:
        try:
            yield 1
            self.goes_on.wait(10)
            yield 2
            yield 3
        finally:
            self.closed.set()


def test_a_run_gives_what_its_stream_gives() -> None:
    run = Run()
    assert list(run.steps(iter([1, 2, 3]))) == [1, 2, 3]
    assert (run.over, run.stopped, run.dropped) == (True, False, False)


def test_a_stopped_run_ends_at_once_and_its_stream_is_closed_at_its_next_step() -> None:
    slow, run = Slow(), Run()
    steps = run.steps(slow.items())
    assert next(steps) == 1
    run.stop()
    assert list(steps) == [], "although the stream still waits"
    assert (run.over, slow.closed.is_set()) == (True, False)
    slow.goes_on.set()
    assert slow.closed.wait(5)


def test_a_run_that_nobody_reads_any_more_closes_its_stream_too() -> None:
    slow, run = Slow(), Run()
    steps = run.steps(slow.items())
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    slow.goes_on.set()
    assert slow.closed.wait(5)
    assert not run.stopped


def test_what_the_stream_raises_comes_out_of_the_run() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise ValueError("half-way")

    steps = Run().steps(broken())
    assert next(steps) == 1
    with pytest.raises(ValueError, match="half-way"):
        next(steps)


def test_a_run_stopped_before_its_first_step_gives_nothing() -> None:
    run = Run()
    run.stop()
    assert list(run.steps(iter([1]))) == []


def test_a_desk_has_one_run_at_a_time() -> None:
    desk = Desk()
    first = desk.begin()
    assert first is not None
    assert (desk.busy, desk.begin()) == (True, None)
    first.end()
    assert not desk.busy
    assert desk.begin() is not None


def test_dropping_stops_without_a_word_and_frees_the_desk() -> None:
    desk = Desk()
    desk.drop()
    desk.stop()
    run = desk.begin()
    assert run is not None
    desk.drop()
    assert (run.stopped, run.dropped, desk.busy) == (True, True, False)


def test_a_copy_of_a_desk_is_a_desk_of_its_own() -> None:
    desk = Desk()
    desk.begin()
    assert not copy.deepcopy(desk).busy
