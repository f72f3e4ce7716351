"""Records -> a report: one JSON object for machines, one table for terminals."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evals.figures import denominators, figures, seconds
from evals.gold import Missing
from evals.records import Record
from evals.statistics import DRAWS, draws, interval
from evals.wording import written

MAIN = ("hit@1", "hit@10", "mrr", "passage_hit@4", "article_hit@1", "citation_f1", "refusal_f1", "auroc")
"""The columns of the table by kind of question."""


def build(
    dataset: str,
    records: Sequence[Record],
    *,
    system: str = "footnote",
    missing: Sequence[Missing] = (),
    settings: Mapping[str, Any] | None = None,
    took: float = 0.0,
    count: int = DRAWS,
) -> dict[str, Any]:
    """The document of `footnote eval --json`. `count` is how many bootstrap draws the intervals take (0: no intervals).

    `failures` are cases that raised: apart from every metric but `failure_rate`, whose denominator is all cases.
    `counts` says from how many cases each mean was taken; `without_gold` cases are in none, since the library
    holds none of their gold, which `missing_gold` lists.
    """
    failures = [record for record in records if record.error]
    return {
        "dataset": dataset,
        "system": system,
        "cases": len(records),
        "metrics": {**values(records), "failure_rate": len(failures) / max(len(records), 1), **seconds(records)},
        "intervals": intervals(records, count),
        "counts": {
            "cases": len(records),
            "scored": sum(r.scored for r in records),
            "failure_rate": len(records),
            **denominators(records),
        },
        "by_kind": by_kind(records),
        "failures": [{"id": r.id, "question": r.question, "error": r.error} for r in failures],
        "missing_gold": [_missing_row(gold) for gold in missing],
        "without_gold": [record.id for record in records if not record.scored and not record.error],
        "settings": dict(settings or {}),
        "seconds": took,
    }


def values(records: Sequence[Record]) -> dict[str, float]:
    """Every figure that has a value, by name."""
    ones = np.ones(len(records))
    found = {name: figure(ones) for name, figure in figures(records).items()}
    return {name: value for name, value in found.items() if value is not None}


def intervals(records: Sequence[Record], count: int = DRAWS) -> dict[str, list[float]]:
    """The 95% interval of every figure, articles drawn with their questions, or questions where articles are few."""
    if not count or not records:
        return {}
    drawn = draws([record.cluster or record.id for record in records], count)
    found = {name: interval(figure, drawn) for name, figure in figures(records).items()}
    return {name: list(bounds) for name, bounds in found.items() if bounds is not None}


def by_kind(records: Sequence[Record]) -> dict[str, dict[str, float]]:
    """The figures of every kind of question, with the number of its cases."""
    kinds = sorted({record.kind for record in records if record.kind})
    groups = {kind: [record for record in records if record.kind == kind] for kind in kinds}
    return {kind: {"cases": len(group), **values(group)} for kind, group in groups.items()}


def as_text(report: Mapping[str, Any]) -> str:
    """The report for a terminal, in plain aligned columns."""
    parts = [
        f"{report['dataset']}: {report['cases']} cases asked of {report['system']} in {report['seconds']:.1f} s",
        _columns(_metric_rows(report)),
        _columns(_kind_rows(report)),
        _listed("Failed", [f"{f['id']}: {f['error']}" for f in report["failures"]]),
        _listed("Gold that the library does not hold", [_missing_line(gold) for gold in report["missing_gold"]]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


# ----------------------------------------------------------------------------------------------------------------


def _missing_row(gold: Missing) -> dict[str, str]:
    return {"id": gold.case_id, "uri": gold.uri, "quote": gold.quote, "reason": gold.reason}


def _missing_line(gold: Mapping[str, str]) -> str:
    return f"{gold['id']}: {gold['reason']}: {gold['uri']}: {gold['quote'][:80]}"


def _metric_rows(report: Mapping[str, Any]) -> list[list[str]]:
    rows = [["metric", "value", "95% interval", "cases"]]
    for name, value in report["metrics"].items():
        low_high = report["intervals"].get(name)
        bounds = " - ".join(written(name, bound) for bound in low_high or ())
        rows.append([name, written(name, value), bounds, str(report["counts"].get(name, ""))])
    return rows


def _kind_rows(report: Mapping[str, Any]) -> list[list[str]]:
    kinds: Mapping[str, Mapping[str, float]] = report["by_kind"]
    shown = [name for name in MAIN if any(name in group for group in kinds.values())]
    if len(kinds) < 2:
        return []
    rows = [[kind, str(group["cases"]), *(_value(name, group) for name in shown)] for kind, group in kinds.items()]
    return [["kind", "cases", *shown], *rows]


def _value(name: str, group: Mapping[str, float]) -> str:
    return written(name, group[name]) if name in group else ""


def _columns(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        f"{row[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )


def _listed(heading: str, lines: Sequence[str], most: int = 20) -> str:
    if not lines:
        return ""
    more = [f"  ... and {len(lines) - most} more; --json lists them all"] if len(lines) > most else []
    return "\n".join([f"{heading}: {len(lines)}", *(f"  {line}" for line in lines[:most]), *more])
