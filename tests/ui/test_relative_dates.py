"""Which words of a quote need the article's date beside them, and where the date is shown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.domain import Answer, ArticleRef, Citation, Claim, Difference, Evidence, PassageText, Said
from ui import render, terminal
from ui.conversation import Exchange
from ui.relative_dates import as_of, relative_dates


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("It was handed to councillors on Monday evening.", ["Monday"]),
        ("Sales fell last year and again this month, two weeks ago.", ["last year", "this month", "two weeks ago"]),
        ("Yesterday's vote was lost.", ["Yesterday"]),
        ("The bridge opened on Monday, 3 May 1967.", []),
        ("The bridge opened on Monday 3 May.", []),
        ("The Monday Club met in 1967; next of kin came.", ["Monday"]),
        ("Nothing lasts.", []),
    ],
)
def test_words_that_count_from_the_article_s_date(quote: str, found: list[str]) -> None:
    assert relative_dates(quote) == found


def test_each_is_named_once_and_none_without_a_date() -> None:
    assert as_of("On Monday and on Monday.", "4 May 2025") == "“Monday”: as of 4 May 2025"
    assert as_of("On Monday.", "") == as_of("In 1967.", "4 May 2025") == ""


QUOTE = "Mending it will cost <£52m>, councillors heard on Monday."
ITEM = Evidence(
    ArticleRef(1, 1, "a", "Title", "Post", "2025-11-04", ""), 0, 57, QUOTE, PassageText(0, 57, QUOTE), {"sentence": 1.0}
)
DIFFERENCE = Difference(Said("<£38m>", 1, "2025-11-06"), Said("£52m", 2, "2025-11-04"))
ANSWER = Answer("Q?", "Q?", (Claim(QUOTE, (Citation(1, 1.0),)),), (ITEM, ITEM), 0.9, difference=DIFFERENCE)
LINE = "Two articles differ: <£38m> [1] (6 November 2025), £52m [2] (4 November 2025)."


def test_the_terminal_says_both_outside_the_quote(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.reply(ANSWER, as_json=False)
    shown = capsys.readouterr().out
    assert f"“{QUOTE}”\n    “Monday”: as of 2025-11-04\n" in shown
    assert LINE in shown


def test_the_page_says_both_escaped() -> None:
    (html,) = render.conversation([Exchange("Q?", ANSWER)])
    assert "“Monday”: as of 4 November 2025</p>" in html
    assert "Two articles differ: &lt;£38m&gt; [1] (6 November 2025)" in html
    (plain,) = render.conversation([Exchange("Q?", replace(ANSWER, difference=None))])
    assert "differ" not in plain


@given(st.lists(st.sampled_from(["Yesterday", "on Monday,", "last year", "3 May 2020", "two weeks ago", "x", "."])))
def test_what_is_found_stands_in_the_text_and_is_named_once(parts: list[str]) -> None:
    text = " ".join(parts)
    found = relative_dates(text)
    assert len(set(found)) == len(found)
    assert all(words in text for words in found)
    said = as_of(text, "4 May 2025")
    assert bool(said) is bool(found)
    assert all(f"“{words}”" in said for words in found)
    assert as_of(text, "") == ""
