"""The evals page in a real browser, over a real library, real evaluations and the whole service."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.bootstrap import Service
from qa.errors import NotInLibrary
from qa.settings import Settings
from tests.chat_server import ChatServer, chat_server, fails, says
from tests.ui.browser import Visit, visit
from tests.ui.evals_service import COST, CUP, small
from tests.ui.pages import running
from ui import evals_views, server

pytestmark = pytest.mark.browser
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
NARROW: dict[str, Any] = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Settings]]:
    with small(tmp_path_factory.mktemp("evals") / "library") as made:
        yield made


@pytest.fixture(scope="module")
def chat() -> Iterator[ChatServer]:
    """Whoever writes drafts; what answers questions has no chat model."""
    with chat_server(says("[none]")) as stage:
        yield stage


@pytest.fixture(scope="module")
def address(wired: tuple[Service, Settings], chat: ChatServer) -> Iterator[str]:
    service, settings = wired
    given = {"chat_model": "openai:small", "chat_base_url": chat.url, "chat_retries": 0}
    app = server.build(service.answerer, service.library, settings.model_copy(update=given), service)
    with running(app) as at:
        yield at


@pytest.fixture
def seen(browser: Any, address: str) -> Iterator[Visit]:
    with visit(browser, address, **WIDE) as seen:
        to_evals(seen)
        yield seen


def to_evals(seen: Visit) -> None:
    seen.page.get_by_role("link", name="Evals").click()
    seen.page.locator(".fn-evals-home").wait_for()


def run_file(seen: Visit) -> None:
    """To the report of a new run of the file."""
    seen.page.locator("select[name=cases]").select_option("cases/dev.jsonl")
    seen.page.get_by_role("button", name="Run", exact=True).click()
    seen.page.get_by_role("button", name="Open the report").click(timeout=30_000)
    seen.page.locator(".fn-run").wait_for()


def held(answerer: Any, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """What lets its questions go on, which wait until then."""
    goes_on, considered = threading.Event(), answerer.consider

    def waits(*args: Any, **kwargs: Any) -> Any:
        goes_on.wait(20)
        return considered(*args, **kwargs)

    monkeypatch.setattr(answerer, "consider", waits)
    return goes_on


def opened(seen: Visit) -> str:
    """The words that are marked in the source view, once they are."""
    seen.page.locator("#fn-evals-source mark.fn-current").wait_for()
    return "".join(seen.page.locator("#fn-evals-source mark.fn-current").all_text_contents())


@pytest.mark.slow
def test_from_cases_to_a_report_a_case_and_its_sentence(seen: Visit) -> None:
    run_file(seen)
    assert seen.page.locator(".fn-evals h2").inner_text() == "dev"
    assert seen.page.locator(".fn-ev-plots svg").count() == 4
    assert "A sentence that answers comes first" in seen.page.locator(".fn-run table").first.inner_text()
    seen.page.get_by_role("button", name="What will the repair").click()
    seen.page.locator(".fn-one-case [data-place='0:1']").first.click()
    assert opened(seen) == COST
    seen.page.keyboard.press("Escape")
    seen.page.locator("#fn-evals-source .fn-source").wait_for(state="detached")
    assert seen.page.evaluate("document.activeElement.dataset.place") == "0:1"
    seen.page.get_by_role("button", name="‹ dev").click()
    seen.page.locator(".fn-run").wait_for()


@pytest.mark.slow
def test_a_source_that_could_not_be_opened_gives_the_focus_back(
    seen: Visit, wired: tuple[Service, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise NotInLibrary("There is no such article.")

    run_file(seen)
    seen.page.get_by_role("button", name="What will the repair").click()
    cited = seen.page.locator(".fn-one-case [data-place='0:1']").first
    cited.wait_for()
    monkeypatch.setattr(wired[0].library, "article", missing)
    cited.press("Enter")
    seen.page.locator("#fn-evals-source .fn-failure").wait_for()
    seen.page.keyboard.press("Escape")
    seen.page.locator("#fn-evals-source .fn-source").wait_for(state="detached")
    assert seen.page.evaluate("document.activeElement.dataset.place") == "0:1"


@pytest.mark.slow
def test_two_runs_are_chosen_and_compared(seen: Visit) -> None:
    run_file(seen)
    seen.page.get_by_role("button", name="All runs").click()
    seen.page.locator(".fn-evals-home").wait_for()
    if seen.page.locator("input[name=run]").count() < 2:
        run_file(seen)
        seen.page.get_by_role("button", name="All runs").click()
        seen.page.locator(".fn-evals-home").wait_for()
    compare = seen.page.get_by_role("button", name="Compare the two chosen")
    assert compare.is_disabled()
    for at in (0, 1):
        seen.page.locator("input[name=run]").nth(at).check()
    compare.click()
    seen.page.locator(".fn-compare").wait_for()
    assert "3 cases in both." in seen.page.locator(".fn-compare").inner_text()


def to_list(seen: Visit) -> None:
    seen.page.get_by_role("button", name="All runs").click()
    seen.page.locator(".fn-evals-home").wait_for()


@pytest.mark.slow
def test_a_run_that_ends_leaves_ticked_what_was_ticked(seen: Visit) -> None:
    run_file(seen)
    to_list(seen)
    first = seen.page.locator("input[name=run]").first
    first.check()
    ticked, rows = first.get_attribute("value"), seen.page.locator("input[name=run]").count()
    seen.page.get_by_role("button", name="Run", exact=True).click()
    seen.page.wait_for_function(f"document.querySelectorAll('input[name=run]').length > {rows}")
    still = [box.get_attribute("value") for box in seen.page.locator("input[name=run]:checked").all()]
    assert still == [ticked]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("slow", "clicks"), [("kept_runs", "ended(); compare.click()"), ("compare_view", "compare.click(); ended()")]
)
def test_a_list_made_anew_never_covers_what_was_asked_for(
    seen: Visit, monkeypatch: pytest.MonkeyPatch, slow: str, clicks: str
) -> None:
    """An evaluation ends when it likes: also shortly before somebody asks for something else, and after it."""
    for _ in range(2):
        run_file(seen)
        to_list(seen)
    for at in (0, 1):
        seen.page.locator("input[name=run]").nth(at).check()
    made: list[str] = []
    for name in ("kept_runs", "compare_view"):
        monkeypatch.setattr(evals_views, name, late(getattr(evals_views, name), made, 1.0 if name == slow else 0.0))
    seen.page.evaluate(f"""() => {{
        const compare = document.querySelector('[data-do=compare]');
        const ended = () => document.dispatchEvent(new CustomEvent('fn-evals-ended'));
        {clicks}
    }}""")
    seen.page.locator(".fn-compare").wait_for()
    seen.page.wait_for_timeout(2_500)  # by then whatever else was asked for has come
    assert seen.page.locator(".fn-compare").is_visible()
    assert made[-1] == "compare_view"


def late(make: Any, made: list[str], seconds: float) -> Any:
    """`make`, which takes its time; its name is added to what was made."""

    def slowly(*args: Any) -> Any:
        time.sleep(seconds)
        made.append(make.__name__)
        return make(*args)

    return slowly


@pytest.mark.slow
def test_drafts_are_accepted_by_keyboard_and_then_asked(browser: Any, address: str) -> None:
    with visit(browser, address, **NARROW) as seen:
        to_evals(seen)
        assert seen.page.locator("option[value=accepted]").count() == 0
        seen.page.get_by_role("button", name="Draft ten questions").click()
        accept = seen.page.locator("[data-do=accept]")
        accept.first.wait_for()
        waiting = accept.count()
        assert waiting >= 2
        accept.first.focus()
        seen.page.keyboard.press("Enter")
        seen.page.get_by_text("1 case accepted").wait_for()
        assert accept.count() == waiting - 1
        assert seen.page.evaluate("document.activeElement.dataset.do") == "accept", "the next one has the focus"
        seen.page.locator(".fn-ev-drafts [data-place]").first.click()
        assert opened(seen)
        assert seen.page.locator("#fn-evals-source-column").bounding_box()["width"] == 390
        seen.page.get_by_role("button", name="Close source").click()
        assert seen.page.locator("option[value=accepted]").count() == 1
        overflow = seen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0


@pytest.mark.slow
def test_the_chat_stays_as_it_was_and_the_address_keeps_the_page(seen: Visit) -> None:
    seen.page.get_by_role("link", name="Chat").click()
    seen.ask("Who won the Sound Cup on Saturday?")
    assert CUP in seen.page.locator(".fn-turn").inner_text()
    assert not seen.page.locator(".fn-evals-home").is_visible()
    to_evals(seen)
    assert not seen.page.locator(".fn-turn").is_visible()
    assert seen.page.evaluate("location.hash") == "#evals"


@pytest.mark.slow
def test_a_reload_finds_the_evaluation_that_runs_and_can_stop_it(
    browser: Any, address: str, wired: tuple[Service, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = held(wired[0].answerer, monkeypatch)
    library: Path = wired[1].library
    before = len(list((library / "runs").glob("*/")))
    with visit(browser, address, **WIDE) as first:
        to_evals(first)
        first.page.locator("[name=limit]").fill("2")
        first.page.locator("select[name=cases]").select_option("cases/dev.jsonl")
        first.page.get_by_role("button", name="Run", exact=True).click()
        first.page.locator("[data-live]").wait_for()
        with visit(browser, address, **WIDE) as again:
            to_evals(again)
            again.page.locator("[data-live]").wait_for()
            assert again.page.get_by_role("button", name="Run", exact=True).is_disabled()
            again.page.get_by_role("button", name="Stop", exact=True).click()
            again.page.get_by_text("Stopping: dev").wait_for()
            goes_on.set()
            again.page.get_by_text("Stopped: dev").wait_for()
            first.page.get_by_text("Stopped: dev").wait_for()
    assert len(list((library / "runs").glob("*/"))) == before, "a stopped run is not among the finished ones"


@pytest.mark.slow
def test_what_ended_while_another_page_was_shown_is_there_on_return(
    seen: Visit, wired: tuple[Service, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on = held(wired[0].answerer, monkeypatch)
    before = seen.page.locator("input[name=run]").count()
    seen.page.locator("select[name=cases]").select_option("cases/dev.jsonl")
    run = seen.page.get_by_role("button", name="Run", exact=True)
    run.click()
    seen.page.locator("[data-live]").wait_for()
    assert run.is_disabled()
    seen.page.get_by_role("link", name="Chat").click()
    goes_on.set()
    seen.page.locator("#fn-evals-progress [data-live]").wait_for(state="detached")
    seen.page.get_by_role("link", name="Evals").click()
    seen.page.locator("[data-do=start]:not(:disabled), form button:not(:disabled)", has_text="Run").first.wait_for()
    assert run.is_enabled()
    assert seen.page.locator("input[name=run]").count() == before + 1


@pytest.mark.slow
def test_a_chat_model_writes_drafts_and_says_why_when_it_cannot(seen: Visit, chat: ChatServer) -> None:
    write = seen.page.get_by_role("button", name="Let openai:small write ten")
    chat.plays[:] = [says("Who will pay for the repair?"), fails(401, message="<b>secret</b>")]
    write.click()
    strip = seen.page.locator("#fn-evals-progress")
    strip.get_by_text("The chat model refused the key.").wait_for(timeout=60_000)  # the client is imported first
    assert "Check FOOTNOTE_CHAT_API_KEY." in strip.inner_text()
    assert "1 question waits to be accepted." in strip.inner_text()
    seen.page.locator(".fn-ev-drafts", has_text="Who will pay for the repair?").wait_for()
    chat.plays[:] = [says("Who ", "won ", "it?", pause=0.2)]
    write.click()
    strip.locator("[data-live]", has_text="Questions written by openai:small: writing").wait_for()
    assert write.is_disabled()
    assert seen.page.get_by_role("button", name="Run", exact=True).is_disabled()
    strip.get_by_text("of 10").wait_for()
    strip.get_by_role("button", name="Stop").click()
    strip.get_by_text("Stopped: Questions written by openai:small.").wait_for()
    seen.page.locator("[data-do=write]:not(:disabled)").wait_for()
