"""Bytes to text: encodings by their marks and by their look, and what nobody sees taken out."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import cleaning
from ingest.cleaning import clean, decode, looks_binary, one_line
from qa.errors import OverLimit
from tests.shared_data import shared_data

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


@pytest.mark.parametrize(
    "text",
    [
        "Profit rose 5% to £3m.",
        "£3m",
        "It costs €5, that’s “too much” – he said…",
        "5°C and 3½ hours, 20 m² in all.",
        "© 2004 The Daily",
        "Beyoncé sang. Motörhead played at the O2 for £40.",
        "Señor Núñez came to São Paulo from Ångström. " + "The bank raised its rate again on Tuesday. " * 20,
        "Más información en la página.",
        "Œuvre complète, où l’été est à venir.",
        "Centralbanken höjde på tisdagen räntan till den högsta nivån på femton år.",
        "Centralbanken hævede renten til det højeste niveau i femten år.",
        "Seðlabankinn hækkaði á þriðjudag stýrivexti í hæsta stig í fimmtán ár.",
        "Die Bürger hörten es, und der Señor aus São Paulo wird auch nicht zur Königin gehen.",
    ],
)
def test_few_western_signs_and_letters_are_not_taken_for_another_script(text: str) -> None:
    assert decode(text.encode("cp1252")) == text


def test_news_in_the_old_encoding_is_what_it_is_in_the_new() -> None:
    files = sorted(shared_data("news").rglob("*.txt"))[::10]
    texts = [text for text in (file.read_text() for file in files) if not text.isascii()]
    assert len(texts) > 20
    assert [text for text in texts if decode(text.encode("cp1252")) != text] == []


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Банк повысил ставку во вторник. Никто не знал почему. " * 20),
        ("koi8-r", "Банк повысил ставку во вторник. Никто не знал почему. " * 20),
        ("cp1250", "Bank centralny podniósł we wtorek stopy procentowe, a kredyty będą droższe od czerwca. " * 5),
        ("cp1250", "Centrální banka v úterý zvýšila úrokové sazby, což je nejvyšší úroveň za patnáct let. " * 5),
        ("cp1253", "Η κεντρική τράπεζα αύξησε την Τρίτη το επιτόκιο στο υψηλότερο επίπεδο. " * 5),
        ("cp1254", "Merkez bankası salı günü faiz oranını yükseltti; başkan bunu yeniden yapabileceğini söyledi. " * 5),
        ("cp932", "中央銀行は火曜日、政策金利を引き上げた。十五年ぶりの高い水準である。" * 5),
        ("euc_kr", "중앙은행은 화요일에 기준금리를 올렸는데 가장 높은 수준이다. " * 5),
        ("gb18030", "中央银行星期二将利率提高到百分之五点二五，这是十五年来的最高水平。" * 5),
        ("mac_roman", "He said “no” – it’s over. The bank raised its rate and the governor didn’t say why. " * 5),
    ],
)
def test_other_scripts_in_their_old_encodings(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("iso-8859-2", "iso8859_2"),
        ("ISO-8859-1", "cp1252"),
        ("us-ascii", "cp1252"),
        (" 'windows-1250' ", "cp1250"),
        ("x-sjis", "cp932"),
        ("gb2312", "gb18030"),
        ("utf-16le", "utf-16-le"),
    ],
)
def test_a_declared_encoding_is_used_as_browsers_use_it(name: str, encoding: str) -> None:
    text = "é“" if encoding == "cp1252" else "łó" if encoding in ("iso8859_2", "cp1250") else "日本"
    assert decode(text.encode(encoding), name) == text
    if not encoding.startswith("utf-16"):  # nobody states it in a text that ASCII can read
        assert decode(text.encode(encoding), stated=name) == text


def test_which_word_for_an_encoding_counts() -> None:
    polish = "Zażółć gęślą jaźń. "
    assert decode(b"\xef\xbb\xbf" + polish.encode(), "iso-8859-2") == polish
    assert decode(polish.encode("iso8859_2"), "iso-8859-2", "windows-1252") == polish
    assert decode(polish.encode(), stated="windows-1252") == polish
    assert decode("日本".encode("iso2022_jp"), stated="iso-2022-jp") == "日本"


@pytest.mark.parametrize("name", ["utf-8", "nonsense", "punycode", "utf-7", "cp037", "hex", "\x00", "é"])
def test_a_declared_encoding_that_cannot_be_is_passed_over(name: str) -> None:
    assert decode("Die Bürger hörten die Königin, +AGE-".encode("cp1252"), name).startswith("Die Bürger hörten")


def test_utf_8_with_a_broken_character_is_utf_8() -> None:
    assert decode(f"{TEXT} ".encode() + b"\xe2\x80") == f"{TEXT} \ufffd"
    assert decode(f"{TEXT} ".encode() + b"\xe2\x80", "utf-8") == f"{TEXT} \ufffd"


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
