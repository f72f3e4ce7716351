"""Keeping conversations, and the list of them: the handlers over a real store."""

from pathlib import Path
from typing import Any

import pytest

from qa.errors import LibraryUnwritable
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.pages import answer, article, evidence
from ui import chat
from ui.conversation import Conversation, Exchange, Stopped
from ui.conversations import Conversations, Summary
from ui.exchanges import STOPPED
from ui.render_sidebar import listing
from ui.running import Desk
from ui.sidebar import Handlers, Thread

COST = evidence(article(), "The repair will cost £41 million.")
REPLY = answer(COST)
SKIP = object()
EMPTY = ("box", (), ["welcome"], "", (), "")


def start(desk: Desk) -> Any:
    desk.drop()
    return EMPTY


@pytest.fixture
def bar(store: Conversations) -> Handlers:
    return Handlers(store, FakeArticles(article()), start, lambda: "box", SKIP)


def ask(bar: Handlers, question: str, thread: Thread, talked: Conversation = (), user: str = "ada") -> list[Any]:
    return list(bar.keep(user, thread, chat.ask(FakeAnswerer([REPLY]), question, talked)))


def test_a_question_is_kept_before_its_answer_is_there(bar: Handlers, store: Conversations) -> None:
    thread = Thread()
    steps = bar.keep("ada", thread, chat.ask(FakeAnswerer([REPLY]), "What will it cost?", ()))
    _, listed = next(steps)
    assert f'data-id="{thread.conversation_id}"' in listed
    assert f'data-current="{thread.conversation_id}"' in listed
    assert store.open("ada", thread.conversation_id)[0].outcome == STOPPED
    assert [listed for _, listed in steps] == [SKIP] * 2
    assert store.open("ada", thread.conversation_id)[0].outcome == REPLY


def test_the_next_question_goes_into_the_same_conversation(bar: Handlers, store: Conversations) -> None:
    thread = Thread()
    talked, _ = ask(bar, "Cost?", thread)[-1]
    first = thread.conversation_id
    ask(bar, "And who pays?", thread, talked)
    assert thread.conversation_id == first
    assert [exchange.question for exchange in store.open("ada", first)] == ["Cost?", "And who pays?"]


def test_an_answer_that_is_left_half_way_is_kept_as_far_as_it_came(bar: Handlers, store: Conversations) -> None:
    thread = Thread()
    steps = bar.keep("ada", thread, iter([(Exchange("Cost?", key="k"),), (Exchange("Cost?", Stopped(), key="k"),)]))
    next(steps), next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert store.open("ada", thread.conversation_id)[0].outcome == Stopped()


def test_an_empty_question_begins_nothing(bar: Handlers, store: Conversations) -> None:
    thread = Thread()
    ask(bar, "  ", thread)
    assert (thread.conversation_id, store.list("ada")) == ("", [])


def test_where_nothing_can_be_kept_the_answer_comes_all_the_same(tmp_path: Path) -> None:
    class Full(Conversations):
        def begin(self, owner: str, exchange: Exchange, into: str = "") -> str:
            raise LibraryUnwritable("The disk is full.", "Make room.")

    bar = Handlers(Full(tmp_path), FakeArticles(), start, lambda: "box", SKIP)
    steps = ask(bar, "Cost?", Thread())
    assert steps[-1][0][-1].outcome == REPLY
    assert "Conversations are not kept now." in steps[0][1]
    assert "The disk is full." in steps[0][1]
    assert [listed for _, listed in steps[1:]] == [SKIP, SKIP]


