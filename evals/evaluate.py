"""Read this first: a data set, an answerer and a library -> a report. `footnote eval` gets here through `command`."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.cases import BROAD, Dataset, kept_apart, names
from evals.gold import Missing, Resolver, Shelf
from evals.judge import Judge
from evals.purged import Watch, erased
from evals.records import Record
from evals.report import build
from evals.runner import Answers, Asked, ask
from evals.runs import Contents, Run, key_of, library_fingerprint
from evals.statistics import DRAWS


@dataclass(frozen=True, slots=True)
class Asking:
    """Which cases of a data set are asked, and of what.

    `limit` takes the first so many; `kept_apart` those that training left out with as many digits. With `withheld`,
    every case that has gold is asked a second time with its gold's articles left out, which makes questions that the
    library does not answer; broad ones are not, which another article may answer. With `own_article`, a case is asked
    of the articles that hold its gold alone, which measures reading apart from finding; those without gold are not
    asked then.
    """

    withheld: bool = False
    own_article: bool = False
    limit: int | None = None
    kept_apart: int | None = None

    def cases(self, dataset: Dataset) -> Dataset:
        cases = dataset.cases
        if self.kept_apart is not None:
            cases = tuple(case for case in cases if kept_apart(case, self.kept_apart))
        return Dataset(dataset.name, cases[: self.limit], dataset.articles)

    @property
    def noted(self) -> dict[str, Any]:
        """What a report tells of it; `limit` shows in how many cases there are."""
        return {"withheld": self.withheld} | {
            name: value for name, value in asdict(self).items() if name in ("own_article", "kept_apart") and value
        }


def evaluate(
    dataset: Dataset,
    answers: Answers,
    shelf: Contents,
    *,
    system: str = "footnote",
    asking: Asking = Asking(),
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
    runs: Path | None = None,
    draws: int = DRAWS,
    judge: Judge | None = None,
) -> tuple[dict[str, Any], list[Record]]:
    """The report and the records it was made from.

    `progress` is told (done, of how many) after every case. With `runs`,
    a folder, the run is kept there, and one that was stopped goes on where it stood; failed cases are asked again.
    """
    started = time.perf_counter()
    dataset = asking.cases(dataset)
    noted = {**(settings or {}), **asking.noted, "library_fingerprint": library_fingerprint(shelf)}
    kept = Run(runs, f"{dataset.name}-{system}", key_of(dataset, shelf, system, noted)) if runs else None
    watch = Watch(shelf)
    asked, missing = plan(dataset, shelf, asking)
    records: list[Record] = []
    for record in _asked(asked, answers, shelf, kept, judge, watch):
        records.append(record)
        progress(len(records), len(asked))
    for uri in watch.purged((one.resolved for one in asked), records):
        records = [erased(record, uri) for record in records]
        missing = [gold for gold in missing if not names(gold.uri, uri)]
    took = time.perf_counter() - started
    report = build(dataset.name, records, system=system, missing=missing, settings=noted, took=took, count=draws)
    if kept:
        report["run"] = str(kept.finish(report, records))
        kept.forget(watch.purged((one.resolved for one in asked), records))
    return report, records


def plan(dataset: Dataset, shelf: Shelf, asking: Asking = Asking()) -> tuple[list[Asked], Sequence[Missing]]:
    """What will be asked, and the gold that the library lacks."""
    resolver = Resolver(shelf)
    resolved = [resolver.resolve(case) for case in dataset.cases]
    asked = [Asked(one, alone=asking.own_article) for one in resolved if one.parts or not asking.own_article]
    if asking.withheld:
        asked += [Asked(one, withheld=True) for one in resolved if one.parts and one.case.kind != BROAD]
    return asked, [gold for one in resolved for gold in one.missing]


# ----------------------------------------------------------------------------------------------------------------


def _asked(
    asked: Sequence[Asked], answers: Answers, shelf: Shelf, kept: Run | None, judge: Judge | None, watch: Watch
) -> Iterator[Record]:
    """One record a case, in order: what an earlier attempt left, or asked now."""
    done = kept.records() if kept else {}
    for one in asked:
        record = done.get(one.identity)
        if record is None:
            record = ask(one, answers, shelf)
            record = judge.judged(record) if judge else record
            if kept:
                kept.append(record)
                kept.forget(watch.purged([one.resolved], [record]))
        yield record
