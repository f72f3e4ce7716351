"""Text made to be slow, in this process: what is not loaded in the sandbox must take its time in proportion."""

import time
from collections.abc import Callable

import pytest

from ingest.cleaning import clean
from ingest.loaders import kind_of, load, looks_like_feed
from ingest.sources import RawFile
from qa import sentences

SECONDS = 2.0
"""Far more than any of these takes; each took minutes or years by trying every way to cut the text."""


def takes(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@pytest.mark.parametrize("run", [" " * 300_000, "\t " * 150_000, "\u00a0" * 300_000, " \n" * 150_000])
def test_runs_of_white_space(run: str) -> None:
    assert takes(lambda: clean(f"One.{run}Two.")) < SECONDS
    assert clean(f"One.{run}Two.").startswith("One.")


@pytest.mark.parametrize(
    "head",
    [
        b"<!-- a note -->" + b" " * 500 + b"Words.",
        b"<!-- a note -->" + b"\n" * 500 + b"Words.",
        b"<!---->" * 200 + b"Words.",
        b"<?x?>" * 300 + b"Words.",
        b"<!doctype x [" + b"]" * 1_000 + b"Words.",
        b"<!doctype" * 200,
        b"<!--" * 800,
        b"<" * 4_000,
    ],
)
def test_the_first_bytes_of_a_file(head: bytes) -> None:
    raw = RawFile("file:///x", head, name="x.txt")
    assert takes(lambda: (kind_of(raw), looks_like_feed(raw))) < SECONDS
    assert not looks_like_feed(raw)


@pytest.mark.parametrize(
    "unit", ["A! a ", "1. ", "Ms. ", "! ", '? " ', "a.m. Mon ", "A.B.", "- \n", '"', "\n- x", "e.g. ", "x" * 50]
)
def test_sentences(unit: str) -> None:
    text = unit * (60_000 // len(unit))
    assert takes(lambda: sentences.split(text)) < SECONDS


@pytest.mark.parametrize(
    "first",
    [
        "by " + "a" * 60 + "!",
        "By Tuesday the bank had raised its rate again, and nobody at all was surprised by what it said.",
        "By " + "Ann and Bo, " * 40 + "?",
        "Published " * 500,
        "A" + "b, " * 20_000,
    ],
)
def test_the_lines_under_a_headline(first: str) -> None:
    body = f"Rates rise\n\n{first}\n\nThe bank raised its rate on Tuesday.".encode()
    assert takes(lambda: load("text", RawFile("file:///x.txt", body, name="x.txt"))) < SECONDS
