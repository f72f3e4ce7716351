"""The nouns of an ingest job: what is seen of it from outside, and what is kept of it while it changes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from ingest.pipeline import Outcome, Step
from ingest.sources import Below, Source, Upload, file_path, is_url

State = Literal["queued", "running", "done", "cancelled", "failed"]
Stage = Literal["reading", "embedding", "added", "updated", "unchanged", "failed", "cancelled"]
ENDED: frozenset[State] = frozenset({"done", "cancelled", "failed"})
_TAKEN = ("added", "updated", "unchanged")


@dataclass(frozen=True, slots=True)
class JobItem:
    """One file, page or entry of a job. `outcome` is there once it has one."""

    uri: str
    stage: Stage
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A snapshot. `sources` are named as people gave them; `total` grows while folders and feeds are looked into.

    `cancelling`: it was told to stop and has not yet. A "failed" job was ended by what `reason` and `remedy` say;
    a "done" one may hold items that failed. `gone`: nothing of it is left that could be tried again.
    """

    job_id: str
    sources: tuple[str, ...]
    state: State
    total: int = 0
    items: tuple[JobItem, ...] = ()
    cancelling: bool = False
    reason: str = ""
    remedy: str = ""
    gone: bool = False

    @property
    def counts(self) -> Counter[Stage]:
        return Counter(item.stage for item in self.items)

    @property
    def retryable(self) -> bool:
        """Whether it ended with something left that could be tried again."""
        left = self.state != "done" or any(item.stage in ("failed", "cancelled") for item in self.items)
        return self.state in ENDED and left and not self.gone


@dataclass(slots=True)
class KeptJob:
    """What changes of a job, under the lock of its `ui.jobs.Jobs`. `todo` is what the next run takes."""

    job: Job
    sources: tuple[Source, ...]
    todo: tuple[Source, ...] = ()
    total: int = 0
    items: dict[str, JobItem] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.todo = self.sources

    def snapshot(self) -> Job:
        return replace(self.job, total=max(self.total, len(self.items)), items=tuple(self.items.values()))

    def move(self, uri: str, step: Step) -> None:
        if step == "replaced":
            self.items.pop(uri, None)
        else:
            self.items[uri] = JobItem(uri, step)

    def note(self, outcome: Outcome) -> None:
        self.items[outcome.uri] = JobItem(outcome.uri, outcome.status, outcome)
        delete_uploads(s for s in self.sources if outcome.status in _TAKEN and name_of(s) == outcome.uri)

    def end(self, ended: Job) -> None:
        self.job = replace(ended, cancelling=False)
        for uri, item in self.items.items():
            if item.outcome is None:
                self.items[uri] = replace(item, stage="cancelled")

    def again(self) -> None:
        """Back into the queue with what is left."""
        self.todo = tuple(self._left())
        self.items = {uri: item for uri, item in self.items.items() if item.stage in _TAKEN}
        self.total = len(self.items)
        self.job = replace(self.job, state="queued", reason="", remedy="")

    def _left(self) -> Iterator[Source]:
        """The failed items of a job that ran to its end; of any other, every source that is not wholly in."""
        if self.job.state != "done":
            yield from (s for s in self.sources if getattr(self.items.get(name_of(s)), "stage", "") not in _TAKEN)
            return
        named = {name_of(source): source for source in self.sources}
        for item in self.items.values():
            if item.stage not in _TAKEN:
                yield named.get(item.uri) or self._source(item.uri)

    def _source(self, uri: str) -> Source:
        """What to ingest for an item that a folder or a feed brought; a fence around the folder stays."""
        if is_url(uri):
            return uri
        path = file_path(uri)
        fences = (s.root for s in self.sources if isinstance(s, Below) and path.is_relative_to(s.path))
        return next((Below(path, root) for root in fences), str(path))


def name_of(source: Source) -> str:
    """A URI where the source has one."""
    return source if isinstance(source, str) else source.uri


def label(source: Source) -> str:
    """As people gave it."""
    if isinstance(source, str):
        return source
    return source.name if isinstance(source, Upload) else str(source.path)


def delete_uploads(sources: Iterable[Source]) -> None:
    for source in sources:
        if isinstance(source, Upload):
            source.path.unlink(missing_ok=True)
