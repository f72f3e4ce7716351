"""The evals page's HTML: what it says in each state, and that nothing of a case is ever more than text."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from evals.background import Progress
from evals.cases import Case, Gold
from evals.choices import Choice
from evals.compare import compare
from evals.records import Shown
from evals.report import build
from tests.evals.makers import record
from ui.conversation import Failure
from ui.evals_views import CaseView, CompareView, Draft, Home, KeptRun, Quote, RunView
from ui.render_evals import progress, turn, view

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>${alert(3)}'
SHOWN = Shown("a.txt", "The bridge", 0, 10, "It closed.", (0,), 1)
RIGHT = record(
    1, question="Who closed it?", cited=((0,),), sentences=((0,),), text="It closed. [1]", shown=(SHOWN,), kind="who"
)
WRONG = record(2, question="When?", refused=True, sentences=((), (0,)), text="The articles do not say.", kind="when")
RECORDS = [RIGHT, WRONG]
RUN = KeptRun("dev-footnote-x-key", datetime(2026, 4, 20, 12, 0, tzinfo=UTC), build("dev", RECORDS, count=10))
QUOTE = Quote("It closed.", "The bridge", "0:1")
CASE = Case("one", "Who closed it?", (Gold("a.txt", "It closed."),), answers=("it",), kind="cloze")
COUNTS = {"draft": 1, "accepted": 2, "thrown away": 0}
HOME = Home([Choice("accepted"), Choice("cases/dev.jsonl")], Path("/l/cases"), COUNTS, [Draft(CASE, (QUOTE,))], [RUN])
RUN_VIEW = RunView(RUN, RECORDS, "<svg/>", False, 0, 1, 1)


def test_the_start_shows_what_can_be_asked_the_runs_and_the_drafts() -> None:
    page = view(HOME)
    assert "Accepted cases (2)" in page
    assert '<option value="cases/dev.jsonl">' in page
    assert 'data-do="open" data-run="dev-footnote-x-key"' in page
    assert "2 cases accepted, 0 thrown away, 1 waiting." in page
    assert 'data-do="accept" data-case="one"' in page
    assert 'data-place="0:1"' in page
    assert "Compare" not in page, "there is only one run"


def test_with_nothing_to_ask_it_says_what_to_do() -> None:
    page = view(replace(HOME, choices=[], runs=[], drafts=[], counts={}))
    assert "Nothing to ask yet" in page
    assert "<code>/l/cases</code>" in page
    assert "None yet." in page
    assert "<form" not in page


def test_while_one_runs_no_other_can_be_started() -> None:
    assert 'type="submit" class="fn-ev-go" disabled' in view(replace(HOME, busy=True))
    assert 'class="fn-ev-go" disabled' not in view(HOME)


def test_a_case_without_gold_says_what_accepting_it_means() -> None:
    page = view(replace(HOME, drafts=[Draft(replace(CASE, gold=()), ())]))
    assert "Accept: it has no answer here" in page


def test_a_run_has_its_figures_with_intervals_and_every_case_with_its_reason() -> None:
    page = view(RUN_VIEW)
    # Gold stands first in one of two cases: hit@1 is 0.5.
    assert '<span title="hit@1">A sentence that answers comes first</span></td><td>0.500</td>' in page
    assert page.count('data-do="case"') == 2
    assert "refused, though gold stood at rank 2" in page
    assert "By kind of question" in page
    assert "Page 1 of" not in page


def test_a_longer_run_has_pages() -> None:
    page = view(replace(RUN_VIEW, at=1, pages=3, only_wrong=True))
    assert "Page 2 of 3" in page
    assert 'data-wrong="true" data-page="0"' in page
    assert 'data-wrong="true" data-page="2"' in page


def test_what_makes_figures_doubtful_is_said() -> None:
    report = dict(RUN.report) | {
        "settings": {"confidence_fitted_on_these": True},
        "failures": [{"id": "x", "question": "?", "error": "broken"}],
        "missing_gold": [{"id": "y"}, {"id": "z"}],
    }
    page = view(replace(RUN_VIEW, run=replace(RUN, report=report)))
    assert "fitted on some of these cases" in page
    assert "1 case failed" in page
    assert "does not hold 2 gold sentences" in page


def test_a_case_shows_answer_gold_and_evidence_and_opens_them() -> None:
    page = view(CaseView(RUN, RIGHT, [QUOTE, Quote("Gone.", "b.txt")], [(SHOWN, QUOTE)]))
    assert "✓ cites gold" in page
    assert "cited [1]" in page
    assert page.count('data-place="0:1"') == 2
    assert "<bdi>b.txt</bdi></span>" in page, "what the library does not hold opens nothing"


def test_a_comparison_says_what_is_better_worse_or_only_different() -> None:
    def change(one: float, other: float, certain: bool = True) -> dict[str, Any]:
        return {"before": one, "after": other, "difference": other - one, "interval": [0.1, 0.2], "certain": certain}

    metrics = {
        "hit@1": change(0.5, 0.7),
        "ece": change(0.1, 0.3),
        "answered": change(0.5, 0.9),
        "mrr": change(1, 0, False),
        "cost": change(0.0002, 0.0004),
    }
    flips = {"right_now": [{"id": "case 2", "question": "When?"}], "wrong_now": []}
    found = {"cases": 9, "left_out": 1, "metrics": metrics, "flipped": flips}
    page = view(CompareView(RUN, RUN, found))
    assert "+0.200 better" in page
    assert "+0.200 worse" in page, "of the calibration error, less is better"
    assert "+0.400 changed" in page
    assert "-1.000</td>" in page
    assert "<td>0.000200</td><td>0.000400</td>" in page, "a small part of a cent"
    assert "Right now, wrong before: 1" in page
    assert "Left out: 1 case that only one has." in page


def test_runs_without_a_case_in_common_are_compared_to_nothing() -> None:
    page = view(CompareView(RUN, RUN, compare([], RECORDS, 10)))
    assert "no case in common" in page


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (Progress("dev"), "getting ready"),
        (
            Progress("dev", step="asking", done=1_000, total=3_000, seconds=100.0),
            "asking 1,000 of 3,000, about 3 min left",
        ),
        (Progress("dev", step="asking", done=9, total=10, seconds=1.0), "asking 9 of 10</p>"),
        (Progress("dev", "stopping"), "Stopping: dev"),
        (Progress("dev", "done", run="the-run"), 'data-do="open" data-run="the-run"'),
        (Progress("dev", "stopped"), "goes on from there"),
        (Progress("Q", step="writing", done=3, total=10, seconds=30.0), "writing 3 of 10, about 70 s left"),
        (Progress("Q", "done", "writing", 10, 10), "Done: Q. 10 questions wait to be accepted.</p>"),
        (Progress("Q", "done", "writing", 1, 10), "1 question waits to be accepted. Of the other sentences"),
        (Progress("Q", "done", "writing", 0, 10), "Done: Q. Nothing that could be used came of it."),
        (Progress("Q", "stopped", "writing", 2, 10), "Stopped: Q. 2 questions wait to be accepted.</p>"),
        (Progress("Q", "failed", "writing", 2, 10), "2 questions wait to be accepted."),
    ],
)
def test_how_far_it_is(now: Progress, said: str) -> None:
    assert said in progress(now)
    assert ("data-live" in progress(now)) is now.live


def test_a_failed_evaluation_says_why() -> None:
    shown = progress(Progress("dev", "failed"), Failure("No model.", "Set one.", "abcd"))
    assert all(words in shown for words in ("No model.", "Set one.", "Error abcd"))
    wrote = progress(Progress("Q", "failed", "writing", 0, 10), Failure("No key.", "Set one."))
    assert "No key." in wrote
    assert "wait" not in wrote, "nothing was written"


def test_a_chat_model_is_offered_to_write_where_there_is_one() -> None:
    assert 'data-do="write"' not in view(HOME)
    page = view(replace(HOME, model="openai:small"))
    assert 'data-do="write">Let <bdi>openai:small</bdi> write ten</button>' in page
    assert "it is sent a few sentences" in page
    assert 'data-do="draft"' in page
    assert 'data-do="write" disabled' in view(replace(HOME, model="openai:small", busy=True))


def test_nothing_of_a_case_is_more_than_text() -> None:
    bad = replace(
        RIGHT,
        id=HOSTILE,
        question=HOSTILE,
        text=HOSTILE,
        kind=HOSTILE,
        answers=(HOSTILE,),
        error=HOSTILE,
        gold=(HOSTILE,),
    )
    quote = Quote(HOSTILE, HOSTILE, HOSTILE)
    report = build(HOSTILE, [bad, replace(bad, id="b", kind="k")], count=10, settings={HOSTILE: HOSTILE})
    run = KeptRun(HOSTILE, RUN.when, report)
    case = Case(HOSTILE, HOSTILE, answers=(HOSTILE,), kind=HOSTILE)
    flips = {"right_now": [{"id": HOSTILE, "question": HOSTILE}], "wrong_now": []}
    found = {"cases": 1, "left_out": 0, "metrics": {}, "flipped": flips}
    pages = [
        view(Home([Choice(HOSTILE, path=Path("x"))], Path(HOSTILE), COUNTS, [Draft(case, (quote,))], [run, run])),
        view(RunView(run, [bad], "", False, 0, 1, 1)),
        view(CaseView(run, bad, [quote], [(replace(SHOWN, quote=HOSTILE), quote)])),
        view(CompareView(run, run, found)),
        view(replace(HOME, model=HOSTILE)),
        progress(Progress(HOSTILE, step=HOSTILE, total=3)),
        progress(Progress(HOSTILE, "done", "writing", 1, 3)),
        progress(Progress(HOSTILE, "done", run=HOSTILE)),
    ]
    for page in pages:
        assert "alert(1)" in page
        assert "<script" not in page
        assert "<img" not in page


@pytest.mark.parametrize(
    ("event", "said"),
    [({"turn": 7}, '<i hidden="" data-turn="7"></i>'), ({"turn": "<b>"}, ""), ({}, ""), ("odd", ""), (None, "")],
)
def test_a_view_says_which_event_it_answers(event: object, said: str) -> None:
    assert turn(event) == said
