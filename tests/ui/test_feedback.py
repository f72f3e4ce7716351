import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evals.case_store import CaseStore
from qa.domain import Turn
from qa.errors import UsageError
from tests.ui.pages import answer, article, evidence, refusal
from ui import feedback
from ui.conversation import Conversation, Exchange, Failure
from ui.conversations import Conversations
from ui.exchanges import ERASED
from ui.feedback import Feedback, Given
from ui.reply_actions import THANKS, WAIT, Handlers
from ui.running import Desk

COST = evidence(article(), "The repair will cost £41 million.")
TALK: Conversation = (
    Exchange("What will it cost?", answer(COST), key="a"),
    Exchange("Who won?", refusal(COST), key="b"),
    Exchange("Broken?", Failure("No."), key="c"),
)


def clock() -> datetime:
    return datetime(2026, 5, 3, 12, tzinfo=UTC)


def test_a_verdict_is_kept_with_the_exchange_and_what_went_before(tmp_path: Path) -> None:
    Feedback(tmp_path, clock).give(TALK, Given(1, "down", "It was Skelby."), "mara")
    (entry,) = Feedback(tmp_path).entries()
    assert (entry.given_at, entry.user, entry.verdict, entry.reason) == (
        "2026-05-03T12:00:00+00:00",
        "mara",
        "down",
        "It was Skelby.",
    )
    assert entry.exchange.outcome == TALK[1].outcome
    assert entry.history == (Turn("What will it cost?", "The repair will cost £41 million. [1]"),)


def test_the_last_word_counts_for_each_user_and_can_be_taken_back(tmp_path: Path) -> None:
    kept = Feedback(tmp_path, clock)
    for user, verdict in (("mara", "up"), ("ines", "up"), ("mara", "down"), ("ines", "")):
        kept.give(TALK, Given(0, verdict, ""), user)  # type: ignore[arg-type]
    assert [(entry.user, entry.verdict) for entry in kept.entries()] == [("mara", "down")]


def test_many_clicks_are_one_row_the_newest(tmp_path: Path) -> None:
    kept = Feedback(tmp_path, clock)
    for n in range(20):
        kept.give(TALK, Given(0, "up" if n % 2 else "down", str(n)), "mara")
    assert rows(tmp_path) == [("mara", "a", "up", "19")]


def test_a_file_of_before_keeps_the_last_words(tmp_path: Path) -> None:
    Feedback(tmp_path, clock).give(TALK, Given(0, "up", "first"))
    with closing(sqlite3.connect(tmp_path / feedback.NAME)) as file:
        file.executescript("""DROP INDEX feedback_once; PRAGMA user_version = 1;
            INSERT INTO feedback (given_at, user, exchange_key, verdict, reason, exchange, history)
            SELECT given_at, user, exchange_key, 'down', 'second', exchange, history FROM feedback""")
    assert [entry.reason for entry in Feedback(tmp_path).entries()] == ["second"]
    assert rows(tmp_path) == [("", "a", "down", "second")]


def rows(folder: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(folder / feedback.NAME)) as file:
        return file.execute("SELECT user, exchange_key, verdict, reason FROM feedback").fetchall()


def test_what_says_enough_becomes_a_draft_of_a_case(tmp_path: Path) -> None:
    kept = Feedback(tmp_path, clock)
    kept.give(TALK, Given(0, "up", ""))
    kept.give(TALK, Given(0, "", ""))
    kept.give(TALK, Given(1, "down", "of a bad refusal nobody knows what would have answered"))
    (case,) = CaseStore(tmp_path).cases("draft")
    assert (case.question, case.gold[0].quote) == ("What will it cost?", COST.quote)


def test_what_quotes_a_purged_article_is_erased(tmp_path: Path) -> None:
    other = evidence(article(99), COST.quote)
    talk = (*TALK[:2], Exchange("And?", refusal(other), key="d"))
    kept = Feedback(tmp_path, clock)
    for turn in range(3):
        kept.give(talk, Given(turn, "down", "why"))
    assert kept.forget(COST.article.article_id) == 2
    found = kept.entries()
    assert [entry.exchange.outcome for entry in found] == [ERASED, ERASED, talk[2].outcome]
    assert (found[0].exchange.question, found[0].reason) == ("What will it cost?", "why")
    assert [turn.answer for entry in found for turn in entry.history] == ["", "", ""]


def test_what_quotes_an_erased_article_is_not_written(tmp_path: Path) -> None:
    other = evidence(article(99), COST.quote)
    talk = (*TALK[:2], Exchange("And?", answer(other), key="d"))
    kept = Feedback(tmp_path, clock, erased={COST.article.article_id}.__contains__)
    for turn in (0, 1):
        with pytest.raises(UsageError, match="no such reply"):
            kept.give(talk, Given(turn, "up", ""))
    kept.give(talk, Given(2, "up", ""))
    (entry,), (case,) = kept.entries(), CaseStore(tmp_path).cases("draft")
    assert (entry.exchange.outcome, entry.history, case.history) == (talk[2].outcome, (), ())


