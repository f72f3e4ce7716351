"""A real HTTP server that plays OpenAI's chat protocol, well and badly. A play is what one request meets."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Play = Callable[["Handler"], None]


@dataclass
class ChatServer:
    """`plays` are met in order, the last one by all further requests. `asked` and `keys` record what came in.

    `hung_up` is set when a client leaves before its answer ends; `first` is when the first token was last sent.
    """

    url: str
    plays: list[Play] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    first: float = 0.0

    def prompt(self, number: int = -1) -> str:
        """What the user's message of a request said."""
        return str(self.asked[number]["messages"][-1]["content"])


class Handler(BaseHTTPRequestHandler):
    """One connection. Speaks HTTP/1.1, so that an answer's end and a broken one differ."""

    protocol_version = "HTTP/1.1"
    stage: ChatServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.stage.asked.append(body)
        self.stage.keys.append(self.headers.get("Authorization", ""))
        plays = self.stage.plays
        play = plays.pop(0) if len(plays) > 1 else plays[0]
        try:
            play(self)
        except OSError:
            self.stage.hung_up.set()
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""

    def begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def send(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def piece(self, text: str, finish: str | None = None) -> None:
        delta = {"role": "assistant", "content": text} if text else {}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.send(f"data: {json.dumps(event)}\n\n".encode())

    def usage(self, read: int, written: int) -> None:
        """The last event of a server that tells them."""
        told = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        event = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [], "usage": told}
        self.send(f"data: {json.dumps(event)}\n\n".encode())

    def end(self) -> None:
        self.send(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def rest(self, seconds: float) -> None:
        """A pause that ends with the test."""
        self.stage.over.wait(seconds)


def says(*pieces: str, finish: str = "stop", pause: float = 0.0) -> Play:
    """The pieces as tokens, then a proper end."""

    def play(handler: Handler) -> None:
        handler.begin()
        handler.stage.first = time.perf_counter()
        for piece in pieces:
            handler.piece(piece)
            handler.rest(pause) if pause else None
        handler.piece("", finish)
        handler.end()

    return play


def answers(write: Callable[[str], str]) -> Play:
    """What `write` makes of the user's message, a few letters at a time."""

    def play(handler: Handler) -> None:
        text = write(handler.stage.prompt())
        says(*(text[at : at + 7] for at in range(0, len(text), 7)))(handler)

    return play


def fails(status: int, headers: Sequence[tuple[str, str]] = (), message: str = "no") -> Play:
    def play(handler: Handler) -> None:
        body = json.dumps({"error": {"message": message, "type": "x", "code": None}}).encode()
        handler.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(body))), *headers):
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return play


def dies(text: str) -> Play:
    """The connection breaks in the middle of the answer."""

    def play(handler: Handler) -> None:
        handler.begin()
        handler.piece(text)
        handler.wfile.write(b"ff\r\ndata: {")
        handler.wfile.flush()
        handler.close_connection = True

    return play


def stops_short(text: str) -> Play:
    """A clean end of the connection, without the end of the answer."""

    def play(handler: Handler) -> None:
        handler.begin()
        handler.piece(text)
        handler.wfile.write(b"0\r\n\r\n")

    return play


def never_ends(text: str, pause: float) -> Play:
    def play(handler: Handler) -> None:
        handler.begin()
        while not handler.stage.over.is_set():
            handler.piece(text)
            handler.rest(pause)

    return play


def silent(handler: Handler) -> None:
    """Nothing, not even a status."""
    handler.rest(30)


def pings(handler: Handler) -> None:
    """Signs of life for ever, and no answer."""
    handler.begin()
    while not handler.stage.over.is_set():
        handler.send(b": still here\n\n")
        handler.rest(0.05)


def raw(data: bytes) -> Play:
    """Those bytes as the body of a stream."""

    def play(handler: Handler) -> None:
        handler.begin()
        handler.send(data)
        handler.wfile.write(b"0\r\n\r\n")

    return play


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves is none."""


@contextmanager
def chat_server(*plays: Play) -> Iterator[ChatServer]:
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {}))
    stage = ChatServer(f"http://127.0.0.1:{server.server_address[1]}/v1", list(plays))
    server.RequestHandlerClass.stage = stage  # type: ignore[attr-defined]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield stage
    finally:
        stage.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
