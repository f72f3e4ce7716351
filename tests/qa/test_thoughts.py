"""What a model thinks in front of its answer, wherever the text is cut."""

from collections.abc import Sequence

import pytest

from qa.thoughts import Thoughts, spoken


def through(pieces: Sequence[str]) -> tuple[str, list[str]]:
    """What comes through in all, and piece by piece."""
    thoughts = Thoughts()
    came = [thoughts.feed(piece) for piece in pieces]
    return "".join([*came, thoughts.finish()]), came


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>\nSo [1].\n</think>\n\nA is. [1]", "A is. [1]"),
        (" \n<think></think>A <think> B</think>", "A <think> B</think>"),
        ("<thinking>So</thinking><think>so</think> A", "A"),
        ("<think>So </thin> and </thinks", ""),
        ("<think>So", ""),
        ("<thi", "<thi"),
        ("<b>A</b>", "<b>A</b>"),
        ("A </think> B", "A </think> B"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 100])
def test_what_is_thought_in_front_does_not_come_through_wherever_it_is_cut(text: str, answer: str, size: int) -> None:
    assert through([text[at : at + size] for at in range(0, len(text), size)])[0] == answer


def test_an_answer_without_thoughts_comes_as_it_is_written() -> None:
    assert through(["A ", "is", " ", "[1]"])[1] == ["A ", "is", " ", "[1]"]


def test_what_is_spoken_comes_after_the_last_thought() -> None:
    assert spoken("So </think> and so</think> A?") == " A?"
    assert spoken("A?") == "A?"
