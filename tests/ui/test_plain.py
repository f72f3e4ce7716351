import unicodedata

import pytest

from ui.plain import printable


@pytest.mark.parametrize("text", ["Rates rose.", "“Ça va?” £52m", "桥梁", "مرحبا", "e\u0301", "🦊"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc\rd", "a b c d"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("a\u202egnp.exe\u202c", "agnp.exe"),
        ("a\u200bb\u2060c\ufeffd", "abcd"),
        ("\U000e0041\U000e0042", ""),
        ("\x9b31m", "31m"),
        ("a\x00b\x7fc", "abc"),
        ("\ue000", ""),
        ("\ud800x", "x"),
    ],
)
def test_what_could_steer_a_terminal_is_left_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_what_is_named_is_kept() -> None:
    assert printable("a\nb\tc\x1b", keep="\n\t") == "a\nb\tc"


def test_nothing_hidden_is_left_of_all_the_first_characters() -> None:
    shown = printable("".join(map(chr, range(0x3000))))
    assert {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Co"} == set()
