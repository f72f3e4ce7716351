"""Which ingest jobs have not ended, in a file of the library's folder: after a restart they are told of, not lost.

Only what was asked for is kept, as people gave it, until the job ends; the files of uploads are not.
"""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from ingest.pipeline import Outcome
from ingest.sources import Source, Upload
from qa.catalog import Catalog
from qa.errors import FootnoteError, UsageError
from qa.settings import Settings
from ui.allowed import named
from ui.job_state import Job, JobItem, KeptJob, label, name_of

NAME = "jobs.db"
LOCK = "jobs.lock"
KEPT = timedelta(days=7)
"""That a job is told of after it was cut off, unless it is tried again."""

STEPS = (("CREATE TABLE unended (id TEXT PRIMARY KEY, sources TEXT NOT NULL, asked_at TEXT NOT NULL)",),)
_STOPPED = "The service was stopped before this was done."
T = TypeVar("T")
_log = logging.getLogger(__name__)


class Journal:
    """One process at a time has it: what it finds there belongs to nobody who still runs. Any other goes without.

    No method raises: where the file cannot be read or written, jobs go on as they would without it.
    """

    def __init__(self, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        from filelock import FileLock

        self._settings = settings
        self._folder = settings.library
        self._now = now
        self._lock = FileLock(self._folder / LOCK, thread_local=False, is_singleton=False)
        self._opened: Catalog | None = None
        self._closed = False

    def cut_off(self) -> list[KeptJob]:
        """The jobs that ended with an earlier process, oldest first, as jobs that can be tried again."""
        if not (self._folder / NAME).is_file():
            return []
        past = (self._now() - KEPT).isoformat()

        def read(connection: sqlite3.Connection) -> list[tuple[str, str]]:
            connection.execute("DELETE FROM unended WHERE asked_at < ?", (past,))
            return connection.execute("SELECT id, sources FROM unended ORDER BY asked_at, rowid").fetchall()

        return [self._kept(job_id, json.loads(sources)) for job_id, sources in self._do(read) or ()]

    def begin(self, job_id: str, sources: Iterable[Source]) -> None:
        asked = json.dumps([[label(source), isinstance(source, Upload)] for source in sources])
        row = (job_id, asked, self._now().isoformat())
        self._do(lambda file: file.execute("REPLACE INTO unended (id, sources, asked_at) VALUES (?, ?, ?)", row))

    def end(self, job_id: str) -> None:
        self._do(lambda file: file.execute("DELETE FROM unended WHERE id = ?", (job_id,)))

    def close(self) -> None:
        self._closed = True
        if self._opened:
            self._opened.close()
        self._lock.release(force=True)

    # ----------------------------------------------------------------------------------------------

    def _do(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        """None where another process has the journal, or it cannot be kept."""
        try:
            if not self._taken():
                return None
            self._opened = self._opened or Catalog(self._folder, name=NAME, steps=STEPS, private=True)
            with self._opened.writing() as connection:
                return act(connection)
        except (FootnoteError, OSError):
            _log.warning("The journal of ingest jobs could not be kept.", exc_info=True)
            return None

    def _taken(self) -> bool:
        from filelock import Timeout

        if self._closed or self._lock.is_locked:
            return not self._closed
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        return True

    def _kept(self, job_id: str, asked: list[tuple[str, bool]]) -> KeptJob:
        sources = [source for name, uploaded in asked if not uploaded and (source := self._allowed(name))]
        lost = [_lost(name) for name, uploaded in asked if uploaded]
        remedy = "Try again; what is in the library already is no work." if sources else "Add it again."
        job = Job(job_id, tuple(name for name, _ in asked), "failed", reason=_STOPPED, remedy=remedy, gone=not sources)
        return KeptJob(job, tuple(sources), items={item.uri: item for item in lost})

    def _allowed(self, name: str) -> Source | None:
        """None where it may not be ingested any more: the settings may have changed meanwhile."""
        try:
            return named(name, self._settings)
        except UsageError:
            return None


# --------------------------------------------------------------------------------------------------


def _lost(name: str) -> JobItem:
    uri = name_of(Upload(name, Path()))
    gone = Outcome(uri, "failed", reason="The uploaded file is gone.", remedy="Choose it again.")
    return JobItem(uri, "failed", gone)
