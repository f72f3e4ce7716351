"""The library page in a real browser, over a real library: what people do there, and what hostile articles cannot."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.answerer import Answerer
from qa.bootstrap import Service
from qa.confidence import Confidence
from qa.library import Library
from qa.reader import SimilarityReader
from qa.retriever import HybridRetriever
from qa.settings import Settings
from tests.fakes import FakeEmbedder
from tests.ui.browser import Visit, visit
from tests.ui.pages import running
from ui import server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOSTILE = '"><script>alert(1)</script><img src="https://evil.example/x" onerror="alert(2)">${alert(3)}{{alert(4)}}`'
WIDE = {"viewport": {"width": 1440, "height": 900}}
NARROW = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    folder = tmp_path / "library"
    settings = Settings(_env_file=None, library=folder, index="exact")
    with Library.open(folder, FakeEmbedder.stamp, index="exact") as library:
        embedder, reader = FakeEmbedder(), SimilarityReader(library)
        answerer = Answerer(library, embedder, HybridRetriever(library), reader, Confidence.load())
        service = Service(library, embedder, answerer)
        with running(server.build(answerer, library, settings, service)) as address:
            yield address


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    texts = {
        "tide.txt": "The tide turns\n\nThe tide turned at noon on Monday. Boats went out.\n",
        "empty.pdf": "",
        "hostile.txt": f"{HOSTILE}\n\n{HOSTILE} was said at noon. Nobody ran it.\n",
        "arabic.txt": "افتتاح الجسر الجديد\n\nافتتح الجسر يوم الاثنين. وقال العمدة إنه آمن.\n",
        "long.txt": f"{'Endlesslylongtitle' * 10}\n\nIt goes on and on. It ends here.\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return [str(tmp_path / name) for name in texts]


def library_page(seen: Visit) -> Any:
    seen.page.get_by_role("link", name="Library").click()
    seen.page.locator("#fn-lib-list p").wait_for()
    return seen.page


def send(page: Any, files: list[str]) -> None:
    page.locator("[data-files]").set_input_files(files)
    page.locator(".fn-job strong", has_text="Done").first.wait_for()


def test_articles_come_in_are_found_read_asked_about_and_removed(browser: Any, address: str, files: list[str]) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = library_page(seen)
        assert "The library is empty" in page.locator("#fn-lib-list").inner_text()
        send(page, files)
        assert "4 added · 1 failed" in page.locator(".fn-job").inner_text()
        assert "empty.pdf" in page.locator(".fn-failed").inner_text()
        page.locator("#fn-lib-list tbody tr").nth(3).wait_for()
        page.reload()
        page.locator(".fn-failed").wait_for()  # jobs are the server's

        page.get_by_role("searchbox").fill("tide")
        page.get_by_text("1 article found").wait_for()
        page.locator("#fn-lib-list .fn-title").click()
        page.get_by_role("heading", name="The tide turns").wait_for()
        page.locator("#fn-lib-text", has_text="turned at noon").wait_for()
        page.get_by_text("Why was it not found?").click()
        page.get_by_label("A question that this article should answer").fill("When did the tide turn?")
        page.get_by_role("button", name="Explain").click()
        page.locator(".fn-why li").nth(5).wait_for()

        page.keyboard.press("Escape")
        page.get_by_label("Choose The tide turns").check()
        with page.expect_download() as download:
            page.get_by_role("link", name="Export", exact=True).click()
        (line,) = Path(download.value.path()).read_text().splitlines()
        assert json.loads(line)["uri"] == "upload:tide.txt"
        page.locator("[data-remove]").click()
        page.locator("[data-really]").click()
        page.get_by_text("Removed 1 article.").wait_for()
        page.get_by_text("No article matches.").wait_for()


def test_hostile_long_and_right_to_left_titles_stay_text_in_their_place(
    browser: Any, address: str, files: list[str]
) -> None:
    with visit(browser, address, **NARROW) as seen:
        page = library_page(seen)
        send(page, files)
        page.locator("#fn-lib-list tbody tr").nth(3).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#fn-lib-list .fn-title", has_text="alert(1)").click()
        page.locator("#fn-lib-text", has_text="Nobody ran it").wait_for()
        assert page.locator("#fn-library-page script, #fn-library-page img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Ask about this article").click()
        assert "alert(1)" in page.locator("#fn-filters > button", has_text="alert(1)").inner_text()
