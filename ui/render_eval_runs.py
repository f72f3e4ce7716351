"""A kept run, one of its cases, and two runs compared -> HTML. Pure; only `markup.text` escapes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from evals import html
from evals.compare import LOWER_IS_BETTER, right
from evals.records import Record, Shown
from evals.wording import WORDS
from ui.evals_views import CaseView, CompareView, KeptRun, Quote, RunView
from ui.markup import count, text
from ui.render_eval_parts import called, do, how, number, quoted, section, when

COLUMNS = {"hit@1": "gold first", "citation_f1": "citations, F1", "refusal_f1": "refusals, F1"}


def run_page(view: RunView) -> str:
    report = view.run.report
    took = f"in {report.get('seconds', 0):.1f} s"
    lead = f"{count(report['cases'], 'case')} asked {when(view.run)}{how(view.run)}, {took}."
    warned = _warnings(report)
    parts = [
        f'<p class="fn-ev-lead">{lead}</p>',
        warned,
        _metrics(report),
        f'<div class="fn-ev-plots">{view.drawings}</div>',
    ]
    return section(
        called(view.run), "".join([*parts, _kinds(report), _settings(report), _records(view)]), "fn-run", _BACK
    )


def case_page(view: CaseView) -> str:
    record = view.record
    back = do(f"‹ {called(view.run)}", "open", "fn-ev-link fn-ev-up", data_run=view.run.name)
    kind = f' <span class="fn-ev-kind">{text(record.kind)}</span>' if record.kind else ""
    said = f'<p class="{_state(record)} fn-ev-why">{"✓" if right(record) else "✗"} {text(html.why(record))}{kind}</p>'
    gold = "".join(map(quoted, view.gold)) or "<p>None: the library does not answer it.</p>"
    accepted = (
        f'<p class="fn-ev-soft">Accepted answers: {text(" / ".join(record.answers))}</p>' if record.answers else ""
    )
    standalone = text(record.standalone_question)
    understood = f'<p class="fn-ev-soft" dir="auto">Understood as: {standalone}</p>' if standalone else ""
    evidence = "".join(_evidence(shown, quote) for shown, quote in view.evidence) or "<p>None.</p>"
    replied, found = ("Refused", "What came closest") if record.refused else ("Answer", "Cited, and what came next")
    return section(
        text(record.question),
        f"""{said}{understood}<h3>{replied}</h3><p class="fn-claim" dir="auto">{text(record.text)}</p>
<p class="fn-ev-soft">Confidence {record.confidence:.2f}, {record.seconds * 1_000:,.0f} ms.</p>
<h3>Gold</h3>{gold}{accepted}<h3>{found}</h3>{evidence}""",
        "fn-one-case",
        back,
    )


def compare_page(view: CompareView) -> str:
    found = view.found
    left = f" Left out: {count(found['left_out'], 'case')} that only one has." if found["left_out"] else ""
    lead = f"""<p class="fn-ev-lead">Before: {_one(view.before)}. After: {_one(view.after)}.</p>
<p class="fn-ev-soft">{count(found["cases"], "case")} in both.{left} A change is marked when its interval leaves out
zero.</p>"""
    flipped = found["flipped"]
    lists = _flipped("Right now, wrong before", flipped["right_now"], view.after)
    lists += _flipped("Wrong now, right before", flipped["wrong_now"], view.after)
    return section("Two runs compared", f"{lead}{_changes(found['metrics'])}{lists}", "fn-compare", _BACK)


# ----------------------------------------------------------------------------------------------------------------


def _warnings(report: Mapping[str, Any]) -> str:
    said = []
    if report["settings"].get("confidence_fitted_on_these"):
        said.append("The confidence was fitted on some of these cases: its figures here mean nothing.")
    if report["failures"]:
        said.append(f"{count(len(report['failures']), 'case')} failed and count in no figure but failure_rate.")
    if report.get("missing_gold"):
        lacking = count(len(report["missing_gold"]), "gold sentence")
        said.append(f"The library does not hold {lacking}; cases without any are in no figure.")
    return "".join(f'<p class="fn-notice" role="note">{line}</p>' for line in said)


def _metrics(report: Mapping[str, Any]) -> str:
    named = [(name, words) for name, words in WORDS.items() if name in report["metrics"]]
    rest = [(name, name) for name in report["metrics"]]
    return f"""{_table(report, named)}<details><summary>All {len(rest)} figures</summary>
{_table(report, rest)}</details>"""


def _table(report: Mapping[str, Any], named: Iterable[tuple[str, str]]) -> str:
    rows = "".join(_metric(report, name, words) for name, words in named)
    head = "<th>figure</th><th>value</th><th>95% interval</th><th>cases</th>"
    return f'<div class="fn-ev-wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _metric(report: Mapping[str, Any], name: str, words: str) -> str:
    value, bounds = report["metrics"][name], report["intervals"].get(name)
    between = f"{' – '.join(number(name, bound) for bound in bounds)}{_range(value, *bounds)}" if bounds else ""
    cases = report["counts"].get(name, "")
    label = f'<span title="{text(name)}">{text(words)}</span>'
    return f"<tr><td>{label}</td><td>{number(name, value)}</td><td>{between}</td><td>{cases}</td></tr>"


def _range(value: float, low: float, high: float) -> str:
    """The interval on a line from 0 to 1; nothing where the figure has another scale."""
    if not 0 <= low <= value <= high <= 1:
        return ""
    style = f"--low: {low:.3f}; --high: {high:.3f}; --value: {value:.3f}"
    return f'<span class="fn-ev-range" style="{style}" aria-hidden="true"></span>'


def _kinds(report: Mapping[str, Any]) -> str:
    kinds = report["by_kind"]
    if len(kinds) < 2:
        return ""
    names = [name for name in COLUMNS if any(name in group for group in kinds.values())]
    head = "".join(f'<th title="{name}">{COLUMNS[name]}</th>' for name in names)
    rows = "".join(
        f"<tr><td>{text(kind)}</td><td>{group['cases']}</td>"
        + "".join(f"<td>{number(name, group.get(name))}</td>" for name in names)
        + "</tr>"
        for kind, group in kinds.items()
    )
    table = f"<table><thead><tr><th>kind</th><th>cases</th>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<h3>By kind of question</h3><div class="fn-ev-wide">{table}</div>'


def _settings(report: Mapping[str, Any]) -> str:
    rows = "".join(f"<tr><td>{text(name)}</td><td>{text(str(v))}</td></tr>" for name, v in report["settings"].items())
    return f"""<details><summary>Settings of this run</summary><div class="fn-ev-wide"><table class="fn-ev-plain">
