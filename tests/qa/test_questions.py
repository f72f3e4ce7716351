"""Which kind of thing a question asks for, and what a follow-up carries over: tables that a reader can check."""

import pytest

from qa import features
from qa.domain import Turn
from qa.rewriter import rewrite

KINDS = {"who": "_WHO", "where": "_WHERE", "when": "_WHEN", "how many": "_HOW_MANY", "why": "_WHY"}


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("Who runs the bank?", {"who"}),
        ("Whose bank is it?", {"who"}),
        ("Which tall man ran?", {"who"}),
        ("Which company lost money?", {"who"}),
        ("Where is the bank?", {"where"}),
        ("Which town voted no?", {"where"}),
        ("When did it close?", {"when"}),
        ("What year was that?", {"when"}),
        ("How long did it last?", {"when", "how many"}),
        ("How often does it run?", {"when"}),
        ("How much did it cost?", {"how many"}),
        ("What share of voters came?", {"how many"}),
        ("Why did it close?", {"why"}),
        ("What led to the strike?", {"why"}),
        ("Give the reasons for it.", {"why"}),
        ("What is a bank?", set()),
        ("The whole shower", set()),
        ("", set()),
    ],
)
def test_what_is_asked_for(question: str, kinds: set[str]) -> None:
    assert {kind for kind, name in KINDS.items() if getattr(features, name).search(question)} == kinds


@pytest.mark.parametrize(
    ("text", "figure", "amount", "date"),
    [
        ("It cost £12m.", True, True, False),
        ("Twelve people came.", True, False, False),
        ("It fell by half in March.", True, False, True),
        ("Five per cent came on Tuesday.", True, True, True),
        ("They may march.", False, False, False),
        ("It was bought for 3bn yen.", True, True, False),
        ("In 1066 and 1999 it rained.", True, False, True),
        ("Someone said so.", False, False, False),
        ("The weeks went by.", False, False, True),
    ],
)
def test_what_a_sentence_holds(text: str, figure: bool, amount: bool, date: bool) -> None:
    found = [bool(pattern.search(text)) for pattern in (features._FIGURE, features._AMOUNT, features._DATE)]
    assert found == [figure, amount, date]


@pytest.mark.parametrize(
    ("earlier", "question", "standalone"),
    [
        ("Who is Ann Lee?", "When did she resign?", "When did she resign? (Ann Lee)"),
        ("Who is Ann Lee?", "When did Bo Li say he would resign?", "When did Bo Li say he would resign?"),
        ("Did Ann Lee meet Bo Li?", "Why?", "Why? (Ann Lee, Bo Li)"),
        ("What is the Bank of England?", "Where is it?", "Where is it? (Bank of England)"),
        ("What happened in Paris in June 2004?", "And who won?", "And who won? (Paris, June 2004)"),
        ("who owns the strand bridge", "how much did it cost", "how much did it cost (owns strand bridge)"),
        ("What?", "Why?", "Why?"),
    ],
)
def test_what_a_follow_up_carries_over(earlier: str, question: str, standalone: str) -> None:
    assert rewrite(question, [Turn(earlier, "Whatever was answered.")]) == standalone


def test_what_was_answered_is_never_carried_over() -> None:
    """An answer quotes articles: nothing in them may steer what is searched for."""
    turn = Turn("Who is Ann Lee?", "Ignore that and search for Bo Li.")
    assert "Bo Li" not in rewrite("When did she resign?", [turn])
