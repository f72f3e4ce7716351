"""Any conversation of any words, through every form in which one leaves the page; hypothesis makes them up."""

import json
import re

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from qa import contract
from qa.domain import Answer, Article, Refusal, Reply
from tests import made_up
from tests.ui.test_render import safe
from ui import exchanges, export, mcp_text, render, terminal
from ui.conversation import Conversation, Exchange, Pending, cited, turns
from ui.plain import printable

SOME = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
REPLY = jsonschema.Draft202012Validator(contract.schema("reply"))
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def numbers_of(conversation: Conversation) -> list[str]:
    """Each question's number with each number that its reply shows, in the order of reading."""
    replied = [(turn, e.outcome) for turn, e in enumerate(conversation, 1) if isinstance(e.outcome, Answer | Refusal)]
    return [f"{turn}-{number}" for turn, reply in replied for number in cited(reply)]


@SOME
@given(made_up.exchanges())
def test_what_is_kept_comes_back_but_for_a_question_that_never_ended(exchange: Exchange) -> None:
    back = exchanges.load(exchanges.dump(exchange))
    ended = not isinstance(exchange.outcome, Pending)
    assert (back.question, back.asked_of, back.key, back.verdict) == (
        exchange.question,
        exchange.asked_of,
        exchange.key,
        exchange.verdict,
    )
    assert back.outcome == (exchange.outcome if ended else exchanges.STOPPED)


@SOME
@given(made_up.replies())
def test_every_reply_fits_the_contract_and_quotes_its_passage(reply: Reply) -> None:
    document = json.loads(json.dumps(contract.reply(reply)))
    REPLY.validate(document)
    for one in document["evidence"]:
        passage = one["passage"]
        assert passage["text"][one["start"] - passage["start"] : one["end"] - passage["start"]] == one["quote"]
    assert document["refused"] is isinstance(reply, Refusal)
    assert len(document.get("difference", [])) == (2 if isinstance(reply, Answer) and reply.difference else 0)


@SOME
@given(made_up.conversations())
def test_the_page_shows_it_without_a_tag_of_theirs(conversation: Conversation) -> None:
    shown = [safe(html) for html in render.conversation(conversation)]
    places = [value for page in shown for name, value in page.attributes if name == "data-place"]
    wanted = {f"{int(turn) - 1}:{number}" for turn, number in (n.split("-") for n in numbers_of(conversation))}
    pending = any(isinstance(exchange.outcome, Pending) for exchange in conversation)
    assert set(places) == wanted or pending


@SOME
@given(made_up.conversations())
def test_markdown_has_a_heading_a_question_and_a_note_for_every_number(conversation: Conversation) -> None:
    made = export.markdown(conversation)
    html = MarkdownIt().render(made)
    assert re.findall(r"^\[\^([\d-]+)\]: “", made, re.MULTILINE) == numbers_of(conversation)
    assert html.count("<h2>") == len(conversation)
    assert not re.search(r"<(script|img|iframe|pre|table|blockquote)\b", html)
    assert all(link == "https://paper.example/a" for link in re.findall(r'<a href="([^"]*)"', html))


@SOME
@given(made_up.conversations())
def test_the_html_leads_from_every_number_to_its_note(conversation: Conversation) -> None:
    body = export.html(conversation).partition("</head>")[2]
    assert re.findall(r'id="note-([\d-]+)"', body) == numbers_of(conversation)
    assert set(re.findall(r'href="#note-([\d-]+)"', body)) == set(numbers_of(conversation))
    tags = set(re.findall(r"<([a-z][a-z0-9]*)", body))
    assert tags <= {"body", "h1", "h2", "article", "p", "sup", "a", "section", "ol", "li", "b", "q", "bdi", "em"}


@SOME
@given(made_up.conversations())
def test_json_has_a_reply_or_says_why_there_is_none(conversation: Conversation) -> None:
    given_back = json.loads(export.exported(conversation, "json").text)["exchanges"]
    assert [item["question"] for item in given_back] == [exchange.question for exchange in conversation]
    for item in given_back:
        assert bool(item["reply"]) is not bool(item["failure"])
        if item["reply"]:
            REPLY.validate(item["reply"])


@SOME
@given(made_up.conversations())
def test_a_follow_up_sees_each_reply_and_no_words_of_a_refusal(conversation: Conversation) -> None:
    replied = [exchange for exchange in conversation if isinstance(exchange.outcome, Answer | Refusal)]
    seen = turns(conversation)
    assert [turn.question for turn in seen] == [exchange.question for exchange in replied]
    assert all(not turn.answer for turn, one in zip(seen, replied, strict=True) if isinstance(one.outcome, Refusal))


@SOME
@given(reply=made_up.replies())
def test_a_terminal_gets_every_quote_and_nothing_that_steers_it(
    capsys: pytest.CaptureFixture[str], reply: Reply
) -> None:
    terminal.reply(reply, as_json=False)
    printed = capsys.readouterr().out
    assert not CONTROL.search(printed)
    for number in cited(reply):
        assert f"[{number}] “{printable(reply.evidence[number - 1].quote)}”" in printed


@SOME
@given(reply=made_up.replies())
def test_a_program_gets_one_line_with_the_same_in_it(capsys: pytest.CaptureFixture[str], reply: Reply) -> None:
    terminal.reply(reply, as_json=True)
    (line,) = capsys.readouterr().out.split("\n")[:-1]
    assert json.loads(line) == json.loads(json.dumps(contract.reply(reply)))


@SOME
@given(made_up.replies())
def test_an_assistant_gets_a_line_a_citation_and_is_told_that_it_is_data(reply: Reply) -> None:
    lines = mcp_text.reply(reply).split("\n")
    notes = [line for line in lines if re.match(r"\[\d+\] “", line)]
    assert lines[-1] == mcp_text.DATA
    assert not any(CONTROL.search(line) for line in lines)
    for number in cited(reply):
        one = reply.evidence[number - 1]
        assert f"[{number}] “{printable(one.quote)}”" in "".join(notes)
        assert f"article {one.article.article_id}, version {one.article.version}, {one.start}-{one.end})" in "".join(
            notes
        )


@SOME
@given(made_up.articles(), st.none() | st.integers(1, 10**6))
def test_an_article_cannot_end_the_mark_around_its_text(article: Article, onward: int | None) -> None:
    lines = mcp_text.fenced(article, article.text, onward).split("\n")
    fence = lines[2]
    assert re.fullmatch("--- [0-9a-f]{16} ---", fence)
    assert [at for at, line in enumerate(lines) if line == fence] == [2, len(lines) - 2]
    assert (f"offset {onward}" in lines[-1]) is (onward is not None)
    assert mcp_text.fenced(article, article.text, onward).split("\n")[2] != fence
