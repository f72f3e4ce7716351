from datetime import date

import pytest

from ingest.pipeline import Outcome
from qa.domain import ArticleRef, Evidence, PassageText, Standing
from qa.why import Why
from tests.ui.pages import article
from ui import render_library as render
from ui.conversation import Failure
from ui.explanation import findings
from ui.job_state import Job, JobItem
from ui.listing import Listing, View
from ui.render_failure import failure
from ui.render_why import explanation

EVIL = "<img src=x onerror=alert(1)>\"'${alert(2)}\u202e"


def ref(number: int = 1, **fields: object) -> ArticleRef:
    given = {
        "uri": f"file:///n/{number}.txt",
        "title": f"Title {number}",
        "publisher": "BBC",
        "published": None,
        "url": "",
    }
    return ArticleRef(number, 1, **(given | fields))  # type: ignore[arg-type]


def item(stage: str, **fields: object) -> JobItem:
    given = Outcome("upload:a.txt", stage, 7, 1, "A title", 12) if "outcome" not in fields else fields["outcome"]
    return JobItem("upload:a.txt", stage, given)  # type: ignore[arg-type]


def test_nothing_that_is_given_becomes_markup() -> None:
    hostile = ref(title=EVIL, publisher=EVIL, uri=f"file:///{EVIL}", published=EVIL)
    outcome = Outcome(EVIL, "failed", reason=EVIL, remedy=EVIL)
    job = Job(
        "0", (EVIL,), "failed", 2, (JobItem(EVIL, "failed", outcome), JobItem(EVIL, "reading")), False, EVIL, EVIL
    )
    taken = Job("1", (EVIL,), "done", 1, (JobItem(EVIL, "added", Outcome(EVIL, "added", 1, 1, EVIL, notes=(EVIL,))),))
    evil = article(text=EVIL, title=EVIL, publisher=EVIL, uri=EVIL, url=EVIL, published=EVIL, authors=(EVIL,))
    quoted = Evidence(hostile, 0, 1, EVIL, PassageText(0, 1, EVIL), {})
    why = Why(hostile, EVIL, 1, 1, Standing(1, 1), Standing(1, 1), 1, 1, 1, 8, quoted, 0.9, 0.9, 0.4, quoted, None)
    pages = [
        render.listing(Listing(View(search=EVIL, publisher=EVIL), (hostile,), 51)),
        render.jobs([job, taken]),
        render.article(evil),
        render.article_text(evil),
        render.finding([EVIL]),
        failure(Failure(EVIL, EVIL, EVIL)),
        render.said(EVIL, EVIL),
        explanation(why, findings(why)),
    ]
    for html in pages:
        assert "<img" not in html
        assert "\u202e" not in html
        assert "\"'" not in html


def test_a_row_opens_its_article_and_is_chosen_by_id() -> None:
    html = render.listing(Listing(View(), (ref(41, published="2026-05-03"),), 1))
    assert 'data-open="41"' in html
    assert 'value="41" aria-label="Choose Title 41"' in html
    assert "3 May 2026" in html
    assert "fn-pager" not in html


def test_a_list_says_how_much_it_holds_and_exports_the_same() -> None:
    view = View("fox & co", "BBC", date(2005, 1, 1), None, "title", 2)
    html = render.listing(Listing(view, (ref(),), 1_234))
    assert "1,234 articles found" in html
    assert 'href="/library/export?search=fox+%26amp%3B' not in html
    assert "/library/export?search=fox+%26+co&amp;publisher=BBC&amp;since=2005-01-01" in html
    assert "Page 2 of 25" in html
    assert 'data-page="1"' in html
    assert 'data-page="3"' in html


@pytest.mark.parametrize(
    ("view", "said"), [(View(), "library is empty"), (View("x"), "No article matches"), (View(page=9), "No article")]
)
def test_an_empty_list_says_why(view: View, said: str) -> None:
    assert said in render.listing(Listing(view, (), 0))


def test_a_running_job_shows_how_far_it_is() -> None:
    job = Job("ab", ("/news",), "running", 40, (item("added"), item("failed"), item("reading", outcome=None)))
    html = render.jobs([job])
    assert "<strong>Running</strong>: 2 of 40 · 1 added · 1 failed" in html
    assert '<progress value="2" max="40"' in html
    assert "Reading <bdi>a.txt</bdi>" in html
    assert 'data-do="cancel"' in html
    assert "data-active" in html
    assert 'data-do="retry"' not in html