class TestOpening:
    @pytest.fixture
    def kept(self, store: Conversations) -> str:
        return store.begin("ada", Exchange("Cost?", REPLY, key="k"))

    def test_shows_it_with_working_citations(self, bar: Handlers, kept: str) -> None:
        desk, thread = Desk(), Thread()
        box, talked, shown, notice, offered, source, listed = bar.open("ada", {"id": kept}, desk, thread, "")
        assert (box, notice, offered, source) == ("box", "", (), "")
        assert talked == (Exchange("Cost?", REPLY),)
        assert 'data-place="0:1"' in shown[0]
        assert 'aria-current="true"' in listed
        assert thread.conversation_id == kept

    def test_leaves_the_question_that_is_under_way(self, bar: Handlers, kept: str) -> None:
        desk = Desk()
        run = desk.begin()
        bar.open("ada", {"id": kept}, desk, Thread(), "")
        assert run is not None
        assert run.dropped

    def test_an_address_leads_to_a_citation(self, bar: Handlers, kept: str) -> None:
        *_, source, _ = bar.enter("ada", {"c": kept, "at": "0:1"}, Desk(), Thread())
        assert "£41 million" in source
        assert 'data-place="0:1"' in source

    @pytest.mark.parametrize("at", ["0:9", "7:1", "x", "0:1<script>"])
    def test_an_address_that_leads_to_none_says_so(self, bar: Handlers, kept: str, at: str) -> None:
        _, talked, *_, source, _ = bar.enter("ada", {"c": kept, "at": at}, Desk(), Thread())
        assert len(talked) == 1
        assert "That is no citation of this conversation." in source
        assert "<script>" not in source

    @pytest.mark.parametrize("user", ["bob", ""])
    def test_another_user_is_told_what_a_wrong_address_is_told(self, bar: Handlers, kept: str, user: str) -> None:
        thread = Thread()
        others = bar.enter(user, {"c": kept}, Desk(), thread)
        nothing = bar.enter(user, {"c": "nothing"}, Desk(), Thread())
        assert others == nothing
        assert "no such conversation" in others[2][0]
        assert thread.conversation_id == ""
        assert "Cost?" not in str(others)

    @pytest.mark.parametrize("event", [None, 7, {}, {"id": None}, {"id": ["x"]}, {"id": "x" * 9_999}])
    def test_odd_events_open_nothing(self, bar: Handlers, kept: str, event: object) -> None:
        assert "no such conversation" in bar.open("ada", event, Desk(), Thread(), "")[2][0]
        assert bar.delete("ada", event, Desk(), Thread(), "")[:6] == (SKIP,) * 6
        assert "Cost?" in bar.rename("ada", event, Thread(), "")

    def test_deleting_the_open_one_empties_the_page(self, bar: Handlers, kept: str, store: Conversations) -> None:
        thread = Thread()
        bar.open("ada", {"id": kept}, Desk(), thread, "")
        assert bar.delete("ada", {"id": kept}, Desk(), thread, "")[:6] == EMPTY
        assert (thread.conversation_id, store.list("ada")) == ("", [])

    def test_deleting_another_one_leaves_the_page(self, bar: Handlers, kept: str) -> None:
        thread = Thread()
        ask(bar, "Who?", thread)
        *page, listed = bar.delete("ada", {"id": kept}, Desk(), thread, "")
        assert page == [SKIP] * 6
        assert "Who?" in listed
        assert "Cost?" not in listed

    def test_renaming_and_searching(self, bar: Handlers, kept: str) -> None:
        listed = bar.rename("ada", {"id": kept, "title": "The bridge"}, Thread(), "")
        assert "The bridge" in listed
        assert "The bridge" in bar.search("ada", Thread(), "million")
        assert "No conversation has these words." in bar.search("ada", Thread(), "sourdough")
        assert "The bridge" not in bar.search("bob", Thread(), "million")


HOSTILE = '</bdi><script>alert(1)</script>" onfocus="alert(2)" ${alert(3)}\u202e'


def test_what_people_called_their_conversations_is_only_shown() -> None:
    shown = listing([Summary("id", HOSTILE, "2026-05-03T10:00:00+00:00")], "", user=HOSTILE)
    assert "<script" not in shown
    assert 'onfocus="' not in shown
    assert "\u202e" not in shown
    assert "3 May 2026" in shown


def test_who_is_signed_in_is_said_with_the_way_out_and_nobody_is_where_there_are_no_users() -> None:
    assert 'action="/sign-out"' in listing([], "", user="ada")
    assert "sign-out" not in listing([], "")


def test_each_page_has_a_thread_of_its_own() -> None:
    from copy import deepcopy

    first = Thread()
    first.conversation_id = "x"
    assert deepcopy(first).conversation_id == ""
