"""axe-core over the chat in a real browser: no serious finding in any of its states."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.browser import Visit, chromium, visit
from tests.ui.pages import answer, article, evidence, refusal, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]
ARTICLE = article()
COST = evidence(ARTICLE, "The repair will cost £41 million.")


@pytest.fixture(scope="module")
def axe() -> str:
    pytest.importorskip("axe_playwright_python")
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(params=["light", "dark"])
def seen(request: pytest.FixtureRequest) -> Iterator[Visit]:
    answerer = FakeAnswerer([answer(COST), refusal(COST)])
    with (
        chromium() as browser,
        served(answerer, FakeArticles(ARTICLE)) as address,
        visit(browser, address, color_scheme=request.param) as seen,
    ):
        yield seen


def serious(page: Any, axe: str) -> list[tuple[str, str]]:
    page.evaluate(axe)
    found = page.evaluate("axe.run(document)")["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]


def test_no_state_of_the_chat_has_a_serious_finding(seen: Visit, axe: str) -> None:
    assert serious(seen.page, axe) == []
    seen.page.locator("#fn-filters > button").click()
    assert serious(seen.page, axe) == []
    seen.ask("What will it cost?")
    seen.page.get_by_role("button", name="Bad answer").click()
    seen.page.get_by_label("What is wrong with it?").wait_for()
    assert serious(seen.page, axe) == []
    seen.open(1)
    assert serious(seen.page, axe) == []
    seen.ask("Who won the cup?")
    assert serious(seen.page, axe) == []
