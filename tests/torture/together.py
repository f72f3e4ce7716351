"""Several processes on one library: two take articles in, one asks and keeps it open, one opens it for each question.

Every article that was acknowledged must be found by the next question of both.
"""

import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue

from qa.library import Library
from tests.torture.verify import verify
from tests.torture.workload import STAMP, article

ROOT = Path(__file__).parents[2]
AHEAD = 8
"""Articles that a writer may be ahead of the questions about them: "the next question" is then one of the next few."""


def together(folder: Path, seconds: float) -> dict[str, str]:
    """Raises AssertionError when an acknowledged article is not found, a process complains or something is wrong."""
    Library.open(folder, STAMP).close()
    acknowledged: Queue[str] = Queue()
    writers = {name: _child(folder, "write", name, str(seconds)) for name in "ab"}
    askers = [_child(folder, kind) for kind in ("keep", "open")]
    pumps = [threading.Thread(target=_pump, args=(writer, acknowledged)) for writer in writers.values()]
    for pump in pumps:
        pump.start()
    checked = []
    try:
        while any(pump.is_alive() for pump in pumps) or not acknowledged.empty():
            try:
                uri = acknowledged.get(timeout=0.1)
            except Empty:
                continue
            for asker in askers:
                assert _asked(asker, uri) == "found", f"{uri} was acknowledged and is not found"
            checked.append(uri)
            _go_on(writers[uri.split("/")[0]])
    finally:
        for asker in askers:
            asker.communicate()
        for writer in writers.values():
            writer.wait()
    assert [child.returncode for child in (*writers.values(), *askers)] == [0, 0, 0, 0], "a process failed, see above"
    verify(folder, [{uri: _text(uri) for uri in checked}])
    return {"processes": "4", "articles acknowledged, each found twice": f"{len(checked):,}"}


# --------------------------------------------------------------------------------------------------


def _child(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.torture.together", str(folder), *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _pump(writer: "subprocess.Popen[str]", acknowledged: "Queue[str]") -> None:
    assert writer.stdout is not None
    for line in writer.stdout:
        acknowledged.put(line.strip())


def _go_on(writer: "subprocess.Popen[str]") -> None:
    assert writer.stdin is not None
    with suppress(BrokenPipeError):  # one that has written all it wanted reads no more
        writer.stdin.write("\n")
        writer.stdin.flush()


def _asked(asker: "subprocess.Popen[str]", uri: str) -> str:
    assert asker.stdin is not None
    assert asker.stdout is not None
    asker.stdin.write(uri + "\n")
    asker.stdin.flush()
    return asker.stdout.readline().strip()


def _text(uri: str) -> str:
    return "\n".join(f"The {word} of {uri} is here." for word in ("river", "mayor", "storm", "vote"))


def _write(folder: Path, name: str, seconds: str) -> None:
    until = time.monotonic() + float(seconds)
    number = 0
    with Library.open(folder, STAMP) as library:
        while time.monotonic() < until:
            uri = f"{name}/{number}"
            library.add_many([article(uri, _text(uri))])
            sys.stdout.write(uri + "\n")
            sys.stdout.flush()
            number += 1
            if number >= AHEAD:
                sys.stdin.readline()


def _found(library: Library, uri: str) -> str:
    found = library.candidates(article(uri, _text(uri)).vectors[0].passage, ["river"], limit=4)
    return "found" if uri in [c.passage.article.uri for c in found] else "missing"


def _ask(folder: Path, kind: str) -> None:
    with Library.open(folder, STAMP) as kept:
        for line in sys.stdin:
            if kind == "keep":
                answer = _found(kept, line.strip())
            else:
                with Library.open(folder, STAMP) as fresh:
                    answer = _found(fresh, line.strip())
            sys.stdout.write(answer + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[2] == "write":
        _write(Path(sys.argv[1]), *sys.argv[3:])
    else:
        _ask(Path(sys.argv[1]), sys.argv[2])
