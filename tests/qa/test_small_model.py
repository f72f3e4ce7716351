"""A real chat model, about the smallest there is: real streams, bad form, loops and slowness are lived through.

It is not clever. Left to itself it cites nothing; shown how, it puts [1] behind whatever it makes up.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from evals.cases import Case, from_row
from qa import contract
from qa.answerer import FALLEN_BACK, Answerer
from qa.bootstrap import service
from qa.chat_rewriter import one_question
from qa.domain import Answer, Reply, Retrieved, Token
from qa.embedder import SentenceTransformerEmbedder
from qa.generator import GRACE, ChatGenerator, Generator, Pieces
from qa.library import Library
from qa.prompt import SYSTEM, Prompt
from qa.rewriter import rewrite
from qa.settings import load
from qa.support import supported
from qa.terms import words
from tests.conftest import SAMPLES
from tests.small_model import NAME, PREPARE, small_model, weights

pytestmark = [pytest.mark.slow, pytest.mark.skipif(weights() is None, reason=f"no small model here: {PREPARE}")]

REPLY = Draft202012Validator(contract.schema("reply"))
ASKED = ("03", "04", "05", "06", "07", "08", "09", "12", "28", "36", "42")
"""Of the samples: plain ones, one that follows up another, and two that no article answers."""
TIMEOUT = 240.0
"""A busy core takes a minute for what an idle one does in five seconds."""
PIECE_OF_SYSTEM = 5
"""As many of its words in a row as nobody writes by chance."""
STORY = Prompt("", "Write a long story about a fox and an owl, of at least a thousand words.", ())
Made = Callable[..., Answerer]


@pytest.fixture
def made(sample_library: Path, model: SentenceTransformerEmbedder) -> Iterator[Made]:
    """Makes an answerer that asks the server at an address, whatever its confidence."""
    with Library.open(sample_library, model.stamp, index="exact") as library:

        def make(address: str, generator: Generator | None = None, **settings: Any) -> Answerer:
            chat = {"chat_model": NAME, "chat_base_url": f"{address}/v1", "chat_timeout": TIMEOUT}
            given = load(library=sample_library, index="exact", threshold=0.0, **(chat | settings))
            return service(given, embedder=model, library=library, generator=generator).answerer

        yield make


class Story:
    """Has the model tell a long story instead."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def stream(self, prompt: Prompt) -> Pieces:
        return self._generator.stream(STORY)


@pytest.mark.parametrize(
    ("options", "numbers"), [((), ASKED[:4]), (("--examples",), ASKED)], ids=["left to itself", "shown how to cite"]
)
def test_whatever_it_writes_every_promise_holds(options: tuple[str, ...], numbers: tuple[str, ...], made: Made) -> None:
    with small_model(*options) as address:
        answerer = made(address, chat_context_tokens=1_500, chat_answer_tokens=100)
        extractive = made(address, chat_model="")
        replies = [checked(case, answerer, extractive) for case in cases(*numbers)]
    fallen = [reply.notice.endswith(FALLEN_BACK) for reply in replies]
    assert all(fallen) if not options else not all(fallen)


def checked(case: Case, answerer: Answerer, extractive: Answerer) -> Reply:
    """The reply to a case, with all that has to be true of it."""
    started = time.monotonic()
    first, *tokens, reply = answerer.stream(case.question, case.history)
    assert time.monotonic() - started < TIMEOUT + GRACE
    assert isinstance(first, Retrieved)
    assert isinstance(reply, Reply)
    REPLY.validate(json.loads(json.dumps(contract.reply(reply))))
    shown = "".join(token.text for token in tokens if isinstance(token, Token))
    numbers = {int(number) for number in re.findall(r"\[(\d+)\]", shown)}
    assert numbers <= set(range(1, len(reply.evidence) + 1))
    assert all(item in first.evidence for item in reply.evidence)
    for item in reply.evidence:
        assert answerer._library.article(item.article.article_id).text[item.start : item.end] == item.quote
    if isinstance(reply, Answer):
        answered(reply, shown, extractive.answer(reply.standalone_question))
    return reply


