"""Purging: whoever keeps quotes lets go of them, whatever fails, and an open page writes none of them again."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from evals.case_store import CaseStore
from qa.domain import Turn
from qa.errors import LibraryError, LibraryUnwritable
from qa.library import Library
from tests.fakes import FakeAnswerer
from tests.shelves import STAMP, new
from tests.ui.pages import answer, article, evidence
from ui import app, chat, purging, server
from ui.conversation import Exchange
from ui.exchanges import ERASED
from ui.feedback import Given
from ui.pace import Pace
from ui.running import Desk
from ui.sidebar import Handlers, Thread
from ui.source_view import erased

QUOTE = "The repair will cost £41 million."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path, STAMP, index="exact") as opened:
        opened.add_many([new("file:///a.txt", QUOTE), new("file:///b.txt", "Two.")])
        yield opened


def test_a_purge_that_was_cut_short_is_finished_by_the_next_start(
    library: Library, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody was answered between the two times that everything is told to forget."""
    conversations, _ = server.stores(library, tmp_path)
    reply = answer(evidence(article(1), QUOTE))
    told: list[int] = []

    def forget(article_id: int, uri: str) -> None:
        told.append(article_id)
        if len(told) == 1:
            conversations.begin("ada", Exchange("Cost?", reply, key="k"))
        else:
            raise LibraryUnwritable("The disk is full.")

    with pytest.raises(LibraryError, match="The disk is full"):
        library.purge(1, forget)
    (kept,) = conversations.list("ada")
    purging.finish(library, forget)
    assert "is erased, but not yet from all that quotes it: The disk is full." in caplog.text
    assert conversations.open("ada", kept.conversation_id)[0].outcome == reply
    purging.finish(library, partial(purging.forget, tmp_path))
    assert conversations.open("ada", kept.conversation_id)[0].outcome == ERASED
    conversations.close()


def test_a_run_that_cannot_be_written_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "runs" / "news-1-key" / "records.jsonl").mkdir(parents=True)
    with pytest.raises(LibraryUnwritable, match="runs cannot be written"):
        purging.forget(tmp_path, 1, "file:///a.txt")


def test_a_removed_article_stays_quotable_and_a_purged_one_does_not(library: Library) -> None:
    library.remove(1)
    assert not erased(library, 1)
    library.remove(1, purge=True)
    assert erased(library, 1)
    assert not erased(library, 2)


@pytest.mark.parametrize("purged", [False, True])
def test_what_the_service_keeps_quotes_no_purged_article(library: Library, tmp_path: Path, purged: bool) -> None:
    """A page is open, and an answer under way, while the article goes."""
    reply = answer(evidence(article(1), QUOTE))
    conversations, feedback = server.stores(library, tmp_path)
    thread = Thread()

    def start(desk: Desk) -> Any:
        return ()

    bar = Handlers(conversations, library, start, lambda: "box", "skip")
    steps = bar.keep("ada", thread, chat.ask(FakeAnswerer([reply]), "Cost?", ()))
    next(steps)
    library.remove(1, purge=purged)
    talked = [conversation for conversation, _ in steps][-1]
    (kept,) = conversations.open("ada", thread.conversation_id)
    assert kept == Exchange("Cost?", ERASED if purged else reply)
    if purged:
        assert conversations.without_erased(talked)[0].outcome == ERASED
    else:
        feedback.give(talked, Given(0, "up", ""))
    assert len(feedback.entries()) == len(CaseStore(tmp_path).cases("draft")) == (not purged)
    conversations.close()


class FakeGradio:
    """The two values of gradio's that the page's handlers give."""

    def skip(self) -> str:
        return "skip"

    def update(self, **fields: object) -> dict[str, object]:
        return fields


def test_the_next_question_is_not_told_of_what_was_purged(library: Library, tmp_path: Path) -> None:
    conversations, _ = server.stores(library, tmp_path)
    talked = tuple(Exchange(f"{n}?", answer(evidence(article(n), QUOTE)), key=str(n)) for n in (1, 2))
    library.remove(1, purge=True)
    answerer = FakeAnswerer([answer()])
    page = app._Page({"": answerer}, library, conversations, FakeGradio(), Pace(0))
    _, shown, *_ = next(page.ask("ada", "And?", talked, Desk(), Thread(), ""))
    assert [one.outcome for one in shown[:2]] == [ERASED, talked[1].outcome]
    list(page.ask("ada", "And?", talked, Desk(), Thread(), ""))
    assert answerer.asked == [("And?", (Turn("2?", f"{QUOTE} [1]"),))]
    conversations.close()
