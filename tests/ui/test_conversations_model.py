"""Kept conversations against a dictionary: two people who ask, rename, share, search and delete in any order."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from qa.errors import UsageError
from tests.ui.pages import answer, article, evidence
from ui.conversation import Exchange, Failure, Pending
from ui.conversations import Conversations
from ui.exchanges import ERASED, STOPPED

QUOTES = {n: evidence(article(n), "The repair will cost £41 million.") for n in (1, 2)}
OWNERS = st.sampled_from(["ada", "bob", ""])
WORDS = st.sampled_from(["ferry", "toll", "bridge"])
PICK = st.integers(0, 9)


@dataclass
class Kept:
    owner: str
    title: str
    exchanges: list[Exchange]
    shared_as: str = ""


class Desk(RuleBasedStateMachine):
    """`kept` is what there should be by its id, the least recently changed first; `dead` words open nothing again."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        minutes = count()
        self.store = Conversations(
            Path(self.folder.name), lambda: datetime(2026, 5, 3, tzinfo=UTC) + timedelta(minutes=next(minutes))
        )
        self.kept: dict[str, Kept] = {}
        self.dead: set[str] = set()
        self.numbers = count()

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def picked(self, pick: int) -> str:
        return list(self.kept)[pick % len(self.kept)]

    def touch(self, name: str) -> None:
        self.kept[name] = self.kept.pop(name)

    @rule(owner=OWNERS, word=WORDS)
    def ask_anew(self, owner: str, word: str) -> None:
        asked = self.question(word)
        self.kept[self.store.begin(owner, asked)] = Kept(owner, asked.question, [asked])

    @precondition(lambda self: self.kept)
    @rule(owner=OWNERS, word=WORDS, pick=PICK)
    def ask_on(self, owner: str, word: str, pick: int) -> None:
        """In another's conversation it becomes one of one's own."""
        name, asked = self.picked(pick), self.question(word)
        into = self.store.begin(owner, asked, name)
        if self.kept[name].owner == owner:
            assert into == name
            self.kept[name].exchanges.append(asked)
            self.touch(name)
        else:
            assert into not in self.kept
            self.kept[into] = Kept(owner, asked.question, [asked])

    @precondition(lambda self: self.kept)
    @rule(owner=OWNERS, pick=PICK, of=st.sampled_from([0, 1, 2]))
    def end(self, owner: str, pick: int, of: int) -> None:
        """The last question gets its answer, out of article `of`, or a failure; nobody else can write it."""
        name = self.picked(pick)
        held = self.kept[name]
        outcome = answer(QUOTES[of]) if of else Failure("It broke.")
        ended = replace(held.exchanges[-1], outcome=outcome)
        self.store.change(owner, name, ended)
        if owner == held.owner:
            held.exchanges[-1] = ended
            self.touch(name)

    @precondition(lambda self: self.kept)
    @rule(owner=OWNERS, pick=PICK, title=st.sampled_from(["Short", " two  words ", "  "]))
    def rename(self, owner: str, pick: int, title: str) -> None:
        name = self.picked(pick)
        if owner != self.kept[name].owner and title.strip():
            with pytest.raises(UsageError):
                self.store.rename(owner, name, title)
            return
        self.store.rename(owner, name, title)
        if title.strip():
            self.kept[name].title = " ".join(title.split())

    @precondition(lambda self: self.kept)
    @rule(owner=OWNERS, pick=PICK)
    def share(self, owner: str, pick: int) -> None:
        held = self.kept[self.picked(pick)]
        if owner != held.owner:
            with pytest.raises(UsageError):
                self.store.share(owner, self.picked(pick))
            return
        word = self.store.share(owner, self.picked(pick))
        assert word not in self.dead
        assert self.store.share(owner, self.picked(pick)) == word == (held.shared_as or word)
        held.shared_as = word

    @precondition(lambda self: self.kept)
    @rule(owner=OWNERS, pick=PICK)
    def unshare(self, owner: str, pick: int) -> None:
        held = self.kept[self.picked(pick)]
        self.store.unshare(owner, self.picked(pick))
        if owner == held.owner:
            self.dead.add(held.shared_as)
            held.shared_as = ""

    @precondition(lambda self: self.kept)
    @rule(owner=OWNERS, pick=PICK)
    def delete(self, owner: str, pick: int) -> None:
        name = self.picked(pick)
        self.store.delete(owner, name)
        if owner == self.kept[name].owner:
            self.dead.add(self.kept.pop(name).shared_as)

    @rule(of=st.sampled_from([1, 2]))
    def purge(self, of: int) -> None:
        erased = 0
        for held in self.kept.values():
            for place, exchange in enumerate(held.exchanges):
                if exchange.outcome == answer(QUOTES[of]):
                    held.exchanges[place] = replace(exchange, outcome=ERASED)
                    erased += 1
        assert self.store.forget(of) == erased

    @rule(owner=OWNERS, word=WORDS)
    def search(self, owner: str, word: str) -> None:
        """By its title or by one of its questions."""
        wanted = [
            name
            for name, held in reversed(self.kept.items())
            if held.owner == owner and any(word in text for text in (held.title, *(e.question for e in held.exchanges)))
        ]
        assert [found.conversation_id for found in self.store.list(owner, word)] == wanted

    @invariant()
    def each_has_their_own(self) -> None:
        for owner in ("ada", "bob", ""):
            listed = [(one.conversation_id, one.title, one.shared_as) for one in self.store.list(owner)]
            wanted = [(name, held.title, held.shared_as) for name, held in self.kept.items() if held.owner == owner]
            assert listed == wanted[::-1]

    @invariant()
    def what_is_opened_is_what_was_said(self) -> None:
        for name, held in self.kept.items():
            said = [replace(e, outcome=STOPPED) if isinstance(e.outcome, Pending) else e for e in held.exchanges]
            assert list(self.store.open(held.owner, name)) == said
            with pytest.raises(UsageError):
                self.store.open(f"not {held.owner}", name)

    @invariant()
    def a_word_opens_what_is_shared_and_nothing_else(self) -> None:
        for name, held in self.kept.items():
            if held.shared_as:
                assert self.store.shared(held.shared_as).conversation_id == name
        for word in self.dead:
            with pytest.raises(UsageError):
                self.store.shared(word)

    def question(self, word: str) -> Exchange:
        number = next(self.numbers)
        return Exchange(f"What of the {word}, {number}?", key=f"key {number}")


TestDesk = Desk.TestCase
TestDesk.settings = settings(max_examples=25, stateful_step_count=15, deadline=None, database=None)
