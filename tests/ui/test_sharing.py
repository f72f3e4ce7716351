"""One conversation shared with whoever signs in: to be read, until it is taken back, and nothing else with it."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from qa.errors import UsageError
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.pages import answer, article, evidence, running
from tests.ui.test_server import call
from ui import conversation_tables, render, server, users
from ui.conversation import Exchange
from ui.conversations import NAME, Conversations
from ui.exchanges import ERASED
from ui.running import Desk
from ui.sidebar import READING, Handlers, Thread

COST = evidence(article(), "The repair will cost £41 million.")
REPLY = answer(COST)
ADA, BOB = "adas long password", "bobs long password"


@pytest.fixture
def kept(store: Conversations) -> str:
    store.begin("ada", Exchange("What else does Ada ask?", REPLY, key="other"))
    return store.begin("ada", Exchange("Cost?", REPLY, key="k", verdict="down"))


class TestStore:
    def test_nothing_is_shared_until_its_owner_says_so(self, store: Conversations, kept: str) -> None:
        assert [one.shared_as for one in store.list("ada")] == ["", ""]
        for word in ("", kept, "None", "x" * 22):
            with pytest.raises(UsageError, match="shared under this link"):
                store.shared(word)

    def test_what_is_shared_is_read_as_it_stands_without_its_owners_verdicts(
        self, store: Conversations, kept: str
    ) -> None:
        word = store.share("ada", kept)
        assert len(word) >= 22
        assert store.share("ada", kept) == word
        store.begin("ada", Exchange("And why?", REPLY, key="k2"), kept)
        found = store.shared(word)
        assert (found.owner, found.conversation_id) == ("ada", kept)
        assert [(one.question, one.verdict) for one in found.conversation] == [("Cost?", ""), ("And why?", "")]
        assert {one.conversation_id: one.shared_as for one in store.list("ada", "why")} == {kept: word}

    def test_only_its_owner_shares_it_and_takes_it_back(self, store: Conversations, kept: str) -> None:
        with pytest.raises(UsageError, match="no such conversation"):
            store.share("bob", kept)
        word = store.share("ada", kept)
        store.unshare("bob", kept)
        assert store.shared(word).conversation_id == kept

    def test_a_link_that_was_taken_back_stays_dead(self, store: Conversations, kept: str) -> None:
        word = store.share("ada", kept)
        store.unshare("ada", kept)
        again = store.share("ada", kept)
        assert again != word
        with pytest.raises(UsageError, match="shared under this link"):
            store.shared(word)
        store.delete("ada", kept)
        with pytest.raises(UsageError, match="shared under this link"):
            store.shared(again)

    def test_a_purge_reaches_what_is_shared(self, store: Conversations, kept: str) -> None:
        word = store.share("ada", kept)
        store.forget(COST.article.article_id)
        assert store.shared(word).conversation[0].outcome == ERASED

    def test_a_file_from_before_there_was_sharing_is_kept_on(self, tmp_path: Path, kept: str) -> None:
        with sqlite3.connect(tmp_path / "old.db") as old:
            for statement in conversation_tables.STEPS[0]:
                old.execute(statement)
            old.execute("PRAGMA user_version = 1")
            old.execute("INSERT INTO conversation VALUES ('i', 'ada', 'Old', '2026-01-01')")
        (tmp_path / "before").mkdir()
        (tmp_path / "old.db").rename(tmp_path / "before" / NAME)
        before = Conversations(tmp_path / "before")
        assert [(one.title, one.shared_as) for one in before.list("ada")] == [("Old", "")]
        assert before.shared(before.share("ada", "i")).conversation == ()
        before.close()


class TestReading:
    @pytest.fixture
    def bar(self, store: Conversations) -> Handlers:
        def start(desk: Desk) -> Any:
            return ("box", (), ["welcome"], "", (), "")

        return Handlers(store, FakeArticles(article()), start, lambda: "box", object())

    def test_another_user_reads_it_at_the_very_citation(self, bar: Handlers, store: Conversations, kept: str) -> None:
        word, thread = store.share("ada", kept), Thread()
        query = {"s": word, "at": "0:1"}
        _, talked, shown, notice, _, source, listed = bar.enter("bob", query, Desk(), thread)
        assert [one.question for one in talked] == ["Cost?"]
        assert 'data-place="0:1"' in source
        assert notice == READING
        assert "data-verdict" not in shown[0]
        assert (thread.conversation_id, thread.reading) == ("", word)
        assert f'data-reading="{word}"' in listed
        assert "Ada" not in listed
        assert "ada" not in listed + shown[0]

    def test_its_owner_is_in_it_as_ever(self, bar: Handlers, store: Conversations, kept: str) -> None:
        thread = Thread()
        _, _, shown, notice, *_ = bar.enter("ada", {"s": store.share("ada", kept)}, Desk(), thread)
        assert (thread.conversation_id, thread.reading, notice) == (kept, "", "")
        assert "data-verdict" in shown[0]

    def test_a_wrong_link_and_one_that_was_taken_back_are_told_the_same(
        self, bar: Handlers, store: Conversations, kept: str
    ) -> None:
        word = store.share("ada", kept)
        bar.unshare("ada", {"id": kept}, Thread(), "")
        back = bar.enter("bob", {"s": word}, Desk(), Thread())
        assert back == bar.enter("bob", {"s": "x" * len(word)}, Desk(), Thread())
        assert "No conversation is shared under this link." in back[2][0]
        assert "Cost?" not in str(back)

    def test_nobody_else_shares_it_and_without_sign_in_nothing_is_to_be_shared(
        self, bar: Handlers, store: Conversations, kept: str
    ) -> None:
        mine = store.begin("", Exchange("Cost?", REPLY, key="k"))
        for user, conversation_id in (("bob", kept), ("", mine), ("", kept), ("ada", mine)):
            bar.share(user, {"id": conversation_id}, Thread(), "")
        assert [one.shared_as for user in ("ada", "bob", "") for one in store.list(user)] == ["", "", ""]
        assert "Share" not in bar.search("", Thread(), "")
        assert 'data-do="share"' in bar.search("ada", Thread(), "")
        assert 'data-do="unshare"' in bar.share("ada", {"id": kept}, Thread(), "")

    def test_the_next_page_is_ones_own_again(self, bar: Handlers, store: Conversations, kept: str) -> None:
        thread = Thread()
        bar.enter("bob", {"s": store.share("ada", kept)}, Desk(), thread)
        bar.new("bob", Desk(), thread)
        assert thread.reading == ""


def test_what_is_read_can_be_kept_as_a_file_and_not_judged() -> None:
    (shown,) = render.conversation((Exchange("Cost?", REPLY, verdict="up"),), reading=True)
    assert "data-export" in shown
    assert "data-verdict" not in shown


# --- over HTTP, with two users ---


@pytest.fixture(scope="module")
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("sharing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_N", 2**10)
        for name, password in (("ada", ADA), ("bob", BOB)):
            users.add(folder / "users", name, password)
    return Settings(_env_file=None, library=folder / "library", users=folder / "users")


@pytest.fixture(scope="module")
def address(answerer: FakeAnswerer, settings: Settings) -> Iterator[str]:
    with running(server.build(answerer, FakeArticles(article()), settings)) as address:
        yield address


@contextmanager
def signed_in(address: str, name: str, password: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=10, trust_env=False) as client:
        assert client.post("/sign-in", data={"name": name, "password": password}).status_code == 303
        yield client


def test_a_reader_cannot_change_it_whatever_the_browser_sends(
    address: str, answerer: FakeAnswerer, settings: Settings
) -> None:
    answerer.outcomes[:] = [answer(COST), answer(COST)]
    with signed_in(address, "ada", ADA) as ada, signed_in(address, "bob", BOB) as bob:
        call(ada, "load", [], session="a")
        call(ada, "submit", ["What will it cost?"], session="a")
        store = Conversations(settings.library)
        (mine,) = store.list("ada")
        call(ada, "grant", [], {"id": mine.conversation_id}, session="a")
        word = store.list("ada")[0].shared_as
        before = store.open("ada", mine.conversation_id)
        read = json.dumps(_entered(bob, word, "b"))
        assert "41 million" in read
        for event, data in (
            ("judge", {"turn": 0, "verdict": "down"}),
            ("rename", {"id": mine.conversation_id, "title": "Mine now"}),
            ("revoke", {"id": mine.conversation_id}),
            ("delete", {"id": mine.conversation_id}),
        ):
            told = json.dumps(call(bob, event, [], data, session="b"))
        call(bob, "submit", ["And who pays?"], session="b")
        assert store.open("ada", mine.conversation_id) == before
        assert [one.title for one in store.list("ada")] == ["What will it cost?"]
        (theirs,) = store.list("bob")
        assert [one.question for one in store.open("bob", theirs.conversation_id)] == ["And who pays?"]
        assert answerer.asked[-1][1] == (), "what was read is not what was asked before"
        assert not (settings.library / "feedback.db").exists()
        assert "What will it cost?" not in told
        call(ada, "revoke", [], {"id": mine.conversation_id}, session="a")
        assert "41 million" not in json.dumps(_entered(bob, word, "c"))
        store.close()


def _entered(client: httpx.Client, word: str, session: str) -> list[dict[str, object]]:
    """A page that is loaded at the address of what is shared: the browser sends its query along with the call."""
    client.params = httpx.QueryParams(s=word)
    try:
        return call(client, "load", [], session=session)
    finally:
        client.params = httpx.QueryParams()


@pytest.mark.browser
@pytest.mark.slow
def test_the_link_is_made_opened_by_another_and_taken_back(
    browser: Any, address: str, answerer: FakeAnswerer, settings: Settings
) -> None:
    answerer.outcomes[:] = [answer(COST), answer(COST)]
    ada = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    bob = browser.new_context()
    page, theirs = ada.new_page(), bob.new_page()
    _sign_in(page, address, "ada", ADA)
    page.get_by_label("Your question").fill("How much is the repair?")
    page.keyboard.press("Enter")
    page.locator(".fn-claim").first.wait_for()
    page.locator(".fn-cite").first.click()
    page.locator("mark.fn-current").wait_for()
    row = page.locator(".fn-kept li", has_text="How much is the repair?")
    row.get_by_role("button", name="Share: How much is the repair?").click()
    row.get_by_role("button", name="Share", exact=True).click()
    row.get_by_role("button", name="Copy link", exact=True).click()
    row.get_by_text("Shared", exact=True).wait_for(state="attached")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(f"{address}/?")
    assert "s=" in link
    assert link.endswith("at=0:1")
    _sign_in(theirs, link, "bob", BOB)
    theirs.locator("mark.fn-current").wait_for()
    assert theirs.url == link
    theirs.get_by_text(READING).wait_for()
    assert theirs.locator("[data-verdict]").count() == 0
    theirs.get_by_label("Your question").fill("And who pays?")
    theirs.keyboard.press("Enter")
    theirs.wait_for_function("location.search.startsWith('?c=')")
    theirs.locator(".fn-source").wait_for(state="detached")
    assert theirs.locator(".fn-turn").count() == 1
    row.get_by_role("button", name="Stop sharing").click()
    row.get_by_role("button", name="Share", exact=True).wait_for()
    theirs.goto(link)
    theirs.get_by_text("No conversation is shared under this link.").wait_for()
    for context in (ada, bob):
        context.close()


def _sign_in(page: Any, address: str, name: str, password: str) -> None:
    page.set_default_timeout(30_000)
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.keyboard.press("Enter")
    page.get_by_text(f"Signed in as {name}").wait_for()
