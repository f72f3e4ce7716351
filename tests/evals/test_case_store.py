"""Drafted, accepted and thrown-away cases in a real file."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from evals.case_store import NAME, CaseStore, from_reply
from evals.cases import Case, Gold
from qa.domain import Answer, Citation, Claim, Refusal, Turn
from qa.errors import CaseError, LibraryError, LibraryUnwritable
from tests.evals.makers import article, evidence

ONE = Case("one", "Who closed it?", (Gold("a.txt", "It closed.", 0, 7),), (Turn("What?", "The bridge."),), ("it",), "x")
TWO = Case("two", "Who won?")


@pytest.fixture
def store(tmp_path: Path) -> CaseStore:
    return CaseStore(tmp_path)


def test_a_case_comes_back_as_it_was_added(store: CaseStore) -> None:
    assert store.add([ONE, TWO]) == 2
    assert store.cases("draft") == [ONE, TWO]
    assert store.cases("draft", limit=1) == [ONE]
    assert store.known() == {"one", "two"}


def test_only_accepted_cases_count(store: CaseStore) -> None:
    store.add([ONE, TWO])
    with pytest.raises(CaseError, match="No case has been accepted"):
        store.dataset()
    store.decide("two", "accepted")
    assert store.dataset().cases == (TWO,)
    assert store.counts() == {"draft": 1, "accepted": 1, "thrown away": 0}


def test_what_was_thrown_away_is_not_drafted_again_and_can_be_put_back(store: CaseStore) -> None:
    store.add([ONE])
    store.decide("one", "thrown away")
    assert store.add([ONE, TWO]) == 1
    assert store.cases("draft") == [TWO]
    store.decide("one", "draft")
    assert store.cases("draft") == [ONE, TWO]


def test_a_purged_article_takes_the_cases_that_quote_it_or_were_made_from_it_along(store: CaseStore) -> None:
    made, thrown = Case("made", "What is missing?", about="a.txt"), Case("thrown", "When?", ONE.gold)
    chat = Case("chat-1", "Who?", (Gold("b.txt", "Ada won."),), (Turn("Why?", "It closed."),))
    store.add([ONE, TWO, made, thrown, chat])
    store.decide("thrown", "thrown away")
    assert store.forget("file:///news/a.txt") == 3
    assert store.cases("draft") == [TWO, replace(chat, history=(Turn("Why?", ""),))]
    assert store.cases("thrown away") == []


def test_forgetting_makes_no_file(store: CaseStore) -> None:
    assert store.forget("a.txt") == 0
    assert not (store.folder / NAME).exists()


def test_a_case_that_is_not_here_and_a_state_there_is_not_are_refused(store: CaseStore) -> None:
    with pytest.raises(CaseError, match="no case 'gone'"):
        store.decide("gone", "accepted")
    with pytest.raises(CaseError, match="cannot be"):
        store.decide("gone", "maybe")  # type: ignore[arg-type]


def test_several_threads_may_add_at_once(store: CaseStore) -> None:
    added: list[int] = []
    many = [
        threading.Thread(target=lambda n=n: added.append(store.add([ONE, Case(f"case {n}", "Who?")]))) for n in range(8)
    ]
    for thread in many:
        thread.start()
    for thread in many:
        thread.join()
    assert sum(added) == 9, "eight of their own, and the shared one once"
    assert len(store.cases("draft")) == 9


def test_a_damaged_file_and_a_folder_that_is_none_are_said(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no database at all, whatever its name says" * 30)
    with pytest.raises(LibraryError, match=r"cases\.db is damaged"):
        CaseStore(tmp_path).counts()
    with pytest.raises(LibraryUnwritable):
        CaseStore(tmp_path / NAME).add([ONE])


def test_only_its_owner_reads_what_was_asked(store: CaseStore, tmp_path: Path) -> None:
    store.add([ONE])
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


BRIDGE = article(1, "file:///bridge.txt", "The bridge closed. It will cost £41 million. Nobody was asked.")
CLOSED, COST = evidence(BRIDGE, "The bridge closed."), evidence(BRIDGE, "It will cost £41 million.")
ANSWER = Answer(
    "What will it cost?",
    "What will the bridge cost?",
    (
        Claim(COST.quote, (Citation(2, 0.9), Citation(7, 0.9))),
        Claim(CLOSED.quote, (Citation(1, 0.4), Citation(2, 0.4))),
    ),
    (CLOSED, COST),
    0.9,
)
REFUSAL = Refusal("Who won?", "Who won?", "The articles do not say.", "1 article", (COST,), 0.1)


def test_a_good_answer_becomes_a_case_with_its_citations_as_alternatives() -> None:
    case = from_reply(ANSWER, True, [Turn("Which bridge?", "")])
    assert case is not None
    assert (case.question, case.history) == ("What will it cost?", (Turn("Which bridge?", ""),))
    assert case.gold == (
        Gold("file:///bridge.txt", COST.quote, 0, COST.start),
        Gold("file:///bridge.txt", CLOSED.quote, 0, 0),
    ), "number 7 names nothing, and number 2 is cited twice"
    assert from_reply(ANSWER, True, [Turn("Which bridge?", "")]) == case
    assert from_reply(ANSWER, True) != case, "the same words after other turns are another question"


@pytest.mark.parametrize(
    ("reply", "good", "kind"),
    [(ANSWER, False, "answer found bad"), (REFUSAL, True, "refusal found good")],
)
def test_without_a_known_gold_a_case_is_one_that_is_not_answerable(reply: Answer, good: bool, kind: str) -> None:
    case = from_reply(reply, good)
    assert case is not None
    assert (case.answerable, case.kind) == (False, kind)


def test_a_refusal_found_bad_says_too_little() -> None:
    assert from_reply(REFUSAL, False) is None
