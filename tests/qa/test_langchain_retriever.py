"""Footnote as a LangChain retriever: its own promises, LangChain's standard tests, and an agent that uses it."""

import asyncio
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from qa.answerer import Answerer
from qa.bootstrap import service
from qa.embedder import SentenceTransformerEmbedder
from qa.errors import QuestionError
from qa.evidence import RANKED
from qa.settings import load
from tests.chat_server import Handler, chat_server

BRIDGE = "How much will it cost to mend the Strand Bridge?"
AGENT = Path(__file__).parents[2] / "examples" / "langchain_agent.py"


@pytest.fixture(scope="module")
def answerer(sample_library: Path, model: SentenceTransformerEmbedder) -> Iterator[Answerer]:
    made = service(load(library=sample_library, index="exact"), embedder=model)
    with made.library:
        yield made.answerer


def retriever(**given: Any) -> Any:
    """LangChain is imported by whoever runs one of these tests."""
    from qa.langchain_retriever import FootnoteRetriever

    return FootnoteRetriever(**given)


def test_documents_are_stored_sentences_with_their_place(answerer: Answerer) -> None:
    found = retriever(answerer=answerer, k=5).invoke(BRIDGE)
    assert len(found) == 5
    assert "£52m" in found[0].page_content
    for document in found:
        told = document.metadata
        text = answerer._library.article(told["article_id"], told["version"]).text
        assert text[told["start"] : told["end"]] == told["quote"] == document.page_content
        assert told["quote"] in told["passage"]
    assert found[0].metadata["uri"].endswith("harbour-bridge-repair-bill.md")
    assert [d.metadata["score"] for d in found] == sorted((d.metadata["score"] for d in found), reverse=True)
    json.dumps([document.metadata for document in found])


def test_a_bad_question_is_refused_as_everywhere(answerer: Answerer) -> None:
    with pytest.raises(QuestionError):
        retriever(answerer=answerer).invoke("  ")


def test_how_many_may_be_said_with_the_question_waiting_or_not(answerer: Answerer) -> None:
    made = retriever(answerer=answerer)
    found = made.invoke(BRIDGE, k=2)
    assert found == made.invoke(BRIDGE)[:2]
    assert asyncio.run(made.ainvoke(BRIDGE, k=2)) == found
    assert len(asyncio.run(made.ainvoke(BRIDGE))) == 4


@pytest.mark.parametrize("k", [0, -1, RANKED + 1])
def test_a_number_that_is_none_is_refused_wherever_it_is_said(k: int, answerer: Answerer) -> None:
    made = retriever(answerer=answerer)
    for ask in (
        lambda: retriever(answerer=answerer, k=k),
        lambda: made.invoke(BRIDGE, k=k),
        lambda: asyncio.run(made.ainvoke(BRIDGE, k=k)),
    ):
        with pytest.raises(ValidationError, match="k"):
            ask()


def test_it_keeps_the_library_out_of_what_is_printed(answerer: Answerer) -> None:
    made = retriever(answerer=answerer)
    assert "answerer" not in repr(made)
    assert made.model_dump(exclude_none=True) == {"k": 4}


HOW = "pip install -e .[langchain-tests]; pytest -p pytest_asyncio.plugin tests/qa/test_langchain_retriever.py"

try:
    if "pytest_asyncio" not in sys.modules:  # its tests wait; pytest loads no plugin here that is not named
        raise ImportError
    from langchain_tests.integration_tests import RetrieversIntegrationTests
except ImportError:

    @pytest.mark.skip(reason=f"langchain-tests or the plugin that it needs is not at hand: {HOW}")
    def test_langchains_standard_tests() -> None:
        """They come with a package of their own, and with six plugins for pytest."""
else:

    @pytest.mark.asyncio
    class TestStandard(RetrieversIntegrationTests):  # type: ignore[misc]
        """LangChain's own tests of a retriever."""

        @pytest.fixture(autouse=True)
        def _given(self, answerer: Answerer) -> None:
            self._answerer = answerer

        @property
        def retriever_constructor(self) -> Any:
            from qa.langchain_retriever import FootnoteRetriever

            return FootnoteRetriever

        @property
        def retriever_constructor_params(self) -> dict[str, Any]:
            return {"answerer": self._answerer}

        @property
        def retriever_query_example(self) -> str:
            return BRIDGE


def agent_model(handler: Handler) -> None:
    """Calls the tool first, then repeats the first line that the tool gave."""
    messages = handler.stage.asked[-1]["messages"]
    if messages[-1]["role"] == "tool":
        message: dict[str, Any] = {"role": "assistant", "content": messages[-1]["content"].splitlines()[0]}
        finish = "stop"
    else:
        call = {"name": "search_articles", "arguments": json.dumps({"question": BRIDGE})}
        calls = [{"id": "1", "type": "function", "function": call}]
        message, finish = {"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls"
    choice = {"index": 0, "message": message, "finish_reason": finish}
    body = json.dumps(
        {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    ).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.slow
def test_the_example_agent_answers_from_the_library(
    own_library: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with chat_server(agent_model) as server:
        for name, value in (("LIBRARY", own_library), ("CHAT_MODEL", "m"), ("CHAT_BASE_URL", server.url)):
            monkeypatch.setenv(f"FOOTNOTE_{name}", str(value))
        monkeypatch.setattr(sys, "argv", [str(AGENT), BRIDGE])
        runpy.run_path(str(AGENT), run_name="__main__")
    said = capsys.readouterr().out
    assert "£52m" in said
    assert "harbour-bridge-repair-bill.md" in said
    assert [tool["function"]["name"] for tool in server.asked[0]["tools"]] == ["search_articles"]