def answered(reply: Answer, shown: str, extractive: Reply) -> None:
    assert isinstance(extractive, Answer)
    if reply.notice.endswith(FALLEN_BACK):
        assert reply.claims == extractive.claims
        assert reply.usage is None
        return
    assert reply.usage
    assert reply.claims != extractive.claims
    assert all(claim.text[:20] in " ".join(shown.split()) for claim in reply.claims)
    cited = {citation.number for claim in reply.claims for citation in claim.citations}
    assert cited
    assert cited <= set(range(1, len(reply.evidence) + 1))
    assert not [claim for claim in reply.claims if echoes(claim.text) and supported(claim)]
    doubtful = [claim for claim in reply.claims if not supported(claim)]
    assert bool(doubtful) == ("statements." in reply.notice)


def test_a_follow_up_is_put_in_full_by_it_or_by_rule(made: Made) -> None:
    with small_model() as address:
        answerer = made(address, chat_rewrite_timeout=120.0, chat_answer_tokens=60)
        for case in cases("09", "17", "30"):
            put = answerer._rewriter(case.question, case.history).question
            assert put == rewrite(case.question, case.history) or one_question(put) == put


def test_one_that_is_too_slow_is_left_and_told_to_stop(made: Made) -> None:
    with small_model() as address:
        answerer = made(address, Story(warm(address, chat_timeout=1.0)))
        started = time.monotonic()
        reply = answerer.answer(cases(ASKED[0])[0].question)
        assert time.monotonic() - started < 1 + GRACE
        assert reply.notice == f"The chat model took longer than 1 seconds. {FALLEN_BACK}"
        assert idle_after(address) < 2


def test_stopping_while_it_writes_reaches_it(made: Made) -> None:
    with small_model() as address:
        stream = made(address, Story(warm(address))).stream(cases(ASKED[0])[0].question)
        assert isinstance(next(stream), Retrieved)
        assert isinstance(next(stream), Token)
        assert busy(address)
        stream.close()  # type: ignore[attr-defined]
        assert idle_after(address) < 2


@pytest.mark.parametrize(
    ("text", "echo"),
    [
        ("Sales rose by 4%, and two shops closed.", True),
        ("Write one to four short, complete sentences in plain words.", True),
        ("Two shops closed in the old town of Port Elvern.", False),
    ],
)
def test_an_echo_is_known(text: str, echo: bool) -> None:
    assert echoes(text) is echo


# ----------------------------------------------------------------------------------------------------------------


def cases(*numbers: str) -> list[Case]:
    lines = (SAMPLES.parent / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    found = [from_row(json.loads(line), "") for line in lines]
    return [case for case in found if case.id.removeprefix("sample-") in numbers]


def echoes(text: str) -> bool:
    """Whether a run of its words is one of the instructions'."""
    said, told = words(text), " ".join(["", *words(SYSTEM), ""])
    runs = (said[at : at + PIECE_OF_SYSTEM] for at in range(len(said) - PIECE_OF_SYSTEM + 1))
    return any(f" {' '.join(run)} " in told for run in runs)


def warm(address: str, **settings: Any) -> ChatGenerator:
    """One that may write for long, with LangChain imported, so that the time it takes is the model's own."""
    server: dict[str, Any] = {"chat_model": NAME, "chat_base_url": f"{address}/v1"}
    server |= {"chat_answer_tokens": 4_000, "chat_context_tokens": 8_000}
    generator = ChatGenerator(load(**(server | settings)))
    generator._loaded()
    return generator


def busy(address: str) -> bool:
    return any(slot["is_processing"] for slot in httpx.get(f"{address}/slots", timeout=30).json())


def idle_after(address: str) -> float:
    """Seconds until it no longer works at an answer."""
    started = time.monotonic()
    while busy(address):
        assert time.monotonic() - started < 60
        time.sleep(0.02)
    return time.monotonic() - started
