"""Which questions want a few words for an answer, and which words of a passage those are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import answer_span


@pytest.mark.parametrize(
    "question",
    [
        "Did the bank raise its rates?",
        "isn't it closed?",
        "Why did the bridge close?",
        "how did they find the ship",
        "What are the new rules?",
        "List the winners.",
        "Which two firms merged?",
        "Name the five players.",
        "Name the winners.",
        "According to the inquiry, could the flood have been halved?",
        "After the fire, was it rebuilt?",
        "Won't it rain?",
        "Cannot they pay?",
        "How widely is it read?",
    ],
)
def test_a_short_answer_is_not_wanted_for(question: str) -> None:
    assert not answer_span.wanted(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who won?",
        "How many people came?",
        "how much did it cost",
        "When was it built?",
        "what is its name",
        "",
        "How cold did it get?",
        "Name of the director",
        "Name the player sold to the club",
        "Give me the date of the vote.",
        "According to the inquiry, who could have halved the flood?",
        "In 2004, which firm was bought?",
    ],
)
def test_a_short_answer_is_wanted_for(question: str) -> None:
    assert answer_span.wanted(question)


def test_a_short_answer_is_the_best_start_and_end_in_order() -> None:
    starts, ends = [1, 0, 5, 0, 9], [1, 7, 0, 4, 0]
    # Allowed are 1 to 3. 2 to 3: 5 + 4 - (1 + 1) = 7; end 1 is before start 2, start 4 is outside.
    assert answer_span.best(starts, ends, [False, True, True, True, False]) == (2, 3, 7)


def test_a_short_answer_does_not_reach_across_what_is_not_allowed() -> None:
    assert answer_span.best([0, 5, 0, 0], [0, 1, 0, 9], [False, True, False, True]) == (3, 3, 9)
    assert answer_span.best([0, 1], [0, 1], [False, False]) is None


def test_a_short_answer_is_not_longer_than_it_may_be() -> None:
    count = answer_span.LONGEST + 5
    starts, ends = [9.0] + [0.0] * count, [0.0] * count + [9.0]
    starts[1] = 9.0
    found = answer_span.best(starts, ends, [False] + [True] * count)
    assert found is not None
    assert found[1] - found[0] < answer_span.LONGEST


LOGITS = st.floats(-10, 10).map(lambda value: round(value, 2))


@given(st.lists(st.tuples(LOGITS, LOGITS, st.booleans()), min_size=1, max_size=answer_span.LONGEST + 8))
def test_a_short_answer_is_what_trying_every_run_finds(tokens: list[tuple[float, float, bool]]) -> None:
    starts, ends, allowed = (list(column) for column in zip(*tokens, strict=True))
    runs = [
        (starts[first] + ends[last] - (starts[0] + ends[0]), first, last)
        for first in range(len(tokens))
        for last in range(first, min(len(tokens), first + answer_span.LONGEST))
        if all(allowed[first : last + 1])
    ]
    found = answer_span.best(starts, ends, allowed)
    if not runs:
        assert found is None
        return
    assert found is not None
    first, last, score = found
    assert (score, first, last) in runs
    assert score == pytest.approx(max(runs)[0])


@given(st.lists(st.tuples(LOGITS, LOGITS), min_size=2, max_size=12), st.floats(-5, 5))
def test_a_short_answer_does_not_depend_on_where_the_scores_begin(
    tokens: list[tuple[float, float]], shift: float
) -> None:
    starts, ends = zip(*tokens, strict=True)
    allowed = [False, *[True] * (len(tokens) - 1)]
    one = answer_span.best(starts, ends, allowed)
    other = answer_span.best([start + shift for start in starts], ends, allowed)
    assert one is not None
    assert other is not None
    assert other[2] == pytest.approx(one[2], abs=1e-6)
