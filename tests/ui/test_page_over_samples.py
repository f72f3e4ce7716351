"""The page in a real browser, over the sample articles, with nothing faked."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.pipeline import ingest
from qa.bootstrap import Service, service
from qa.domain import Answer, Evidence, Refusal
from qa.embedder import SentenceTransformerEmbedder
from qa.settings import Settings
from tests.ui.browser import Visit, visit
from tests.ui.pages import served
from ui.conversation import cited

pytestmark = pytest.mark.browser

SAMPLES = Path(__file__).parents[2] / "samples"
CASES = [json.loads(line) for line in (SAMPLES / "cases.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def samples(
    tmp_path_factory: pytest.TempPathFactory, model: SentenceTransformerEmbedder, sample_library: Path
) -> Iterator[tuple[Service, Settings]]:
    """All formats: those that `sample_library` lacks are added to a copy of it."""
    settings = Settings(_env_file=None, library=tmp_path_factory.mktemp("samples") / "library")
    shutil.copytree(sample_library, settings.library)
    made = service(settings, embedder=model)
    with made.library:
        list(ingest([str(SAMPLES / "articles")], made.library, made.embedder, settings))
        yield made, settings


@pytest.fixture(scope="module")
def seen(browser: Any, samples: tuple[Service, Settings]) -> Iterator[Visit]:
    made, settings = samples
    with (
        served(made.answerer, made.library, settings) as address,
        visit(browser, address, viewport={"width": 1440, "height": 900}) as seen,
    ):
        yield seen


@pytest.fixture
def answerer(samples: tuple[Service, Settings]) -> Any:
    return samples[0].answerer


def cited_from(answerer: Any, suffix: str) -> tuple[str, int, Evidence]:
    """A question of the samples whose answer cites an article of this format: question, number, evidence."""
    for case in CASES:
        if any(gold["uri"].endswith(suffix) for gold in case["gold"]) and not case.get("history"):
            reply = answerer.answer(case["question"])
            for number in cited(reply):
                if reply.evidence[number - 1].article.uri.endswith(suffix) and isinstance(reply, Answer):
                    return case["question"], number, reply.evidence[number - 1]
    raise AssertionError(f"no answer cites a {suffix}")


def squeezed(words: str) -> str:
    return " ".join(words.split())


@pytest.mark.parametrize("suffix", [".html", ".md", ".txt", ".pdf", ".docx"])
def test_a_citation_opens_each_format_at_the_very_sentence(seen: Visit, answerer: Any, suffix: str) -> None:
    question, number, evidence = cited_from(answerer, suffix)
    seen.ask(question)
    assert squeezed(seen.open(number)) == squeezed(evidence.quote)
    assert seen.page.locator(".fn-source h2").inner_text() == evidence.article.title
    mark, head = (seen.page.locator(n).first.bounding_box() for n in ("mark.fn-current", ".fn-source-head"))
    assert head["y"] + head["height"] <= mark["y"]
    assert mark["y"] + mark["height"] <= 900
    seen.page.keyboard.press("Escape")
    seen.page.locator(".fn-source").wait_for(state="detached")


def test_what_no_article_is_about_is_refused_with_what_came_closest(seen: Visit, answerer: Any) -> None:
    question = "How is sourdough bread baked at home?"
    refusal = answerer.answer(question)
    assert isinstance(refusal, Refusal)
    seen.ask(question)
    last = seen.page.locator(".fn-turn").last
    assert refusal.reason in last.inner_text()
    assert last.locator(".fn-closest li").count() == len(refusal.evidence)
    assert squeezed(seen.open(2)) == squeezed(refusal.evidence[1].quote)


def test_a_follow_up_is_understood_and_shown(seen: Visit) -> None:
    seen.page.get_by_role("button", name="New conversation").click()
    seen.page.locator(".fn-welcome").wait_for()
    seen.ask("What did the inquiry into the Skelby flood find?")
    seen.ask("When did it report?")
    assert "Skelby" in seen.page.locator(".fn-turn").last.locator(".fn-standalone").inner_text()
