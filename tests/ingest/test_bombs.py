"""Each bomb is read or refused with a typed error, in its time and memory, and the next file is read as before."""

import time
from collections.abc import Iterable
from itertools import islice

import pytest

from ingest.loaders import kind_of
from ingest.sources import RawFile
from qa.errors import IngestError, UnsupportedMedia
from tests.hostile.bombs import Bomb, heavy, mislabelled, quick
from tests.hostile.corpus import loaded
from tests.hostile.watched import WatchedSandbox, resident_mb

SENTENCE = "The bank acted on Monday, it said."
PAGE = f"<html><title>Rates rise</title><article><p>{SENTENCE}</p></article>".encode()


def defused(bombs: Iterable[Bomb], megabytes: float) -> None:
    """`megabytes`: what a child of the sandbox held at the most."""
    before = resident_mb()
    with WatchedSandbox(timeout=30, max_mb=1_024) as sandbox:
        for bomb in bombs:
            started = time.monotonic()
            told = ended(sandbox, bomb)
            assert time.monotonic() - started < 35, bomb.name
            assert "root:" not in told
            assert sandbox.peak_mb < megabytes, bomb.name
        (page,) = loaded(sandbox, RawFile("file:///next.html", PAGE, name="next.html"))
        assert page.text == SENTENCE
    assert resident_mb() - before < 64


def ended(sandbox: WatchedSandbox, bomb: Bomb) -> str:
    """What was read of it, or the error that names it."""
    try:
        return "".join(article.text for article in loaded(sandbox, bomb.raw))
    except IngestError as error:
        named = error
    assert bomb.name in named.message
    assert named.remedy, bomb.name
    return named.message


@pytest.mark.slow
def test_bombs() -> None:
    defused(quick(), 400)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(6))
def test_heavy_bombs(number: int) -> None:
    defused([list(heavy())[number]], 1_024)


def test_one_of_each_kind() -> None:
    chosen = ("lies.docx", "loop.pdf", "outside.xml", "utf-16-cut.txt", "nul.txt", "utf-8-as-16.html")
    small = islice(quick(), 40)
    defused([bomb for bomb in small if bomb.name in chosen], 400)


def test_a_hundred_files_under_wrong_names_are_what_their_bytes_say() -> None:
    tried = list(mislabelled())
    assert len(tried) == 100
    for what, bomb in tried:
        if what in ("pdf", "docx", "html", "feed"):
            assert kind_of(bomb.raw) == ("markdown" if (what, bomb.name) == ("html", "file.md") else what)
        else:
            with pytest.raises(UnsupportedMedia, match=what):
                kind_of(bomb.raw)