<tbody>{rows}</tbody></table></div></details>"""


def _records(view: RunView) -> str:
    run, total = view.run.name, view.run.report["cases"]
    choice = _choice_of(run, f"All {total:,}", False, view) + _choice_of(run, f"Not right {view.wrong:,}", True, view)
    rows = "".join(_record(run, record) for record in view.records) or "<li>None.</li>"
    wrong = "true" if view.only_wrong else "false"
    steps = [("‹ Earlier", view.at - 1), ("Later ›", view.at + 1)]
    turns = "".join(
        do(said, "open", data_run=run, data_wrong=wrong, data_page=to) for said, to in steps if 0 <= to < view.pages
    )
    pager = f'<div class="fn-ev-pager">{turns}<span class="fn-ev-soft">Page {view.at + 1} of {view.pages}</span></div>'
    return f"""<h3>Cases</h3><div class="fn-ev-choice">{choice}</div><ul class="fn-ev-records">{rows}</ul>
{pager if view.pages > 1 else ""}"""


def _choice_of(run: str, said: str, wrong: bool, view: RunView) -> str:
    pressed = "true" if view.only_wrong is wrong else "false"
    return do(said, "open", data_run=run, data_wrong=str(wrong).lower(), aria_pressed=pressed)


def _record(run: str, record: Record) -> str:
    opened = do(text(record.question), "case", "fn-ev-link", data_run=run, data_case=record.id, dir="auto")
    mark = f'<span class="{_state(record)}">{"✓" if right(record) else "✗"}</span>'
    return f'<li>{mark}<span>{opened}<span class="fn-ev-soft">{text(html.why(record))}</span></span></li>'


def _state(record: Record) -> str:
    return "fn-ev-right" if right(record) else "fn-ev-wrong"


def _evidence(shown: Shown, quote: Quote) -> str:
    marks = f'<span class="fn-ev-kind">cited [{shown.number}]</span> ' if shown.number else ""
    marks += '<span class="fn-ev-kind fn-ev-right">gold</span> ' if shown.parts else ""
    return f'<div class="fn-ev-evidence">{marks}{quoted(quote)}</div>'


def _one(run: KeptRun) -> str:
    return f"{do(called(run), 'open', 'fn-ev-link', data_run=run.name)} {when(run)}{how(run)}"


def _changes(metrics: Mapping[str, Mapping[str, Any]]) -> str:
    if not metrics:
        return "<p>The two runs have no case in common.</p>"
    rows = "".join(_change(name, change) for name, change in metrics.items())
    head = "<th>figure</th><th>before</th><th>after</th><th>change</th><th>95% interval</th>"
    return f'<div class="fn-ev-wide"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _change(name: str, change: Mapping[str, Any]) -> str:
    certain, mark = _judged(name, change)
    between = " … ".join(number(name, bound, "+") for bound in change["interval"] or ())
    said = f"{number(name, change['difference'], '+')} {mark}".strip()
    cells = "".join(f"<td>{number(name, change[when])}</td>" for when in ("before", "after"))
    label = f'<span title="{text(name)}">{text(WORDS.get(name, name))}</span>'
    return f'<tr><td>{label}</td>{cells}<td class="{certain}">{said}</td><td>{between}</td></tr>'


def _judged(name: str, change: Mapping[str, Any]) -> tuple[str, str]:
    """Class and word for a change that is more than chance; more answers are neither better nor worse."""
    if not change["certain"] or name == "answered":
        return "", "changed" if change["certain"] else ""
    better = (change["difference"] < 0) is (name in LOWER_IS_BETTER)
    return ("fn-ev-right", "better") if better else ("fn-ev-wrong", "worse")


def _flipped(heading: str, cases: Sequence[Mapping[str, str]], run: KeptRun) -> str:
    listed = "".join(
        f"<li>{do(text(case['question']), 'case', 'fn-ev-link', data_run=run.name, data_case=case['id'])}</li>"
        for case in cases
    )
    return f'<h3>{heading}: {len(cases)}</h3><ul class="fn-ev-records">{listed}</ul>'


_BACK = do("‹ All runs", "home", "fn-ev-link fn-ev-up")
