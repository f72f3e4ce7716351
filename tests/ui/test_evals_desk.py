"""What the evals page does, over a real library and real evaluations: no browser, no Gradio."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from evals import runs
from evals.background import Progress
from evals.case_store import CaseStore
from evals.evaluate import evaluate as really
from qa.bootstrap import Service
from qa.domain import Answer
from qa.errors import CaseError, ChatFailed
from qa.settings import Settings
from tests.chat_server import chat_server, fails, never_ends, says
from tests.ui.evals_service import COST, small
from ui.conversation import Exchange, Place
from ui.draft_writing import WRITING
from ui.evals_desk import EvalsDesk
from ui.evals_views import CaseView, CompareView, Home, KeptRun, RunView
from ui.feedback import Feedback, Given
from ui.source_view import open_citation

WAIT = 20.0


@pytest.fixture(scope="module")
def wired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Settings]]:
    with small(tmp_path_factory.mktemp("evals") / "library") as made:
        yield made


@pytest.fixture
def folder(wired: tuple[Service, Settings]) -> Iterator[Path]:
    yield wired[1].library
    shutil.rmtree(wired[1].library / "runs", ignore_errors=True)
    (wired[1].library / "cases.db").unlink(missing_ok=True)


@pytest.fixture
def desk(wired: tuple[Service, Settings], folder: Path) -> Iterator[EvalsDesk]:
    with EvalsDesk(*wired) as made:
        yield made


def home(desk: EvalsDesk, **event: Any) -> Home:
    view, _ = desk.act(event)
    assert isinstance(view, Home)
    return view


def kept(desk: EvalsDesk, **how: Any) -> KeptRun:
    """The run that an evaluation of the file ends in."""
    assert home(desk, do="start", cases="cases/dev.jsonl", **how).failure is None
    ended = desk.background.wait(WAIT)
    assert ended is not None
    assert ended.state == "done", ended.error
    newest = home(desk, do="home").runs[0]
    assert newest.name == ended.run
    return newest


def test_the_start_offers_the_file_and_nothing_has_run(desk: EvalsDesk) -> None:
    start = home(desk)
    assert [choice.key for choice in start.choices] == ["cases/dev.jsonl"]
    assert (start.drafts, start.runs, start.busy, start.failure) == ((), [], False, None)


def test_a_draft_counts_once_it_is_accepted(desk: EvalsDesk, wired: tuple[Service, Settings]) -> None:
    view, opened = desk.act({"do": "draft"})
    assert isinstance(view, Home)
    assert {draft.case.kind for draft in view.drafts} == {"cloze", "heading"}
    place = view.drafts[1].quotes[0].place
    assert place == "1:1"
    page = open_citation(wired[0].library, opened, Place(1, 1))
    assert page.here[0][1].quote == view.drafts[1].case.gold[0].quote
    first, second = view.drafts[0].case.id, view.drafts[1].case.id
    home(desk, do="accept", case=first)
    after = home(desk, do="throw", case=second)
    assert (after.counts["accepted"], after.counts["thrown away"]) == (1, 1)
    assert after.choices[0].key == "accepted"
    assert home(desk, do="draft").counts["thrown away"] == 1


def test_a_run_is_the_command_s_and_can_be_opened_case_by_case(
    desk: EvalsDesk, folder: Path, wired: tuple[Service, Settings]
) -> None:
    run = kept(desk)
    report, records = runs.read(folder / "runs" / run.name)
    assert (report["dataset"], report["cases"], [record.id for record in records]) == ("dev", 3, ["cost", "tea", "cup"])
    view, _ = desk.act({"do": "open", "run": run.name})
    assert isinstance(view, RunView)
    assert (len(view.records), view.at, view.pages) == (3, 0, 1)
    case, opened = desk.act({"do": "case", "run": run.name, "case": "cost"})
    assert isinstance(case, CaseView)
    assert [(quote.text, quote.article, quote.place) for quote in case.gold] == [
        (COST, "Tamar crossing to be repaired", "0:1")
    ]
    assert open_citation(wired[0].library, opened, Place(0, 1)).here[0][1].quote == COST
    gold = [quote.place for shown, quote in case.evidence if shown.quote == COST]
    assert gold == ["0:1"], "the same sentence is one citation, as gold and as evidence"


def test_only_what_is_not_right_is_listed_when_asked(desk: EvalsDesk) -> None:
    run = kept(desk)
    view, _ = desk.act({"do": "open", "run": run.name, "wrong": True, "page": 7})
    assert isinstance(view, RunView)
    assert (len(view.records), view.at) == (view.wrong, 0)


def test_two_runs_are_compared_the_older_one_first(desk: EvalsDesk) -> None:
    one = kept(desk, limit=2)
    other = kept(desk, withheld=True)
    view, _ = desk.act({"do": "compare", "before": other.name, "after": one.name})
    assert isinstance(view, CompareView)
    assert (view.before.name, view.after.name, view.found["cases"]) == (one.name, other.name, 2)
    assert other.report["cases"] == 5, "three, and the two with gold again with their articles left out"


@pytest.mark.parametrize(
    "event",
    [
        {"do": "open", "run": "../../etc"},
        {"do": "open", "run": 3},
        {"do": "open"},
        {"do": "case", "run": "RUN", "case": "none"},
        {"do": "compare", "before": "RUN", "after": ""},
        {"do": "start", "cases": "../dev.jsonl"},
        {"do": "start", "cases": ["cases/dev.jsonl"]},
        {"do": "accept", "case": "none"},
        {"do": "accept", "case": "x" * 501},
    ],
)
def test_what_is_not_there_is_said_over_the_start(desk: EvalsDesk, folder: Path, event: dict[str, Any]) -> None:
    view = home(desk, **event)
    assert view.failure is not None
    assert view.failure.error_id == "", "no error of ours"
    assert not (folder / "runs").exists()


@pytest.mark.parametrize("event", [None, 3, "home", {"do": {}}, {"do": "rm -rf"}, {}])
def test_an_event_of_any_shape_shows_the_start(desk: EvalsDesk, event: object) -> None:
    view, _ = desk.act(event)
    assert isinstance(view, Home)
    assert view.failure is None


def test_broken_files_are_said_and_do_not_hide_the_rest(desk: EvalsDesk, folder: Path) -> None:
    run = kept(desk)
    (folder / "runs" / "torn-20260101T000000000000-key").mkdir()
    (folder / "runs" / "torn-20260101T000000000000-key" / "report.json").write_text("{")
    (folder / "runs" / "old").mkdir()
    (folder / "runs" / "old" / "report.json").write_text("{}")
    (folder / "cases.db").write_bytes(b"broken" * 100)
    view = home(desk)
    assert [kept.name for kept in view.runs] == [run.name]
    assert view.failure is not None
    assert "cases.db" in view.failure.message


def test_one_runs_at_a_time_and_goes_on_where_it_was_stopped(wired: tuple[Service, Settings], folder: Path) -> None:
    gate, asked = threading.Event(), threading.Event()

    def evaluate(dataset: Any, settings: Settings, **how: Any) -> Any:
        def step(done: int, total: int) -> None:
            asked.set()
            gate.wait(WAIT)
            how["progress"]("asking", done, total)

        service = how["open_service"]
        return really(dataset, service.answerer, service.library, progress=step, runs=how["runs"], draws=10)

    with EvalsDesk(*wired, evaluate=evaluate) as desk:
        assert home(desk, do="start", cases="cases/dev.jsonl").busy
        refused = home(desk, do="start", cases="cases/dev.jsonl")
        assert refused.failure is not None
        assert "under way" in refused.failure.message
        assert asked.wait(WAIT)
        desk.stop()
        gate.set()
        ended = desk.background.wait(WAIT)
        assert ended is not None
        assert ended.state == "stopped"
        (part,) = (folder / "runs").glob("*.part.jsonl")
        assert len(part.read_text().splitlines()) == 1
        run = kept(desk)
        assert run.report["cases"] == 3
        assert not part.exists()


def test_an_evaluation_that_fails_says_why(desk: EvalsDesk, folder: Path) -> None:
    (folder / "cases" / "bad.jsonl").write_text("{}\n")
    try:
        view = home(desk, do="start", cases="cases/bad.jsonl")
    finally:
        (folder / "cases" / "bad.jsonl").unlink()
    assert view.failure is not None
    assert "bad.jsonl:1" in view.failure.message
    assert desk.background.progress() is None


def test_accepted_cases_are_what_is_asked(desk: EvalsDesk, folder: Path) -> None:
    home(desk, do="draft")
    store = CaseStore(folder)
    with pytest.raises(CaseError):
        store.dataset()
    chosen = store.cases("draft")[0]
    home(desk, do="accept", case=chosen.id)
    home(desk, do="start", cases="accepted")
    ended = desk.background.wait(WAIT)
    assert ended is not None
    assert [r.question for r in runs.read(folder / "runs" / ended.run)[1]] == [chosen.question]


def test_what_was_marked_in_the_chat_waits_to_be_accepted(desk: EvalsDesk, wired: tuple[Service, Settings]) -> None:
    question = "What will the repair of the Tamar crossing cost?"
    reply = wired[0].answerer.answer(question)
    assert isinstance(reply, Answer)
    feedback = Feedback(wired[1].library)
    feedback.give((Exchange(question, reply, key="one"),), Given(0, "up", ""))
    try:
        (draft,) = home(desk).drafts
        assert (draft.case.question, draft.case.kind) == (question, "answer found good")
        assert draft.quotes[0].place == "0:1"
        home(desk, do="throw", case=draft.case.id)
        assert home(desk).drafts == (), "what was thrown away stays so"
    finally:
        for file in wired[1].library.glob("feedback.db*"):
            file.unlink()


@pytest.fixture
def with_model(wired: tuple[Service, Settings], folder: Path) -> Iterator[Callable[[str], EvalsDesk]]:
    """A desk whose chat model is at an address."""
    with ExitStack() as opened:

        def made(url: str) -> EvalsDesk:
            given = {"chat_model": "openai:small", "chat_base_url": url, "chat_retries": 0}
            return opened.enter_context(EvalsDesk(wired[0], wired[1].model_copy(update=given)))

        yield made


def ended(desk: EvalsDesk) -> Progress:
    progress = desk.background.wait(WAIT)
    assert progress is not None
    return progress


def test_a_chat_model_writes_drafts_of_which_each_is_kept(with_model: Callable[[str], EvalsDesk]) -> None:
    with chat_server(says("Who will pay for it?"), says("[none]"), says("Who was there to see it?")) as chat:
        desk = with_model(chat.url)
        start = home(desk, do="write")
        assert (start.model, start.busy, start.failure) == ("openai:small", True, None)
        progress = ended(desk)
        assert (progress.state, progress.step, progress.total, progress.run) == ("done", WRITING, 10, "")
        assert [asked["model"] for asked in chat.asked] == ["small"] * 30, "three tries for each that is wanted"
    drafts = home(desk).drafts
    assert {draft.case.question for draft in drafts} <= {"Who will pay for it?", "Who was there to see it?"}
    assert {draft.case.kind for draft in drafts} == {"written"}
    assert len(drafts) == progress.done > 1
    assert all(draft.quotes[0].place for draft in drafts), "each with its sentence, to be opened"


def test_what_was_written_before_the_chat_model_failed_is_kept(with_model: Callable[[str], EvalsDesk]) -> None:
    with chat_server(says("Who will pay for it?"), fails(500)) as chat:
        desk = with_model(chat.url)
        home(desk, do="write")
        progress = ended(desk)
    assert (progress.state, progress.done) == ("failed", 1)
    assert isinstance(progress.error, ChatFailed)
    assert [draft.case.question for draft in home(desk).drafts] == ["Who will pay for it?"]


def test_the_writing_is_stopped_in_the_middle_of_a_question(with_model: Callable[[str], EvalsDesk]) -> None:
    with chat_server(says("Who will pay for it?"), never_ends("and ", 0.01)) as chat:
        desk = with_model(chat.url)
        home(desk, do="write")
        refused = home(desk, do="start", cases="cases/dev.jsonl")
        assert refused.failure is not None
        assert "This is under way: Questions written by openai:small." in refused.failure.message
        while len(chat.asked) < 2:
            time.sleep(0.01)
        desk.stop()
        progress = ended(desk)
        assert (progress.state, progress.done) == ("stopped", 1)
        assert chat.hung_up.wait(WAIT), "the request has ended, too"
    assert len(home(desk).drafts) == 1


def test_without_a_chat_model_none_is_offered_to_write(desk: EvalsDesk) -> None:
    assert home(desk).model == ""
    refused = home(desk, do="write")
    assert refused.failure is not None
    assert "no chat model" in refused.failure.message
    assert desk.background.progress() is None
