"""The page in a real browser, over a library and an answerer that are fakes."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from qa.domain import Article, ArticleRef, Filters
from qa.errors import EmbeddingMismatch
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ui.browser import Visit, window
from tests.ui.pages import BRIDGE, LETTER, answer, article, evidence, refusal, served
from ui.conversations import NAME
from ui.feedback import Feedback
from ui.render import welcome

pytestmark = pytest.mark.browser

FILLER = "\n\n".join(f"The harbour master counted the boats for the {n}th time and wrote it down." for n in range(80))
LONG = article(1, f"{BRIDGE}\n\n{FILLER}\n\nThe tolls will be looked at again in 2027. Nobody expects them to fall.")
TRADERS = article(
    2, LETTER, title="Traders fear a lost summer", publisher="Eastbank Weekly", url="", state="superseded"
)
COST = evidence(LONG, "The repair will cost £41 million.")
DEAR = evidence(TRADERS, "The repair will cost £38 million, according to the builder.")
TOLLS = evidence(LONG, "The tolls will be looked at again in 2027.")
REPLY = answer(COST, DEAR, TOLLS, short="£41 million")
HOSTILE = (
    '</p></div><script>alert(1)</script><img src="https://evil.example/x" onerror="alert(2)">${alert(3)}{{alert(4)}}`'
)
EVIL = article(
    3, f"{HOSTILE} Said once.", title=HOSTILE, publisher=HOSTILE, published=HOSTILE, url=HOSTILE, uri=HOSTILE
)
Sized = Callable[..., Visit]


@pytest.fixture(scope="module")
def answerer() -> FakeAnswerer:
    return FakeAnswerer()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


class Slow(FakeArticles):
    """Searches wait while `goes_on` is cleared; then `waits` is set."""

    def __init__(self, *articles: Article) -> None:
        super().__init__(*articles)
        self.goes_on, self.waits = threading.Event(), threading.Event()
        self.goes_on.set()

    def articles(self, *, search: str = "", limit: int) -> list[ArticleRef]:
        if not self.goes_on.is_set():
            self.waits.set()
            self.goes_on.wait(20)
        return super().articles(search=search, limit=limit)


@pytest.fixture(scope="module")
def library() -> Slow:
    return Slow(LONG, TRADERS, EVIL)


@pytest.fixture(scope="module")
def address(answerer: FakeAnswerer, library: Slow, kept: Path) -> Iterator[str]:
    settings = Settings(_env_file=None, library=kept)
    with served(answerer, library, settings) as address:
        yield address


@pytest.fixture(scope="module")
def opened(browser: Any) -> Iterator[Visit]:
    with window(browser) as seen:
        yield seen


@pytest.fixture
def sized(opened: Visit, address: str, answerer: FakeAnswerer) -> Iterator[Sized]:
    """Opens the page in a window of this size and in these colours; its answerer will give one reply."""
    with ExitStack() as open_page:

        def open_(width: int, height: int, scheme: str = "light") -> Visit:
            opened.page.set_viewport_size({"width": width, "height": height})
            opened.page.emulate_media(color_scheme=scheme)
            return open_page.enter_context(opened.at(address))

        answerer.outcomes[:], answerer.asked[:] = [REPLY], []
        answerer.goes_on.set()
        yield open_


@pytest.fixture
def wide(sized: Sized) -> Visit:
    return sized(1440, 900)


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.className"))


def test_an_answer_comes_with_its_numbers_and_the_short_answer_in_bold(wide: Visit) -> None:
    wide.ask("What will it cost?")
    assert wide.page.locator(".fn-claim").count() == 3
    assert wide.page.locator(".fn-claim strong").text_content() == "£41 million"
    assert wide.page.get_by_label("Your question").input_value() == ""


def test_a_number_opens_the_article_at_the_sentence(wide: Visit) -> None:
    wide.ask("What will it cost?")
    assert wide.open(3) == TOLLS.quote
    source = wide.page.get_by_role("region", name="Source: Bridge to close for nine months")
    assert source.get_by_role("heading").text_content() == "Bridge to close for nine months"
    assert (
        source.locator(".fn-byline").inner_text().startswith("The Westhaven Courier · Mara Lindqvist · 20 April 2026")
    )
    assert source.locator("mark:not(.fn-current)").all_text_contents() == [COST.quote]
    mark, pane, head = (
        wide.page.locator(name).bounding_box() for name in ("mark.fn-current", "#fn-source-column", ".fn-source-head")
    )
    assert head["y"] + head["height"] < mark["y"] < pane["y"] + pane["height"] / 2
    assert wide.page.locator(".fn-turn").is_visible(), "the answer stays beside it"


def test_a_number_shows_its_sentence_on_hover_and_on_focus_and_escape_hides_it(wide: Visit) -> None:
    wide.ask("What will it cost?")
    first, second = wide.page.locator(".fn-claim .fn-cite").nth(0), wide.page.locator(".fn-claim .fn-cite").nth(1)
    shown = wide.page.locator(".fn-card:popover-open")
    first.hover()
    assert COST.quote in shown.inner_text()
    wide.page.mouse.move(5, 5)
    shown.wait_for(state="hidden")
    first.focus()
    wide.page.keyboard.press("Tab")
    assert second.evaluate("e => e === document.activeElement")
    assert "Eastbank Weekly" in shown.inner_text()
    wide.page.keyboard.press("Escape")
    assert shown.count() == 0


def test_the_keyboard_alone_opens_steps_and_closes(wide: Visit) -> None:
    wide.ask("What will it cost?")
    wide.page.locator(".fn-claim .fn-cite").first.focus()
    wide.page.keyboard.press("Enter")
    assert wide.marked(1) == COST.quote
    wide.page.wait_for_function("document.activeElement.matches('mark.fn-current')")
    wide.page.keyboard.press("ArrowRight")
    assert wide.marked(2) == DEAR.quote
    assert "has changed since" in wide.page.locator(".fn-source .fn-notice").inner_text()
    wide.page.keyboard.press("ArrowRight")
    assert wide.marked(3) == TOLLS.quote
    wide.page.keyboard.press("ArrowLeft")
    assert wide.marked(2) == DEAR.quote
    wide.page.keyboard.press("Escape")
    wide.page.locator(".fn-source").wait_for(state="detached")
    assert wide.page.evaluate("document.activeElement.dataset.place") == "0:2"


def test_the_lighter_marks_and_the_steps_lead_on_with_the_mouse(wide: Visit) -> None:
    wide.ask("What will it cost?")
    wide.open(1)
    wide.page.locator(".fn-text .fn-cite").click()
    assert wide.marked(3) == TOLLS.quote
    wide.page.get_by_role("button", name="Previous citation").click()
    assert wide.marked(2) == DEAR.quote
    wide.page.get_by_role("button", name="Close source").click()
    wide.page.locator(".fn-source").wait_for(state="detached")
    assert not wide.page.locator("#fn-source-column").is_visible()


def test_a_refusal_opens_its_closest_sentences(wide: Visit, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [refusal(DEAR, TOLLS)]
    wide.ask("Who won the cup?")
    assert "The articles do not say." in wide.page.locator(".fn-refusal").inner_text()
    assert wide.open(1) == DEAR.quote


def test_a_follow_up_shows_how_it_was_understood_and_keeps_the_first(wide: Visit, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [REPLY, answer(TOLLS, standalone_question="And then? (bridge)")]
    wide.ask("What will it cost?")
    wide.ask("And then?")
    assert "And then? (bridge)" in wide.page.locator(".fn-standalone").inner_text()
    assert [turn.question for turn in answerer.asked[1][1]] == ["What will it cost?"]
    wide.page.locator('.fn-cite[data-place="0:2"]').first.click()
    assert wide.marked(2) == DEAR.quote


def test_an_error_says_what_to_do_and_the_next_question_works(wide: Visit, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [EmbeddingMismatch("Another model made this library.", "Run footnote reindex."), REPLY]
    wide.ask("What will it cost?")
    assert wide.page.get_by_role("alert").inner_text() == "Another model made this library.\n\nRun footnote reindex."
    wide.ask("And now?")
    assert wide.page.locator(".fn-claim").count() == 3


def test_a_suggestion_asks_about_its_article(wide: Visit, answerer: FakeAnswerer) -> None:
    wide.page.get_by_role("button", name=TRADERS.title).click()
    wide.page.locator(".fn-claim").first.wait_for()
    assert answerer.asked == [("What is known about “Traders fear a lost summer”?", ())]


def test_what_was_found_is_shown_first_and_the_next_question_can_be_typed_meanwhile(
    wide: Visit, answerer: FakeAnswerer
) -> None:
    answerer.goes_on.clear()
    box = wide.page.get_by_label("Your question")
    box.fill("What will it cost?")
    wide.page.keyboard.press("Enter")
    wide.page.get_by_text("Found 3 sentences in 2 articles. Reading…").wait_for()
    box.fill("And who pays?")
    answerer.goes_on.set()
    wide.page.locator(".fn-claim").first.wait_for()
    assert box.input_value() == "And who pays?"


def test_a_question_can_be_stopped_and_another_one_waits_its_turn(wide: Visit, answerer: FakeAnswerer) -> None:
    answerer.goes_on.clear()
    answerer.outcomes[:] = [REPLY, REPLY]
    box, stop = wide.page.get_by_label("Your question"), wide.page.get_by_role("button", name="Stop")
    box.fill("What will it cost?")
    wide.page.keyboard.press("Enter")
    stop.wait_for()
    box.fill("And who pays?")
    wide.page.keyboard.press("Enter")
    wide.page.locator("#fn-said").get_by_text("still coming").wait_for()
    assert (box.input_value(), wide.page.locator(".fn-turn").count()) == ("And who pays?", 1)
    stop.click()
    wide.page.get_by_text("You stopped this answer.").wait_for()
    answerer.goes_on.set()
    wide.page.get_by_role("button", name="Ask", exact=True).click()
    wide.page.locator(".fn-claim").first.wait_for()
    assert answerer.asked == [("What will it cost?", ()), ("And who pays?", ())]
    assert not wide.page.locator("#fn-said").inner_text()


def test_filters_narrow_what_is_asked_and_are_said_with_the_answer(wide: Visit, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:], answerer.filters[:] = [REPLY, REPLY], []
    page, row = wide.page, wide.page.locator("#fn-filters > button")
    row.click()
    page.get_by_label("Only these articles").press_sequentially("traders")
    page.locator(".fn-offered").get_by_role("button", name=TRADERS.title).click()
    page.get_by_role("button", name=f"Take out: {TRADERS.title}").wait_for()
    page.get_by_label("Published from").fill("2026-04-31")
    page.get_by_label("Your question").fill("What will it cost?")
    page.keyboard.press("Enter")
    page.locator("#fn-said").get_by_text("is not a date. Write it as 2025-03-31.").wait_for()
    page.get_by_label("Published from").fill("2026-04-30")
    page.get_by_label("Publisher").click()
    page.get_by_role("option", name="Eastbank Weekly").click()
    row.get_by_text("“Traders fear a lost summer”, Eastbank Weekly, from 30 April 2026").wait_for()
    wide.ask("What will it cost?")
    assert "Asked of: “Traders fear" in page.locator(".fn-turn").inner_text()
    page.get_by_role("button", name=f"Take out: {TRADERS.title}").click()
    row.get_by_text("Asked of: Eastbank Weekly, from 30 April 2026").wait_for()
    wide.ask("And now?")
    expected = Filters(frozenset({"Eastbank Weekly"}), date(2026, 4, 30), None, frozenset({2}))
    assert answerer.filters == [expected, replace(expected, article_ids=frozenset())]


def test_choosing_and_taking_out_articles_keeps_the_focus(wide: Visit) -> None:
    page = wide.page
    page.locator("#fn-filters > button").click()
    search = page.get_by_label("Only these articles")
    for title in (TRADERS.title, LONG.title):
        search.press_sequentially(title[:6])
        page.locator(".fn-offered").get_by_role("button", name=title).press("Enter")
        page.get_by_role("button", name=f"Take out: {title}").wait_for()
        assert search.evaluate("field => field === document.activeElement")
    page.get_by_role("button", name=f"Take out: {LONG.title}").press("Enter")
    page.get_by_role("button", name=f"Take out: {LONG.title}").wait_for(state="detached")
    assert page.evaluate("document.activeElement.ariaLabel") == f"Take out: {TRADERS.title}"
    page.keyboard.press("Enter")
    page.locator(".fn-picks").wait_for(state="detached")
    assert search.evaluate("field => field === document.activeElement")


def test_a_search_that_comes_late_does_not_hide_what_was_chosen_meanwhile(wide: Visit, library: Slow) -> None:
    page, search = wide.page, wide.page.get_by_label("Only these articles")
    page.locator("#fn-filters > button").click()
    search.press_sequentially("t")
    offered = page.locator(".fn-offered").get_by_role("button", name=TRADERS.title)
    offered.wait_for()
    library.goes_on.clear()
    search.press_sequentially("r")
    assert library.waits.wait(5)
    offered.click()
    out = page.get_by_role("button", name=f"Take out: {TRADERS.title}")
    out.wait_for()
    library.goes_on.set()
    offered.wait_for()
    assert out.is_visible()


def test_a_source_that_could_not_be_opened_gives_the_focus_back(wide: Visit, answerer: FakeAnswerer) -> None:
    answerer.outcomes[:] = [answer(COST, evidence(article(99, LETTER), "Shopkeepers on the east bank say"))]
    wide.ask("What will it cost?")
    wide.page.locator('.fn-cite[data-place="0:2"]').first.press("Enter")
    wide.page.locator(".fn-source .fn-failure").wait_for()
    assert focused(wide.page) == "fn-close"
    wide.page.keyboard.press("Escape")
    wide.page.locator(".fn-source").wait_for(state="detached")
    assert wide.page.evaluate("document.activeElement.dataset.place") == "0:2"


def test_a_verdict_with_its_reason_is_kept(wide: Visit, kept: Path) -> None:
    wide.ask("What will it cost?")
    page = wide.page
    page.get_by_role("button", name="Bad answer").click()
    page.get_by_role("button", name="Bad answer", pressed=True).wait_for()
    page.get_by_label("What is wrong with it?").fill("It is £43 million.")
    page.keyboard.press("Enter")
    page.locator("#fn-said").get_by_text("Thank you").wait_for()
    entry = Feedback(kept).entries()[-1]
    assert (entry.verdict, entry.reason, entry.exchange.outcome) == ("down", "It is £43 million.", REPLY)


@pytest.mark.parametrize(("form", "suffix"), [("Markdown", "md"), ("HTML", "html"), ("JSON", "json")])
def test_the_conversation_is_exported_as_a_file(wide: Visit, form: str, suffix: str) -> None:
    wide.ask("What will it cost?")
    for _ in range(2):
        with wide.page.expect_download() as download:
            wide.page.get_by_role("button", name=form, exact=True).click()
        assert download.value.suggested_filename == f"footnote-conversation.{suffix}"
        text = Path(download.value.path()).read_text(encoding="utf-8")
        assert COST.quote in text
        assert "38 million" in text


def test_a_new_conversation_drops_the_question_under_way(wide: Visit, answerer: FakeAnswerer) -> None:
    answerer.goes_on.clear()
    wide.page.get_by_label("Your question").fill("What will it cost?")
    wide.page.keyboard.press("Enter")
    wide.page.get_by_text("Reading…").wait_for()
    wide.page.get_by_role("button", name="New conversation").click()
    wide.page.locator(".fn-welcome").wait_for()
    answerer.goes_on.set()
    answerer.outcomes[:] = [REPLY]
    wide.ask("Again?")
    assert wide.page.locator(".fn-turn").count() == 1


def test_a_dropped_question_stays_away_though_its_conversation_is_stored_late(
    wide: Visit, answerer: FakeAnswerer, kept: Path
) -> None:
    answerer.goes_on.clear()
    wide.page.get_by_label("Your question").fill("What will it cost?")
    wide.page.keyboard.press("Enter")
    wide.page.get_by_text("Reading…").wait_for()
    with closing(sqlite3.connect(kept / NAME, isolation_level=None)) as store:
        store.execute("BEGIN IMMEDIATE")
        wide.page.get_by_role("button", name="New conversation").click()
        wide.page.locator(".fn-welcome").wait_for()
        store.execute("ROLLBACK")
    answerer.goes_on.set()
    wide.page.wait_for_timeout(700)
    assert wide.page.locator(".fn-turn").count() == 0


def test_a_new_conversation_forgets_the_old_one(wide: Visit, answerer: FakeAnswerer) -> None:
    wide.ask("What will it cost?")
    wide.open(1)
    wide.page.get_by_role("button", name="New conversation").click()
    wide.page.locator(".fn-welcome").wait_for()
    assert wide.page.locator(".fn-turn, .fn-source").count() == 0
    answerer.outcomes[:] = [REPLY]
    wide.ask("Again?")
    assert answerer.asked[-1] == ("Again?", ())


def test_hostile_articles_questions_and_replies_are_only_shown(wide: Visit, answerer: FakeAnswerer) -> None:
    found = evidence(EVIL, f"{HOSTILE} Said once.")
    answerer.outcomes[:] = [replace(answer(found, short="Said"), notice=HOSTILE, standalone_question=HOSTILE)]
    wide.ask(HOSTILE)
    assert wide.open(1) == found.quote
    wide.page.locator(".fn-claim .fn-cite").first.hover()
    assert wide.page.locator("#fn-page img, #fn-page script, #fn-page a").count() == 0
    assert HOSTILE in wide.page.locator(".fn-source h2").inner_text()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "light"),
        (1440, "dark"),
        *(pytest.param(w, s, marks=pytest.mark.slow) for w, s in ((390, "dark"), (1440, "light"))),
        *(pytest.param(1024, scheme, marks=pytest.mark.slow) for scheme in ("light", "dark")),
    ],
)
def test_it_fits_every_width(sized: Sized, width: int, scheme: str) -> None:
    seen = sized(width, 800, scheme)
    too_wide = "document.documentElement.scrollWidth - innerWidth"
    assert seen.page.evaluate(too_wide) <= 0
    seen.ask("W" * 300)
    seen.open(1)
    assert seen.page.evaluate(too_wide) <= 0
    assert seen.page.evaluate(
        "document.querySelector('footer') === null || !document.querySelector('footer').offsetHeight"
    )


def test_on_a_narrow_screen_the_source_is_in_front_and_back_returns(sized: Sized) -> None:
    seen = sized(390, 844)
    seen.ask("What will it cost?")
    seen.open(3)
    assert seen.page.locator("#fn-source-column").bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    top = seen.page.locator("mark.fn-current").bounding_box()["y"]
    assert 0 < top < 844
    assert seen.page.evaluate("getComputedStyle(document.body).overflowY") == "hidden"
    seen.page.get_by_role("button", name="Close source").click()
    seen.page.locator(".fn-source").wait_for(state="detached")
    assert seen.page.evaluate("document.activeElement.dataset.place") == "0:3"


CONTRAST = """() => {
  const part = (x) => (x / 255 <= 0.03928 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4);
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const clear = (colour) => /, 0\\)$|transparent/.test(colour);
  const under = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (!clear(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const worded = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  return [...document.querySelectorAll("#fn-bar *, #fn-page *")]
    .filter((e) => e.offsetHeight && !e.matches(":disabled, :disabled *") && worded(e))
    .map((e) => {
      const both = [light(getComputedStyle(e).color), light(under(e))].sort((x, y) => y - x);
      return [Math.round(((both[0] + 0.05) / (both[1] + 0.05)) * 10) / 10, e.className || e.tagName];
    });
}"""
"""W3C's contrast ratio of every element that holds words, with its class."""


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_every_word_has_enough_contrast(sized: Sized, answerer: FakeAnswerer, scheme: str) -> None:
    answerer.outcomes[:] = [replace(REPLY, notice="A notice."), refusal(TOLLS), EmbeddingMismatch("No.", "Do.")]
    seen = sized(1280, 720, scheme)
    for question in ("What will it cost?", "Who won?", "Broken?"):
        seen.ask(question)
    seen.page.locator('.fn-cite[data-place="0:2"]').first.click()
    seen.marked(2)
    seen.page.mouse.move(5, 5)
    measured = seen.page.evaluate(CONTRAST)
    assert len(measured) > 20
    assert [item for item in measured if item[0] < 4.5] == []


def test_an_empty_library_says_how_to_fill_it(opened: Visit) -> None:
    with served(FakeAnswerer(), FakeArticles()) as empty, opened.at(empty) as seen:
        assert "footnote ingest" in seen.page.locator(".fn-welcome").inner_text()
    assert "footnote ingest" in welcome(0, ())
