"""Purging: whoever keeps quotes lets go of them, whatever fails, and an open page writes none of them again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evals.case_store import CaseStore
from qa.domain import Turn
from qa.errors import LibraryUnwritable, NotInLibrary
from qa.library import Library
from tests.fakes import FakeAnswerer
from tests.shelves import STAMP, new
from tests.ui.pages import answer, article, evidence
from ui import app, chat, server
from ui.conversation import Exchange
from ui.exchanges import ERASED
from ui.feedback import Given
from ui.pace import Pace
from ui.purging import purge
from ui.running import Desk
from ui.sidebar import Handlers, Thread
from ui.source_view import erased

QUOTE = "The repair will cost £41 million."


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path, STAMP, index="exact") as opened:
        opened.add_many([new("file:///a.txt", QUOTE), new("file:///b.txt", "Two.")])
        yield opened


def test_what_fails_can_be_tried_again_and_what_comes_between_is_forgotten_too(library: Library) -> None:
    told: list[tuple[int, str, bool]] = []

    def forget(article_id: int, uri: str) -> None:
        told.append((article_id, uri, erased(library, article_id)))
        if len(told) == 1:
            raise LibraryUnwritable("The disk is full.")

    with pytest.raises(LibraryUnwritable):
        purge(library, 1, forget)
    purge(library, 1, forget)
    assert told == [(1, "file:///a.txt", gone) for gone in (False, False, True)]
    with pytest.raises(NotInLibrary):
        purge(library, 1, forget)


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
