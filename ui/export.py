"""A conversation as a file to keep: Markdown and HTML with real footnotes, or JSON. Pure.

Footnote [^2-1] is number 1 of the second question. What articles, people and models say is escaped for each form.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from qa import contract, disagreement
from qa.domain import Answer, Claim, Evidence, Refusal, Reply
from qa.errors import UsageError
from qa.support import doubt
from ui.conversation import Conversation, Exchange, Failure, Stopped, cited
from ui.how_sure import how_sure
from ui.markup import day, tag, text, visible, web_link

TITLE = "Footnote: a conversation"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file for the browser to save."""

    name: str
    media_type: str
    text: str


def exported(conversation: Conversation, form: object) -> Exported:
    """`form` is "markdown", "html" or "json". Raises UsageError for another, and where nothing was asked yet."""
    if not isinstance(form, str) or form not in _FORMS:
        raise UsageError("A conversation can be exported as markdown, html or json.")
    if not conversation:
        raise UsageError("There is nothing to export yet.", "Ask something first.")
    suffix, media_type, write = _FORMS[form]
    return Exported(f"footnote-conversation.{suffix}", media_type, write(conversation))


def markdown(conversation: Conversation) -> str:
    """CommonMark, with footnotes as GitHub, Pandoc and Obsidian read them."""
    parts = [f"# {TITLE}", *(part for turn in enumerate(conversation, 1) for part in _markdown_turn(*turn))]
    notes = [_markdown_note(turn, n, e) for turn, n, e in _notes(conversation)]
    return "\n\n".join([*parts, *notes]) + "\n"


def html(conversation: Conversation) -> str:
    """One page that needs nothing else, and may load nothing."""
    turns = "".join(_html_turn(turn, exchange) for turn, exchange in enumerate(conversation, 1))
    notes = "".join(_html_note(turn, n, e) for turn, n, e in _notes(conversation))
    footnotes = f'<section><h2>Footnotes</h2><ol class="notes">{notes}</ol></section>' if notes else ""
    return f"{_HEAD}<h1>{TITLE}</h1>{turns}{footnotes}</body></html>\n"


def document(conversation: Conversation) -> dict[str, Any]:
    """Each reply as `footnote ask --json` prints it."""
    return {"exchanges": [_document_turn(exchange) for exchange in conversation]}


# --------------------------------------------------------------------------------------------------


def _notes(conversation: Conversation) -> Iterator[tuple[int, int, Evidence]]:
    """Every citation of the conversation, in the order of reading: question and number (both from 1), evidence."""
    for turn, exchange in enumerate(conversation, 1):
        if isinstance(exchange.outcome, Answer | Refusal):
            yield from ((turn, n, exchange.outcome.evidence[n - 1]) for n in cited(exchange.outcome))


def _numbers(claim: Claim, answer: Answer) -> list[int]:
    return [c.number for c in claim.citations if 1 <= c.number <= len(answer.evidence)]


def _asides(exchange: Exchange) -> Iterator[str]:
    """What is said about the question, in plain words."""
    if exchange.asked_of:
        yield f"Asked of: {exchange.asked_of}"
    if isinstance(exchange.outcome, Answer | Refusal):
        standalone = exchange.outcome.standalone_question
        if standalone.split() != exchange.question.split():
            yield f"Understood as: {standalone}"
        if exchange.outcome.notice:
            yield exchange.outcome.notice


def _below(answer: Answer) -> Iterator[str]:
    """What is said of the answer as a whole, as the page says it."""
    if answer.difference:
        yield disagreement.sentence(answer.difference)
    yield how_sure(answer)


def _unanswered(exchange: Exchange) -> str:
    match exchange.outcome:
        case Failure(message, remedy):
            return f"{message} {remedy}".strip()
        case Stopped(_, written):
            return f"{written} (stopped)".strip()
        case _:
            return "(not answered yet)"


def _refused(refusal: Refusal) -> tuple[str, str]:
    return refusal.reason, f"Searched: {refusal.searched}."


# Markdown


def _markdown_turn(turn: int, exchange: Exchange) -> Iterator[str]:
    yield f"## {_plain(exchange.question)}"
    yield from (f"*{_plain(aside)}*" for aside in _asides(exchange))
    match exchange.outcome:
        case Answer() as answer:
            for claim in answer.claims:
                marks = "".join(f"[^{turn}-{n}]" for n in _numbers(claim, answer))
                doubted = f"*({said})*" if (said := doubt(claim)) else ""
                yield " ".join(filter(None, (_plain(claim.text), marks, doubted)))
            yield from (f"*{_plain(said)}*" for said in _below(answer))
        case Refusal() as refusal:
            yield from map(_plain, _refused(refusal))
            if refusal.evidence:
                marks = "".join(f"[^{turn}-{n}]" for n in cited(refusal))
                yield f"What came closest: {marks}"
        case _:
            yield _plain(_unanswered(exchange))


