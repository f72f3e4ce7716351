from html import unescape
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui import markup

ANY = st.text(st.characters(exclude_categories=()))
"""Lone surrogates included: file names may hold them."""


@given(ANY)
def test_nothing_that_text_returns_can_open_or_close_anything(value: str) -> None:
    assert not set(markup.text(value)) & set("<>\"'")


@given(ANY)
def test_text_reads_back_as_what_is_visible(value: str) -> None:
    assert unescape(markup.text(value)).split() == markup.visible(value).split()


@given(ANY)
def test_visible_text_can_be_sent_and_stays_as_it_is(value: str) -> None:
    shown = markup.visible(value)
    assert shown.encode().decode() == shown
    assert markup.visible(shown) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("a\u202eb\u202cc", "abc"),
        ("pass\u200bword\ufeff", "password"),
        ("hi\U000e0068\U000e0069", "hi"),
        ("x\U000e0101y", "xy"),
        ("a\u3164\u115f\uffa0\u034f\U000e0fffb", "ab"),
        ("a\x00b\x1b[31mc\x85d\x7f", "ab[31mcd"),
        ("tab\tand\nline\r\n", "tab\tand\nline\n"),
        ("file\udcff.txt", "file\ufffd.txt"),
        ("ad\u200cmin", "admin"),
    ],
)
def test_characters_that_hide_or_reorder_are_not_shown(stored: str, shown: str) -> None:
    assert markup.visible(stored) == shown


@pytest.mark.parametrize("word", ["می‌خواهم", "👩‍🚒", "❤\ufe0f", "क्‍ष", "naïve café", "日本語"])
def test_joiners_that_a_script_needs_stay(word: str) -> None:
    assert markup.visible(word) == word


@pytest.mark.parametrize("url", ["https://example.org/a?b=c&d='e'", "http://[::1]:8080/x", "HTTPS://Example.org"])
def test_web_addresses_may_be_opened(url: str) -> None:
    assert markup.web_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "//example.org",
        "http://",
        "https:///x",
        "https://exa mple.org",
        'https://example.org/"onmouseover="alert(1)',
        "https://[",
        "https://example.org/\u202egpj",
        "blob:https://example.org/x",
    ],
)
def test_nothing_else_may_be_opened(url: str) -> None:
    assert markup.web_link(url) == ""


@given(ANY)
def test_a_link_is_http_whatever_comes_in(url: str) -> None:
    assert urlsplit(markup.web_link(url)).scheme in ("", "http", "https")


def test_a_tag_escapes_its_attributes_and_leaves_its_inside() -> None:
    made = markup.tag("p", "<b>in</b>", cls='a"b', aria_label="<x>", data_place=3)
    assert made == '<p class="a&quot;b" aria-label="&lt;x&gt;" data-place="3"><b>in</b></p>'


@pytest.mark.parametrize(
    ("iso", "shown"),
    [("2024-05-03", "3 May 2024"), ("2024", "2024"), ("<b>", "&lt;b&gt;"), ("2024-13-40", "2024-13-40")],
)
def test_days(iso: str, shown: str) -> None:
    assert markup.day(iso) == shown


@pytest.mark.parametrize(("language", "attribute"), [("en", ' lang="en"'), ("", ""), ('en" x="', ""), ("en\n", "")])
def test_languages(language: str, attribute: str) -> None:
    assert markup.lang(language) == attribute


@pytest.mark.parametrize(
    ("uri", "name"), [("file:///a/b%20c.pdf", "b c.pdf"), ("https://e.org/x/", "x"), ("stdin", "stdin"), ("", "")]
)
def test_file_names(uri: str, name: str) -> None:
    assert markup.file_name(uri) == name


def test_counts() -> None:
    assert [markup.count(n, "article") for n in (0, 1, 2_095)] == ["0 articles", "1 article", "2,095 articles"]


@pytest.mark.parametrize(("value", "word"), [(1.0, "high"), (0.5, "high"), (0.49, "low"), (0.0, "low"), (-1.0, "")])
def test_the_word_of_a_scale(value: float, word: str) -> None:
    assert markup.words(value, ((0.5, "high"), (0.0, "low"))) == word
