"""The evals page's data -> HTML. Pure; whatever comes from articles, people or models passes `markup.text`."""

from collections.abc import Mapping, Sequence
from typing import assert_never

from evals.background import Progress
from evals.choices import Choice
from ui.conversation import Failure
from ui.draft_writing import WRITING
from ui.evals_views import CaseView, CompareView, Draft, Home, KeptRun, RunView, View
from ui.markup import button, count, tag, text
from ui.render_eval_parts import called, do, how, number, quoted, section, when
from ui.render_eval_runs import COLUMNS, case_page, compare_page, run_page
from ui.render_failure import failure


def view(shown: View) -> str:
    """Whatever the page shows now."""
    match shown:
        case Home():
            return _home(shown)
        case RunView():
            return run_page(shown)
        case CaseView():
            return case_page(shown)
        case CompareView():
            return compare_page(shown)
        case _:
            assert_never(shown)


def turn(event: object) -> str:
    """Which of the browser's events a view answers, for its script: it has several under way at a time."""
    given = event.get("turn") if isinstance(event, Mapping) else None
    return tag("i", "", hidden="", data_turn=given) if isinstance(given, int) else ""


def progress(now: Progress, failed: Failure | None = None) -> str:
    """The strip over the page: how far an evaluation is, or the writing of drafts, or how it ended."""
    if now.live:
        return _strip(_going(now), _bar(now), "" if now.state == "stopping" else do("Stop", "stop"), live=True)
    if now.step == WRITING:
        return _written(now, failed)
    match now.state:
        case "done":
            return _strip(f"Done: {text(now.label)}.", "", do("Open the report", "open", data_run=now.run))
        case "stopped":
            return _strip(
                f"Stopped: {text(now.label)}. What was asked is kept; run the same again and it goes on from there."
            )
        case _:
            return failure(failed or Failure("The evaluation failed."))


# ----------------------------------------------------------------------------------------------------------------


def _strip(said: str, bar: str = "", end: str = "", *, live: bool = False) -> str:
    mark = {"data_live": "yes"} if live else {}
    return tag("div", f"{tag('p', said)}{bar}{end}", cls="fn-ev-strip", role="status", **mark)


def _written(now: Progress, failed: Failure | None) -> str:
    kept = f"{count(now.done, 'question')} {'waits' if now.done == 1 else 'wait'} to be accepted."
    if now.state == "failed":
        return failure(failed or Failure("The questions were not written.")) + (_strip(kept) if now.done else "")
    ended = "Stopped" if now.state == "stopped" else "Done"
    if not now.done:
        kept = "Nothing that could be used came of it."
    elif now.done < now.total and now.state == "done":
        kept += " Of the other sentences it made none that could be used."
    return _strip(f"{ended}: {text(now.label)}. {kept}")


def _going(now: Progress) -> str:
    if now.state == "stopping":
        return f"Stopping: {text(now.label)} …"
    step = f"{text(now.step)} {now.done:,} of {now.total:,}" if now.total else "getting ready"
    rate = now.done / now.seconds if now.seconds > 2 and now.step in ("asking", WRITING) else 0.0
    left = f", about {_duration((now.total - now.done) / rate)} left" if rate else ""
    return f"<strong>{text(now.label)}</strong>: {step}{left}"


def _bar(now: Progress) -> str:
    at = {"value": now.done, "max": now.total} if now.total else {}
    return tag("progress", "", aria_label="How far it is", **at)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _home(home: Home) -> str:
    failed = failure(home.failure) if home.failure else ""
    lead = """<p class="fn-ev-lead">Ask questions whose answers are known, and see how often Footnote finds the
sentence, cites it, and refuses when there is none.</p>"""
    return section("Evals", f"{failed}{lead}{_form(home)}{_runs(home.runs)}{_drafts(home)}", "fn-evals-home")


def _form(home: Home) -> str:
    if not home.choices:
        return f"""<div class="fn-ev-box"><h3>Nothing to ask yet</h3><p>Draft questions from your articles below and
accept the good ones, or put files of cases into <code>{text(str(home.folder))}</code>.</p></div>"""
    options = "".join(tag("option", _choice(choice, home.counts), value=choice.key) for choice in home.choices)
    waits = {"disabled": ""} if home.busy else {}
    run = tag("button", "Run", type="submit", cls="fn-ev-go", **waits)
    return f"""<form class="fn-ev-box fn-ev-form"><h3>Ask</h3>
<label>Cases <select name="cases">{options}</select></label>
<label>At most <input name="limit" type="number" min="1" max="100000" placeholder="all"></label>
<label class="fn-ev-check"><input name="withheld" type="checkbox"> ask each again with the articles that answer it left
out, to see whether it refuses</label>
<label class="fn-ev-check"><input name="baseline" type="checkbox"> ask the usual tutorial set-up instead, to compare
with</label>{run}</form>"""