def _markdown_note(turn: int, number: int, evidence: Evidence) -> str:
    article = evidence.article
    title, link = _plain(article.title) or "Untitled", _link(evidence)
    named = f"[{title}](<{link}>)" if link else title
    parts = [named, _plain(article.publisher), _plain(unescape(day(article.published or "")))]
    return f"[^{turn}-{number}]: “{_plain(evidence.quote)}” {', '.join(filter(None, parts))} ({_place(evidence)})"


def _plain(value: str) -> str:
    """One line that Markdown shows as it is."""
    line = " ".join(visible(value).split())
    escaped = re.sub(r"([\\`*_\[\]<>|~$^]|:(?=//)|#$)", r"\\\1", line.replace("&", "&amp;"))
    return re.sub(r"^(\d*)([-+#=.)])", r"\1\\\2", escaped)


def _link(evidence: Evidence) -> str:
    return web_link(evidence.article.url) or web_link(evidence.article.uri)


def _place(evidence: Evidence) -> str:
    return f"version {evidence.article.version}, characters {evidence.start} to {evidence.end}"


# HTML


def _html_turn(turn: int, exchange: Exchange) -> str:
    head = tag("h2", text(exchange.question), dir="auto")
    asides = "".join(tag("p", text(aside), cls="aside", dir="auto") for aside in _asides(exchange))
    return tag("article", head + asides + "".join(_html_outcome(turn, exchange)))


def _html_outcome(turn: int, exchange: Exchange) -> Iterator[str]:
    match exchange.outcome:
        case Answer() as answer:
            for claim in answer.claims:
                marks = "".join(_html_mark(turn, n) for n in _numbers(claim, answer))
                doubted = " " + tag("em", f"({said})") if (said := doubt(claim)) else ""
                yield tag("p", text(claim.text) + marks + doubted, dir="auto")
            yield from (tag("p", text(said), cls="aside", dir="auto") for said in _below(answer))
        case Refusal() as refusal:
            yield from (tag("p", text(said), dir="auto") for said in _refused(refusal))
            yield tag("p", "What came closest:" + _closest(turn, refusal)) if refusal.evidence else ""
        case _:
            yield tag("p", text(_unanswered(exchange)), dir="auto")


def _closest(turn: int, refusal: Reply) -> str:
    return "".join(_html_mark(turn, n) for n in cited(refusal))


def _html_mark(turn: int, number: int) -> str:
    return tag("sup", tag("a", f"[{number}]", href=f"#note-{turn}-{number}"))


def _html_note(turn: int, number: int, evidence: Evidence) -> str:
    article, link = evidence.article, _link(evidence)
    title = text(article.title) or "Untitled"
    named = tag("a", title, href=link, rel="noopener noreferrer nofollow") if link else tag("bdi", title)
    published = day(article.published) if article.published else ""
    parts = [named, tag("bdi", text(article.publisher)) if article.publisher else "", published, text(_place(evidence))]
    said = f"<b>{turn}, [{number}]</b> {tag('q', text(evidence.quote), dir='auto')} {', '.join(filter(None, parts))}"
    return tag("li", said, id=f"note-{turn}-{number}")


# JSON


def _document_turn(exchange: Exchange) -> dict[str, Any]:
    outcome = exchange.outcome
    replied = isinstance(outcome, Answer | Refusal)
    return {
        "question": exchange.question,
        "asked_of": exchange.asked_of,
        "verdict": exchange.verdict,
        "reply": contract.reply(outcome) if isinstance(outcome, Answer | Refusal) else None,
        "failure": "" if replied else _unanswered(exchange),
    }


def _json(conversation: Conversation) -> str:
    return json.dumps(document(conversation), indent=1, ensure_ascii=False) + "\n"


_HEAD = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 44rem; margin: 2rem auto; padding: 0 1rem; font: 17px/1.6 Georgia, serif; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.2rem; }}
h2 {{ font-size: 1.15rem; margin-top: 2.2rem; }}
sup {{ line-height: 0; }}
.aside, .notes {{ font: 15px/1.5 system-ui, sans-serif; }}
.notes {{ list-style: none; padding: 0; }}
.notes li {{ margin-bottom: .8rem; }}
</style></head><body>"""

_FORMS: dict[str, tuple[str, str, Callable[[Conversation], str]]] = {
    "markdown": ("md", "text/markdown", markdown),
    "html": ("html", "text/html", html),
    "json": ("json", "application/json", _json),
}
