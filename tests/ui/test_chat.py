import logging
from collections.abc import Iterator, Sequence

import pytest

from qa.answerer import LONGEST_QUESTION
from qa.domain import Filters, Reply, Retrieved, Token, Turn
from qa.errors import EmbeddingMismatch
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.pages import answer, article, evidence, refusal
from ui import chat
from ui.conversation import Conversation, Exchange, Failure, Pending, Stopped
from ui.running import Run

FOUND = evidence(article(), "The repair will cost £41 million.")


def outcomes(steps: Iterator[Conversation]) -> list[object]:
    return [conversation[-1].outcome for conversation in steps]


def test_a_question_grows_from_nothing_over_evidence_and_text_to_the_reply() -> None:
    reply = answer(FOUND)
    steps = outcomes(chat.ask(FakeAnswerer([reply], tokens=("It ", "costs")), "What will it cost?", ()))
    assert steps == [
        Pending(),
        Pending((FOUND,)),
        Pending((FOUND,), "It "),
        Pending((FOUND,), "It costs"),
        reply,
    ]


def test_earlier_exchanges_stay_in_front_and_are_handed_over_as_turns() -> None:
    answerer = FakeAnswerer([answer(FOUND), refusal(FOUND)])
    (*_, first) = chat.ask(answerer, "Cost?", ())
    (*_, both) = chat.ask(answerer, " And who pays? ", first)
    assert [exchange.question for exchange in both] == ["Cost?", "And who pays?"]
    assert answerer.asked == [
        ("Cost?", ()),
        ("And who pays?", (Turn("Cost?", "The repair will cost £41 million. [1]"),)),
    ]


@pytest.mark.parametrize("question", ["", "  \n ", "\u2003"])
def test_an_empty_question_says_what_to_do_and_asks_nobody(question: str) -> None:
    answerer = FakeAnswerer()
    (*_, last) = outcomes(chat.ask(answerer, question, ()))
    assert last == Failure("The question is empty.", "Type what you would like to know.")
    assert answerer.asked == []


def test_the_longest_question_is_asked_and_a_longer_one_is_not() -> None:
    answerer = FakeAnswerer([answer(FOUND)])
    assert outcomes(chat.ask(answerer, "x" * 2_000, ()))[-1] == answer(FOUND)
    (*_, last) = chat.ask(answerer, "x" * 2_001, ())
    assert isinstance(last[-1].outcome, Failure)
    assert "2,001 characters" in last[-1].outcome.message
    assert len(last[-1].question) == 2_000
    assert len(answerer.asked) == 1


def test_a_raw_request_may_send_anything_for_a_question() -> None:
    answerer = FakeAnswerer([answer(FOUND)] * 3)
    for question in (None, 17, {"path": "/etc/passwd"}):
        assert outcomes(chat.ask(answerer, question, ()))[-1] == answer(FOUND)
    assert [question for question, _ in answerer.asked] == ["None", "17", "{'path': '/etc/passwd'}"]


def test_a_conversation_ends_before_it_fills_the_memory() -> None:
    full = (Exchange("?"),) * chat.MOST_EXCHANGES
    (*_, last) = outcomes(chat.ask(FakeAnswerer(), "One more?", full))
    assert last == Failure("This conversation has become too long.", "Start a new one.")


def test_an_error_of_footnote_is_shown_with_its_remedy() -> None:
    error = EmbeddingMismatch("Another model made it.", "Run reindex.")
    assert outcomes(chat.ask(FakeAnswerer([error]), "Cost?", ()))[-1] == Failure(
        "Another model made it.", "Run reindex."
    )


def test_any_other_error_is_shown_by_an_id_that_finds_it_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        (*_, last) = outcomes(chat.ask(FakeAnswerer([RuntimeError("/home/secret")]), "Cost?", ()))
    assert isinstance(last, Failure)
    assert "secret" not in last.message + last.remedy
    assert last.error_id in caplog.text
    assert "/home/secret" in caplog.text


def test_an_error_half_way_takes_the_place_of_the_evidence() -> None:
    class Breaking:
        def stream(
            self,
            question: str,
            turns: Sequence[Turn] = (),
            filters: Filters = Filters(),  # noqa: B008
        ) -> Iterator[Retrieved | Token | Reply]:
            yield Retrieved((FOUND,))
            raise EmbeddingMismatch("Gone.")

    assert outcomes(chat.ask(Breaking(), "Cost?", ())) == [Pending(), Pending((FOUND,)), Failure("Gone.")]


def test_a_stopped_question_ends_as_stopped_with_what_there_was_and_is_no_turn() -> None:
    answerer, run = FakeAnswerer([answer(FOUND), answer(FOUND)], tokens=("It ", "costs")), Run()
    steps = chat.ask(answerer, "Cost?", (), run)
    for conversation in steps:
        if conversation[-1].outcome == Pending((FOUND,), "It "):
            run.stop()
    assert conversation[-1].outcome == Stopped((FOUND,), "It ")
    assert run.over
    list(chat.ask(answerer, "And now?", conversation))
    assert answerer.asked[1] == ("And now?", ())


def test_a_dropped_question_says_nothing_more() -> None:
    run = Run()
    steps = chat.ask(FakeAnswerer([answer(FOUND)]), "Cost?", (), run)
    assert next(steps)[-1].outcome == Pending()
    run.drop()
    assert list(steps) == []


def test_every_exchange_has_a_key_of_its_own() -> None:
    (*_, once) = chat.ask(FakeAnswerer([answer(FOUND)]), "Cost?", ())
    (*_, twice) = chat.ask(FakeAnswerer([answer(FOUND)]), "Cost?", once)
    assert len({exchange.key for exchange in twice} - {""}) == 2


def test_suggestions_are_the_newest_titles_that_have_words() -> None:
    held = [article(n, title=title) for n, title in enumerate(["Old", "  ", "B", "C", "D", "E"], 1)]
    assert chat.suggestions(FakeArticles(*held)) == ("E", "D", "C", "B")


def test_a_suggestion_becomes_a_question_that_is_never_too_long() -> None:
    assert chat.question_about("Bridge closes") == "What is known about “Bridge closes”?"
    assert len(chat.question_about("x" * 5_000)) <= LONGEST_QUESTION
