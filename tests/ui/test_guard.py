import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message

from ui.guard import HEADERS, MOST_BYTES, Guard

HOME = "http://127.0.0.1:7860"
JOIN = "/gradio_api/queue/join"


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{len(await request.body())} bytes")


def guard() -> Guard:
    return Guard(
        Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST", "PUT"])]),
        ["127.0.0.1", "::1", "qa.example"],
    )


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(guard(), base_url=HOME) as client:
        yield client


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "127.0.0.1", "[::1]:7860", "qa.example", "QA.Example:443"])
def test_its_own_names_are_served(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "evil.example:7860",
        "",
        "127.0.0.1@evil.example",
        "127.0.0.1/..",
        "[::1",
        "x y",
    ],
)
def test_other_names_are_not(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert host not in answer.text or not host


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": HOME},
        {"origin": HOME, "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_posts_from_the_page_itself_pass(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post(JOIN, headers=headers, json={"a": 1}).text == "7 bytes"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"origin": "http://["},
        {"origin": ""},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": HOME},
    ],
)
def test_posts_from_elsewhere_are_refused(client: TestClient, headers: dict[str, str]) -> None:
    assert client.post(JOIN, headers=headers, json={}).status_code == 403


def test_a_body_may_be_as_large_as_allowed_and_no_larger(client: TestClient) -> None:
    full = b'{"data":["' + b"x" * (MOST_BYTES - 13) + b'"]}'
    assert client.post(JOIN, content=full).text == f"{MOST_BYTES} bytes"
    assert client.post(JOIN, content=full + b" ").status_code == 413


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999", "x"])
def test_a_length_that_is_none_or_too_much_is_refused(client: TestClient, length: str) -> None:
    assert client.post(JOIN, headers={"content-length": length}).status_code == 413


def test_a_body_without_a_length_is_counted_as_it_comes(client: TestClient) -> None:
    def pieces(number: int) -> Iterator[bytes]:
        yield from (b"{", *(b" " * 1_000 for _ in range(number)), b"}")

    assert client.post(JOIN, content=pieces(3)).text == "3002 bytes"
    assert client.post(JOIN, content=pieces(1_000)).status_code == 413


@pytest.mark.parametrize("body", [{}, {"data": []}, {"data": [None, "x", 1, True], "event_data": {"place": "0:1"}}])
def test_bare_values_are_let_in(client: TestClient, body: object) -> None:
    assert client.post(JOIN, json=body).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"null",
        b'{"data": {}}',
        b'{"data": [{"path": "/etc/passwd"}]}',
        b'{"data": [[{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}]]}',
        b"[" * 60_000,
        b"\xff\xfe",
    ],
)
def test_nothing_that_could_name_a_file_is(client: TestClient, body: bytes) -> None:
    assert client.post(JOIN, content=body).status_code == 400


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/stats"])
def test_the_head_of_what_can_be_got_can_be_asked_for(client: TestClient, path: str) -> None:
    got, asked = client.get(path), client.head(path)
    assert (asked.status_code, asked.content) == (200, b"")
    assert asked.headers == got.headers


def test_the_head_of_what_never_ends_comes_at_once() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"more"
            await asyncio.sleep(0)

    async def answer(_: Request) -> StreamingResponse:
        return StreamingResponse(endless())

    app = Guard(Starlette(routes=[Route("/healthz", answer, methods=["GET"])]), ["127.0.0.1"])
    with TestClient(app, base_url=HOME) as client:
        assert client.head("/healthz").status_code == 200


def test_what_comes_after_the_body_still_arrives() -> None:
    seen: list[str] = []

    async def app(scope: object, receive: object, send: object) -> None:
        seen.extend([(await receive())["type"] for _ in range(2)])  # type: ignore[operator]

    messages: list[Message] = [
        {"type": "http.request", "body": b"{}", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        raise AssertionError(message)

    scope = {"type": "http", "method": "POST", "path": JOIN, "headers": [(b"host", b"127.0.0.1")]}
    asyncio.run(Guard(app, ["127.0.0.1"])(scope, receive, send))  # type: ignore[arg-type]
    assert seen == ["http.request", "http.disconnect"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/file=http://evil.example/"),
        ("GET", "/gradio_api/proxy=https://evil.example/"),
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/info"),
        ("GET", "/openapi.json"),
        ("GET", "/monitoring"),
        ("POST", "/gradio_api/run/ask"),
        ("POST", "/gradio_api/call/ask"),
        ("GET", JOIN),
        ("POST", "/"),
        ("PUT", "/"),
        ("GET", "/assets/%2e%2e/config"),
        ("GET", "/assets/..%2fconfig"),
        ("GET", "/gradio_api/heartbeat/a/b"),
        ("HEAD", "/gradio_api/heartbeat/a"),
        ("HEAD", "/gradio_api/queue/data"),
        ("HEAD", JOIN),
    ],
)
def test_all_that_the_page_does_not_need_is_not_there(client: TestClient, method: str, path: str) -> None:
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/assets/../config", "//", "/assets//../x", "/static/..", "/\n"])
def test_paths_that_a_client_library_would_tidy_are_not_there_either(path: str) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": path, "headers": [(b"host", b"127.0.0.1")]}
    asyncio.run(guard()(scope, receive, send))
    assert sent[0]["status"] == 404


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    for answer in (client.get("/"), client.get("/nothing"), client.get("/", headers={"host": "evil.example"})):
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_the_policy_lets_nothing_in_from_outside() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy


def test_websockets_are_not_spoken() -> None:
    async def refuse(*_: object) -> Message:
        raise AssertionError("nothing is received or sent")

    asyncio.run(guard()({"type": "websocket", "headers": []}, refuse, refuse))  # type: ignore[arg-type]
