"""An evaluation in the background: one at a time, stopped between cases, its end and its error kept."""

import threading
from collections.abc import Iterator

import pytest

from evals.background import Background, Step
from qa.errors import CaseError, UsageError

WAIT = 5.0


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background()
    yield made
    made.close()


class Paced:
    """Work of three cases; each is asked when `ask` is released."""

    def __init__(self) -> None:
        self.ask = threading.Semaphore(0)
        self.asked = threading.Semaphore(0)

    def __call__(self, step: Step) -> str:
        for done in (1, 2, 3):
            assert self.ask.acquire(timeout=WAIT)
            self.asked.release()
            step("asking", done, 3)
        return "the run"


def test_it_goes_through_to_the_kept_run(background: Background) -> None:
    assert background.progress() is None
    paced = Paced()
    background.start("cases", paced)
    started = background.progress()
    assert started is not None
    assert (started.label, started.state, started.live) == ("cases", "running", True)
    paced.ask.release(3)
    ended = background.wait(WAIT)
    assert ended is not None
    assert (ended.state, ended.run, ended.done, ended.total, ended.live) == ("done", "the run", 3, 3, False)


def test_a_second_one_is_refused_until_the_first_has_ended(background: Background) -> None:
    paced = Paced()
    background.start("cases", paced)
    with pytest.raises(UsageError, match="under way"):
        background.start("others", lambda step: "")
    paced.ask.release(3)
    background.wait(WAIT)
    background.start("others", lambda step: "other run")
    ended = background.wait(WAIT)
    assert ended is not None
    assert ended.run == "other run"


def test_it_stops_after_the_case_that_is_being_asked(background: Background) -> None:
    paced = Paced()
    background.start("cases", paced)
    background.stop()
    progress = background.progress()
    assert progress is not None
    assert (progress.state, progress.live) == ("stopping", True)
    paced.ask.release(3)
    ended = background.wait(WAIT)
    assert ended is not None
    assert (ended.state, ended.done, ended.run) == ("stopped", 1, "")


def test_told_to_stop_at_the_last_case_it_is_done(background: Background) -> None:
    def last(step: Step) -> str:
        background.stop()
        step("asking", 3, 3)
        return "the run"

    background.start("cases", last)
    ended = background.wait(WAIT)
    assert ended is not None
    assert (ended.state, ended.run) == ("done", "the run")


def test_what_goes_wrong_is_kept(background: Background) -> None:
    def broken(step: Step) -> str:
        raise CaseError("No case.", "Write one.")

    background.start("cases", broken)
    ended = background.wait(WAIT)
    assert ended is not None
    assert (ended.state, str(ended.error)) == ("failed", "No case. Write one.")


def test_closing_ends_what_runs(background: Background) -> None:
    paced = Paced()
    background.start("cases", paced)
    paced.ask.release(1)
    assert paced.asked.acquire(timeout=WAIT)
    background.stop()
    paced.ask.release(2)
    background.close()
    progress = background.progress()
    assert progress is not None
    assert not progress.live
