"""Replies, articles and a served page for the tests of the interface."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn

from qa.domain import (
    Answer,
    Article,
    ArticleRef,
    Citation,
    Claim,
    Evidence,
    PassageText,
    Refusal,
    ShortAnswer,
)
from qa.settings import Settings
from tests.fakes import FakeAnswerer, FakeArticles
from ui import server

BRIDGE = """The Tamar crossing will close on 3 May for nine months, the county said on Monday.

Engineers found cracks in two of its piers. The repair will cost £41 million. Ferries will run instead.

"We had no choice," said the county's chief engineer, Ines Okafor. She had warned of the cracks in 2019."""

LETTER = """Shopkeepers on the east bank say that nobody asked them.

The repair will cost £38 million, according to the builder. Trade fell by a third when the bridge closed in 2011."""


def article(article_id: int = 1, text: str = BRIDGE, **fields: object) -> Article:
    given = {
        "version": 1,
        "uri": f"file:///articles/bridge-{article_id}.html",
        "title": "Bridge to close for nine months",
        "publisher": "The Westhaven Courier",
        "authors": ("Mara Lindqvist",),
        "published": "2026-04-20",
        "language": "en",
        "url": "https://courier.example/bridge",
        "content_hash": "0",
        "ingested_at": "2026-04-21T08:00:00Z",
    } | fields
    return Article(article_id=article_id, text=text, **given)  # type: ignore[arg-type]


def evidence(of: Article, quote: str) -> Evidence:
    start = of.text.index(quote)
    ref = ArticleRef(of.article_id, of.version, of.uri, of.title, of.publisher, of.published, of.url)
    return Evidence(ref, start, start + len(quote), quote, PassageText(0, len(of.text), of.text), {})


def answer(*found: Evidence, question: str = "What will it cost?", short: str = "", **fields: object) -> Answer:
    """One claim an evidence, each the sentence itself; `short` is the short answer, in the first of them."""
    claims = tuple(Claim(e.quote, (Citation(n, 0.9),)) for n, e in enumerate(found, 1))
    at = found[0].start + found[0].quote.index(short) if short else 0
    words = ShortAnswer(short, 1, at, at + len(short)) if short else None
    given = {"standalone_question": question, "confidence": 0.9, "short_answer": words} | fields
    return Answer(question=question, claims=claims, evidence=found, **given)  # type: ignore[arg-type]


def refusal(*found: Evidence, question: str = "Who won the cup?", **fields: object) -> Refusal:
    given = {
        "standalone_question": question,
        "reason": "The articles do not say.",
        "searched": "12 articles with 240 sentences",
        "confidence": 0.1,
    } | fields
    return Refusal(question=question, evidence=found, **given)  # type: ignore[arg-type]


@contextmanager
def served(answerer: FakeAnswerer, library: FakeArticles, settings: Settings | None = None) -> Iterator[str]:
    """The address of the whole service, running in a thread; without settings, over a library folder of its own."""
    with TemporaryDirectory() as folder:
        given = settings or Settings(_env_file=None, library=Path(folder) / "library")
        with running(server.build(answerer, library, given)) as address:
            yield address


@contextmanager
def running(app: Any) -> Iterator[str]:
    """The address of an ASGI app, running in a thread."""
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=1, proxy_headers=False)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        assert thread.is_alive(), "the service did not start"
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)
