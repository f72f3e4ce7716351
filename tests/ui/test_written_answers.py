"""What a chat model wrote, on the page and on a terminal: words, with doubt where nothing bears them."""

import re
from html import escape

import pytest

from qa.domain import Answer, Citation, Claim
from tests.ui.pages import answer, article, evidence
from ui import render, terminal
from ui.conversation import Exchange, Pending

COST = evidence(article(), "The repair will cost £41 million.")
CLAIMS = (
    Claim("It will cost £41 million.", (Citation(1, 0.8),)),
    Claim("It will cost £99 million.", (Citation(1, 0.0),)),
    Claim("All is well.", ()),
)
HOSTILE = [
    "![x](http://evil.example/?q=1)",
    "[Click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    '<a href="http://evil.example">here</a>',
    "http://evil.example",
    "<script>alert(1)</script>",
    "${alert(1)} {{alert(1)}}",
]


def written(*claims: Claim) -> Answer:
    made = answer(COST)
    return Answer(made.question, made.standalone_question, claims, made.evidence, 0.9)


def page(outcome: Answer | Pending) -> str:
    return "".join(render.conversation([Exchange("What?", outcome)]))


def test_the_page_marks_what_its_source_does_not_bear_and_what_has_none() -> None:
    shown = re.findall(r'<p class="fn-claim".*?</p>', page(written(*CLAIMS)), re.DOTALL)
    assert ["fn-doubt" in claim for claim in shown] == [False, True, True]
    assert "Not borne out by its source" in shown[1]
    assert "No source" in shown[2]
    assert "fn-cite" not in shown[2]


def test_sentences_as_they_stand_are_never_doubted() -> None:
    assert "fn-doubt" not in page(answer(COST))


def test_the_terminal_says_so_too(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.reply(written(*CLAIMS), as_json=False)
    first, second, third, *_ = capsys.readouterr().out.splitlines()
    assert first == "It will cost £41 million. [1]"
    assert second == "It will cost £99 million. [1] (not borne out by its source)"
    assert third == "All is well. (no source)"


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_model_writes_becomes_a_link_a_picture_or_a_script(text: str) -> None:
    for shown in (page(written(Claim(text, (Citation(1, 0.0),)))), page(Pending((COST,), text))):
        assert not re.search(r"<(?:a|img|script)\b|href=|src=\w", re.sub(r"&lt;.*?&gt;", "", shown))
        assert escape(text) in shown
