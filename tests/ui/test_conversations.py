"""Kept conversations, over a real file."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from qa.domain import Reply
from qa.errors import LibraryTooNew, LibraryUnwritable, UsageError
from tests.ui.pages import answer, article, evidence, refusal
from ui import conversation_tables, conversations, exchanges
from ui.conversation import Exchange, Failure, Pending, Stopped
from ui.conversations import Conversations

ROOT = Path(__file__).parents[2]
COST = evidence(article(), "The repair will cost £41 million.")
CRACKS = evidence(article(2), "Engineers found cracks in two of its piers.")


def asked(question: str, outcome: Reply | Failure | Pending | Stopped = Pending(), key: str = "") -> Exchange:  # noqa: B008
    return Exchange(question, outcome, key=key or question)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Conversations]:
    """A store whose clock goes on by a minute at each look."""
    times = (datetime(2026, 5, 3, tzinfo=UTC) + timedelta(minutes=n) for n in range(100_000))
    store = Conversations(tmp_path, lambda: next(times))
    yield store
    store.close()


def titles(kept: Conversations, owner: str = "ada", search: str = "") -> list[str]:
    return [item.title for item in kept.list(owner, search)]


@pytest.mark.parametrize(
    "outcome",
    [
        answer(COST, CRACKS, short="£41 million", dropped_citations=("[9]",), timings_ms={"read": 1.25}),
        refusal(COST),
        Failure("It broke.", "Mend it.", "ab12"),
        Stopped((COST,), "It "),
    ],
)
def test_what_was_kept_comes_back_as_it_was(kept: Conversations, outcome: Reply | Failure | Stopped) -> None:
    first = replace(asked("What will it cost? \U0001f309", outcome), asked_of="The Courier", verdict="up")
    conversation_id = kept.begin("ada", replace(first, outcome=Pending()))
    kept.change("ada", conversation_id, first)
    (back,) = kept.open("ada", conversation_id)
    assert back == first
    assert (back.key, type(back.outcome)) == (first.key, type(outcome))


def test_an_answer_that_came_back_still_cites_slices_of_the_article(kept: Conversations) -> None:
    conversation_id = kept.begin("ada", asked("What will it cost?", answer(COST)))
    found = kept.open("ada", conversation_id)[0].outcome.evidence[0]  # type: ignore[union-attr]
    assert (found.article.article_id, found.article.version) == (1, 1)
    assert article().text[found.start : found.end] == "The repair will cost £41 million."


def test_a_question_that_was_never_finished_says_so(kept: Conversations) -> None:
    conversation_id = kept.begin("ada", asked("What will it cost?"))
    assert kept.open("ada", conversation_id)[0].outcome == exchanges.STOPPED


def test_questions_go_into_the_conversation_that_they_follow_in_order(kept: Conversations) -> None:
    first = kept.begin("ada", asked("One?"))
    assert kept.begin("ada", asked("Two?"), first) == first
    assert kept.begin("ada", asked("Three?"), "gone") != first
    assert [exchange.question for exchange in kept.open("ada", first)] == ["One?", "Two?"]


def test_the_list_has_the_newest_first_and_a_question_renews(kept: Conversations) -> None:
    first = kept.begin("ada", asked("One?"))
    kept.begin("ada", asked("Two?"))
    assert titles(kept) == ["Two?", "One?"]
    kept.begin("ada", asked("And?"), first)
    assert titles(kept) == ["One?", "Two?"]


def test_a_title_is_one_short_line(kept: Conversations) -> None:
    kept.begin("ada", asked("  What\n\nis   it? " + "x" * 5_000))
    (title,) = titles(kept)
    assert title.startswith("What is it? xxx")
    assert title.endswith("…")
    assert len(title) == conversation_tables.LONGEST_TITLE


def test_renaming_and_deleting(kept: Conversations) -> None:
    one, two = kept.begin("ada", asked("One?")), kept.begin("ada", asked("Two?"))
    kept.rename("ada", one, " The  bridge ")
    kept.rename("ada", one, "   ")
    kept.delete("ada", two)
    assert titles(kept) == ["The bridge"]
    with pytest.raises(UsageError, match="no such conversation"):
        kept.open("ada", two)
    kept.delete("ada", two)


def test_what_was_deleted_is_in_no_table(kept: Conversations, tmp_path: Path) -> None:
    conversation_id = kept.begin("ada", asked("What will it cost?", answer(COST)))
    kept.delete("ada", conversation_id)
    with sqlite3.connect(tmp_path / conversations.NAME) as file:
        for table in ("conversation", "exchange", "exchange_text", "quoted"):
            assert file.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_what_was_deleted_is_not_left_in_the_file(tmp_path: Path) -> None:
    kept = Conversations(tmp_path)
    kept.begin("ada", asked("Who is the heliotrope informant?"))
    gone = kept.begin("ada", asked("Who is the marmalade witness?"))
    kept.delete("ada", gone)
    kept.close()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"heliotrope" in held
    assert b"marmalade" not in held


def test_an_outcome_that_comes_after_the_deletion_brings_nothing_back(kept: Conversations) -> None:
    conversation_id = kept.begin("ada", asked("What will it cost?"))
    kept.delete("ada", conversation_id)
    kept.change("ada", conversation_id, asked("What will it cost?", answer(COST)))
    assert kept.list("ada") == []


class TestAnotherUser:
    """Knows the id, and still neither sees nor changes anything, and is told the same as for an id that is none."""

    @pytest.fixture
    def adas(self, kept: Conversations) -> str:
        return kept.begin("ada", asked("Secret plans?", answer(COST), key="k"))

    @pytest.mark.parametrize("other", ["bob", "", "ADA", "ada ", "%"])
    def test_sees_nothing(self, kept: Conversations, adas: str, other: str) -> None:
        assert kept.list(other) == kept.list(other, "secret") == kept.list(other, "41 million") == []
        with pytest.raises(UsageError) as hers:
            kept.open(other, adas)
        with pytest.raises(UsageError) as none:
            kept.open(other, "nothing")
        assert str(hers.value) == str(none.value)

    def test_changes_nothing(self, kept: Conversations, adas: str) -> None:
        with pytest.raises(UsageError):
            kept.rename("bob", adas, "Mine")
        kept.delete("bob", adas)
        kept.change("bob", adas, asked("Secret plans?", refusal(), key="k"))
        assert kept.begin("bob", asked("Me too"), adas) != adas
        (exchange,) = kept.open("ada", adas)
        assert exchange.outcome == answer(COST)
        assert titles(kept) == ["Secret plans?"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Who won?", "What will the bridge cost?"]),
        ("bridges", ["What will the bridge cost?"]),  # Porter: bridge, bridges -> bridg
        ("41 MILLION", ["What will the bridge cost?"]),
        ("repair wo", []),  # both words, and no word of the answer begins with "wo"
        ("repair co", ["What will the bridge cost?"]),
        ("who w", ["Who won?"]),
        ('"', []),
        ("won OR bridge", []),
        ("*", []),
        ("' -x ( NEAR", []),
        ("x" * 5_000, []),
    ],
)
def test_searching(kept: Conversations, search: str, found: list[str]) -> None:
    kept.begin("ada", asked("What will the bridge cost?", answer(COST)))
    kept.begin("ada", asked("Who won?", refusal()))
    assert titles(kept, search=search) == found


def test_a_new_name_is_found_too(kept: Conversations) -> None:
    conversation_id = kept.begin("ada", asked("What will it cost?"))
    kept.rename("ada", conversation_id, "Straße 100%")
    assert titles(kept, search="STRASSE 100%") == ["Straße 100%"]
    assert titles(kept, search="%") == ["Straße 100%"]


def test_no_more_than_the_most_are_kept_and_each_user_has_a_share(
    kept: Conversations, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "MOST_KEPT", 3)
    kept.begin("bob", asked("Bob's?"))
    first, *_ = [kept.begin("ada", asked(f"{n}?")) for n in range(3)]
    kept.begin("ada", asked("Again?"), first)
    kept.begin("ada", asked("New?"))
    assert titles(kept) == ["New?", "0?", "2?"]
    assert titles(kept, "bob") == ["Bob's?"]


def test_an_answer_without_end_is_kept_as_its_question(kept: Conversations, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchanges, "MOST_CHARACTERS", 500)
    conversation_id = kept.begin("ada", asked("What will it cost?", answer(COST)))
    assert kept.open("ada", conversation_id) == (asked("What will it cost?", exchanges.STOPPED),)


def test_an_outcome_of_a_later_version_is_said_to_be_unreadable() -> None:
    text = exchanges.dump(asked("Cost?", answer(COST)))
    for odd in (text.replace('"Answer"', '"Video"'), text.replace('"claims"', '"clams"')):
        assert exchanges.load(odd).outcome == exchanges.UNREADABLE


def test_an_article_that_is_erased_is_erased_from_answers(kept: Conversations, tmp_path: Path) -> None:
    mixed = kept.begin("ada", asked("Cost?", answer(COST)))
    kept.begin("ada", asked("Cracks?", answer(CRACKS)), mixed)
    refused = kept.begin("bob", asked("Who?", refusal(COST)))
    assert kept.forget(1) == 2
    assert [exchange.outcome for exchange in kept.open("ada", mixed)] == [exchanges.ERASED, answer(CRACKS)]
    assert kept.open("bob", refused)[0].outcome == exchanges.ERASED
    assert titles(kept, search="million") == []
    assert Conversations(tmp_path / "none").forget(1) == 0


def test_an_article_that_is_erased_is_erased_from_what_was_stopped(kept: Conversations, tmp_path: Path) -> None:
    """Of a file from before that was written down too."""
    stopped = kept.begin("ada", asked("Cost?", Stopped((COST,), "It ")))
    early = kept.begin("ada", asked("Cost?", Stopped(None)))
    with sqlite3.connect(tmp_path / conversations.NAME) as file:
        file.execute("DELETE FROM quoted")
        file.execute("PRAGMA user_version = 2")
    before = Conversations(tmp_path)
    assert before.forget(1) == 1
    before.close()
    assert kept.open("ada", stopped)[0].outcome == exchanges.ERASED
    assert kept.open("ada", early)[0].outcome == Stopped(None)
    kept.change("ada", stopped, asked("Cost?", Stopped((COST,), "It ")))
    assert kept.forget(1) == 1


@pytest.mark.parametrize("outcome", [answer(CRACKS, COST), refusal(COST), Stopped((COST,), "It ")])
def test_what_quotes_an_erased_article_is_not_written(tmp_path: Path, outcome: Reply | Stopped) -> None:
    gone: set[int] = set()
    store = Conversations(tmp_path, erased=gone.__contains__)
    asking = store.begin("ada", asked("Cost?"))
    store.change("ada", asking, asked("Cost?", outcome))
    assert store.open("ada", asking)[0].outcome == outcome
    gone.add(COST.article.article_id)
    store.change("ada", asking, replace(asked("Cost?", outcome), verdict="up"))
    store.begin("ada", asked("Cracks?", answer(CRACKS)), asking)
    first, second = store.open("ada", asking)
    assert (first.question, first.verdict, first.outcome) == ("Cost?", "up", exchanges.ERASED)
    assert second.outcome == answer(CRACKS)
    assert store.list("ada", "41 million") == []
    assert store.forget(COST.article.article_id) == 0
    store.close()


def test_reading_makes_no_file_and_writing_one_that_is_private(tmp_path: Path) -> None:
    store = Conversations(tmp_path / "library")
    assert store.list("ada") == []
    assert not (tmp_path / "library").exists()
    store.begin("ada", asked("One?"))
    for file in (tmp_path / "library").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    store.close()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(LibraryUnwritable):
        Conversations(tmp_path).begin("ada", asked("One?"))


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("")
    with pytest.raises(LibraryUnwritable):
        Conversations(tmp_path / "library").begin("ada", asked("One?"))


def test_a_later_version_s_file_is_left_alone(kept: Conversations, tmp_path: Path) -> None:
    kept.begin("ada", asked("One?"))
    with sqlite3.connect(tmp_path / conversations.NAME) as file:
        file.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryTooNew):
        Conversations(tmp_path).list("ada")


WRITE = """
import sys
from pathlib import Path
from ui.conversation import Exchange
from ui.conversations import Conversations
store = Conversations(Path(sys.argv[1]))
for n in range(100_000):
    into = store.begin("ada", Exchange(f"Question {n}?", key=str(n)), into if n % 5 else "")
    print(n, flush=True)
"""


def test_killed_in_the_middle_it_has_all_that_was_acknowledged(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITE, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    seen = [int(process.stdout.readline()) for _ in range(30)]
    process.kill()
    seen += [int(line) for line in process.stdout if line.endswith("\n")]
    assert process.wait() == -signal.SIGKILL
    store = Conversations(tmp_path)
    held = [e.question for item in reversed(store.list("ada")) for e in store.open("ada", item.conversation_id)]
    assert held[: len(seen)] == [f"Question {n}?" for n in seen]
    assert len(held) - len(seen) in (0, 1)
    with sqlite3.connect(tmp_path / conversations.NAME) as file:
        assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        file.execute("INSERT INTO exchange_text (exchange_text) VALUES ('integrity-check')")
    store.close()
