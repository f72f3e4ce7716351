import json
import re
from dataclasses import replace

import pytest

from qa.domain import Citation, Claim, Difference, Said
from qa.errors import UsageError
from tests.ui.pages import LETTER, answer, article, evidence, refusal
from ui import export, mcp_text
from ui.conversation import Conversation, Exchange, Failure, Stopped

BRIDGE = article()
TRADERS = article(2, LETTER, title="Traders [fear] a *lost* summer", publisher="Eastbank Weekly", url="")
COST = evidence(BRIDGE, "The repair will cost £41 million.")
DEAR = evidence(TRADERS, "The repair will cost £38 million, according to the builder.")
TALK: Conversation = (
    Exchange("What will it cost?", answer(COST, DEAR), asked_of="from 3 May 2025"),
    Exchange("Who won?", refusal(DEAR, standalone_question="Who won? (bridge)")),
    Exchange("Broken?", Failure("It broke.", "Ask again.")),
    Exchange("Too long?", Stopped(None, "Well, ")),
)
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3)) ![i](https://evil.example/i)"


def test_markdown_has_each_claim_with_its_footnotes_and_each_footnote_once() -> None:
    text = export.markdown(TALK)
    assert "The repair will cost £41 million. [^1-1]" in text
    assert (
        "[^1-1]: “The repair will cost £41 million.” [Bridge to close for nine months]"
        "(<https://courier.example/bridge>), The Westhaven Courier, 20 April 2026 "
        f"(version 1, characters {COST.start} to {COST.end})"
    ) in text
    used, made = re.findall(r"\[\^([\d-]+)\](?!:)", text), re.findall(r"^\[\^([\d-]+)\]:", text, re.MULTILINE)
    assert used == made == ["1-1", "1-2", "2-1"]
    assert r"Traders \[fear\] a \*lost\* summer" in text
    assert "*Asked of: from 3 May 2025*" in text
    assert "*Understood as: Who won? (bridge)*" in text
    assert "It broke. Ask again." in text
    assert "Well, (stopped)" in text


def test_markdown_of_hostile_words_has_no_html_link_or_picture_of_theirs() -> None:
    from markdown_it import MarkdownIt

    evil = article(3, f"{EVIL} Said.", title=EVIL, publisher=EVIL, published=EVIL, url="javascript:alert(1)")
    made = export.markdown((Exchange(EVIL, answer(evidence(evil, f"{EVIL} Said."))),))
    shown = MarkdownIt().render(made)
    assert not re.search(r"<(script|img|a)\b", shown)
    assert shown.count("<h2>") == 1


@pytest.mark.parametrize("line", ["1. one", "- one", "# one", "+ one", "> one", "a_b_c", "x | y", "~~~", "===", "&lt;"])
def test_markdown_shows_words_as_they_are(line: str) -> None:
    from markdown_it import MarkdownIt

    (shown,) = re.findall(r"<p>(.*)</p>", MarkdownIt().render(export.markdown((Exchange("?", Failure(line)),))))
    assert shown.replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&") == line


@pytest.mark.parametrize("question", ["Who is in C #", "A ##", "#", "C#", "# ##", "1. #", "a \\#", "#1 #"])
def test_a_question_keeps_its_number_signs(question: str) -> None:
    from markdown_it import MarkdownIt

    (shown,) = re.findall("<h2>(.*)</h2>", MarkdownIt().render(export.markdown((Exchange(question, Failure("x")),))))
    assert shown == question


def test_html_leads_from_each_number_to_its_footnote_and_loads_nothing() -> None:
    page = export.html(TALK)
    assert re.findall(r'href="#(note-[\d-]+)"', page) == re.findall(r'id="(note-[\d-]+)"', page)
    assert 'href="https://courier.example/bridge" rel="noopener noreferrer nofollow"' in page
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert not re.search(r"<(script|img|link|iframe)\b|src=", page)


def test_html_of_hostile_words_is_only_text() -> None:
    evil = article(3, f"{EVIL} Said.", title=EVIL, publisher=EVIL, published=EVIL, url="javascript:alert(1)", uri=EVIL)
    found = evidence(evil, f"{EVIL} Said.")
    talk = (Exchange(EVIL, answer(found, notice=EVIL), asked_of=EVIL), Exchange(EVIL, refusal(found, reason=EVIL)))
    page = export.html(talk)
    assert not re.search(r"<(script|img)\b", page)
    assert 'href="javascript' not in page


DOUBTED = replace(
    answer(COST, DEAR, notice="The chat model did not answer."),
    claims=(Claim("It costs £40 million.", (Citation(1, 0.0),)), Claim("Nobody knows.", ())),
    difference=Difference(Said("£41 million", 1, "2026-04-20"), Said("£38 million", 2, "2026-04-19")),
)
DIFFER = "Two articles differ: £41 million [1] (20 April 2026), £38 million [2] (19 April 2026)."


def test_what_the_page_says_against_an_answer_goes_with_it() -> None:
    talk = (Exchange("What will it cost?", DOUBTED), Exchange("Who won?", refusal(DEAR, notice="Nothing is new.")))
    marked = export.markdown(talk)
    assert "It costs £40 million. [^1-1] *(Not borne out by its source)*\n" in marked
    assert "\nNobody knows. *(No source)*\n" in marked
    assert "*" + DIFFER.replace("[", "\\[").replace("]", "\\]") + "*" in marked
    page = export.html(talk)
    assert "<em>(Not borne out by its source)</em></p>" in page
    assert 'Nobody knows. <em>(No source)</em></p><p class="aside" dir="auto">' + DIFFER in page
    told = mcp_text.reply(DOUBTED).splitlines()
    assert told[0] == DOUBTED.text
    assert told[1:4] == ["Not borne out by its source: “It costs £40 million.”", "No source: “Nobody knows.”", DIFFER]
    for form, said in ((marked, "*{}*"), (page, "{}")):
        assert all(said.format(notice) in form for notice in (DOUBTED.notice, "Nothing is new."))
    assert told[4] == DOUBTED.notice
    assert "Nothing is new." in mcp_text.reply(talk[1].outcome)  # type: ignore[arg-type]


@pytest.mark.parametrize(("confidence", "said"), [(0.9, "Strong support"), (0.5, "Partial"), (0.2, "Weak support")])
def test_how_sure_an_answer_is_goes_with_it(confidence: float, said: str) -> None:
    talk = (Exchange("What will it cost?", answer(COST, confidence=confidence)), Exchange("Who?", refusal(DEAR)))
    for form in (export.markdown(talk), export.html(talk)):
        assert form.count(" support: ") == 1
        assert form.index(COST.quote) < form.index(said) < form.index(refusal(DEAR).reason)


def test_json_has_every_reply_as_the_command_line_prints_it() -> None:
    given = json.loads(export.exported(TALK, "json").text)["exchanges"]
    assert [item["question"] for item in given] == ["What will it cost?", "Who won?", "Broken?", "Too long?"]
    assert given[0]["reply"]["evidence"][0]["quote"] == COST.quote
    assert given[1]["reply"]["refused"] is True
    assert (given[2]["reply"], given[2]["failure"]) == (None, "It broke. Ask again.")


def test_a_file_is_named_after_its_form_and_nothing_else_is_made() -> None:
    assert [export.exported(TALK, form).name for form in ("markdown", "html", "json")] == [
        "footnote-conversation.md",
        "footnote-conversation.html",
        "footnote-conversation.json",
    ]
    for form in ("exe", None, ["html"], 1):
        with pytest.raises(UsageError):
            export.exported(TALK, form)
    with pytest.raises(UsageError, match="nothing to export"):
        export.exported((), "html")
