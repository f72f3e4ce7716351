"""Random text and mutated files: nothing but typed errors. FOOTNOTE_FUZZ says how many examples, 15 unless told."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ingest.loaders import SANDBOXED, kind_of, load
from ingest.loaders.feed import load_all
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import IngestError
from qa.library import Library
from qa.prompt import harmless
from qa.rewriter import rewrite
from qa.terms import content
from tests.fakes import FakeEmbedder
from tests.hostile.bombs import RSS, WORDS

EXAMPLES = int(os.environ.get("FOOTNOTE_FUZZ", "15"))
FUZZ = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANY = st.text(st.characters(exclude_categories=()), max_size=300)
SEEDS = (
    f"# Title\n\n{WORDS}\n\n- a\n\n| a | b |\n|---|---|\n",
    f"---\ntitle: T\ndate: 2024-05-03\n---\n{WORDS}",
    RSS.format(
        head="", items=f"<item><title>T</title><link>https://a.test/</link><description>{WORDS}</description></item>"
    ),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A seed with a piece cut out and bytes of any kind in its place."""
    body = draw(st.sampled_from(SEEDS)).encode()
    start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
    return body[:start] + draw(st.binary(max_size=40)) + body[end:]


CONTROLS = b"<?xml?><rss><item><link>http://a.test/</link><description>\x01&amp; more</description></item></rss>"


@FUZZ
@example(CONTROLS, "a.txt")
@given(st.one_of(st.binary(max_size=400), mutated()), st.sampled_from(("a.txt", "a.md", "a.xml", "a.html", "")))
def test_files(body: bytes, name: str) -> None:
    """Feeds in this process, too; the other libraries behind the sandbox may raise what they like there."""
    raw = RawFile("file:///x", body, name=name)
    with suppress(IngestError):
        kind = kind_of(raw)
        if kind == "feed":
            load_all(raw)
        elif kind not in SANDBOXED:
            assert isinstance(load(kind, raw), LoadedArticle)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library.open(Path(tmp_path_factory.mktemp("fuzz")) / "library", FakeEmbedder.stamp, index="exact") as opened:
        yield opened


@FUZZ
@given(question=ANY)
def test_questions(library: Library, question: str) -> None:
    harmless(rewrite(question))
    library.candidates(FakeEmbedder().question("rates"), content(question), limit=5)
