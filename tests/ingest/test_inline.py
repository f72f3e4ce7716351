"""What stands within a sentence of a page is in the article's text."""

import time

import pytest

from ingest.loaders import load
from ingest.sources import RawFile
from qa.errors import NoText

AROUND = (
    "The bank raised its rate on Tuesday to 5.25 per cent, the highest for 15 years, and said it might do so again. "
    "Nobody knew why it did, and nobody asked.",
    "Mortgages will cost more from June. The governor said that she was sorry about that, but that it was to be.",
)


def shown(block: str) -> list[str]:
    """The paragraphs that `block`, between two others, becomes."""
    page = f"<html><body><article><h1>x</h1><p>{AROUND[0]}</p>{block}<p>{AROUND[1]}</p></article></body></html>"
    first, *between, last = load("html", RawFile("file:///a", page.encode(), name="page.html")).text.split("\n\n")
    assert (first, last) == AROUND
    return between


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ('The report <span class="link">by Ann</span> is out.', "The report by Ann is out."),
        ('The <span class="rating">five-star</span> hotel.', "The five-star hotel."),
        ('<span class="author">Ann Lee</span> said so.', "Ann Lee said so."),
        ('It was <span id="author">Ann Lee</span>.', "It was Ann Lee."),
        ('On <time datetime="2024-05-03">3 May</time> it rose.', "On 3 May it rose."),
        ("<time>May 2024</time> was warm.", "May 2024 was warm."),
        ('The word <span style="border-bottom: 1px dotted">inflation</span> is old.', "The word inflation is old."),
        ('<span style="border: 0">The whole of it is in here.</span>', "The whole of it is in here."),
        ('See <a href="/x"><span class="link">the report</span></a> of today.', "See the report of today."),
        ('<b>So <span class="tags">it</span></b> goes.', "So it goes."),
        ("She said <q>it is over</q> and left.", "She said “it is over” and left."),
        ("She said <q>it is <b>over</b></q>.", "She said “it is over”."),
        ('Hello <span id="here"></span>world and <i></i>all.', "Hello world and all."),
        ("An <abbr title='x'>EU</abbr> law of <data value='3'>three</data>.", "An EU law of three."),
    ],
)
def test_words_within_a_sentence_stay(inner: str, text: str) -> None:
    assert shown(f"<p>{inner}</p>") == [text]


@pytest.mark.parametrize(
    "block", ["<ul><li>{}</li></ul>", "<blockquote><p>{}</p></blockquote>", "<div><p>{}</p></div>"]
)
def test_in_other_blocks_too(block: str) -> None:
    inner = 'The first <span class="link">thing to know</span> is the rate itself.'
    assert shown(block.format(inner)) == ["The first thing to know is the rate itself."]


@pytest.mark.parametrize(
    "block",
    [
        '<p><span class="byline">By Ann Lee.</span></p>',
        '<p><span class="author">Ann Lee.</span> <time>3 May 2024.</time></p>',
        '<div class="byline">By <span class="author">Ann Lee</span>.</div>',
    ],
)
def test_what_is_a_block_of_its_own_is_still_left_out(block: str) -> None:
    assert shown(block) == []


def test_a_line_that_is_no_sentence_keeps_its_parts() -> None:
    """A byline: what trafilatura drops of it stays dropped."""
    assert "Ann" not in "".join(shown('<p>By <span class="author">Ann Lee</span> on <time>3 May</time></p>'))


@pytest.mark.parametrize(
    "part",
    [
        '<span class="rollover-people-block">Ann Lee More news</span>',
        '<span style="display: none">unseen</span>',
        '<span class="overlay" style="visibility:hidden">unseen</span>',
        '<span class="share-button">Share</span>',
        '<span class="overlay" aria-hidden="true">unseen</span>',
    ],
)
def test_what_nobody_reads_there_goes(part: str) -> None:
    assert shown(f"<p>He met Ann {part}there.</p>") == ["He met Ann there."]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("There are 10<sup>9</sup> of them.", "There are 10^9 of them."),
        ("It is 10<sup>-3</sup> of it.", "It is 10^-3 of it."),
        ("He ate 5<sup>1/2</sup> loaves.", "He ate 5 1/2 loaves."),
        ("It has 5 m<sup>2</sup> of land.", "It has 5 m2 of land."),
        ("The 2<sup>nd</sup> of May.", "The 2nd of May."),
        ("It fell.<sup>2</sup> It rose.", "It fell. It rose."),
        ("A fall<sup>3</sup> came.", "A fall came."),
        ('In 1998<sup><a href="#fn1">1</a></sup> it fell.', "In 1998 it fell."),
        ('In 1998<a href="#fn1"><sup>[1]</sup></a> it fell.', "In 1998 it fell."),
        ("A fall<sup>[1]</sup> came.", "A fall[1] came."),
    ],
)
def test_raised_digits(inner: str, text: str) -> None:
    assert shown(f"<p>{inner}</p>") == [text]


@pytest.mark.parametrize(
    "page",
    [
        "<q></q>",
        "<sup>1</sup>",
        '<a href="#n"><sup>1</sup></a>',
        '<span class="rollover-people-block">x</span>',
        "<time>1",
    ],
)
def test_a_page_of_nothing_else_has_no_text(page: str) -> None:
    with pytest.raises(NoText):
        load("html", RawFile("file:///a", page.encode(), name="page.html"))


@pytest.mark.parametrize("inner", ["<q>x ", '<span class="link">a ', "1<sup>2", "<b></b>", "<time>x</time> "])
def test_torture_ends(inner: str) -> None:
    started = time.perf_counter()
    load("html", RawFile("file:///a", f"<html><body><p>{AROUND[0]}{inner * 4_000}</p></body></html>".encode()))
    assert time.perf_counter() - started < 10
