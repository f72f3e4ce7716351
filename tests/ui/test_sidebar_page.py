"""Kept conversations and sign-in in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.browser import Visit, visit
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


def two_conversations(seen: Visit) -> tuple[str, str]:
    """What was asked in each, the newer one first."""
    for question in ("What will it cost?", "Who pays for it?"):
        seen.page.get_by_role("button", name="New conversation").click()
        seen.page.locator(".fn-welcome").wait_for()
        seen.ask(question)
    rows(seen.page).nth(1).wait_for()
    return "Who pays for it?", "What will it cost?"


def focused_row(page: Any, title: str) -> None:
    """Waits until the button that opens it has the focus."""
    page.wait_for_function(
        """title => document.activeElement.matches('[data-do="open"]') &&
        document.activeElement.querySelector('.fn-kept-title').textContent === title""",
        arg=title,
    )


def test_a_changed_list_keeps_the_focus_for_the_keyboard(browser: Any, address: str) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = seen.page
        _, older = two_conversations(seen)
        for typed in ("Money", "Money", "  "):
            page.get_by_role("button", name=re.compile("^Rename")).first.click()
            page.get_by_role("textbox", name="New name").fill(typed)
            page.keyboard.press("Enter")
            focused_row(page, "Money")
            assert page.get_by_role("textbox", name="New name").count() == 0
        page.get_by_role("button", name="Rename: Money").click()
        assert page.get_by_role("textbox", name="New name").input_value() == "Money"
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Delete: Money").click()
        page.get_by_role("button", name="Delete", exact=True).press("Enter")
        focused_row(page, older)
        page.get_by_role("button", name=f"Delete: {older}").click()
        page.get_by_role("button", name="Delete", exact=True).press("Enter")
        page.wait_for_function("document.activeElement.closest('#fn-kept-search')")
        assert rows(page).count() == 0


def test_a_link_that_may_not_be_copied_is_shown_to_be_copied(browser: Any, address: str) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = seen.page
        seen.ask("What will it cost?")
        page.wait_for_function("location.search.startsWith('?c=')")
        page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # as over plain http
        page.get_by_role("button", name="Copy a link to: What will it cost?").click()
        link = page.get_by_role("textbox", name="Link")
        assert link.input_value() == page.url
        assert page.evaluate("getSelection().toString()") == page.url
        page.get_by_role("button", name="Close", exact=True).click()
        focused_row(page, "What will it cost?")


def test_the_other_pages_are_reached_without_leaving_the_conversation(browser: Any, address: str) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = seen.page
        seen.ask("What will it cost?")
        page.wait_for_function("location.search.startsWith('?c=')")
        there = page.evaluate("location.search")
        page.evaluate("window.stayed = true")
        for name in ("Evals", "Chat"):
            page.get_by_role("link", name=name).click()
            page.wait_for_function("name => document.body.dataset.page === name", arg=name.lower())
        assert page.evaluate("[window.stayed, location.search, location.hash]") == [True, there, "#chat"]
        assert page.locator(".fn-turn").count() == 1


def test_back_does_not_leave_the_address_of_another_conversation(browser: Any, address: str) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = seen.page
        seen.ask("What will it cost?")
        page.wait_for_function("location.search.startsWith('?c=')")
        first = page.url
        page.get_by_role("link", name="Evals").click()
        page.get_by_role("link", name="Chat").click()
        page.get_by_role("button", name="New conversation").click()
        page.locator(".fn-welcome").wait_for()
        seen.ask("Who pays for it?")
        page.wait_for_function("first => location.search && !first.includes(location.search)", arg=first)
        shown = page.evaluate("location.search")
        for at in ("#evals", ""):
            page.go_back()
            page.wait_for_function("at => location.hash === at", arg=at)
            assert page.evaluate("location.search") == shown
        page.reload()
        page.get_by_role("heading", name="Who pays for it?").wait_for()


def test_a_reason_stays_with_the_answer_that_it_is_about(browser: Any, address: str, answerer: FakeAnswerer) -> None:
    asked = ("What will it cost?", "Who pays for it?", "And then?")  # of one shape: none "understood as" another
    answerer.outcomes[:] = [answer(COST, CRACKS, question=question, standalone_question=question) for question in asked]
    with visit(browser, address, **WIDE) as seen:
        page = seen.page
        newer, older = two_conversations(seen)
        reason = page.get_by_label("What is wrong with it?")
        for title in (newer, older):
            page.locator(".fn-kept-title", has_text=title).click()
            page.get_by_role("heading", name=title).wait_for()
            page.get_by_role("button", name="Bad answer").click()
            page.get_by_role("button", name="Bad answer", pressed=True).wait_for()
            assert reason.input_value() == ""
            reason.fill(f"About: {title}")
        page.locator(".fn-kept-title", has_text=newer).click()
        page.get_by_role("heading", name=newer).wait_for()
        page.wait_for_function("document.querySelector('.fn-verdict input').value === ''")
        reason.fill("It is £43 million.")
        page.keyboard.press("Enter")
        page.locator("#fn-said").get_by_text("Thank you").wait_for()
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Bad answer"
        seen.ask("And then?")
        page.get_by_role("button", name="Bad answer").nth(1).wait_for()
        assert reason.count() == 1
        assert not reason.is_visible()


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
