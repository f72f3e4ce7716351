"""`python -m tests.chat_figures`: what Footnote adds to the time of a chat model's server, over the sample articles.

The server is one of the tests' own, which says a known answer at a known pace, so that nothing is its fault.
"""

import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ingest.pipeline import ingest
from qa.answerer import FALLEN_BACK, Answerer
from qa.bootstrap import make_embedder, service
from qa.domain import Answer, Retrieved, Token
from qa.generator import ChatGenerator
from qa.library import Library
from qa.settings import Settings, load
from tests.chat_server import ChatServer, Handler, chat_server, says

SAMPLES = Path(__file__).parents[1] / "samples" / "articles"
QUESTION = "How much will it cost to mend the Strand Bridge?"
ASKED = 40
PAUSE = 0.02
"""Seconds between two words of the server's: fifty a second."""


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds: from the server's first word to the first that is shown; all that is not the server's own time;
    and what of it the asking thread computed, which a busy machine does not lengthen as it does the other two."""

    first: float
    over: float
    computed: float


class Timed:
    """The play of every request: four of the sentences that it was sent, each with its number."""

    def __init__(self) -> None:
        self.began = self.ended = 0.0

    def __call__(self, handler: Handler) -> None:
        self.began = time.perf_counter()
        lines = re.findall(r"^\[(\d+)\] (.*)$", handler.stage.prompt(), re.MULTILINE)[:4]
        text = " ".join(f"{sentence} [{number}]" for number, sentence in lines)
        says(*re.findall(r"\S+\s*", text), pause=PAUSE)(handler)
        self.ended = time.perf_counter()


def measure(settings: Settings) -> list[Times]:
    embedder = make_embedder(settings)
    play = Timed()
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder), embedder.stamp, index="exact") as library,
        chat_server(play) as server,
    ):
        files = sorted(str(path) for path in SAMPLES.iterdir() if path.suffix in {".txt", ".md"})
        list(ingest(files, library, embedder, settings))
        given = settings.model_copy(update={"chat_model": "m", "chat_base_url": server.url})
        generator = ChatGenerator(given)
        answerer = service(given, embedder=embedder, library=library, generator=generator).answerer
        answerer.answer(QUESTION)
        return [asked(answerer, play, server) for _ in range(ASKED)]


def asked(answerer: Answerer, play: Timed, server: ChatServer) -> Times:
    found = first = worked = 0.0
    for item in answerer.stream(QUESTION):
        now = time.perf_counter()
        if isinstance(item, Retrieved):
            found, worked = now, time.thread_time()
        first = first or (now if isinstance(item, Token) else 0.0)
    assert isinstance(item, Answer)
    assert not item.notice.endswith(FALLEN_BACK)
    over = (time.perf_counter() - found) - (play.ended - play.began)
    return Times(1000 * (first - server.first), 1000 * over, 1000 * (time.thread_time() - worked))


def table(times: Sequence[Times]) -> str:
    rows = [("", "median", "95th percentile")]
    for name in ("first", "over", "computed"):
        middle, high = np.percentile([getattr(one, name) for one in times], [50, 95])
        rows.append((name, f"{middle:.1f} ms", f"{high:.1f} ms"))
    return "\n".join(f"{name:8} {middle:>10} {high:>16}" for name, middle, high in rows)


if __name__ == "__main__":
    print(table(measure(load(chat_timeout=60.0, reader="none"))))  # noqa: T201
    print(f"{ASKED} answers; one minute's load of this machine: {os.getloadavg()[0]:.1f}")  # noqa: T201
