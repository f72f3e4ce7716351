"""A chat model over real HTTP: well, and in every way that goes wrong. Nothing is patched inside the client."""

import json
import time
from collections.abc import Generator, Iterator, Mapping
from typing import Any

import pytest

from qa.errors import ChatFailed
from qa.generator import MOST_CHARACTERS, ChatGenerator, Pieces
from qa.prompt import Prompt
from qa.settings import load
from tests.chat_server import (
    ChatServer,
    Handler,
    Play,
    chat_server,
    dies,
    fails,
    never_ends,
    pings,
    raw,
    says,
    silent,
    stops_short,
)

PROMPT = Prompt("Be brief.", "What?", ())
KEY = "sk-very-secret-0123456789"


def generator(server: ChatServer, **settings: Any) -> ChatGenerator:
    return ChatGenerator(load(chat_model="small:3b", chat_base_url=server.url, **settings))


def failure(*plays: Play, **settings: Any) -> tuple[ChatFailed, ChatServer, float]:
    """How it fails, what the server saw, and the seconds it took."""
    with chat_server(*plays) as server:
        made = generator(server, **{"chat_timeout": 30.0, "chat_retries": 0, "chat_api_key": KEY, **settings})
        made._loaded()
        started = time.monotonic()
        with pytest.raises(ChatFailed) as failed:
            list(made.stream(PROMPT))
        assert KEY not in str(failed.value)
        return failed.value, server, time.monotonic() - started


def test_pieces_come_as_the_server_sends_them() -> None:
    with chat_server(says("Foxes ", "", "hunt [1].")) as server:
        made = generator(server, chat_api_key=KEY, chat_temperature=0.5, chat_answer_tokens=77)
        assert list(made.stream(PROMPT)) == ["Foxes ", "hunt [1]."]
    (asked,) = server.asked
    assert [(m["role"], m["content"]) for m in asked["messages"]] == [("system", "Be brief."), ("user", "What?")]
    assert (asked["model"], asked["temperature"], asked["max_tokens"]) == ("small:3b", 0.5, 77)
    assert "tools" not in asked
    assert server.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize(("told", "tokens"), [(True, (120, 7)), (False, None)])
def test_the_tokens_are_those_that_the_server_tells(told: bool, tokens: tuple[int, int] | None) -> None:
    def play(handler: Handler) -> None:
        handler.begin()
        handler.piece("Foxes hunt [1].", "stop")
        if told:
            handler.usage(120, 7)
        handler.end()

    def whole(pieces: Pieces) -> Generator[str, None, None]:
        found.append((yield from pieces))

    found: list[tuple[int, int] | None] = []
    with chat_server(play) as server:
        assert list(whole(generator(server).stream(PROMPT))) == ["Foxes hunt [1]."]
    assert found == [tokens]


def test_the_providers_key_is_not_sent_to_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with chat_server(says("Hello")) as server:
        assert list(generator(server).stream(PROMPT)) == ["Hello"]
    assert server.keys == ["Bearer none"]


@pytest.mark.parametrize(
    ("play", "reason"),
    [
        (fails(401, message=f"Incorrect API key provided: {KEY}"), "key"),
        (fails(403), "key"),
        (fails(404), "model"),
        (fails(400), "request"),
        (fails(429), "busy"),
        (fails(500), "server"),
        (fails(503), "server"),
        (dies("Foxes"), "broken"),
        (stops_short("Foxes"), "broken"),
        (says(), "empty"),
        (says("Foxes", finish="length"), "cut"),
        (says("Foxes", finish="content_filter"), "withheld"),
        (says("<think>It is about", " foxes.</think>\n"), "empty"),
        (says("<think>It is about foxes", finish="stop"), "empty"),
        (says("<think>It is about foxes", finish="length"), "cut"),
        (never_ends("a" * 500, 0.0), "endless"),
        (raw(b"data: \xff\xfe{\n\n"), "garbled"),
        (raw(b'data: {"choices":[{"index":0,"delta":{"content":"caf\xc3("}}]}\n\n'), "garbled"),
        (raw(b"data: {nonsense\n\n"), "garbled"),
        (raw(b"<html>Welcome</html>"), "garbled"),
        (raw(f'data: {{"error": {{"message": "{KEY}"}}}}\n\n'.encode()), "garbled"),
    ],
)
def test_every_way_to_fail_has_its_reason(play: Play, reason: str) -> None:
    failed, _, _ = failure(play)
    assert failed.reason == reason
    assert failed.message.endswith(".")
    assert failed.remedy


