"""Question -> answerer -> conversation: what happens when somebody asks. Knows nothing of Gradio or HTML."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from qa.answerer import LONGEST_QUESTION
from qa.domain import ArticleRef, Filters, Reply, Retrieved, Token, Turn
from qa.errors import FootnoteError, QuestionError
from ui.caller import unexpected
from ui.conversation import Conversation, Exchange, Failure, Pending, Stopped, turns
from ui.filters import Narrowing
from ui.running import Run

MOST_EXCHANGES = 200
SUGGESTIONS = 4


class Answerer(Protocol):
    """What the chat asks: `qa.answerer.Answerer`, or a fake."""

    def stream(
        self, question: str, turns: Sequence[Turn] = (), filters: Filters = ...
    ) -> Iterator[Retrieved | Token | Reply]: ...


class Stats(Protocol):
    @property
    def articles(self) -> int: ...


class Shelf(Protocol):
    """Where an empty page finds titles."""

    def articles(self, *, limit: int) -> Sequence[ArticleRef]: ...


def ask(
    answerer: Answerer,
    question: object,
    conversation: Conversation,
    run: Run | None = None,
    among: Narrowing = Narrowing(),  # noqa: B008
) -> Iterator[Conversation]:
    """The conversation with the new question, again and again as its outcome grows. Never raises.

    `run` is how it can be left from elsewhere: stopped, or dropped without a further word.
    """
    run = run or Run()
    asked = str(question).strip()
    exchange = Exchange(asked[:LONGEST_QUESTION], asked_of=among.words, key=secrets.token_hex(8))
    try:
        yield (*conversation, exchange)
        _check(asked, conversation)
        for item in run.steps(answerer.stream(asked, turns(conversation), among.filters)):
            exchange = _grown(exchange, item)
            yield (*conversation, exchange)
        if run.stopped and not run.dropped:
            yield (*conversation, _stopped(exchange))
    except Exception as error:
        if not run.dropped:
            yield (*conversation, replace(exchange, outcome=explain(error)))
    finally:
        run.end()


def explain(error: Exception) -> Failure:
    """An error as people may see it; what is not Footnote's own goes to the log under an id, and only there."""
    if isinstance(error, FootnoteError):
        return Failure(error.message, error.remedy)
    remedy = "Ask again; if it stays, look for the error in the log."
    return Failure("Something went wrong on our side.", remedy, unexpected(error))


def suggestions(shelf: Shelf) -> tuple[str, ...]:
    """Titles of articles to ask about on an empty page."""
    return tuple(ref.title for ref in shelf.articles(limit=SUGGESTIONS) if ref.title.strip())


def question_about(title: str) -> str:
    """What is asked when somebody picks a suggested title."""
    return f"What is known about “{title[: LONGEST_QUESTION // 2]}”?"


def _check(question: str, conversation: Conversation) -> None:
    if not question:
        raise QuestionError("The question is empty.", "Type what you would like to know.")
    if len(question) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(question):,} characters.", f"Ask in at most {LONGEST_QUESTION:,} characters."
        )
    if len(conversation) >= MOST_EXCHANGES:
        raise QuestionError("This conversation has become too long.", "Start a new one.")


def _grown(exchange: Exchange, item: Retrieved | Token | Reply) -> Exchange:
    before = exchange.outcome if isinstance(exchange.outcome, Pending) else Pending()
    match item:
        case Retrieved(evidence):
            return replace(exchange, outcome=replace(before, evidence=evidence))
        case Token(piece):
            return replace(exchange, outcome=replace(before, text=before.text + piece))
        case _:
            return replace(exchange, outcome=item)


def _stopped(exchange: Exchange) -> Exchange:
    before = exchange.outcome
    return replace(exchange, outcome=Stopped(before.evidence, before.text)) if isinstance(before, Pending) else exchange