def test_an_ended_job_names_what_failed_and_offers_it_again() -> None:
    outcome = Outcome("upload:scan.pdf", "failed", reason="It holds no text.", remedy="Run OCR on it.")
    job = Job("ab", ("scan.pdf", "b"), "done", 2, (JobItem("upload:scan.pdf", "failed", outcome), item("updated")))
    html = render.jobs([job])
    assert "<bdi>scan.pdf</bdi> and 1 more" in html
    assert "It holds no text. Run OCR on it." in html
    assert 'data-do="retry"' in html
    assert 'data-open="7"' in html
    assert "updated, 12 sentences" in html
    assert "data-active" not in html
    assert 'data-taken="1"' in html


def test_what_was_read_only_in_part_is_named_above_the_fold() -> None:
    outcome = Outcome("upload:long.pdf", "added", 8, 1, "A long one", 12, notes=("page 2 has no text layer",))
    job = Job("ab", ("long.pdf", "b"), "done", 2, (JobItem("upload:long.pdf", "added", outcome), item("updated")))
    html = render.jobs([job])
    assert html.index("<bdi>long.pdf</bdi>") < html.index("page 2 has no text layer") < html.index("2 articles")
    assert html.count('class="fn-partly"') == html.count("page 2") == 1


def test_only_so_many_failures_are_written_out() -> None:
    outcome = Outcome("x", "failed", reason="No.")
    job = Job("ab", ("/news",), "done", 60, (JobItem("x", "failed", outcome),) * 60)
    html = render.jobs([job])
    assert html.count("No.") == render.FAILURES
    assert "and 10 more" in html


def test_an_article_shows_what_is_stored_and_what_can_be_done() -> None:
    html = render.article(article(5, published="2026-04-20", version=2))
    for part in (
        "The Westhaven Courier",
        "20 April 2026",
        "version 2",
        'href="https://courier.example/bridge"',
        'data-correct="5"',
        'data-why="5"',
        'value="2026-04-20"',
    ):
        assert part in html


def test_authors_are_shown_so_that_they_can_be_told_apart() -> None:
    html = render.article(article(authors=("Lee, Ann", "Bo Li")))
    assert '<label>Authors, separated by commas or semicolons<input name="authors"' in html
    assert 'value="Lee, Ann; Bo Li"' in html


def test_a_removed_article_is_not_corrected() -> None:
    html = render.article(article(state="removed"))
    assert "data-correct" not in html
    assert "has been removed" in html


def test_a_very_long_text_is_cut_and_says_so() -> None:
    html = render.article_text(article(text="x" * (render.LONGEST_TEXT + 1_500)))
    assert "1,500 more characters" in html
    assert len(html) < render.LONGEST_TEXT + 1_000


def why(**fields: object) -> Why:
    given = {
        "article": ref(),
        "standalone_question": "q",
        "passages": 3,
        "size": 6_204,
        "nearness": Standing(2, 0.61),
        "words": Standing(40, 3.2),
        "rank": 3,
        "score": 1.5,
        "last_read": 0.4,
        "read": 8,
        "best": None,
        "alone": 0.7,
        "confidence": 0.6,
        "threshold": 0.5,
        "first": None,
        "cited": 1,
    }
    return Why(**(given | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "severities", "last"),
    [
        ({}, ["ok", "ok", "warning", "ok", "ok", "ok"], "leads the evidence"),
        ({"rank": 12}, ["ok", "ok", "warning", "error", "ok", "ok"], "leads"),
        (
            {"rank": None, "words": Standing(None, 0), "cited": None},
            ["ok", "ok", "warning", "error", "ok", "warning"],
            "",
        ),
        ({"alone": 0.2, "cited": None}, ["ok", "ok", "warning", "ok", "ok", "warning"], "below the threshold"),
        ({"confidence": 0.2}, ["ok", "ok", "warning", "ok", "warning", "ok"], ""),
    ],
)
def test_an_explanation_names_the_step_where_it_fell_out(
    fields: dict[str, object], severities: list[str], last: str
) -> None:
    found = findings(why(**fields))
    assert [finding.severity for finding in found] == severities
    assert last in found[-1].message


def test_an_article_that_is_gone_needs_no_further_explanation() -> None:
    (found,) = findings(why(passages=0))
    assert "not in the library" in found.message