def test_a_limit_is_raised_together_with_what_holds_it() -> None:
    failed, _, _ = failure(says("Foxes", finish="length"))
    assert "FOOTNOTE_CHAT_ANSWER_TOKENS" in failed.remedy
    assert "FOOTNOTE_CHAT_CONTEXT_TOKENS" in failed.remedy


def test_what_a_model_thinks_before_it_answers_is_not_its_answer() -> None:
    """However long: thinking is no writing without end."""
    thought = ["Sentence [1] is about foxes. " * 30] * (2 * MOST_CHARACTERS // 800)
    with chat_server(says("<thi", "nk>\n", *thought, "</th", "ink>\n", "\n", "Foxes ", "hunt. [1]")) as server:
        assert list(generator(server).stream(PROMPT)) == ["Foxes ", "hunt. [1]"]


@pytest.mark.parametrize("play", [silent, pings, never_ends("a", 0.05), never_ends("<think>", 0.01)])
def test_nothing_hangs_past_the_timeout(play: Play) -> None:
    failed, server, seconds = failure(play, chat_timeout=0.4)
    assert failed.reason == "timeout"
    assert seconds < 3
    assert len(server.asked) == 1


def test_a_server_that_cannot_be_reached_is_named_without_a_password() -> None:
    with chat_server(silent) as gone:
        pass
    made = ChatGenerator(load(chat_model="m", chat_base_url=gone.url, chat_retries=0))
    with pytest.raises(ChatFailed) as failed:
        list(made.stream(PROMPT))
    assert failed.value.reason == "unreachable"
    assert gone.url.removeprefix("http://").removesuffix("/v1") in failed.value.message


def test_an_address_that_is_none_is_a_failure_too() -> None:
    made = ChatGenerator(load(chat_model="m", chat_base_url="http://127.0.0.1:port/v1", chat_retries=0))
    with pytest.raises(ChatFailed):
        list(made.stream(PROMPT))


def test_it_is_asked_again_after_as_long_as_the_server_says() -> None:
    with chat_server(fails(429, [("Retry-After", "1")]), says("Hello")) as server:
        made = generator(server, chat_retries=1)
        made._loaded()
        started = time.monotonic()
        assert list(made.stream(PROMPT)) == ["Hello"]
        assert time.monotonic() - started >= 1
    assert len(server.asked) == 2


def test_a_wait_past_the_timeout_is_not_begun() -> None:
    failed, server, seconds = failure(fails(429, [("Retry-After", "60")]), chat_retries=5, chat_timeout=20.0)
    assert (failed.reason, len(server.asked)) == ("busy", 1)
    assert seconds < 5


def test_what_broke_off_while_it_was_thought_is_asked_again() -> None:
    with chat_server(dies("<think>It is about"), says("Hello")) as server:
        assert list(generator(server, chat_retries=1).stream(PROMPT)) == ["Hello"]
    assert len(server.asked) == 2


def test_what_was_begun_is_never_asked_again() -> None:
    """Its words are shown already."""
    failed, server, _ = failure(dies("Foxes"), chat_retries=3)
    assert (failed.reason, len(server.asked)) == ("broken", 1)


def test_a_caller_who_leaves_ends_the_request() -> None:
    with chat_server(never_ends("a ", 0.02)) as server:
        pieces = generator(server).stream(PROMPT)
        assert next(pieces) == "a "
        pieces.close()
        assert server.hung_up.wait(5)


@pytest.mark.parametrize(
    ("model", "reason"),
    [("gpt-4o-mini", "key"), ("openai:gpt-4o-mini", "key"), ("cohere:x", "package"), ("llama3:8b", "settings")],
)
def test_a_model_that_cannot_be_made_fails_when_it_is_asked(
    model: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ChatFailed) as failed:
        list(ChatGenerator(load(chat_model=model)).stream(PROMPT))
    assert failed.value.reason == reason


def test_the_first_token_is_handed_on_at_once() -> None:
    with chat_server(says("Foxes ", "hunt.", pause=0.4)) as server:
        made = generator(server)
        list(made.stream(PROMPT))
        pieces = made.stream(PROMPT)
        next(pieces)
        late = time.perf_counter() - server.first
        pieces.close()
    assert late < 0.3


class TestResponsesApi:
    """Some of OpenAI's models only speak its newer protocol, to which LangChain turns by their names."""

    @pytest.fixture(autouse=True)
    def server(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
        with chat_server(silent) as server:
            monkeypatch.setenv("OPENAI_API_BASE", server.url)
            yield server

    def made(self, server: ChatServer, play: Play) -> ChatGenerator:
        server.plays[:] = [play]
        return ChatGenerator(load(chat_model="gpt-5-pro", chat_api_key=KEY, chat_timeout=30.0, chat_retries=0))

    def test_an_answer(self, server: ChatServer) -> None:
        def whole(pieces: Pieces) -> Generator[str, None, None]:
            found.append((yield from pieces))

        found: list[tuple[int, int] | None] = []
        made = self.made(server, responds("Foxes ", "hunt. [1]"))
        assert list(whole(made.stream(PROMPT))) == ["Foxes ", "hunt. [1]"]
        assert found == [(120, 7)]
        assert server.asked[0]["max_output_tokens"] == 600
        assert "messages" not in server.asked[0]

    @pytest.mark.parametrize(
        ("end", "reason"),
        [
            ({"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}, "cut"),
            ({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}, "withheld"),
            ({"status": "incomplete", "incomplete_details": None}, "broken"),
            ({}, "broken"),
        ],
    )
    def test_one_that_is_not_whole(self, end: dict[str, Any], reason: str, server: ChatServer) -> None:
        with pytest.raises(ChatFailed) as failed:
            list(self.made(server, responds("Foxes ", end=end)).stream(PROMPT))
        assert failed.value.reason == reason

    def test_one_that_says_nothing(self, server: ChatServer) -> None:
        with pytest.raises(ChatFailed) as failed:
            list(self.made(server, responds()).stream(PROMPT))
        assert failed.value.reason == "empty"


def responds(*pieces: str, end: Mapping[str, Any] = {"status": "completed"}) -> Play:
    """A stream of the Responses API: a thought, which is no text, the pieces, and the end, if there is one."""
    answer = {"id": "r", "object": "response", "created_at": 1, "model": "gpt-5-pro", "output": [], "tools": []}
    answer |= {"parallel_tool_calls": True, "tool_choice": "auto", "status": "in_progress"}
    told = {"input_tokens": 120, "output_tokens": 7, "total_tokens": 127}
    told |= {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    thought = {"type": "reasoning", "id": "t", "summary": []}
    delta = {"item_id": "m", "output_index": 1, "content_index": 0, "logprobs": []}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": answer},
        {"type": "response.output_item.added", "output_index": 0, "item": thought},
        {"type": "response.reasoning_summary_text.delta", "item_id": "t", "summary_index": 0, "delta": "Hm [2]."},
        *({"type": "response.output_text.delta", "delta": piece, **delta} for piece in pieces),
    ]
    if end:
        events.append({"type": f"response.{end['status']}", "response": {**answer, "usage": told, **end}})

    def play(handler: Handler) -> None:
        handler.begin()
        for number, event in enumerate(events):
            body = json.dumps({**event, "sequence_number": number})
            handler.send(f"event: {event['type']}\ndata: {body}\n\n".encode())
        handler.wfile.write(b"0\r\n\r\n")

    return play
