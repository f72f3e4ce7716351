"""Loaders of complex formats in a child process: what hangs, crashes or eats memory there is one failed item.

One child serves file after file and is replaced after it had to be ended. Parent and child speak frames: eight
bytes of length, then a header or an answer in JSON, or the file; nothing that comes back is code.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ingest import loaders
from ingest.loaders import Kind
from ingest.sources import MEGABYTE, RawFile
from qa import errors
from qa.domain import LoadedArticle
from qa.errors import IngestError, OverLimit, Unreadable

MAX_ANSWER = 100 * MEGABYTE
CPU_GRACE = 2
"""Seconds of processor time beyond the wall clock's: the parent ends a child first, where it can."""


class Sandbox:
    """A context manager. `timeout`: seconds a file, by the clock and of processor time; `max_mb`: memory."""

    def __init__(self, timeout: float, max_mb: int) -> None:
        self._timeout = timeout
        self._max_mb = max_mb
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        if self._child:
            self._child.kill()
            self._child.communicate()
            self._child = None

    def load(self, kind: Kind, raw: RawFile) -> list[LoadedArticle]:
        """One article, or a feed's several. Raises IngestError, naming the file."""
        child = self._child = self._child or self._start()
        answer, late = self._ask(child, kind, raw)
        if answer is None:
            raise self._ended(child, late, raw.name or raw.uri)
        if answer.get("memory"):
            self.close()
        return _articles(answer)

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603  # nosec B603 # our own interpreter, our own module
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
        )

    def _command(self) -> list[str]:
        return [sys.executable, "-P", "-m", "ingest.sandbox", str(self._timeout), str(self._max_mb)]

    def _ask(self, child: subprocess.Popen[bytes], kind: Kind, raw: RawFile) -> tuple[dict[str, Any] | None, bool]:
        """The child's answer, or None where it ended or had to be ended; and whether it was too late."""
        assert child.stdin
        assert child.stdout
        late = threading.Event()
        timer = threading.Timer(self._timeout, _end_late, (child, late))
        timer.start()
        try:
            said = {"uri": raw.uri, "media_type": raw.media_type, "name": raw.name, "charset": raw.charset}
            _send(child.stdin, json.dumps({"kind": kind, "file": said}).encode(), raw.body)
            answer = json.loads(_receive(child.stdout, MAX_ANSWER))
        except (OSError, EOFError, ValueError):
            answer = None
        finally:
            timer.cancel()
        return answer if isinstance(answer, dict) else None, late.is_set()

    def _ended(self, child: subprocess.Popen[bytes], late: bool, name: str) -> IngestError:
        self.close()
        if late or -child.returncode == getattr(signal, "SIGXCPU", None):
            return OverLimit(f"{name} took longer than {self._timeout:g} s to load.", _RAISE_TIMEOUT)
        return Unreadable(f"{name} broke the program that reads it (exit {child.returncode}).", _OTHER_FORMAT)


def unreadable(name: str, error: Exception) -> Unreadable:
    """What is said of a file whose loader raised something that nobody thought of."""
    what = f"{type(error).__name__}: {error}"[:200]
    return Unreadable(f"{name} cannot be read ({what}).", _OTHER_FORMAT)


# --------------------------------------------------------------------------------------------------

_RAISE_TIMEOUT = "Split it, or raise FOOTNOTE_LOADER_TIMEOUT."
_RAISE_MEMORY = "Split it, or raise FOOTNOTE_LOADER_MAX_MB."
_OTHER_FORMAT = "Save it again, or in another format."
_INHERITED = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TMPDIR", "TEMP", "LD_LIBRARY_PATH")


def _end_late(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    child.kill()


def _environment() -> dict[str, str]:
    """What an interpreter needs to start, and no key or token."""
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    root = str(Path(__file__).parent.parent)
    return kept | {
        "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _articles(answer: dict[str, Any]) -> list[LoadedArticle]:
    if "error" in answer:
        named = getattr(errors, str(answer["error"]), Unreadable)
        kind = named if isinstance(named, type) and issubclass(named, IngestError) else Unreadable
        raise kind(str(answer["message"]), str(answer["remedy"]))
    return [_article(fields) for fields in answer["articles"]]


def _article(fields: dict[str, Any]) -> LoadedArticle:
    return LoadedArticle(**{**fields, "authors": tuple(fields["authors"]), "notes": tuple(fields["notes"])})


def _send(stream: IO[bytes], *frames: bytes) -> None:
    for frame in frames:
        stream.write(len(frame).to_bytes(8, "big"))
        stream.write(frame)
    stream.flush()


def _receive(stream: IO[bytes], limit: int) -> bytes:
    size = int.from_bytes(_exactly(stream, 8), "big")
    if size > limit:
        raise ValueError(f"a frame of {size} bytes")
    return _exactly(stream, size)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


# --- in the child ---------------------------------------------------------------------------------


def serve(stdin: IO[bytes], stdout: IO[bytes], before: Callable[[], None]) -> None:
    """Answers file after file until its input ends; `before` sets the limits for each."""
    with suppress(EOFError):
        while True:
            header = json.loads(_receive(stdin, MEGABYTE))
            body = _receive(stdin, sys.maxsize)
            before()
            _send(stdout, json.dumps(_answer(header, body)).encode())


def _answer(header: dict[str, Any], body: bytes) -> dict[str, Any]:
    raw = RawFile(body=body, **header["file"])
    name = raw.name or raw.uri
    try:
        return {"articles": [asdict(article) for article in _loaded(header["kind"], raw)]}
    except IngestError as error:
        return {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    except MemoryError:
        return {
            "error": "OverLimit",
            "message": f"{name} takes too much memory to load.",
            "remedy": _RAISE_MEMORY,
            "memory": True,
        }
    except Exception as error:
        told = unreadable(name, error)
        return {"error": "Unreadable", "message": told.message, "remedy": told.remedy}


def _loaded(kind: Kind, raw: RawFile) -> list[LoadedArticle]:
    if kind == "feed":
        from ingest.loaders import feed

        return feed.load_all(raw)
    return [loaders.load(kind, raw)]


def _limits(timeout: float, max_mb: int) -> Callable[[], None]:
    """Sets what can be set here: memory, no files written, no core dump, processor time from now on."""
    try:
        import resource
    except ImportError:
        return lambda: None

    def lower(what: int, soft: int) -> None:
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))

    lower(resource.RLIMIT_AS, max_mb * 1_000_000)
    lower(resource.RLIMIT_FSIZE, 0)
    lower(resource.RLIMIT_CORE, 0)
    return lambda: lower(resource.RLIMIT_CPU, int(_cpu_seconds() + timeout) + CPU_GRACE)


def _cpu_seconds() -> float:
    times = os.times()
    return times.user + times.system


def main(arguments: list[str]) -> None:
    timeout, max_mb = float(arguments[0]), int(arguments[1])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not end up in a frame
    serve(sys.stdin.buffer, out, _limits(timeout, max_mb))


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(sys.argv[1:])
