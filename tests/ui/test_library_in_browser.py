"""The library page in a real browser, over a real library: what people do there, and what hostile articles cannot."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ingest.fetch import Fetcher
from ingest.sources import RawFile
from qa.answerer import Answerer
from qa.bootstrap import Service
from qa.confidence import Confidence
from qa.library import Library
from qa.reader import SimilarityReader
from qa.retriever import HybridRetriever
from qa.settings import Settings
from tests.fakes import FakeEmbedder
from tests.ingest.servers import Site, site
from tests.ingest.test_fetch import loopback, resolver
from tests.ingest.test_pdf import printed
from tests.ui.browser import Visit, visit, window
from tests.ui.pages import running
from ui import library_page as library_page_module
from ui import listing, server

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOSTILE = '"><script>alert(1)</script><img src="https://evil.example/x" onerror="alert(2)">${alert(3)}{{alert(4)}}`'
ENDLESS = "Endlesslylongtitle" * 10
WIDE = {"viewport": {"width": 1440, "height": 900}}
NARROW = {"viewport": {"width": 390, "height": 844}}


FEED = """<rss version="2.0"><channel><title>The Daily</title>{}</channel></rss>"""
ENTRY = "<item><title>Tide {0}</title><link>{1}</link></item>"
STORY = "<html><head><title>Tide {0}</title></head><body><p>The tide turned at {0} on Monday.</p></body></html>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@dataclass
class Web:
    """A site on this machine, fetched from in earnest; what comes from `slow` waits until it may come."""

    site: Site
    slow: str = "/none"
    may_come: threading.Event = field(default_factory=threading.Event)

    def __call__(self, url: str) -> RawFile:
        assert not url.endswith(self.slow) or self.may_come.wait(30)
        return Fetcher(5, 1, policy=loopback, resolver=resolver, ports={self.site.port})(url)

    def publish(self, *hours: str) -> str:
        """The address of a feed of as many stories."""
        stories = {f"/{hour}": STORY.format(hour) for hour in hours}
        entries = "".join(ENTRY.format(path[1:], self.site.url(path)) for path in stories)
        pages = stories | {"/feed": FEED.format(entries)}
        self.site.pages |= {path: (200, HTML, body.encode()) for path, body in pages.items()}
        return self.site.url("/feed")


@pytest.fixture
def web() -> Iterator[Web]:
    with site() as served:
        yield Web(served)


@pytest.fixture
def address(tmp_path: Path, web: Web) -> Iterator[str]:
    folder = tmp_path / "library"
    settings = Settings(_env_file=None, library=folder, index="exact")
    with Library.open(folder, FakeEmbedder.stamp, index="exact") as library:
        embedder, reader = FakeEmbedder(), SimilarityReader(library)
        answerer = Answerer(library, embedder, HybridRetriever(library), reader, Confidence.load())
        service = Service(library, embedder, answerer)
        with running(server.build(answerer, library, settings, service, web)) as address:
            yield address


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    texts = {
        "tide.txt": "The tide turns\n\nThe tide turned at noon on Monday. Boats went out.\n",
        "empty.pdf": "",
        "hostile.txt": f"{HOSTILE}\n\n{HOSTILE} was said at noon. Nobody ran it.\n",
        "arabic.txt": "افتتاح الجسر الجديد\n\nافتتح الجسر يوم الاثنين. وقال العمدة إنه آمن.\n",
        "long.txt": f"{ENDLESS}\n\n{ENDLESS} goes on and on. It ends here.\n",
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


def drop(page: Any, path: Path) -> None:
    """What the system does when somebody lets go of files or a folder over the page."""
    box = page.locator("[data-drop]").bounding_box()
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.dispatchDragEvent", {"type": "dragEnter", **at, "data": data})
    page.locator("#fn-library-page.fn-dropping").wait_for()
    devtools.send("Input.dispatchDragEvent", {"type": "drop", **at, "data": data})


def test_articles_come_in_are_found_read_asked_about_and_removed(browser: Any, address: str, files: list[str]) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = library_page(seen)
        assert "The library is empty" in page.locator("#fn-lib-list").inner_text()
        send(page, files)
        assert "4 added · 1 failed" in page.locator(".fn-job").inner_text()
        assert "empty.pdf" in page.locator(".fn-failed").inner_text()
        page.locator("#fn-lib-list tbody tr").nth(3).wait_for()

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


def hours(tmp_path: Path, *named: str) -> list[str]:
    for hour in named:
        (tmp_path / f"{hour}.txt").write_text(
            f"Tide at {hour}\n\nThe tide turned at {hour} on Monday. Boats went out.\n"
        )
    return [str(tmp_path / f"{hour}.txt") for hour in named]


def test_what_is_typed_for_one_article_does_not_stand_in_the_next_ones_form(
    browser: Any, address: str, tmp_path: Path
) -> None:
    with visit(browser, address, **WIDE) as seen:
        page = library_page(seen)
        send(page, hours(tmp_path, "dawn", "noon"))
        page.get_by_role("button", name="Tide at dawn").last.click()
        page.get_by_text("Correct title, publisher").click()
        page.get_by_label("Publisher").last.fill("The Dawn Post")
        page.get_by_label("Authors").fill("Not A. Number")
        page.get_by_role("button", name="Tide at noon").last.click()
        page.get_by_role("heading", name="Tide at noon").wait_for()
        page.get_by_text("Correct title, publisher").click()
        assert page.get_by_label("Publisher").last.input_value() == ""
        page.get_by_label("Published").fill("2026-02-03")
        page.get_by_role("button", name="Save").click()
        page.locator("#fn-lib-article .fn-byline", has_text="3 February 2026").wait_for()
        assert page.locator("#fn-lib-article .fn-byline").inner_text() == "3 February 2026"


def test_pages_of_the_list_keep_what_is_chosen_and_end_where_the_articles_do(
    browser: Any, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (listing, library_page_module):
        monkeypatch.setattr(module, "PAGE", 2)
    with visit(browser, address, **WIDE) as seen:
        page = library_page(seen)
        titles, ticked = page.locator("#fn-lib-list .fn-title"), page.locator("#fn-lib-list tbody input:checked")
        send(page, hours(tmp_path, "dawn", "noon", "dusk", "midnight"))
        page.get_by_text("Page 1 of 2").wait_for()
        before = titles.all_inner_texts()
        page.locator("#fn-lib-list tbody input").first.check()
        page.get_by_role("button", name="Next page").click()
        page.get_by_text("Page 2 of 2").wait_for()
        page.wait_for_function("!document.querySelector('#fn-lib-list tbody input:checked')")
        page.get_by_role("button", name="Previous page").click()
        page.get_by_text("Page 1 of 2").wait_for()
        page.wait_for_function("document.querySelector('#fn-lib-list tbody input').checked")
        page.get_by_role("button", name="Clear").click()
        page.get_by_role("button", name="Next page").click()
        page.get_by_text("Page 2 of 2").wait_for()
        page.get_by_label("Choose all on this page").check()
        assert ticked.count() == 2
        page.locator("[data-remove]").click()
        page.locator("[data-really]").click()
        page.get_by_text("Removed 2 articles.").wait_for()
        page.locator("#fn-lib-list .fn-title", has_text=before[0]).wait_for()
        assert titles.all_inner_texts() == before
        assert not page.get_by_label("Choose all on this page").is_checked()
        send(page, hours(tmp_path, "evening"))
        page.get_by_text("Page 1 of 2").wait_for()
        assert titles.all_inner_texts() == ["Tide at evening", before[0]]


def test_the_empty_chat_leads_to_the_library_and_fills_with_it(browser: Any, address: str, files: list[str]) -> None:
    with visit(browser, address, **WIDE) as seen:
        page, links = seen.page, seen.page.get_by_role("navigation", name="Pages")
        before = links.bounding_box()
        page.get_by_role("link", name="files, a web address or a feed").click()
        page.get_by_text("add the first article above").wait_for()
        assert links.bounding_box()["x"] == before["x"]
        send(page, files[:1])
        page.get_by_role("link", name="Chat", exact=True).click()
        page.get_by_role("heading", name="What would you like to know?").wait_for()
        assert "from 1 article " in page.locator(".fn-welcome").inner_text()


def test_hostile_long_and_right_to_left_titles_stay_text_in_their_place(
    browser: Any, address: str, files: list[str]
) -> None:
    with visit(browser, address, **NARROW) as seen:
        page = library_page(seen)
        send(page, files)
        page.locator("#fn-lib-list tbody tr").nth(3).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator("#fn-lib-list .fn-title", has_text="Endless").click()
        page.locator("#fn-lib-text", has_text="goes on and on").wait_for()
        for part in ("#fn-lib-side", "#fn-lib-article h2"):
            assert page.locator(part).evaluate("part => part.scrollWidth <= part.clientWidth"), part
        page.get_by_role("button", name="Close article").click()
        page.locator("#fn-lib-list .fn-title", has_text="alert(1)").click()
        page.locator("#fn-lib-text", has_text="Nobody ran it").wait_for()
        assert page.locator("#fn-library-page script, #fn-library-page img").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Ask about this article").click()
        assert "alert(1)" in page.locator("#fn-filters > button", has_text="alert(1)").inner_text()


def test_on_a_narrow_screen_what_was_done_is_said_over_the_article(browser: Any, address: str, tmp_path: Path) -> None:
    with visit(browser, address, **NARROW) as seen:
        page = library_page(seen)
        send(page, hours(tmp_path, "noon"))
        page.locator("#fn-lib-list .fn-title", has_text="Tide at noon").click()
        page.get_by_text("Correct title, publisher").click()
        page.get_by_role("button", name="Save").click()
        said = page.locator("#fn-lib-said")
        said.get_by_text("Corrected.").wait_for()
        box = said.bounding_box()
        assert 0 < box["x"] < box["x"] + box["width"] < 390
        assert 700 < box["y"] < box["y"] + box["height"] < 844
        page.get_by_text("Why was it not found?").click()
        page.get_by_label("A question that this article should answer").fill("When did the tide turn?")
        page.get_by_role("button", name="Explain").click()
        page.locator(".fn-why li").first.wait_for()
        assert not said.is_visible()


def test_of_a_dropped_folder_each_file_s_outcome_is_told_and_still_after_a_reload(
    browser: Any, address: str, tmp_path: Path
) -> None:
    folder = tmp_path / ("spring" * 20)
    folder.mkdir()
    (folder / "tide.txt").write_text("The tide turns\n\nThe tide turned at noon on Monday. Boats went out.\n")
    (folder / "broken.pdf").write_bytes(printed("The tide turned at noon.")[:400])
    (folder / "scan.pdf").write_bytes(printed("", ""))
    with window(browser, **NARROW) as seen:
        with seen.at(address):
            drop(library_page(seen), folder)
            told_of_three(seen.page)
        with seen.at(address):
            told_of_three(library_page(seen))


def told_of_three(page: Any) -> None:
    job = page.locator(".fn-job")
    job.locator("strong", has_text="Done").wait_for()
    assert page.locator("#fn-library-page.fn-dropping").count() == 0
    assert "1 added · 2 failed" in job.inner_text()
    broken = job.locator(".fn-failed li", has_text="broken.pdf").inner_text()
    assert "broken.pdf cannot be read" in broken
    assert "Save it again" in broken
    scan = job.locator(".fn-failed li", has_text="scan.pdf").inner_text()
    assert "No page of scan.pdf has a text layer (2 looked at). Run OCR over it first." in scan
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    job.locator("summary", has_text="1 article").click()
    assert "The tide turns added, 2 sentences" in " ".join(job.locator("details li").inner_text().split())
    page.locator("#fn-lib-list .fn-title", has_text="The tide turns").wait_for()


def test_a_feed_is_watched_cancelled_and_taken_in_when_tried_again(browser: Any, address: str, web: Web) -> None:
    feed, web.slow = web.publish("dawn", "noon", "dusk"), "/noon"
    with window(browser, **WIDE) as seen:
        page, job = seen.page, seen.page.locator(".fn-job")
        with seen.at(address):
            library_page(seen).get_by_label("A page or a feed").fill("/etc/passwd")
            page.keyboard.press("Enter")
            page.locator("#fn-lib-said").get_by_text("/etc/passwd is no web address").wait_for()
            page.get_by_label("A page or a feed").fill(feed)
            page.keyboard.press("Enter")
            job.locator(".fn-now", has_text="Reading noon").wait_for()
            assert "Running: 0 of 3" in job.inner_text()
            assert "Embedding dawn" in job.inner_text()
        with seen.at(address):
            library_page(seen)
            job.locator(".fn-now", has_text="Reading noon").wait_for()
            job.get_by_role("button", name="Cancel").click()
            job.locator("strong", has_text="Stopping").wait_for()
            web.may_come.set()
            job.locator("strong", has_text="Cancelled").wait_for()
            assert "The library is empty" in page.locator("#fn-lib-list").inner_text()
            job.get_by_role("button", name="Try again").click()
            job.locator("strong", has_text="Done").wait_for()
            assert "3 added" in job.inner_text()
            listed = page.locator("#fn-lib-list .fn-title")
            listed.nth(2).wait_for()
            assert listed.all_inner_texts() == ["Tide dusk", "Tide noon", "Tide dawn"]