def _choice(choice: Choice, counts: Mapping[str, int]) -> str:
    if choice.path is None:
        return f"Accepted cases ({counts['accepted']:,})"
    return text(choice.key)


def _runs(runs: Sequence[KeptRun]) -> str:
    if not runs:
        none = "None yet. Those of <code>footnote eval FILE --keep</code> appear here, too."
        return f'<h3>Runs</h3><p class="fn-ev-soft">{none}</p>'
    head = "".join(f'<th title="{name}">{words}</th>' for name, words in {"cases": "cases", **COLUMNS}.items())
    rows = "".join(map(_run_row, runs))
    compare = button("Compare the two chosen", cls="fn-ev-do", data_do="compare", disabled="") if len(runs) > 1 else ""
    head = f'<tr><th></th><th class="fn-ev-named">run</th>{head}</tr>'
    table = f"<table class='fn-ev-runs'><thead>{head}</thead><tbody>{rows}</tbody></table>"
    return f'<h3>Runs</h3><div class="fn-ev-wide">{table}</div>{compare}'


def _run_row(run: KeptRun) -> str:
    label = f"Choose the run of {when(run)} to compare"
    choose = f'<input type="checkbox" name="run" value="{text(run.name)}" aria-label="{label}">'
    opened = do(called(run), "open", "fn-ev-link", data_run=run.name)
    cells = "".join(f"<td>{number(name, run.report['metrics'].get(name))}</td>" for name in COLUMNS)
    named = f'<td class="fn-ev-named">{opened}<span class="fn-ev-soft">{when(run)}{how(run)}</span></td>'
    return f"<tr><td>{choose}</td>{named}<td>{run.report['cases']:,}</td>{cells}</tr>"


def _drafts(home: Home) -> str:
    waiting, accepted, thrown = (home.counts.get(state, 0) for state in ("draft", "accepted", "thrown away"))
    listed = "".join(map(_draft, home.drafts))
    more = f"<p class='fn-ev-soft'>{waiting - len(home.drafts):,} more wait.</p>" if waiting > len(home.drafts) else ""
    said = f"{count(accepted, 'case')} accepted, {thrown:,} thrown away, {waiting:,} waiting."
    about = """Drafts are made from your own articles, or of answers that were marked in the chat. Only those that you
accept are asked. Drafted ones use the article's own words, which makes them easier than what people ask."""
    return f"""<h3>Cases of this library</h3><p class="fn-ev-soft">{about}</p><p>{said}</p>
<ul class="fn-ev-drafts">{listed}</ul>{more}{_making(home)}"""


def _making(home: Home) -> str:
    """What makes further drafts: the articles' own words, and a chat model where there is one."""
    make = do("Draft ten questions", "draft")
    if not home.model:
        return make
    model, waits = f"<bdi>{text(home.model)}</bdi>", {"disabled": ""} if home.busy else {}
    write = do(f"Let {model} write ten", "write", **waits)
    about = f"""What {model} writes is nearer to what people ask. For each question it is sent a few sentences of one
article."""
    return f'<div class="fn-ev-choice">{make}{write}</div><p class="fn-ev-soft">{about}</p>'


def _draft(draft: Draft) -> str:
    case = draft.case
    gold = "".join(map(quoted, draft.quotes)) or '<p class="fn-ev-soft">Gold: none, the library does not answer it.</p>'
    accept = "Accept" if case.answerable else "Accept: it has no answer here"
    away = do("Throw away", "throw", "fn-ev-do fn-ev-quiet", data_case=case.id)
    buttons = do(accept, "accept", data_case=case.id) + away
    kind = f'<span class="fn-ev-kind">{text(case.kind or "case")}</span>'
    answers = f'<p class="fn-ev-soft">Answer: {text(" / ".join(case.answers))}</p>' if case.answers else ""
    asked = f'<p class="fn-ev-asked" dir="auto">{text(case.question)} {kind}</p>'
    return f"<li>{asked}{answers}{gold}<div>{buttons}</div></li>"