def test_an_open_page_brings_nothing_of_a_purged_article_back(tmp_path: Path) -> None:
    gone: set[int] = set()
    kept = Conversations(tmp_path, clock, gone.__contains__)
    conversation_id = kept.begin("mara", TALK[0])
    handlers = Handlers(Feedback(tmp_path, clock, gone.__contains__), kept, "skip")
    gone.add(COST.article.article_id)
    kept.forget(COST.article.article_id)
    talk = (*TALK[:1], Exchange("And?", answer(evidence(article(99), COST.quote)), key="d"))
    assert "no such reply" in handlers.judge("mara", {"turn": 0, "verdict": "up"}, talk, Desk(), conversation_id)[2]
    talked, shown, _ = handlers.judge("mara", {"turn": 1, "verdict": "up"}, talk, Desk(), conversation_id)
    assert [one.outcome for one in talked] == [ERASED, talk[1].outcome]
    assert "has been erased" in shown[0]
    assert kept.open("mara", conversation_id)[0].outcome == ERASED
    assert CaseStore(tmp_path).cases("draft")[0].question == talk[1].outcome.question  # type: ignore[union-attr]
    assert COST.quote not in str(handlers.export({"form": "html"}, TALK[:2])[0])


def test_reading_makes_no_file(tmp_path: Path) -> None:
    assert Feedback(tmp_path).entries() == []
    assert Feedback(tmp_path).forget(1) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("turn", [2, 3])
def test_only_a_reply_can_be_judged(tmp_path: Path, turn: int) -> None:
    with pytest.raises(UsageError, match="no such reply"):
        Feedback(tmp_path).give(TALK, Given(turn, "up", ""))


def test_many_at_once_lose_nothing(tmp_path: Path) -> None:
    threads = [
        threading.Thread(target=Feedback(tmp_path).give, args=(TALK, Given(0, "up", ""), f"user {n}"))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(Feedback(tmp_path).entries()) == 12


@pytest.mark.parametrize(
    "event",
    [None, "up", {}, {"turn": -1, "verdict": "up"}, {"turn": True, "verdict": "up"}, {"turn": 0, "verdict": ["up"]}],
)
def test_what_is_no_verdict_is_refused(event: object) -> None:
    with pytest.raises(UsageError):
        feedback.read(event)


def test_a_reason_is_cut_and_may_be_anything() -> None:
    assert feedback.read({"turn": 0, "verdict": "up", "reason": " x" * 2_000}).reason == ("x " * 500)[:-1] + " "
    assert feedback.read({"turn": 0, "verdict": "", "reason": {"a": 1}}) == Given(0, "", "")


def test_judging_shows_the_verdict_and_keeps_it_with_the_conversation(tmp_path: Path) -> None:
    kept = Conversations(tmp_path, lambda: clock() + timedelta(days=1))
    conversation_id = kept.begin("mara", TALK[0])
    handlers = Handlers(Feedback(tmp_path), kept, "skip")
    talked, shown, said = handlers.judge("mara", {"turn": 0, "verdict": "up"}, TALK, Desk(), conversation_id)
    assert (talked[0].verdict, talked[1:], said) == ("up", TALK[1:], "")
    assert 'aria-pressed="true"' in shown[0]
    assert kept.open("mara", conversation_id)[0].verdict == "up"
    event = {"turn": 0, "verdict": "up", "reason": "Clear."}
    assert handlers.judge("mara", event, TALK, Desk(), conversation_id)[2] == THANKS


def test_nothing_is_judged_while_an_answer_comes_or_where_there_is_none(tmp_path: Path) -> None:
    handlers, desk = Handlers(Feedback(tmp_path), Conversations(tmp_path), "skip"), Desk()
    assert "no such reply" in handlers.judge("", {"turn": 2, "verdict": "up"}, TALK, desk, "")[2]
    desk.begin()
    assert handlers.judge("", {"turn": 0, "verdict": "up"}, TALK, desk, "") == ("skip", "skip", WAIT)


def test_an_export_goes_to_the_browser_and_its_lack_is_said(tmp_path: Path) -> None:
    handlers = Handlers(Feedback(tmp_path), Conversations(tmp_path), "skip")
    file, said = handlers.export({"form": "html"}, TALK)
    assert (file["name"], said) == ("footnote-conversation.html", "")
    assert handlers.export({"form": "exe"}, TALK)[0] == "skip"
    assert "nothing to export" in handlers.export({"form": "html"}, ())[1]
