"""Two runs over the same cases: what changed, whether it is more than chance, which cases flipped; and bars for CI."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from math import isnan, nan
from typing import Any

import numpy as np

from evals.figures import NAMES, figures
from evals.records import Record
from evals.statistics import DRAWS, difference, draws, interval
from evals.wording import written
from qa.errors import UsageError

LOWER_IS_BETTER = frozenset(
    {"aurc", "ece", "failure_rate", "dangling_citations", "dropped_citations", "unsupported_claims"}
    | {"fell_back", "tokens_read", "tokens_written", "cost", "seconds"}
)


def compare(before: Sequence[Record], after: Sequence[Record], count: int = DRAWS) -> dict[str, Any]:
    """Over the cases that both runs scored: each figure before and after, with the interval of the difference.

    The bootstrap is paired: both runs see the same draws. `certain` when the interval leaves out zero. `flipped`
    lists the cases that went right, and those that went wrong.
    """
    earlier = {record.id: record for record in before if record.scored}
    pairs = [(earlier[record.id], record) for record in after if record.scored and record.id in earlier]
    first, second = [one for one, _ in pairs], [other for _, other in pairs]
    return {
        "cases": len(pairs),
        "left_out": len({r.id for r in before} | {r.id for r in after}) - len(pairs),
        "metrics": _differences(first, second, count),
        "flipped": {
            "right_now": [_named(b) for a, b in pairs if right(b) and not right(a)],
            "wrong_now": [_named(b) for a, b in pairs if right(a) and not right(b)],
        },
    }


def right(record: Record) -> bool:
    """An answer that cites gold, or a refusal where there is none."""
    return any(record.cited) and not record.refused if record.answerable else record.refused


def check(bars: Iterable[str]) -> None:
    """Before the cases are asked. Raises UsageError for a bar that cannot be read or a metric that no run has."""
    for name, _ in map(_read, bars):
        if name not in NAMES:
            near = get_close_matches(name, sorted(NAMES), 3, 0.5)
            hint = f"Did you mean {', '.join(near)}?" if near else f"There are: {', '.join(sorted(NAMES))}."
            raise UsageError(f"There is no metric {name!r}.", hint)


def below(metrics: Mapping[str, float], bars: Iterable[str]) -> list[str]:
    """What falls short of bars like "hit@1=0.7", in words. For figures where less is better, what exceeds them.

    Raises UsageError for a bar that cannot be read, and for a metric that this run does not have.
    """
    return [shortfall for bar in bars if (shortfall := _shortfall(metrics, bar))]


def as_text(comparison: Mapping[str, Any]) -> str:
    """The comparison for a terminal: figures that certainly changed are starred."""
    rows = [_row(name, change) for name, change in comparison["metrics"].items()]
    flipped = comparison["flipped"]
    lists = [
        "\n".join([f"{heading}: {len(flipped[key])}", *(f"  {c['id']}: {c['question']}" for c in flipped[key])])
        for key, heading in (("right_now", "Right now"), ("wrong_now", "Wrong now"))
    ]
    heading = f"{'':24} {'before':>9} {'after':>9} {'change':>9}  95% interval of the change"
    return "\n".join([f"{comparison['cases']} cases in both runs", heading, *rows, "", *lists]) + "\n"


# ----------------------------------------------------------------------------------------------------------------


def _differences(first: Sequence[Record], second: Sequence[Record], count: int) -> dict[str, Any]:
    if not first:
        return {}
    before, after = figures(first), figures(second)
    drawn = draws([record.cluster or record.id for record in first], count)
    ones = np.ones(len(first))
    found = {}
    for name in before.keys() & after.keys():
        one, other = before[name](ones), after[name](ones)
        if one is not None and other is not None:
            bounds = interval(difference(after[name], before[name]), drawn)
            found[name] = _difference(one, other, bounds)
    return {name: found[name] for name in after if name in found}


def _difference(one: float, other: float, bounds: tuple[float, float] | None) -> dict[str, Any]:
    certain = bounds is not None and (bounds[0] > 0 or bounds[1] < 0)
    return {
        "before": one,
        "after": other,
        "difference": other - one,
        "interval": list(bounds) if bounds else None,
        "certain": certain,
    }


def _named(record: Record) -> dict[str, str]:
    return {"id": record.id, "question": record.question}


def _read(bar: str) -> tuple[str, float]:
    name, _, text = bar.rpartition("=")
    try:
        wanted = float(text)
    except ValueError:
        wanted = nan
    if not name or isnan(wanted):
        raise UsageError(f"{bar!r} is not a bar.", "Write it like hit@1=0.7.")
    return name, wanted


def _shortfall(metrics: Mapping[str, float], bar: str) -> str:
    name, wanted = _read(bar)
    if name not in metrics:
        raise UsageError(f"This run has no metric {name!r}.", f"It has: {', '.join(metrics)}.")
    value = metrics[name]
    lower = name in LOWER_IS_BETTER or name.startswith("seconds")
    if lower:
        return f"{name} is {written(name, value)}, above {wanted}" if value > wanted else ""
    return f"{name} is {written(name, value)}, below {wanted}" if value < wanted else ""


def _row(name: str, change: Mapping[str, Any]) -> str:
    values = [written(name, change["before"]), written(name, change["after"]), written(name, change["difference"], "+")]
    bounds = " .. ".join(written(name, bound, "+") for bound in change["interval"] or ())
    return f"{name:24} {' '.join(f'{value:>9}' for value in values)}  {bounds}{' *' * change['certain']}"
