"""Marks that models write, well and badly, whole and cut anywhere."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.citation import Cited, Recogniser

KNOWN = 3
MARK = re.compile(r"[\[【［]\s*\^?\d")


def recognise(text: str, known: int) -> tuple[list[Cited], Recogniser]:
    """A whole text at once."""
    recogniser = Recogniser(known)
    recogniser.feed(text)
    recogniser.finish()
    return recogniser.cited(), recogniser


def told(text: str, known: int = KNOWN) -> tuple[list[tuple[str, tuple[int, ...]]], list[int], list[str]]:
    cited, recogniser = recognise(text, known)
    return [(one.text, one.numbers) for one in cited], recogniser.order, recogniser.dropped


@pytest.mark.parametrize(
    ("text", "claims", "order", "dropped"),
    [
        # Numbered anew as they are read: the prompt's 3 is read first and becomes 1.
        ("A is. [3] B is. [1][3]", [("A is.", (1,)), ("B is.", (2, 1))], [3, 1], []),
        ("A is [2].", [("A is.", (1,))], [2], []),
        ("A is [ 1 , 2 ; 3 ].", [("A is.", (1, 2, 3))], [1, 2, 3], []),
        ("A is [1] and [1] so.", [("A is and so.", (1,))], [1], []),
        ("[2] A is. [1] B is.", [("A is.", (1,)), ("B is.", (2,))], [2, 1], []),
        ("A is [4].", [("A is.", ())], [], ["[4]"]),
        ("A is [1, 4].", [("A is.", (1,))], [1], ["[4]"]),
        ("A is [0].", [("A is.", ())], [], ["[0]"]),
        ("A is [1-3].", [("A is.", ())], [], ["[1-3]"]),
        ("A is [1–2].", [("A is.", ())], [], ["[1–2]"]),
        ("A is [1-999999999].", [("A is.", ())], [], ["[1-999999999]"]),
        ("A is [99999999999999999999].", [("A is.", ())], [], ["[99999999999999999999]"]),
        ("A is [^1].", [("A is.", ())], [], ["[^1]"]),
        ("A is 【1】.", [("A is.", ())], [], ["【1】"]),
        ("A is 【1†source】.", [("A is.", ())], [], ["【1†source】"]),
        ("A is [Source 1].", [("A is.", ())], [], ["[Source 1]"]),
        ("A is [١].", [("A is.", ())], [], ["[١]"]),
        ("A is [1].\n\nSources:\n[1] Post\n2. Echo", [("A is.", (1,))], [1], ["Sources:", "[1] Post", "2. Echo"]),
        ("A is [1].\n[1]: http://x.example", [("A is.", (1,))], [1], ["[1]: http://x.example"]),
        ("A is [1].\n**References**\nmore", [("A is.", (1,))], [1], ["**References**", "more"]),
        ("A is [1].\nSources: [1], [2]", [("A is.", (1,))], [1], ["Sources: [1], [2]"]),
        ("A is.\n[1]\nB is.\n[2]", [("A is.", (1,)), ("B is.", (2,))], [1, 2], []),
        ("- **A** is [1]\n- `B` is [2]", [("A is", (1,)), ("B is", (2,))], [1, 2], []),
        ("- [2] A is.\n- [1] B is.", [("A is.", (1,)), ("B is.", (2,))], [2, 1], []),
        ("He [sic] won [2 million votes].", [("He [sic] won [2 million votes].", ())], [], []),
        ("Sources: https://x.example", [], [], ["Sources: https://x.example"]),
        ("Sources said so [1].", [("Sources said so.", (1,))], [1], []),
        ("1. A is. [1]\n2. B is. [2]", [("A is.", (1,)), ("B is.", (2,))], [1, 2], []),
        ("So:\n1) A is [1]\n\n 12) **B** is [9]", [("So:", ()), ("A is", (1,)), ("B is", ())], [1], ["[9]"]),
        ("**1.** A is. [1]\n**2.** B is. [2]", [("A is.", (1,)), ("B is.", (2,))], [1, 2], []),
        ("1. [2] A is.\n2. [1] B is.", [("A is.", (1,)), ("B is.", (2,))], [2, 1], []),
        ("A is in May ([1]). B is. [2].", [("A is in May.", (1,)), ("B is.", (2,))], [1, 2], []),
        ("A is ([1], [2]) so ([9]). Is B? ([3]).", [("A is so.", (1, 2)), ("Is B?", (3,))], [1, 2, 3], ["[9]"]),
        ("It is in the U.S. [1]. A waits... [2]", [("It is in the U.S.", (1,)), ("A waits...", (2,))], [1, 2], []),
        ("A (so) is() [1].", [("A (so) is().", (1,))], [1], []),
        ("A [", [("A [", ())], [], []),
        ("A [1", [("A [1", ())], [], []),
        ("", [], [], []),
        ("[1][2]", [], [1, 2], []),
    ],
)
def test_marks_are_read_or_dropped_by_rule(
    text: str, claims: list[tuple[str, tuple[int, ...]]], order: list[int], dropped: list[str]
) -> None:
    assert told(text) == (claims, order, dropped)


@pytest.mark.parametrize(
    "text",
    [
        "It was on 1. January that sales rose [1].",
        "Sales rose on\n1. January [1].",
        "2024 was bad. [1]\n1999. It was good. [2]",
        "3.5% left. [1]\n40 stayed. [2]",
    ],
)
def test_a_figure_that_numbers_no_list_stays(text: str) -> None:
    said = " ".join(claim for claim, _ in told(text)[0])
    assert re.findall(r"\d+", said) == re.findall(r"\d+", re.sub(r"\[\d\]", "", text))


def test_what_is_shown_has_the_answers_numbers_and_no_dropped_mark() -> None:
    recogniser = Recogniser(KNOWN)
    shown = "".join(
        map(recogniser.feed, ["A is [", "3", "]", " [9", "] so [^1].", " B [1", ",3].\nSour", "ces:\n[1] x"])
    )
    assert shown + recogniser.finish() == "A is [1] so. B [2][1].\n"
    assert recogniser.dropped == ["[9]", "[^1]", "Sources:", "[1] x"]


def test_text_is_shown_as_soon_as_it_can_be() -> None:
    recogniser = Recogniser(KNOWN)
    assert [recogniser.feed(piece) for piece in ("Rates ", "rose ", "[", "1", "]", ".")] == [
        "Rates",
        " rose",
        "",
        "",
        " [1]",
        ".",
    ]


@pytest.mark.parametrize("text", ["[none]", " [None] ", "[NONE]."])
def test_a_model_may_decline(text: str) -> None:
    cited, recogniser = recognise(text, KNOWN)
    assert recogniser.declined
    assert cited == []


THOUGHT = "Sentence [1] is about sales, [9] is none.\nSources:\n[2] x [none]\n"


@pytest.mark.parametrize("opening", ["", "<think>\n", "<thinking>"])
def test_what_was_thought_is_forgotten_once_it_is_over(opening: str) -> None:
    """Some chat templates open the thinking themselves: then only its end is written."""
    end = opening.replace("<", "</").strip() or "</think>"
    declining, recogniser = recognise(f"{opening}{THOUGHT}{end}\n\n[none]", KNOWN)
    assert (declining, recogniser.declined, recogniser.order, recogniser.dropped) == ([], True, [], [])
    answering, recogniser = recognise(f"{opening}{THOUGHT}{end}\n\nSales rose by 4% in May. [2]", KNOWN)
    assert answering == [Cited("Sales rose by 4% in May.", (1,))]
    assert (recogniser.declined, recogniser.order, recogniser.dropped) == (False, [2], [])


def test_what_only_looks_like_the_end_of_a_thought_is_text() -> None:
    recogniser = Recogniser(KNOWN)
    assert [recogniser.feed(piece) for piece in ("A is <", "/", "b> 3 ", "</thin")] == ["A is", "", " </b> 3", ""]
    assert recogniser.finish() == " </thin"


LONE = [
    # At the very end, or nearly: all of it was said.
    ("A is. [2] B is. [1]</think>", [("A is.", (1,)), ("B is.", (2,))]),
    ("A is. [2]\n</think>\n", [("A is.", (1,))]),
    ("A is [2]</think>.", [("A is.", (1,))]),
    ("A is. B is. [1]</think>\n\nSources:\n[1] x", [("A is.", ()), ("B is.", (1,))]),
    ("A is </think> [1].", [("A is.", (1,))]),
    # At the very start.
    ("</think>\n\nA is. [1]", [("A is.", (1,))]),
    # Between sentences that each end with what they cite: a thought's do not.
    ("A is. [2] </think> B is. [1]", [("A is.", (1,)), ("B is.", (2,))]),
    ("- A is [2]\n</think>\n- B is [1]", [("A is", (1,)), ("B is", (2,))]),
    ("A is. [1]\n</think>\nB is.", [("A is.", (1,)), ("B is.", ())]),
    ("A is. [1] </think> B is. [1] </think> C is. [2]", [("A is.", (1,)), ("B is.", (1,)), ("C is.", (2,))]),
    # In front of an answer that says the same again it was a thought.
    ("A is. [1]</think>\n\nA is. [1] B is. [2]", [("A is.", (1,)), ("B is.", (2,))]),
    ("A is. So [1] it is. [1]</think>\n\nB is. [1]", [("B is.", (1,))]),
    ("[1] says A. [2] says B.</think>\n\nB is. [1]", [("B is.", (1,))]),
    ("Sentence [1] says A.</think>B is. [1]", [("B is.", (1,))]),
    ("So A. </think> B is. [1] </think> C is. [2]", [("B is.", (1,)), ("C is.", (2,))]),
    # Spoken of.
    ("It closes with </think> before it answers. [1]", [("It closes with </think> before it answers.", (1,))]),
    ("It closes with `</think>`. [1] A is. [2]", [("It closes with </think>.", (1,)), ("A is.", (2,))]),
    ('A tag ("</think>") ends it. [2]', [('A tag ("</think>") ends it.', (1,))]),
    ("It ends with </thinking>, so it says. [1]", [("It ends with </thinking>, so it says.", (1,))]),
]


@pytest.mark.parametrize(("text", "claims"), LONE)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_an_end_without_a_thought_takes_nothing_away(
    text: str, claims: list[tuple[str, tuple[int, ...]]], size: int
) -> None:
    recogniser = Recogniser(KNOWN)
    for at in range(0, len(text), size):
        recogniser.feed(text[at : at + size])
    recogniser.finish()
    assert [(one.text, one.numbers) for one in recogniser.cited()] == claims
    assert not recogniser.declined


@pytest.mark.parametrize("text", ["[none]</think>", "[none]\n</think>\n", "A is. [1]</think>\n[none]"])
def test_a_model_may_decline_in_front_of_an_end_or_behind_it(text: str) -> None:
    cited, recogniser = recognise(text, KNOWN)
    assert recogniser.declined
    assert not any(one.numbers for one in cited)


def test_a_bracket_that_never_closes_is_not_held_for_ever() -> None:
    recogniser = Recogniser(KNOWN)
    assert recogniser.feed("A [" + "1" * 100)
    assert recogniser.finish() == ""


TEXT = st.text(st.sampled_from("ab. \n[]【】^-,0123459:†*") | st.characters(codec="utf-8"), max_size=60)
WRITTEN = """A rose.| |
1. |</think>|</think> |with </th|([2])|[1]|[2, 3]|[9]|[0]|[1-2]|[^1]|【2】|[none]|Sources:|Notes|: http://|- |[|]|(x)|
He said [so]"""
PIECES = st.lists(st.sampled_from(WRITTEN.split("|")), max_size=12)


@given(TEXT | PIECES.map("".join), st.lists(st.integers(1, 5), min_size=1, max_size=8))
@example("SOURCES;0", [1])
@example("A is [1].\n\nSources:\n[1] x", [1])
@example("A rose.</think>", [3])
@example("A rose.\n[1]`so", [1])
@settings(max_examples=150, deadline=None)
def test_where_a_stream_is_cut_makes_no_difference(text: str, lengths: list[int]) -> None:
    whole, at_once = recognise(text, KNOWN)
    recogniser, shown, at = Recogniser(KNOWN), [], 0
    while at < len(text):
        length = lengths[len(shown) % len(lengths)]
        shown.append(recogniser.feed(text[at : at + length]))
        at += length
    shown.append(recogniser.finish())
    assert recogniser.cited() == whole
    assert (recogniser.order, recogniser.dropped) == (at_once.order, at_once.dropped)
    assert recogniser.declined == at_once.declined


@given(TEXT | PIECES.map("".join), st.integers(0, 5))
@settings(max_examples=150, deadline=None)
def test_nothing_outside_the_evidence_is_ever_cited(text: str, known: int) -> None:
    cited, recogniser = recognise(text, known)
    assert len(set(recogniser.order)) == len(recogniser.order)
    assert all(1 <= number <= known for number in recogniser.order)
    assert all(1 <= number <= len(recogniser.order) for one in cited for number in one.numbers)
    assert not any(re.search(r"\[\d{1,4}\]", one.text) for one in cited)


def test_a_long_text_takes_time_in_proportion() -> None:
    cited, recogniser = recognise("Rates rose [1], [9] and fell. " * 600, KNOWN)
    assert cited[-1] == Cited("Rates rose, and fell.", (1,))
    assert recogniser.dropped == ["[9]"] * 600
