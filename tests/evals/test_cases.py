import pytest

from evals.cases import Case, Gold, distinct, from_row, kept_apart, to_row
from qa.domain import Turn
from qa.errors import CaseError

FULL = {
    "id": "a",
    "question": "Why?",
    "history": [{"question": "Did it?", "answer": "It did."}],
    "gold": [{"uri": "x.txt", "quote": "One."}, {"uri": "y.txt", "quote": "Two.", "start": 7}],
    "answers": ["one"],
    "kind": "why",
    "about": "x.txt",
}


def test_a_full_row() -> None:
    case = from_row(FULL, "f:1")

    assert case.history == (Turn("Did it?", "It did."),)
    assert case.gold == (Gold("x.txt", "One.", part=0), Gold("y.txt", "Two.", part=1, near=7))
    assert (case.id, case.answers, case.kind, case.cluster, case.answerable) == ("a", ("one",), "why", "x.txt", True)


def test_a_question_is_enough() -> None:
    case = from_row({"question": "Why?", "gold": None}, "f:3")

    assert case == Case("f:3", "Why?")
    assert not case.answerable


def test_gold_with_a_part_of_its_own_choosing() -> None:
    row = {"question": "Why?", "gold": [{"uri": "x", "quote": "a", "part": 0}, {"uri": "y", "quote": "a", "part": 0}]}

    assert {gold.part for gold in from_row(row, "f:1").gold} == {0}


def test_a_row_survives_the_round_trip() -> None:
    case = from_row(FULL, "f:1")

    assert from_row(to_row(case), "elsewhere") == case


def test_questions_about_one_article_belong_together() -> None:
    assert Case("a", "?", (Gold("x", ""),)).cluster == Case("b", "?", about="x").cluster == "x"
    assert Case("a", "?").cluster == "a"


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ("Why?", "not a JSON object"),
        ({}, "question is missing"),
        ({"question": "  "}, "question is missing"),
        ({"question": 7}, "question is missing"),
        ({"question": "Why?", "gold": "x"}, "gold is 'x', not a list"),
        ({"question": "Why?", "gold": ["x"]}, "a gold item is 'x'"),
        ({"question": "Why?", "gold": [{"quote": "One."}]}, "uri is missing"),
        ({"question": "Why?", "gold": [{"uri": "x", "quote": 1}]}, "quote is 1, not text"),
        ({"question": "Why?", "gold": [{"uri": "x", "part": "one"}]}, "whole numbers"),
        ({"question": "Why?", "answers": [1]}, "answers is 1, not text"),
        ({"question": "Why?", "history": ["Did it?"]}, "a turn of the history"),
    ],
)
def test_a_malformed_row_is_named(row: object, named: str) -> None:
    with pytest.raises(CaseError, match=named) as raised:
        from_row(row, "cases.jsonl:4")  # type: ignore[arg-type]

    assert "cases.jsonl:4" in str(raised.value)


def test_half_a_pair_of_a_character_in_an_id_is_no_matter() -> None:
    assert kept_apart(Case("\ud83d", "Why?"), 10)
    assert not kept_apart(Case("\ud83d", "Why?"), 0)


def test_ids_must_differ_and_there_must_be_a_case() -> None:
    with pytest.raises(CaseError, match="two cases have the id 'a'"):
        distinct([Case("a", "?"), Case("a", "!")], "f")
    with pytest.raises(CaseError, match="no case"):
        distinct([], "f")
