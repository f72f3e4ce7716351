"""From an article to the chat, limited to it, and back to all of them."""

from typing import Any

import httpx
import pytest

from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.browser import visit
from tests.ui.pages import answer, article, evidence, served
from tests.ui.test_server import call
from ui import render_library
from ui.filter_row import ALL, Handlers
from ui.render_filters import ask_about, unlimited

BRIDGE, CUP = article(1, title="Bridge"), article(2, title="Cup")
GONE = article(3, title="Gone", state="removed")
REPLY = answer(evidence(BRIDGE, "The repair will cost £41 million."))
NARROW = {"viewport": {"width": 390, "height": 844}}


class FakeGradio:
    @staticmethod
    def update(**fields: object) -> dict[str, object]:
        return fields


@pytest.fixture
def handlers() -> Handlers:
    return Handlers(FakeArticles(BRIDGE, CUP, GONE), FakeGradio)


def test_asking_about_an_article_limits_to_it_alone_and_says_so(handlers: Handlers) -> None:
    before = ("The Courier", "2025-01-01", "2025-02-01", (CUP.ref,))
    *fields, chosen, listed, offered, searched, row, limits = handlers.about({"id": 1}, *before)
    assert (fields, chosen, offered, searched) == (["", "", ""], (BRIDGE.ref,), "", "")
    assert row == {"label": "Asked of: “Bridge”"}
    assert "Take out: Bridge" in listed
    assert "data-unlimited" in limits


def test_the_way_back_is_to_all_articles_and_goes_away(handlers: Handlers) -> None:
    assert handlers.unlimited() == ("", "", "", (), "", "", "", {"label": ALL}, "")


@pytest.mark.parametrize("event", [None, "1", {}, {"id": "1"}, {"id": -1}, {"id": 2**63}, {"id": 9}, {"id": 3}])
def test_an_article_that_is_not_there_leaves_the_limits_and_says_why(handlers: Handlers, event: object) -> None:
    *fields, chosen, _, _, _, row, limits = handlers.about(event, "", "2025-01-01", "", (CUP.ref,))
    assert (fields, chosen) == (["", "2025-01-01", ""], (CUP.ref,))
    assert "article" in row["label"]
    assert not row["label"].startswith("Asked of")
    assert limits == unlimited("something")


def test_an_article_offers_it_unless_it_was_removed() -> None:
    assert 'data-about="1"' in render_library.article(BRIDGE)
    assert 'data-about="1"' in ask_about(article(1, state="superseded"))
    assert "data-about" not in render_library.article(GONE)


def test_the_next_question_is_asked_of_that_article_only() -> None:
    answerer = FakeAnswerer([REPLY, REPLY])
    with (
        served(answerer, FakeArticles(BRIDGE, CUP)) as address,
        httpx.Client(base_url=address, timeout=10, trust_env=False) as client,
    ):
        call(client, "load", [])
        call(client, "about", [], {"id": 2})
        call(client, "submit", ["What will it cost?"])
        call(client, "unlimited", [])
        call(client, "submit", ["What will it cost?"])
    assert [sorted(given.article_ids) for given in answerer.filters] == [[2], []]


@pytest.mark.browser
@pytest.mark.slow
def test_the_source_view_leads_to_the_chat_with_the_limit_in_sight(browser: Any) -> None:
    answerer = FakeAnswerer([REPLY] * 3)
    with served(answerer, FakeArticles(CUP, BRIDGE)) as address, visit(browser, address, **NARROW) as seen:
        page = seen.page
        seen.ask("What will it cost?")
        seen.open(1)
        page.get_by_role("button", name="Ask about this article").click()
        page.locator("#fn-filters > button", has_text="Asked of: “Bridge”").wait_for()
        page.locator(".fn-source").wait_for(state="detached")
        page.wait_for_function("document.activeElement.closest('#fn-question') !== null")
        seen.ask("And why?")
        page.locator(".fn-turn .fn-small", has_text="Asked of: “Bridge”").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Ask all articles").click()
        page.locator("#fn-filters > button", has_text=ALL).wait_for()
        seen.ask("Who pays?")
    assert [sorted(given.article_ids) for given in answerer.filters] == [[], [1], []]
