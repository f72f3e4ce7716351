"""Bytes to text: encodings by their marks and by their look, and what nobody sees taken out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import cleaning
from ingest.cleaning import clean, decode, looks_binary, one_line
from qa.errors import OverLimit

TEXT = "Rates rose “again” in Zürich, said Łukasz — by 0.5 %."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_is_told_by_its_mark_or_its_zero_bytes(encoding: str) -> None:
    body = ("Rates rose, the bank said. " * 5 + TEXT).encode(encoding)

    assert decode(body).endswith(TEXT)
    assert not decode(body).startswith("\ufeff")


@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-1"])
def test_old_western_encodings_keep_their_words(encoding: str) -> None:
    text = "Die Bürger von Zürich hörten die Erklärung der Königin über die Brücke. " * 20

    assert decode(text.encode(encoding)) == text


def test_cyrillic_in_its_old_encoding() -> None:
    text = "Банк повысил ставку во вторник. Никто не знал почему. " * 20

    assert decode(text.encode("cp1251")) == text


def test_a_cut_off_character_at_the_end_costs_no_more_than_itself() -> None:
    body = b"\xef\xbb\xbf" + TEXT.encode() + "é".encode()[:1]

    assert decode(body) == TEXT + "\ufffd"


def test_an_odd_number_of_bytes_is_not_utf_16() -> None:
    assert decode(b"a\x00b\x00c\x00d") == "a\x00b\x00c\x00d"


@pytest.mark.parametrize(
    ("head", "binary"),
    [
        (b"", False),
        (b"Plain text.\n", False),
        (TEXT.encode(), False),
        (TEXT.encode("utf-16"), False),
        ("Rates rose.".encode("utf-16-le"), False),
        (b"\x1b[1mbold\x1b[0m on a terminal", False),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", True),
        (b"MZ\x90\x00\x03\x00\x00\x00", True),
        (b"one stray \x00 in a long line of text that goes on and on and on", False),
    ],
)
def test_what_looks_binary(head: bytes, binary: bool) -> None:
    assert looks_binary(head) is binary


@pytest.mark.parametrize(
    ("given_text", "cleaned"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f\x0bg\x0ch", "a\nb\nc\nd\ne\nf\ng\nh"),
        ("one\n\n\n\n\ntwo", "one\n\ntwo"),
        ("one  \t \ntwo", "one\ntwo"),
        ("\n\n  text \n", "text"),
        ("no\u00a0break\u2009thin\u3000wide", "no break thin wide"),
        ("so\u00adft zero\u200bwidth \ufeffmark", "soft zerowidth mark"),
        ("right \u202eto left\u202c", "right to left"),
        ("tag\U000e0041\U000e0042s", "tags"),
        ("private \ue000use", "private use"),
        ("half \ud800a pair", "half a pair"),
        ("bell\x07 null\x00 escape\x1b", "bell null escape"),
        ("tab\tstays", "tab\tstays"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("", ""),
    ],
)
def test_cleaned_by_hand(given_text: str, cleaned: str) -> None:
    assert clean(given_text) == cleaned


def test_a_title_is_one_line() -> None:
    assert one_line(" Rates\r\n\trise\u00a0\u2028again\u200b ") == "Rates rise again"
    assert one_line("\n\u200b\x00") == ""


def test_the_limit_counts_what_is_left() -> None:
    most = cleaning.MAX_CHARACTERS

    assert len(clean("a" * most + "\n" * 10)) == most
    with pytest.raises(OverLimit, match=r"book\.txt holds more than 5,000,000 characters") as caught:
        clean("a" * (most + 1), "book.txt")
    assert caught.value.remedy == "Split it into articles."


@given(st.text(max_size=200))
def test_nothing_unseen_is_left(text: str) -> None:
    allowed = "\n\t\u200c\u200d"
    assert not [c for c in clean(text) if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co") and c not in allowed]
    assert "\n\n\n" not in clean(text)


@given(st.text(max_size=100))
def test_every_word_of_plain_letters_survives(text: str) -> None:
    letters = [c for c in text if unicodedata.category(c) in ("Ll", "Lu", "Nd")]
    assert [c for c in clean(text) if unicodedata.category(c) in ("Ll", "Lu", "Nd")] == letters
