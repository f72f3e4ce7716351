"""The store of cases against a dictionary, in any order of adding, deciding and purging; cases of made-up replies."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from evals.case_store import CaseStore, from_reply
from evals.cases import Case, Gold, from_row, to_row
from evals.gold import Resolver, parts_at
from qa.domain import Answer, Reply, Turn
from qa.errors import CaseError
from tests import made_up
from tests.evals.makers import FakeShelf

URIS = ("file:///news/a.txt", "file:///news/b.txt")
STATES = ("draft", "accepted", "thrown away")
CASES = [
    Case("about a", "Who?", about=URIS[0]),
    Case("quotes b", "When?", (Gold("b.txt", "On Friday."),)),
    Case("both", "Where?", (Gold("a.txt", "Here."), Gold("news/b.txt", "There."))),
    Case("neither", "Why?", (Gold("file:///elsewhere/c.txt", "So."),)),
    Case("no gold", "How?"),
]


class Waiting(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.store = CaseStore(Path(self.folder.name))
        self.held: dict[str, tuple[Case, str]] = {}

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule(cases=st.lists(st.sampled_from(CASES), max_size=4))
    def add(self, cases: list[Case]) -> None:
        fresh = {case.id: (case, "draft") for case in cases if case.id not in self.held}
        assert self.store.add(cases) == len(fresh)
        self.held |= fresh

    @rule(case=st.sampled_from(CASES), state=st.sampled_from(STATES))
    def decide(self, case: Case, state: str) -> None:
        if case.id in self.held:
            self.store.decide(case.id, state)  # type: ignore[arg-type]
            self.held[case.id] = (case, state)
        else:
            with pytest.raises(CaseError, match="There is no case"):
                self.store.decide(case.id, state)  # type: ignore[arg-type]

    @rule(case=st.sampled_from(CASES))
    def decide_nonsense(self, case: Case) -> None:
        with pytest.raises(CaseError, match="cannot be 'good'"):
            self.store.decide(case.id, "good")  # type: ignore[arg-type]

    @rule(uri=st.sampled_from(URIS))
    def purge(self, uri: str) -> None:
        gone = [name for name, (case, _) in self.held.items() if case.rests_on(uri)]
        assert self.store.forget(uri) == len(gone)
        for name in gone:
            del self.held[name]

    @invariant()
    def every_case_is_in_its_state(self) -> None:
        for state in STATES:
            wanted = {name for name, (_, held) in self.held.items() if held == state}
            assert {case.id for case in self.store.cases(state)} == wanted  # type: ignore[arg-type]
            assert self.store.counts()[state] == len(wanted)
        assert self.store.known() == set(self.held)

    @invariant()
    def only_accepted_cases_are_asked(self) -> None:
        accepted = {case for case, state in self.held.values() if state == "accepted"}
        if accepted:
            assert set(self.store.dataset().cases) == accepted
        else:
            with pytest.raises(CaseError, match="No case has been accepted"):
                self.store.dataset()


TestWaiting = Waiting.TestCase
TestWaiting.settings = settings(max_examples=8, stateful_step_count=10, deadline=None, database=None)
SOME = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@SOME
@given(made_up.replies(), st.booleans())
def test_a_judged_reply_is_a_case_of_what_it_says(reply: Reply, good: bool) -> None:
    case = from_reply(reply, good, (Turn("Before?", "It was."),))
    answered = isinstance(reply, Answer)
    if case is None:
        assert not answered
        assert not good, "only of a bad refusal nobody knows the gold"
        return
    cited = {c.number for claim in reply.claims for c in claim.citations} if isinstance(reply, Answer) else set()
    quoted = {(e.article.uri, e.quote, e.start) for n, e in enumerate(reply.evidence, 1) if n in cited and good}
    assert {(gold.uri, gold.quote, gold.near) for gold in case.gold} == quoted
    assert {gold.part for gold in case.gold} <= {0}, "any of them answers"
    assert case.answerable is bool(quoted)
    assert from_row(to_row(case), "again") == case
    assert from_reply(reply, good, (Turn("Before?", "It was."),)) == case, "the same judged twice is one case"


@SOME
@given(made_up.articles(), st.data())
def test_gold_is_found_again_where_it_was_cut_out(article: made_up.Article, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(article.text) - 1))
    end = data.draw(st.integers(start + 1, len(article.text)))
    quote = article.text[start:end]
    if not quote.strip():
        return
    found = Resolver(FakeShelf(article)).resolve(Case("q", "Why?", (Gold(article.uri, quote, near=start),)))
    assert found.missing == ()
    ((place,),) = found.parts
    # What stands there reads the same, and where the quote has no white space at its ends it is the very place.
    assert article.text[place.start : place.end].split() == quote.split()
    assert quote != quote.strip() or place.start == start
    assert parts_at(found.parts, article.article_id, place.start, place.end) == (0,)
    assert parts_at(found.parts, article.article_id + 1, place.start, place.end) == ()
