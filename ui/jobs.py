"""Ingest jobs on the server: sources are queued, one job runs at a time, and each item's step and outcome are kept.

Knows nothing of the page: the library page, the HTTP API and whoever else ingests through `footnote serve` share one
`Jobs`. Jobs are in memory; what they ingested is in the library, and which had not ended when the server stopped is in
the journal.
"""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Self

from ingest.pipeline import Outcome, Step, ingest
from ingest.sources import Fetch, Source
from qa.embedder import Embedder
from qa.errors import FootnoteError, NotInLibrary, UsageError
from qa.library import Library
from qa.settings import Settings
from ui.caller import unexpected
from ui.job_journal import Journal
from ui.job_state import ENDED, Job, JobItem, KeptJob, delete_uploads, label, name_of

__all__ = ["Job", "JobItem", "Jobs"]

MOST_JOBS = 100
"""That are kept; the oldest finished ones make room."""
MOST_WAITING = 50


class Jobs:
    """Close it before the library: it is a context manager. Every method may be called from any thread.

    The files of uploads belong to it from `submit` on: each is deleted once its article is in the library, or with
    its job.
    """

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        settings: Settings,
        *,
        fetch: Fetch | None = None,
        ingested: Callable[[Outcome], object] = lambda _: None,
        journal: Journal | None = None,
    ) -> None:
        """`ingested` is told every outcome. Without `journal`, what has not ended is forgotten with the process."""
        self._library = library
        self._embedder = embedder
        self._settings = settings
        self._fetch = fetch
        self._ingested = ingested
        self._journal = journal
        self._jobs = {kept.job.job_id: kept for kept in journal.cut_off()} if journal else {}
        self._changed = threading.Condition()
        self._name, self._changes = secrets.token_hex(4), 0
        self._worker: threading.Thread | None = None
        self._closed = False

    def submit(self, sources: Sequence[Source]) -> str:
        """The id of a new job; of sources under one name the last counts.

        Raises UsageError for no source, or where too many jobs wait already.
        """
        if not sources:
            raise UsageError("There is nothing to ingest.", "Name at least one file, folder, URL or feed.")
        with self._changing():
            self._make_room()
            once = {name_of(source): source for source in sources}
            delete_uploads(source for source in sources if source not in once.values())
            kept = KeptJob(Job(secrets.token_hex(8), tuple(map(label, once.values())), "queued"), tuple(once.values()))
            self._jobs[kept.job.job_id] = kept
            self._begun(kept)
            self._wake()
            return kept.job.job_id

    @property
    def revision(self) -> str:
        """Another one after every change, and in every process."""
        return f"{self._name}-{self._changes}"

    def jobs(self) -> list[Job]:
        """Newest first."""
        with self._changed:
            return [kept.snapshot() for kept in reversed(self._jobs.values())]

    def job(self, job_id: str) -> Job:
        """Raises NotInLibrary."""
        with self._changed:
            return self._kept(job_id).snapshot()

    def cancel(self, job_id: str) -> None:
        """What it has not taken in yet stays out. No effect on a job that has ended. Raises NotInLibrary."""
        with self._changing():
            kept = self._kept(job_id)
            if kept.job.state == "queued":
                kept.job = replace(kept.job, state="cancelled")
                self._ended(job_id)
            elif kept.job.state == "running":
                kept.job = replace(kept.job, cancelling=True)

    def retry(self, job_id: str) -> None:
        """The same job once more, with what it did not take in. Raises NotInLibrary, UsageError."""
        with self._changing():
            kept = self._kept(job_id)
            if not kept.snapshot().retryable:
                raise UsageError("This job has nothing left to try again.")
            kept.again()
            self._begun(kept)
            self._wake()

    def close(self, timeout: float = 10) -> None:
        """Ends what runs, within `timeout` seconds, and deletes the files of uploads."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._worker:
            self._worker.join(timeout)
        for kept in self._jobs.values():
            delete_uploads(kept.sources)
        if self._journal:
            self._journal.close()

    def wait(self, job_id: str, timeout: float) -> Job:
        """The job once it has ended, or as it is after `timeout` seconds. Raises NotInLibrary."""
        with self._changed:
            kept = self._kept(job_id)
            self._changed.wait_for(lambda: kept.job.state in ENDED, timeout)
            return kept.snapshot()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ----------------------------------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._changed:
            yield
            self._changes += 1
            self._changed.notify_all()

    def _kept(self, job_id: str) -> KeptJob:
        if job_id not in self._jobs:
            raise NotInLibrary("There is no such ingest job.", "The oldest finished ones are forgotten; see the list.")
        return self._jobs[job_id]

    def _make_room(self) -> None:
        if sum(kept.job.state == "queued" for kept in self._jobs.values()) >= MOST_WAITING:
            raise UsageError(f"{MOST_WAITING} ingest jobs are waiting already.", "Try again when some are done.")
        ended = [job_id for job_id, kept in self._jobs.items() if kept.job.state in ENDED]
        for job_id in ended[: max(0, len(self._jobs) + 1 - MOST_JOBS)]:
            delete_uploads(self._jobs.pop(job_id).sources)
            self._ended(job_id)

    def _begun(self, kept: KeptJob) -> None:
        if self._journal:
            self._journal.begin(kept.job.job_id, kept.todo)

    def _ended(self, job_id: str) -> None:
        if self._journal:
            self._journal.end(job_id)

    def _wake(self) -> None:
        if self._worker is None:
            self._worker = threading.Thread(target=self._work, name="footnote-ingest", daemon=True)
            self._worker.start()

    def _work(self) -> None:
        while kept := self._next():
            ended = self._run(kept)
            with self._changing():
                if ended.state != "cancelled" or kept.job.cancelling:  # else it was cut off by `close`
                    self._ended(kept.job.job_id)
                kept.end(ended)

    def _next(self) -> KeptJob | None:
        """The job that waits longest, running from now on; None when closed."""
        with self._changing():
            self._changed.wait_for(lambda: self._closed or self._queued())
            if self._closed:
                return None
            kept = self._queued()[0]
            kept.job = replace(kept.job, state="running")
            return kept

    def _queued(self) -> list[KeptJob]:
        return [kept for kept in self._jobs.values() if kept.job.state == "queued"]

    def _run(self, kept: KeptJob) -> Job:
        """The job as it ended, without its items."""
        try:
            for outcome in self._ingest(kept):
                with self._changing():
                    kept.note(outcome)
                self._ingested(outcome)
            return replace(kept.job, state="done")
        except _Stopped:
            return replace(kept.job, state="cancelled")
        except FootnoteError as error:
            return replace(kept.job, state="failed", reason=error.message, remedy=error.remedy)
        except Exception as error:
            remedy = f"Try again; if it stays, look for error {unexpected(error)} in the log."
            return replace(kept.job, state="failed", reason="Something went wrong on our side.", remedy=remedy)

    def _ingest(self, kept: KeptJob) -> Iterator[Outcome]:
        def found(more: int) -> None:
            with self._changing():
                kept.total += more

        def moved(uri: str, step: Step) -> None:
            with self._changing():
                self._stop_if_told(kept)
                kept.move(uri, step)

        running = ingest(
            kept.todo, self._library, self._embedder, self._settings, fetch=self._fetch, found=found, moved=moved
        )
        for outcome in running:
            yield outcome
            self._stop_if_told(kept)

    def _stop_if_told(self, kept: KeptJob) -> None:
        if self._closed or kept.job.cancelling:
            raise _Stopped


# --------------------------------------------------------------------------------------------------


class _Stopped(Exception):
    """Raised into the pipeline to end a run."""
