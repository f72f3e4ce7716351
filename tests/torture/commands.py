"""The commands themselves on one library: a service, two that take articles in, one that asks, each as people run it.

Every article that a `footnote ingest` reported must be among the evidence of the next question about it: of the
service, and of a `footnote ask` that starts then. Meanwhile the other `footnote ingest` goes on.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from qa.library import Library
from tests.addresses import address_of
from tests.torture.together import ROOT

AT_ONCE = 3
"""Articles of one `footnote ingest`."""
RUN = (sys.executable, "-m", "ui.cli")
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]


def commands_together(folder: Path, seconds: float) -> dict[str, str]:
    """Raises AssertionError when a reported article is not found, or a command says anything but that it is done."""
    library, until = folder / "library", time.monotonic() + seconds
    folder.mkdir()
    with _service(library, folder / "service.log") as address, httpx.Client(base_url=address, timeout=60) as client:
        askers = [lambda names: _of_service(client, names), lambda names: _of_command(library, names)]
        with ThreadPoolExecutor(2) as writing, ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
            asking = [
                lambda names, pool=pool, ask=ask: pool.submit(ask, names)
                for pool, ask in zip((first, second), askers, strict=True)
            ]
            writers = [writing.submit(_take_in, library, folder / name, until, asking) for name in ("ba", "de")]
            taken = [name for writer in writers for name in writer.result()]
    _checked(library, taken)
    return {
        "commands that took articles in": f"{len(taken) // AT_ONCE:,}",
        "articles reported, each found by both askers": f"{len(taken):,}",
    }


# --------------------------------------------------------------------------------------------------


@contextmanager
def _service(library: Path, log: Path) -> Iterator[str]:
    """Its address; raises AssertionError where it did not end well or logged an error."""
    with log.open("w") as told:
        service = subprocess.Popen(
            [*RUN, "serve", "--library", library, "--port", "0"],
            cwd=ROOT,
            env={**os.environ, "FOOTNOTE_QUESTIONS_PER_MINUTE": "0"},
            stdout=subprocess.PIPE,
            stderr=told,
            text=True,
        )
        try:
            yield address_of(service)
        finally:
            service.send_signal(signal.SIGINT)
            service.communicate()
    said = log.read_text()
    assert service.returncode == 0, f"the service ended with {service.returncode}: {said[-2000:]}"
    assert not re.search(r"Traceback|\berror\b", said, re.IGNORECASE), said[-4000:]


Ask = Callable[[Sequence[str]], "Future[None]"]


def _take_in(library: Path, folder: Path, until: float, askers: Sequence[Ask]) -> list[str]:
    """The names of what was taken in; no next command before what the one before took in was found."""
    taken, asked = list[str](), list["Future[None]"]()
    numbers = count()
    while time.monotonic() < until:
        names = [_name(folder.name, next(numbers)) for _ in range(AT_ONCE)]
        batch = folder / names[0]
        batch.mkdir(parents=True)
        for name in names:
            (batch / f"{name}.txt").write_text(f"Ferries of {name}\n\nThe {name} carries ninety cars to Brenholt.\n")
        reported = _lines("ingest", "--json", batch, library=library)
        assert [row["status"] for row in reported] == ["added"] * AT_ONCE, reported
        for question in asked:
            question.result()
        asked = [ask(names) for ask in askers]
        taken += names
    for question in asked:
        question.result()
    return taken


def _name(prefix: str, number: int) -> str:
    """A word of its own, which nothing else in the library holds."""
    size = len(SYLLABLES)
    return (prefix + "".join(SYLLABLES[number // size**place % size] for place in (2, 1, 0))).capitalize()


def _question(name: str) -> str:
    return f"How many cars does the {name} carry?"


def _of_service(client: httpx.Client, names: Sequence[str]) -> None:
    for name in names:
        answer = client.post("/api/v1/ask", json={"question": _question(name)})
        assert answer.status_code == 200, answer.text
        _found(name, answer.json())


def _of_command(library: Path, names: Sequence[str]) -> None:
    asked = "".join(json.dumps({"id": name, "question": _question(name)}) + "\n" for name in names)
    for name, reply in zip(names, _lines("ask", "--batch", "-", "--json", library=library, given=asked), strict=True):
        _found(name, reply)


def _found(name: str, reply: dict[str, Any]) -> None:
    uris = [evidence["uri"] for evidence in reply["evidence"]]
    assert any(uri.endswith(f"/{name}.txt") for uri in uris), f"{name} was reported as added and is not found: {reply}"


def _lines(*words: object, library: Path, given: str = "") -> list[dict[str, Any]]:
    command = [*RUN, *map(str, words), "--library", str(library)]
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"footnote {words[0]} ended with {done.returncode}: {done.stderr[-2000:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]


def _checked(library: Path, taken: Sequence[str]) -> None:
    with Library.open(library, None, create=False) as opened:
        found = sorted(Path(item.uri).stem for item in opened.export())
        assert found == sorted(taken), f"lost, doubled or phantom: {set(found) ^ set(taken)}"
        wrong = [f"{f.name}: {f.message}" for f in opened.check() if f.severity != "ok"]
        assert not wrong, wrong
