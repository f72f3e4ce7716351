"""Payloads of every list through everything that the chat shows, in a real browser, with the service's own headers.

Nothing may run, be asked for or lead away. Where a payload names a host, it is the beacon's.
"""

import gzip
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

import pytest

from qa.domain import Answer, Claim
from tests.fakes import FakeAnswerer, FakeArticles
from tests.ingest.servers import Site, site
from tests.shared_data import shared_data
from tests.ui.browser import Visit, chromium, visit
from tests.ui.pages import answer, article, evidence, served

BATCH = 350
"""Payloads of one answer."""
_HOST = re.compile(r"(?<=//)(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?", re.IGNORECASE)
_MADE = ", ".join(
    f":is(.fn-turn, .fn-source) {name}"
    for name in (
        "script",
        "img",
        "iframe",
        "svg:not(.fn-thumb > svg)",  # those of the two thumbs are ours
        "style",
        "form",
        "object",
        "embed",
        "video",
        "[onclick]",
        "[onerror]",
    )
)

pytestmark = pytest.mark.browser


def payloads(beacon: Site) -> list[str]:
    xss = gzip.decompress(shared_data("hostile/xss-payloads.txt.gz").read_bytes()).decode(errors="replace")
    naughty = json.loads(shared_data("hostile/naughty-strings.json").read_text())
    injections = [
        text
        for part in ("train", "test")
        for texts in json.loads(shared_data(f"hostile/injection-text_attack_{part}.json").read_text()).values()
        for text in texts
    ]
    here = f"127.0.0.1:{beacon.port}"
    own = [f'<img src="http://{here}/i">', f"![x](http://{here}/m)", f"<style>@import 'http://{here}/c'</style>"]
    return [_HOST.sub(here, text) for text in [*own, *xss.splitlines(), *naughty, *injections] if text.strip()]


def poisoned(texts: Sequence[str]) -> tuple[Answer, FakeArticles]:
    """An answer whose claims, sentences and articles' titles, publishers, authors and addresses are the payloads."""
    articles = [
        article(
            number,
            text=f"{text}\n\nThe end.",
            title=text,
            publisher=text,
            authors=(text,),
            uri=f"file:///{quote(text)}" if number % 2 else text,
            url=text,
            published=text,
        )
        for number, text in enumerate(texts, 1)
    ]
    made = answer(*(evidence(one, one.title) for one in articles), question=texts[0], short=articles[0].title)
    claims = (*made.claims, *(Claim(f"So: {text}", made.claims[0].citations) for text in texts))
    return replace(made, claims=claims, notice=texts[0]), FakeArticles(*articles)


def shown(seen: Visit, question: str) -> None:
    before = seen.page.locator(".fn-turn").count()
    seen.page.get_by_label("Your question").fill(question)
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_function("n => document.querySelectorAll('.fn-turn .fn-notes').length > n", arg=before)


def tried(texts: Sequence[str], beacon: Site) -> None:
    made, held = poisoned(texts)
    question = next(text for text in texts if text.strip() and len(text) < 1_500)
    with served(FakeAnswerer([made]), held) as address, chromium() as browser, visit(browser, address) as seen:
        seen.page.set_default_timeout(60_000)
        seen.page.evaluate("window.stayed = true")
        shown(seen, question)
        assert seen.page.locator(".fn-claim").count() >= len(texts)
        seen.open(1)
        seen.page.wait_for_timeout(300)
        assert seen.page.evaluate("window.stayed") is True
        assert seen.page.url.startswith(address)
        assert seen.page.locator(_MADE).count() == 0
    assert (beacon.asked, beacon.connections) == ([], 0)


def batches(every: int) -> Iterator[tuple[list[str], Site]]:
    with site() as beacon:
        texts = payloads(beacon)[::every]
        for start in range(0, len(texts), BATCH):
            yield texts[start : start + BATCH], beacon


@pytest.mark.slow
def test_a_sample_of_all_payloads() -> None:
    for texts, beacon in batches(25):
        tried(texts, beacon)


@pytest.mark.slow
def test_all_payloads() -> None:
    for texts, beacon in batches(1):
        tried(texts, beacon)
