"""Read this first: a data set, an answerer and a library -> a report. `footnote eval` calls `evaluate`."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evals.cases import Dataset
from evals.gold import Missing, Resolver, Shelf
from evals.records import Record
from evals.report import build
from evals.runner import Answers, Asked, run
from evals.statistics import DRAWS


def evaluate(
    dataset: Dataset,
    answers: Answers,
    shelf: Shelf,
    *,
    system: str = "footnote",
    withheld: bool = False,
    settings: Mapping[str, Any] | None = None,
    progress: Callable[[int, int], None] | None = None,
    draws: int = DRAWS,
) -> tuple[dict[str, Any], list[Record]]:
    """The report and the records it was made from.

    With `withheld`, every case that has gold is asked a second time with its gold's articles left out, which makes
    questions that the library does not answer. `progress` is told (done, of how many) after every case.
    """
    started = time.perf_counter()
    asked, missing = plan(dataset, shelf, withheld)
    records: list[Record] = []
    for record in run(asked, answers, shelf):
        records.append(record)
        if progress:
            progress(len(records), len(asked))
    took = time.perf_counter() - started
    noted = {**(settings or {}), "withheld": withheld}
    report = build(dataset.name, records, system=system, missing=missing, settings=noted, took=took, count=draws)
    return report, records


def plan(dataset: Dataset, shelf: Shelf, withheld: bool = False) -> tuple[list[Asked], Sequence[Missing]]:
    """What will be asked, and the gold that the library lacks."""
    resolver = Resolver(shelf)
    resolved = [resolver.resolve(case) for case in dataset.cases]
    asked = [Asked(one) for one in resolved]
    if withheld:
        asked += [Asked(one, withheld=True) for one in resolved if one.parts]
    return asked, [gold for one in resolved for gold in one.missing]
