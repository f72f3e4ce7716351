"""A report and its records -> one HTML page that loads nothing from anywhere. Every text of a case is escaped."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from evals import plots
from evals.compare import right
from evals.records import Record, Shown
from evals.wording import WORDS, written

STYLE = """
:root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse}td,th{padding:.15rem .8rem .15rem 0;text-align:right}
td:first-child,th:first-child{text-align:left}.wide{overflow-x:auto}body{overflow-wrap:anywhere}
th,td:not(:first-child){white-space:nowrap}svg{max-width:100%;height:auto}
figure{display:inline-block;margin:0 1rem 1rem 0;vertical-align:top;max-width:100%}
figcaption{font-weight:600}svg{font-size:11px;fill:currentColor}
polyline,.axis,.ideal{fill:none;stroke:currentColor}.ideal{stroke-dasharray:4}.axis{opacity:.5}polyline{stroke-width:2}
rect{opacity:.45}details{border-top:1px solid #8886;padding:.4rem 0}summary{cursor:pointer}
.wrong summary::before{content:"✗ "}
.right summary::before{content:"✓ "}mark{background:#7c53;color:inherit}small{opacity:.7}
"""


def page(report: Mapping[str, Any], records: Sequence[Record]) -> str:
    """The whole page, of what a file can hold: half a pair of a character in a question becomes a "?"."""
    title = f"{report['dataset']}: {report['cases']} cases asked of {report['system']}"
    parts = [drawings(report, records), _metrics(report), _settings(report), *_lists(report), _cases(records)]
    whole = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{STYLE}</style><h1>{escape(title)}</h1>{''.join(parts)}</html>\n"
    )
    return whole.encode(errors="replace").decode()


def drawings(report: Mapping[str, Any], records: Sequence[Record]) -> str:
    """The plots, as figures with SVG."""
    kinds = {kind: group["hit@1"] for kind, group in report["by_kind"].items() if "hit@1" in group}
    steps = {
        name.removeprefix("seconds_").removesuffix("_p50"): value * 1_000
        for name, value in report["metrics"].items()
        if name.startswith("seconds_") and name.endswith("_p50") and name != "seconds_p50"
    }
    drawn = [
        plots.line("Risk and coverage", "share answered", "share wrong", plots.risk_coverage(records)),
        plots.line("Reliability", "confidence", "share right", plots.reliability(records), diagonal=True),
        plots.bars("Gold first, by kind of question", kinds) if kinds else "",
        plots.bars("Median time by step", steps, " ms") if steps else "",
    ]
    return "".join(drawn)


def why(record: Record) -> str:
    """What became of a case, in words."""
    if record.error:
        return f"it failed: {record.error}"
    if not record.scored:
        return "the library holds none of its gold"
    if right(record):
        return "cites gold" if record.answerable else "refused, and there is no answer"
    if not record.answerable:
        return "answered, though there is no answer"
    rank = next((rank for rank, parts in enumerate(record.sentences, 1) if parts), None)
    if record.refused:
        return f"refused, though gold stood at rank {rank}" if rank else "refused; gold was not found"
    if rank:
        return f"cites other sentences; gold stood at rank {rank}"
    return "its passage was found, its sentence not" if any(record.passages) else "gold was not found"


# ----------------------------------------------------------------------------------------------------------------


def _metrics(report: Mapping[str, Any]) -> str:
    first = _table(report, [name for name in WORDS if name in report["metrics"]])
    rest = _table(report, report["metrics"])
    folded = f'<details class="all"><summary>All {len(report["metrics"])} figures</summary>{rest}</details>'
    return f"<h2>Metrics</h2>{first}{folded}"


def _table(report: Mapping[str, Any], names: Iterable[str]) -> str:
    rows = "".join(
        f"<tr><td>{escape(WORDS.get(name, name))}{f' <small>{escape(name)}</small>' if name in WORDS else ''}"
        f"<td>{written(name, report['metrics'][name])}<td>{_bounds(name, report['intervals'].get(name))}"
        f"<td>{report['counts'].get(name, '')}"
        for name in names
    )
    return f'<div class="wide"><table><tr><th>figure<th>value<th>95% interval<th>cases{rows}</table></div>'


def _bounds(name: str, interval: Sequence[float] | None) -> str:
    return " – ".join(written(name, bound) for bound in interval or ())


def _settings(report: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><td>{escape(name)}<td>{escape(str(value))}" for name, value in report["settings"].items())
    return f'<h2>Settings</h2><div class="wide"><table>{rows}</table></div>'


def _lists(report: Mapping[str, Any]) -> list[str]:
    failures = [f"{failure['id']}: {failure['error']}" for failure in report["failures"]]
    missing = [f"{gold['id']}: {gold['reason']}: {gold['uri']}: {gold['quote']}" for gold in report["missing_gold"]]
    named = {"Failed": failures, "Gold that the library does not hold": missing}
    return [
        f"<h2>{escape(heading)}: {len(lines)}</h2><ul>{''.join(f'<li>{escape(line)}' for line in lines)}</ul>"
        for heading, lines in named.items()
        if lines
    ]


def _cases(records: Sequence[Record]) -> str:
    return f"<h2>Cases</h2>{''.join(map(_case, records))}"


def _case(record: Record) -> str:
    gold = "".join(f"<li>{escape(quote)}" for quote in record.gold) or "<li>none: the library does not answer it"
    shown = "".join(map(_shown, record.shown))
    return (
        f'<details class="{"right" if right(record) else "wrong"}"><summary>{escape(record.question)} '
        f"<small>{escape(record.id)} · {escape(record.kind)} · {record.confidence:.2f} · {escape(why(record))}</small>"
        f"</summary>{_understood(record)}<p>{'Refused: ' if record.refused else ''}{escape(record.text)}</p>"
        f"<p>Gold</p><ul>{gold}</ul><p>Evidence (gold is marked)</p><ul>{shown}</ul></details>"
    )


def _understood(record: Record) -> str:
    standalone = escape(record.standalone_question)
    return f"<p><small>Understood as: {standalone}</small></p>" if standalone else ""


def _shown(shown: Shown) -> str:
    number = f"[{shown.number}] " if shown.number else ""
    quote = f"<mark>{escape(shown.quote)}</mark>" if shown.parts else escape(shown.quote)
    return f"<li>{number}{quote} <small>{escape(shown.title)} · {escape(shown.uri)}</small>"
