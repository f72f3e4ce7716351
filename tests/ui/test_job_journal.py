"""Jobs that a stop of the service cut off are told of by the next one, and can be tried again."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.sources import Below, RawFile, Upload
from qa.errors import UsageError
from qa.library import Library
from qa.settings import Settings
from tests.fakes import FakeEmbedder
from ui import render_library
from ui.job_journal import KEPT, NAME, Journal
from ui.jobs import Job, Jobs

PAGE = b"Rates rise\n\nThe bank raised its rate on Tuesday. It said that it might do so again.\n"
ONE, TWO = "https://daily.test/one", "https://daily.test/two"
STOPPED = "The service was stopped before this was done."
KILLED = """
import sys, time
from pathlib import Path
from qa.library import Library
from qa.settings import Settings
from tests.fakes import FakeEmbedder
from ui.job_journal import Journal
from ui.jobs import Jobs

def hang(url):
    print("fetching", flush=True)
    time.sleep(60)

settings = Settings(_env_file=None, library=Path(sys.argv[1]), index="exact")
with Library.open(settings.library, FakeEmbedder.stamp, index="exact") as library:
    jobs = Jobs(library, FakeEmbedder(), settings, fetch=hang, journal=Journal(settings))
    jobs.submit(["https://daily.test/one"])
    time.sleep(60)
"""


class Web:
    """One page, everywhere; it comes when it may."""

    def __init__(self) -> None:
        self.asked, self.may_come = threading.Event(), threading.Event()

    def __call__(self, url: str) -> RawFile:
        self.asked.set()
        assert self.may_come.wait(10)
        return RawFile(url, PAGE, "text/plain", name="page.txt")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, library=tmp_path / "library", index="exact")


@pytest.fixture
def library(settings: Settings) -> Iterator[Library]:
    with Library.open(settings.library, FakeEmbedder.stamp, index="exact") as opened:
        yield opened


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.may_come.set()


def started(library: Library, settings: Settings, web: Web) -> Jobs:
    return Jobs(library, FakeEmbedder(), settings, fetch=web, journal=Journal(settings))


def told(settings: Settings) -> list[Job]:
    """What a service that starts now would tell."""
    journal = Journal(settings)
    try:
        return [kept.snapshot() for kept in journal.cut_off()]
    finally:
        journal.close()


def test_what_ran_and_what_waited_when_the_service_was_stopped_can_be_tried_again(
    library: Library, settings: Settings, web: Web
) -> None:
    with started(library, settings, web) as jobs:
        running, waiting = jobs.submit([ONE]), jobs.submit([TWO])
        assert web.asked.wait(10)
        threading.Timer(0.1, web.may_come.set).start()
    with started(library, settings, web) as again:
        cut_off = again.jobs()
        assert [(job.job_id, job.sources) for job in cut_off] == [(waiting, (TWO,)), (running, (ONE,))]
        assert {(job.state, job.reason, job.retryable) for job in cut_off} == {("failed", STOPPED, True)}
        again.retry(running)
        assert again.wait(running, 10).state == "done"
    assert [job.job_id for job in told(settings)] == [waiting], "one is done, the other is told of once more"


def test_what_ran_when_the_service_was_killed_is_told_too(library: Library, settings: Settings) -> None:
    command = [sys.executable, "-c", KILLED, str(settings.library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as service:
        assert service.stdout
        assert service.stdout.readline() == "fetching\n"
        assert told(settings) == [], "nothing is cut off that still runs"
        service.kill()
    assert service.returncode == -signal.SIGKILL
    (job,) = told(settings)
    assert (job.sources, job.reason, job.retryable) == ((ONE,), STOPPED, True)


def test_what_has_ended_is_not_told_of(library: Library, settings: Settings, web: Web, tmp_path: Path) -> None:
    web.may_come.set()
    with started(library, settings, web) as jobs:
        assert jobs.wait(jobs.submit([ONE]), 10).state == "done"
        failed = jobs.wait(jobs.submit([str(tmp_path / "none.txt")]), 10)
        assert (failed.state, failed.counts) == ("done", {"failed": 1})
        web.may_come.clear()
        web.asked.clear()
        running, waiting = jobs.submit([TWO]), jobs.submit([ONE])
        assert web.asked.wait(10)
        jobs.cancel(waiting)
        jobs.cancel(running)
        web.may_come.set()
        assert jobs.wait(running, 10).state == "cancelled"
    assert told(settings) == []


def test_uploads_went_with_the_service_and_each_says_so(
    library: Library, settings: Settings, web: Web, tmp_path: Path
) -> None:
    journal = Journal(settings)
    upload = Upload("spring/ré port.txt", tmp_path / "0")
    journal.begin("a", [upload])
    journal.begin("b", [upload, ONE])
    journal.close()
    web.may_come.set()
    with started(library, settings, web) as jobs:
        assert [(job.job_id, job.retryable) for job in jobs.jobs()] == [("b", True), ("a", False)]
        with pytest.raises(UsageError, match="nothing left"):
            jobs.retry("a")
        page = render_library.jobs(jobs.jobs())
        assert page.count("ré port.txt</bdi>") == 4, "by job and by item"
        assert page.count("The uploaded file is gone. Choose it again.") == 2
        assert page.count('data-do="retry"') == 1
        jobs.retry("b")
        assert [(item.uri, item.stage) for item in jobs.wait("b", 10).items] == [(ONE, "added")]


def test_a_place_that_may_not_be_ingested_any_more_stays_out(settings: Settings, tmp_path: Path) -> None:
    roots = settings.model_copy(update={"ingest_roots": str(tmp_path)})
    settings.library.mkdir()
    journal = Journal(roots)
    journal.begin("a", [Below(tmp_path / "news", tmp_path)])
    journal.close()
    assert [job.retryable for job in told(roots)] == [True]
    (job,) = told(settings)
    assert (job.retryable, job.remedy) == (False, "Add it again.")


def test_one_process_at_a_time_keeps_it(settings: Settings) -> None:
    settings.library.mkdir()
    one, other = Journal(settings), Journal(settings)
    one.begin("a", [ONE])
    assert other.cut_off() == []
    other.begin("b", [TWO])
    other.end("a")
    one.close()
    assert [job.job_id for job in told(settings)] == ["a"]
    other.begin("b", [TWO])
    other.close()
    other.end("a")
    assert [job.job_id for job in told(settings)] == ["a", "b"], "free again, and after its end it does nothing"


def test_after_a_week_it_is_forgotten(settings: Settings) -> None:
    settings.library.mkdir()
    asked = datetime(2026, 5, 1, tzinfo=UTC)
    journal = Journal(settings, lambda: asked)
    journal.begin("a", [ONE])
    journal.close()

    def left(after: timedelta) -> int:
        later = Journal(settings, lambda: asked + after)
        found = later.cut_off()
        later.close()
        return len(found)

    assert [left(KEPT), left(KEPT + timedelta(seconds=1)), left(timedelta())] == [1, 0, 0]


def test_a_damaged_file_is_no_reason_to_ingest_nothing(library: Library, settings: Settings, web: Web) -> None:
    (settings.library / NAME).write_bytes(b"broken" * 100)
    web.may_come.set()
    with started(library, settings, web) as jobs:
        assert jobs.jobs() == []
        assert jobs.wait(jobs.submit([ONE]), 10).state == "done"


def test_nothing_is_written_before_the_first_job(settings: Settings) -> None:
    settings.library.mkdir()
    assert told(settings) == []
    assert list(settings.library.iterdir()) == []
    Journal(settings).begin("a", [ONE])
    assert (settings.library / NAME).stat().st_mode & 0o077 == 0
