"""Kept conversations and sign-in in a real browser."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.browser import visit
from tests.ui.pages import answer, article, evidence, served
from ui import users

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COST = evidence(article(), "The repair will cost £41 million.")
CRACKS = evidence(article(), "Engineers found cracks in two of its piers.")
REPLY = answer(COST, CRACKS)
WIDE = {"viewport": {"width": 1440, "height": 900}}
NARROW = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def answerer() -> FakeAnswerer:
    return FakeAnswerer([REPLY] * 9)


@pytest.fixture
def address(answerer: FakeAnswerer, tmp_path: Path) -> Iterator[str]:
    with served(answerer, FakeArticles(article()), Settings(_env_file=None, library=tmp_path)) as address:
        yield address


def rows(page: Any) -> Any:
    return page.locator(".fn-kept li")


def reloaded(page: Any, address: str) -> Any:
    """What a page shows that is opened at an address in another tab."""
    other = page.context.new_page()
    other.goto(address)
    return other


def test_after_a_reload_the_conversation_is_there_with_its_citations(browser: Any, address: str) -> None:
    with visit(browser, address, **WIDE) as seen:
        seen.ask("What will it cost?")
        seen.ask("And why?")
        seen.open(2)
        seen.page.wait_for_function("location.search.endsWith('&at=1:2')")
        seen.page.reload()
        assert seen.marked(2) == CRACKS.quote
        assert seen.page.locator(".fn-turn").count() == 2
        seen.page.locator('.fn-cite[data-place="0:1"]').first.click()
        assert seen.marked(1) == COST.quote
        other = reloaded(seen.page, seen.page.url.replace("at=1:2", "at=0:1"))
        other.locator('.fn-source[data-place="0:1"] mark.fn-current').wait_for()


def test_conversations_are_listed_opened_renamed_searched_and_deleted(browser: Any, address: str) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = seen.page
        seen.ask("What will it cost?")
        page.get_by_role("button", name="New conversation").click()
        page.locator(".fn-welcome").wait_for()
        seen.ask("Who pays for it?")
        assert rows(page).locator(".fn-kept-title").all_inner_texts() == ["Who pays for it?", "What will it cost?"]
        page.get_by_role("button", name="Rename: Who pays for it?").click()
        page.get_by_role("textbox", name="New name").fill("<b>Money</b>")
        page.keyboard.press("Enter")
        rows(page).get_by_text("<b>Money</b>").wait_for()
        page.get_by_label("Search conversations").press_sequentially("money")
        page.wait_for_function("document.querySelectorAll('.fn-kept li').length === 1")
        rows(page).hover()
        page.get_by_role("button", name="Delete: <b>Money</b>").click()
        page.get_by_role("button", name="Keep", exact=True).click()
        page.get_by_role("button", name="Delete: <b>Money</b>").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        page.locator(".fn-welcome").wait_for()
        page.get_by_text("No conversation has these words.").wait_for()
        assert "c=" not in page.url


def test_on_a_narrow_screen_the_list_is_a_drawer_for_the_keyboard_too(browser: Any, address: str) -> None:
    with visit(browser, address, **NARROW) as seen:
        page = seen.page
        seen.ask("What will it cost?")
        assert not page.locator("#fn-kept-column").is_visible()
        switch = page.get_by_role("button", name="Conversations", exact=True)
        switch.focus()
        page.keyboard.press("Enter")
        assert switch.get_attribute("aria-expanded") == "true"
        assert page.evaluate("document.activeElement.closest('#fn-kept-search') !== null")
        page.keyboard.press("Escape")
        assert not page.locator("#fn-kept-column").is_visible()
        assert page.evaluate("document.activeElement.id") == "fn-kept-toggle"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("#fn-kept-column").wait_for(state="hidden")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_signing_in_leads_to_the_page_and_out_of_it(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "_N", 2**10)
    for name in ("ada", "bob"):
        users.add(tmp_path / "users", name, f"password of {name}")
    settings = Settings(_env_file=None, library=tmp_path / "library", users=tmp_path / "users")
    with served(FakeAnswerer([REPLY]), FakeArticles(article()), settings) as address:
        ada, bob = browser.new_context(), browser.new_context()
        page = ada.new_page()
        _sign_in(page, address, "ada")
        page.get_by_label("Your question").fill("What will it cost?")
        page.keyboard.press("Enter")
        page.locator(".fn-claim").first.wait_for()
        page.wait_for_function("location.search.startsWith('?c=')")
        link = page.url
        theirs = bob.new_page()
        _sign_in(theirs, link, "bob")
        theirs.get_by_text("There is no such conversation among yours.").wait_for()
        assert "What will it cost?" not in theirs.content()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Password").wait_for()
        page.go_back()
        page.get_by_label("Password").wait_for()
        page.get_by_label("Name").fill("ada")
        page.get_by_label("Password").fill("a wrong one")
        page.keyboard.press("Enter")
        assert page.get_by_role("alert").inner_text() == "Name or password is wrong."
        ada.close()
        bob.close()


def _sign_in(page: Any, address: str, name: str) -> None:
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(f"password of {name}")
    page.keyboard.press("Enter")
    page.get_by_label("Your question").wait_for()
    page.get_by_text(f"Signed in as {name}").wait_for()
