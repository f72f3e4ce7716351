"""The exact index against a dictionary: whatever is added, replaced, removed and asked in whatever order."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from qa.index import ExactIndex
from tests.shelves import at

NUMBERS = st.integers(1, 12)
TURNS = st.integers(0, 99).map(lambda n: n / 100)


class Shelf(RuleBasedStateMachine):
    """`before` is what somebody who is still asking holds in hand, with what it was when they began."""

    def __init__(self) -> None:
        super().__init__()
        self.index = ExactIndex(2)
        self.held: dict[int, float] = {}
        self.before = (self.index._held, self.index._held[0].tolist())

    @rule(fresh=st.dictionaries(NUMBERS, TURNS, max_size=5))
    def add(self, fresh: dict[int, float]) -> None:
        rows = np.stack([at(turn) for turn in fresh.values()]) if fresh else np.empty((0, 2), np.float32)
        self.index.add(list(fresh), rows)
        self.held |= fresh

    @rule(gone=st.sets(NUMBERS, max_size=4))
    def remove(self, gone: set[int]) -> None:
        self.index.remove(gone)
        self.held = {number: turn for number, turn in self.held.items() if number not in gone}

    @rule()
    def begin_to_ask(self) -> None:
        self.before = (self.index._held, self.index._held[0].tolist())

    @rule(turn=TURNS, k=st.integers(0, 6))
    def ask(self, turn: float, k: int) -> None:
        self.same(self.index.nearest(at(turn), k), self.held, turn, k)

    @rule(turn=TURNS, k=st.integers(0, 6), allowed=st.sets(NUMBERS))
    def ask_among(self, turn: float, k: int, allowed: set[int]) -> None:
        some = {number: held for number, held in self.held.items() if number in allowed}
        found = self.index.nearest_among(at(turn), k, np.array(sorted(allowed), dtype=np.int64))
        self.same(found, some, turn, k)

    def same(self, found: list[tuple[int, float]], among: dict[int, float], turn: float, k: int) -> None:
        """The cosines are those of the k nearest, and each is its own passage's."""
        cosines = {number: float(at(held) @ at(turn)) for number, held in among.items()}
        assert len({number for number, _ in found}) == len(found) == min(k, len(among))
        np.testing.assert_allclose([c for _, c in found], sorted(cosines.values(), reverse=True)[:k], atol=1e-6)
        np.testing.assert_allclose([c for _, c in found], [cosines[number] for number, _ in found], atol=1e-6)

    @invariant()
    def holds_what_it_was_given(self) -> None:
        assert self.index.ids() == set(self.held)
        assert len(self.index) == len(self.held)

    @invariant()
    def who_is_asking_keeps_what_they_had(self) -> None:
        (ids, _), were = self.before
        assert ids.tolist() == were


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=25, stateful_step_count=12, deadline=None, database=None)
