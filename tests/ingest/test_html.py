import gzip
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import pytest

from ingest.loaders import load
from ingest.loaders.html import MAX_BYTES, stripped
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit
from tests.shared_data import shared_data

PAGE = """<!DOCTYPE html><html lang="en-GB"><head><title>Rates rise again | The Daily</title>
<meta property="og:site_name" content="The Daily"><meta name="author" content="Jane Doe">
<meta property="article:published_time" content="2024-05-03T10:00:00Z">
<link rel="canonical" href="https://daily.test/rates"></head><body>
<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>
<article><h1>Rates rise again</h1>
<p>The bank raised its rate on Tuesday to 5.25 per cent, the highest for 15 years, and said it might do so again.</p>
<h2>What it means</h2>
<p>Mortgages will cost more from June. <script>alert("x")</script>The governor said that she was sorry.</p>
<ul><li>The first thing to know is the rate itself.</li><li>The second is the date.</li></ul>
<table><tr><th>Year</th><th>Rate</th></tr><tr><td>2023</td><td>5.0</td></tr></table>
</article><footer>All rights reserved. Cookies. Terms.</footer></body></html>"""


def article(page: str | bytes, uri: str = "file:///page.html") -> LoadedArticle:
    return load("html", RawFile(uri, page.encode() if isinstance(page, str) else page, name="page.html"))


def test_what_a_page_says_of_itself() -> None:
    loaded = article(PAGE)
    assert (loaded.title, loaded.publisher, loaded.authors) == ("Rates rise again", "The Daily", ("Jane Doe",))
    assert (loaded.published, loaded.language, loaded.url) == ("2024-05-03", "en", "https://daily.test/rates")


def test_the_main_text_in_paragraphs() -> None:
    paragraphs = article(PAGE).text.split("\n\n")
    assert paragraphs[0].startswith("The bank raised its rate on Tuesday")
    assert "What it means" in paragraphs
    assert "The second is the date." in paragraphs
    assert "2023 | 5.0" in paragraphs
    assert not any(word in article(PAGE).text for word in ("alert", "Cookies", "Sport", "Rates rise again"))


def test_a_page_without_an_address_of_its_own_has_the_one_it_came_from() -> None:
    page = PAGE.replace('<link rel="canonical" href="https://daily.test/rates">', "")
    assert article(page, "https://x.test/a").url == "https://x.test/a"
    assert article(page).url == ""


@pytest.mark.parametrize(
    ("uri", "publisher"),
    [
        ("https://www.x.test/a", "x.test"),
        ("http://x.test:80/a", "x.test"),
        ("file:///www.x.test", ""),
        ("http://[", ""),
    ],
)
def test_a_page_that_names_no_publisher_is_from_its_host(uri: str, publisher: str) -> None:
    page = PAGE.replace('<link rel="canonical" href="https://daily.test/rates">', "")
    page = page.replace('<meta property="og:site_name" content="The Daily">', "").replace(" | The Daily", "")
    assert article(page, uri).publisher == publisher
    assert article(PAGE, uri).publisher == "The Daily"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_encodings(encoding: str) -> None:
    page = PAGE.replace("sorry", "très désolée").replace("<head>", f'<head><meta charset="{encoding}">')
    assert "très désolée" in article(page.encode(encoding)).text


def test_the_server_s_word_for_the_encoding_goes_before_the_page_s_own() -> None:
    page = PAGE.replace("sorry", "łączna").replace("<head>", '<head><meta charset="windows-1252">')
    raw = RawFile("file:///page.html", page.encode("iso8859_2"), name="page.html", charset="iso-8859-2")
    assert "łączna" in load("html", raw).text


@pytest.mark.parametrize(
    "stated",
    [
        '<meta charset="iso-8859-7">',
        "<meta http-equiv=Content-Type content='text/html; charset=ISO-8859-7'>",
        '<meta name="a" content="b"><META CHARSET = iso-8859-7 />',
    ],
)
def test_a_page_states_its_encoding(stated: str) -> None:
    page = PAGE.replace("sorry", "ναι").replace("<head>", f"<head>{stated}")
    assert "ναι" in article(page.encode("iso8859_7")).text


def test_what_is_read_as_ascii_is_not_utf_16() -> None:
    page = PAGE.replace("sorry", "désolée").replace("<head>", '<head><meta charset="utf-16">')
    assert "désolée" in article(page.encode()).text


@pytest.mark.parametrize("page", ["", "<html></html>", "<html><body><script>x</script></body></html>", "<p></p>"])
def test_no_text(page: str) -> None:
    with pytest.raises(NoText, match=r"page\.html holds no article text"):
        article(page)


def test_too_large() -> None:
    with pytest.raises(OverLimit, match=r"page\.html"):
        article(b"<html>" + b"x" * MAX_BYTES)


@pytest.mark.parametrize(
    ("title", "site", "host", "bare"),
    [
        ("Rates rise | The Daily", "The Daily", "", "Rates rise"),
        ("Rates rise – and fall - The Daily", "The Daily", "", "Rates rise – and fall"),
        ("Rates rise - Daily.test", "", "daily.test", "Rates rise"),
        ("Rates rise | News | The Daily", "The Daily | News", "", "Rates rise"),
        ("Rates rise | Opinion", "The Daily", "", "Rates rise | Opinion"),
        ("The Daily", "The Daily", "", "The Daily"),
        ("Rise-and-fall", "fall", "", "Rise-and-fall"),
        ("", "The Daily", "", ""),
    ],
)
def test_the_site_is_no_part_of_the_title(title: str, site: str, host: str, bare: str) -> None:
    assert stripped(title, site, host) == bare


def test_the_true_bodies_of_real_pages_are_found_better_than_by_default() -> None:
    """Runs of four words against the true body, F1 a page, as scrapinghub's benchmark counts; every sixth page."""
    import trafilatura

    folder = shared_data("html")
    truth = json.loads((folder / "ground-truth.json").read_text())
    some = {name: truth[name]["articleBody"] for name in sorted(truth)[::6]}
    ours = _score(folder, some, lambda page: article(page).text)
    default = _score(folder, some, lambda page: trafilatura.extract(page) or "")
    assert ours >= default
    assert ours > 0.95


def _score(folder: Path, truth: dict[str, str], extract: Callable[[bytes], str]) -> float:
    pages = {name: gzip.decompress((folder / "pages" / f"{name}.html.gz").read_bytes()) for name in truth}
    return mean(_f1(_runs(extract(pages[name])), _runs(body)) for name, body in truth.items())


def _runs(text: str) -> Counter[tuple[str, ...]]:
    words = re.findall(r"\w+", text)
    return Counter(tuple(words[at : at + 4]) for at in range(max(1, len(words) - 3)))


def _f1(found: Counter[tuple[str, ...]], true: Counter[tuple[str, ...]]) -> float:
    return 2 * (found & true).total() / (found.total() + true.total())
