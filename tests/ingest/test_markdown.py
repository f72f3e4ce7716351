import pytest

from ingest.loaders import load
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText


def article(text: str) -> LoadedArticle:
    return load("markdown", RawFile("file:///rate-rise.md", text.encode(), name="rate-rise.md"))


def test_the_first_heading_is_the_title_and_not_the_text() -> None:
    assert article("# Rates *rise*\n\nThe bank acted.\n\n## Why\n\nIt rained.") == LoadedArticle(
        "Rates rise", "The bank acted.\n\nWhy\n\nIt rained."
    )


def test_front_matter_goes_first() -> None:
    loaded = article(
        "---\ntitle: Rates rise\nauthor: Jane Doe; John Roe\ndate: 3 May 2024\n---\n# Rates rise\n\nIt acted."
    )
    assert loaded == LoadedArticle("Rates rise", "It acted.", authors=("Jane Doe", "John Roe"), published="2024-05-03")


@pytest.mark.parametrize(
    ("source", "seen"),
    [
        ("The [bank](http://x.test 'y') *raised* its **rate**.", "The bank raised its rate."),
        ("Wrapped\nby hand.", "Wrapped by hand."),
        ("See ![the chart](a.png) and `code`.", "See the chart and code."),
        ("- one & two\n- three\n  - nested", "one & two\n\nthree\n\nnested"),
        ("> A quote.\n\nEnd.", "A quote.\n\nEnd."),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n\n1 | 2"),
        ("a <b>bold</b> word\n\n<script>alert(1)</script>\n\nEnd.", "a bold word\n\nEnd."),
        ("5 \\* 3 &amp; 2", "5 * 3 & 2"),
        ("```\nx = 1\n```", "x = 1"),
        ("One line<br>and<BR />another<br clear='all'>line.", "One line\nand\nanother\nline."),
        ("| a<br>b | c |\n|---|---|\n| 1<br/>2 | 3 |", "a b | c\n\n1 2 | 3"),
        ("[ref][1]\n\n[1]: http://x.test", "ref"),
    ],
)
def test_what_a_reader_sees(source: str, seen: str) -> None:
    assert article(source).text == seen


def test_a_file_without_a_heading_goes_by_its_name() -> None:
    assert article("Just words.").title == "rate rise"


@pytest.mark.parametrize("source", ["", "<!-- hidden -->", "[1]: http://x.test", "---"])
def test_no_text(source: str) -> None:
    with pytest.raises(NoText, match=r"rate-rise\.md holds no text"):
        article(source)


@pytest.mark.parametrize("source", ["[" * 20_000, ">" * 5_000, "*a_ " * 10_000, "`" * 50_000, "|a" * 5_000])
def test_torture_ends(source: str) -> None:
    assert article(f"Words first.\n\n{source} words").text.startswith("Words first.")
