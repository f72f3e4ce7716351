"""A real HTTP server on the loopback that answers well, badly, slowly or without end, and counts who comes."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAGE = b"<html><head><title>Rates rise</title></head><body><p>The bank acted.</p></body></html>"


@dataclass
class Site:
    """`pages` maps a path to (status, headers, body); a body that is a list is sent piece by piece, slowly."""

    port: int
    pages: dict[str, tuple[int, dict[str, str], bytes | list[bytes]]] = field(default_factory=dict)
    connections: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def url(self, path: str, host: str = "site.test") -> str:
        return f"http://{host}:{self.port}{path}"


@contextmanager
def site(host: str = "127.0.0.1", port: int = 0) -> Iterator[Site]:
    server = _Server((host, port), _Handler)
    server.site = Site(server.server_address[1], dict(STANDARD))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.site
    finally:
        server.shutdown()
        server.server_close()


STANDARD: dict[str, tuple[int, dict[str, str], bytes | list[bytes]]] = {
    "/ok": (200, {"Content-Type": "text/html; charset=utf-8"}, PAGE),
    "/latin": (200, {"Content-Type": 'Text/HTML; Charset="ISO-8859-2"'}, PAGE),
    "/gzip": (200, {"Content-Encoding": "gzip"}, gzip.compress(PAGE)),
    "/bomb": (200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(50_000_000))),
    "/brotli": (200, {"Content-Encoding": "br"}, b"\x00\x00"),
    "/twice": (200, {"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(PAGE))),
    "/not-gzip": (200, {"Content-Encoding": "gzip"}, b"plain"),
    "/large": (200, {}, bytes(3_000_000)),
    "/drip": (200, {}, [b"x"] * 100),
    "/gone": (404, {}, b""),
    "/broken": (500, {}, b""),
    "/moved": (302, {"Location": "/ok"}, b""),
    "/loop": (302, {"Location": "/loop"}, b""),
    "/to-file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/to-junk": (302, {"Location": "http://[bad"}, b""),
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def get_request(self) -> Any:
        self.site.connections += 1
        return super().get_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what the tests want."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        site = self.server.site
        site.asked.append((self.headers["Host"], self.path))
        status, headers, body = site.pages.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        pieces = body if isinstance(body, list) else [body]
        self.send_header("Content-Length", str(sum(map(len, pieces))))
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(0.1 if isinstance(body, list) else 0)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""
