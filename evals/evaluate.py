"""Read this first: a data set, an answerer and a library -> a report. `footnote eval` gets here through `command`."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.cases import Dataset
from evals.gold import Missing, Resolver, Shelf
from evals.judge import Judge
from evals.records import Record
from evals.report import build
from evals.runner import Answers, Asked, ask
from evals.runs import Run, key_of, library_fingerprint
from evals.statistics import DRAWS


def evaluate(
    dataset: Dataset,
    answers: Answers,
    shelf: Shelf,
    *,
    system: str = "footnote",
    withheld: bool = False,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
    runs: Path | None = None,
    draws: int = DRAWS,
    judge: Judge | None = None,
) -> tuple[dict[str, Any], list[Record]]:
    """The report and the records it was made from.

    With `withheld`, every case that has gold is asked a second time with its gold's articles left out, which makes
    questions that the library does not answer. `progress` is told (done, of how many) after every case. With `runs`,
    a folder, the run is kept there, and one that was stopped goes on where it stood; failed cases are asked again.
    """
    started = time.perf_counter()
    noted = {**(settings or {}), "withheld": withheld, "library_fingerprint": library_fingerprint(shelf)}
    kept = Run(runs, f"{dataset.name}-{system}", key_of(dataset, shelf, system, noted)) if runs else None
    asked, missing = plan(dataset, shelf, withheld)
    records: list[Record] = []
    for record in _asked(asked, answers, shelf, kept, judge):
        records.append(record)
        progress(len(records), len(asked))
    took = time.perf_counter() - started
    report = build(dataset.name, records, system=system, missing=missing, settings=noted, took=took, count=draws)
    if kept:
        report["run"] = str(kept.finish(report, records))
    return report, records


def plan(dataset: Dataset, shelf: Shelf, withheld: bool = False) -> tuple[list[Asked], Sequence[Missing]]:
    """What will be asked, and the gold that the library lacks."""
    resolver = Resolver(shelf)
    resolved = [resolver.resolve(case) for case in dataset.cases]
    asked = [Asked(one) for one in resolved]
    if withheld:
        asked += [Asked(one, withheld=True) for one in resolved if one.parts]
    return asked, [gold for one in resolved for gold in one.missing]


# ----------------------------------------------------------------------------------------------------------------


def _asked(
    asked: Sequence[Asked], answers: Answers, shelf: Shelf, kept: Run | None, judge: Judge | None
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
        yield record
