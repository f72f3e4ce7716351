import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.sources import RawFile, Upload
from qa.domain import PassageVectors
from qa.embedder import PassageInput
from qa.errors import FetchFailed, LibraryUnwritable, NotInLibrary, UsageError
from qa.library import Library
from qa.settings import Settings
from tests.fakes import FakeEmbedder
from ui import jobs as module
from ui.jobs import Job, Jobs

TEXT = "Rates rise\n\nThe bank raised its rate on Tuesday. It said that it might do so again.\n"
FEED = b"""<rss version="2.0"><channel><title>The Daily</title>
<item><title>One</title><link>https://daily.test/one</link></item>
<item><title>Two</title><link>https://daily.test/two</link></item></channel></rss>"""


class GatedEmbedder(FakeEmbedder):
    """Says when it was reached, and goes on when it may; raises what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.may_go = threading.Event(), threading.Event()
        self.raises: Exception | None = None

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]:
        if inputs:
            self.reached.set()
            assert self.may_go.wait(10)
        if self.raises:
            raise self.raises
        return super().passages(inputs)


@dataclass
class FakeWeb:
    """Answers with the pages it has, under the address that one leads to; `asked` records the addresses."""

    pages: dict[str, bytes] = field(default_factory=dict)
    leads: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, url: str) -> RawFile:
        self.asked.append(url)
        url = self.leads.get(url, url)
        if url not in self.pages:
            raise FetchFailed(f"{url} does not answer.", "Try later.")
        return RawFile(url, self.pages[url], "text/plain", name=url.rpartition("/")[2])


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", FakeEmbedder.stamp, index="exact") as opened:
        yield opened


@pytest.fixture
def embedder() -> GatedEmbedder:
    made = GatedEmbedder()
    made.may_go.set()
    return made


@pytest.fixture
def web() -> FakeWeb:
    return FakeWeb()


@pytest.fixture
def jobs(library: Library, embedder: GatedEmbedder, web: FakeWeb) -> Iterator[Jobs]:
    with Jobs(library, embedder, Settings(), fetch=web) as made:
        yield made
        embedder.may_go.set()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def written(name: str, text: str = TEXT) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return written


def stages(job: Job) -> dict[str, str]:
    return {item.uri.rpartition("/")[2]: item.stage for item in job.items}


def test_a_job_takes_in_what_it_can_and_says_why_not(jobs: Jobs, library: Library, write: Callable[..., str]) -> None:
    good, empty = write("good.txt"), write("empty.txt", " \n")
    job = jobs.wait(jobs.submit([good, empty, "/no/such.txt"]), 10)
    assert (job.state, job.total, job.sources) == ("done", 3, (good, empty, "/no/such.txt"))
    assert stages(job) == {"good.txt": "added", "empty.txt": "failed", "such.txt": "failed"}
    outcome = job.items[2].outcome
    assert outcome
    assert (outcome.reason, outcome.remedy) == ("/no/such.txt does not exist.", "Check the path.")
    assert library.article(library.find("good.txt")).title == "Rates rise"
    assert jobs.job(job.job_id) == job


def test_jobs_run_one_after_the_other_and_are_listed_newest_first(
    jobs: Jobs, embedder: GatedEmbedder, write: Callable[..., str]
) -> None:
    embedder.may_go.clear()
    first = jobs.submit([write("a.txt")])
    assert embedder.reached.wait(10)
    second = jobs.submit([write("b.txt", f"{TEXT}B.")])
    assert [(job.job_id, job.state) for job in jobs.jobs()] == [(second, "queued"), (first, "running")]
    assert stages(jobs.job(first)) == {"a.txt": "embedding"}
    embedder.may_go.set()
    assert (jobs.wait(first, 10).state, jobs.wait(second, 10).state) == ("done", "done")


def test_a_cancelled_job_keeps_what_was_taken_in_and_goes_on_when_tried_again(
    jobs: Jobs, library: Library, embedder: GatedEmbedder, write: Callable[..., str]
) -> None:
    write("0.txt")
    jobs.wait(jobs.submit([write("0.txt")]), 10)
    embedder.reached.clear()
    embedder.may_go.clear()
    job_id = jobs.submit([write("0.txt"), write("1.txt", f"{TEXT}1."), write("2.txt", f"{TEXT}2.")])
    assert embedder.reached.wait(10)  # 0 is unchanged, 1 and 2 are embedded together
    jobs.cancel(job_id)
    assert jobs.job(job_id).cancelling
    embedder.may_go.set()
    job = jobs.wait(job_id, 10)
    assert job.state == "cancelled"
    assert stages(job) == {"0.txt": "unchanged", "1.txt": "added", "2.txt": "cancelled"}
    assert library.stats().articles == 3  # committed together with 1; its outcome was not waited for
    jobs.retry(job_id)
    assert stages(jobs.wait(job_id, 10)) == {"0.txt": "unchanged", "1.txt": "unchanged", "2.txt": "unchanged"}


def test_a_queued_job_is_cancelled_at_once(jobs: Jobs, embedder: GatedEmbedder, write: Callable[..., str]) -> None:
    embedder.may_go.clear()
    running = jobs.submit([write("a.txt")])
    assert embedder.reached.wait(10)
    waiting = jobs.submit([write("b.txt")])
    jobs.cancel(waiting)
    assert jobs.wait(waiting, 0).state == "cancelled"
    embedder.may_go.set()
    assert jobs.wait(running, 10).state == "done"
    assert jobs.job(waiting).items == ()


def test_what_failed_is_tried_again_and_nothing_else(jobs: Jobs, web: FakeWeb) -> None:
    web.pages = {"https://daily.test/feed": FEED, "https://daily.test/one": TEXT.encode()}
    job_id = jobs.submit(["https://daily.test/feed"])
    job = jobs.wait(job_id, 10)
    assert (job.total, stages(job)) == (2, {"one": "added", "two": "failed"})
    web.pages["https://daily.test/two"] = TEXT.encode()
    web.asked.clear()
    jobs.retry(job_id)
    job = jobs.wait(job_id, 10)
    assert (job.total, stages(job)) == (2, {"one": "added", "two": "added"})
    assert web.asked == ["https://daily.test/two"]
    with pytest.raises(UsageError, match="nothing left"):
        jobs.retry(job_id)


def test_an_address_that_leads_to_another_is_one_item(jobs: Jobs, web: FakeWeb) -> None:
    web.leads = {"https://daily.test/a#top": "https://daily.test/a"}
    web.pages = {"https://daily.test/a": TEXT.encode()}
    job = jobs.wait(jobs.submit(["https://daily.test/a#top"]), 10)
    assert [(item.uri, item.stage) for item in job.items] == [("https://daily.test/a", "added")]
    assert (job.state, job.total, job.retryable) == ("done", 1, False)


def test_an_address_that_leads_to_another_is_tried_again(jobs: Jobs, web: FakeWeb, embedder: GatedEmbedder) -> None:
    web.leads = {"https://daily.test/old": "https://daily.test/new"}
    web.pages = {"https://daily.test/new": b""}
    job_id = jobs.submit(["https://daily.test/old"])
    assert stages(jobs.wait(job_id, 10)) == {"new": "failed"}
    web.pages = {"https://daily.test/new": TEXT.encode()}
    embedder.raises = LibraryUnwritable("The disk is full.")
    jobs.retry(job_id)
    ended = jobs.wait(job_id, 10)
    assert (ended.state, stages(ended)) == ("failed", {"new": "cancelled"})
    embedder.raises = None
    jobs.retry(job_id)
    job = jobs.wait(job_id, 10)
    assert (job.state, job.total, stages(job), job.retryable) == ("done", 1, {"new": "added"}, False)


def test_a_file_of_a_folder_is_tried_again_by_its_path(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "the news").mkdir()
    late = tmp_path / "the news" / "späte Zahlen.txt"
    late.write_text("")
    job_id = jobs.submit([str(late.parent)])
    assert [item.stage for item in jobs.wait(job_id, 10).items] == ["failed"]
    late.write_text(TEXT)
    jobs.retry(job_id)
    assert [item.stage for item in jobs.wait(job_id, 10).items] == ["added"]


def test_an_upload_goes_by_its_own_name_and_its_file_is_deleted(jobs: Jobs, library: Library, tmp_path: Path) -> None:
    good, bad = Upload("spring/ré port.txt", tmp_path / "0"), Upload("scan.txt", tmp_path / "1")
    good.path.write_text(TEXT)
    bad.path.write_text("")
    job = jobs.wait(jobs.submit([good, bad]), 10)
    assert job.sources == ("spring/ré port.txt", "scan.txt")
    assert [(item.uri, item.stage) for item in job.items] == [
        ("upload:spring/r%C3%A9%20port.txt", "added"),
        ("upload:scan.txt", "failed"),
    ]
    assert job.items[1].outcome
    assert "scan.txt" in job.items[1].outcome.reason
    assert str(tmp_path) not in job.items[1].outcome.reason
    assert (good.path.exists(), bad.path.exists()) == (False, True)
    bad.path.write_text(TEXT)
    jobs.retry(job.job_id)
    assert [item.stage for item in jobs.wait(job.job_id, 10).items] == ["added", "added"]
    assert not bad.path.exists()


def test_of_two_uploads_under_one_name_the_last_counts(jobs: Jobs, library: Library, tmp_path: Path) -> None:
    one, other = Upload("a.txt", tmp_path / "0"), Upload("a.txt", tmp_path / "1")
    one.path.write_text(TEXT)
    other.path.write_text(TEXT.replace("Tuesday", "Friday"))
    job = jobs.wait(jobs.submit([one, other]), 10)
    assert (job.total, stages(job)) == (1, {"upload:a.txt": "added"})
    assert "Friday" in library.article(library.find("upload:a.txt")).text
    assert not one.path.exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (LibraryUnwritable("The disk is full.", "Make room."), "The disk is full."),
        (RuntimeError("/secret/path"), "Something went wrong on our side."),
    ],
)
def test_a_job_that_cannot_go_on_says_so_and_the_next_one_runs(
    jobs: Jobs, embedder: GatedEmbedder, write: Callable[..., str], error: Exception, reason: str
) -> None:
    embedder.raises = error
    job = jobs.wait(jobs.submit([write("a.txt")]), 10)
    assert (job.state, job.reason, stages(job)) == ("failed", reason, {"a.txt": "cancelled"})
    assert job.remedy
    assert "/secret/path" not in job.remedy
    embedder.raises = None
    assert jobs.wait(jobs.submit([write("b.txt")]), 10).state == "done"
    jobs.retry(job.job_id)
    assert jobs.wait(job.job_id, 10).state == "done"


def test_only_so_many_jobs_are_kept_and_wait(
    jobs: Jobs,
    embedder: GatedEmbedder,
    write: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_JOBS", 3)
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    upload = Upload("scan.txt", tmp_path / "0")
    upload.path.write_text("")
    oldest = jobs.submit([upload])
    jobs.wait(oldest, 10)
    embedder.may_go.clear()
    jobs.submit([write("a.txt")])
    assert embedder.reached.wait(10)
    kept = [jobs.submit([write("b.txt")]), jobs.submit([write("c.txt")])]
    with pytest.raises(UsageError, match="2 ingest jobs are waiting"):
        jobs.submit([write("d.txt")])
    assert {job.job_id for job in jobs.jobs()} >= set(kept)
    with pytest.raises(NotInLibrary):
        jobs.job(oldest)
    assert not upload.path.exists()


def test_closing_ends_what_runs_and_deletes_the_files_of_uploads(library: Library, tmp_path: Path) -> None:
    embedder, upload = GatedEmbedder(), Upload("a.txt", tmp_path / "0")
    upload.path.write_text(TEXT)
    jobs = Jobs(library, embedder, Settings())
    job_id = jobs.submit([upload])
    assert embedder.reached.wait(10)
    threading.Timer(0.05, embedder.may_go.set).start()
    jobs.close()
    assert jobs.job(job_id).state in ("done", "cancelled")
    assert not upload.path.exists()


def test_nothing_to_ingest_is_refused(jobs: Jobs) -> None:
    with pytest.raises(UsageError, match="nothing to ingest"):
        jobs.submit([])
    for unknown in (jobs.job, jobs.cancel, jobs.retry):
        with pytest.raises(NotInLibrary):
            unknown("0")
