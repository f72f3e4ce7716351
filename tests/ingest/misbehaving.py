"""Run as the sandbox's child: its HTML loader does what the file says."""

import os
import sys
import time
from pathlib import Path

from ingest import loaders, sandbox
from ingest.loaders import Kind
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText


def load(kind: Kind, raw: RawFile) -> LoadedArticle:
    word, _, rest = raw.body.decode().partition(" ")
    return ACTIONS[word](raw, rest)


def article(text: str) -> LoadedArticle:
    return LoadedArticle("page.html", text, "Pub", ("A", "B"), "2024-05-03", "en", "https://x", ("a note",))


def notext(raw: RawFile, rest: str) -> LoadedArticle:
    raise NoText("page.html is empty.", "Fill it.")


def keyerror(raw: RawFile, rest: str) -> LoadedArticle:
    raise KeyError("x")


def hang(raw: RawFile, rest: str) -> LoadedArticle:
    time.sleep(60)
    return article("")


def spin(raw: RawFile, rest: str) -> LoadedArticle:
    while True:
        pass


def die(raw: RawFile, rest: str) -> LoadedArticle:
    os.kill(os.getpid(), 11)
    return article("")


def leave(raw: RawFile, rest: str) -> LoadedArticle:
    os._exit(0)


def junk(raw: RawFile, rest: str) -> LoadedArticle:
    os.write(ANSWERS, (5).to_bytes(8, "big") + b"{junk")
    return article("")


def flood(raw: RawFile, rest: str) -> LoadedArticle:
    os.write(ANSWERS, (2**40).to_bytes(8, "big"))
    return article("")


def swell(raw: RawFile, rest: str) -> LoadedArticle:
    return article(str(len([bytes(50_000_000) for _ in range(100)])))


def write(raw: RawFile, rest: str) -> LoadedArticle:
    Path(rest).write_text("x" * 100)
    return article("written")


def prints(raw: RawFile, rest: str) -> LoadedArticle:
    print("loud " * 1_000)  # noqa: T201
    os.write(1, b"louder")
    return article("printed")


ACTIONS = {
    "echo": lambda raw, rest: article(rest),
    "pid": lambda raw, rest: article(str(os.getpid())),
    "environment": lambda raw, rest: article(" ".join(os.environ)),
    "notext": notext,
    "keyerror": keyerror,
    "hang": hang,
    "spin": spin,
    "die": die,
    "exit": leave,
    "junk": junk,
    "flood": flood,
    "swell": swell,
    "write": write,
    "print": prints,
}
ANSWERS = 0

if __name__ == "__main__":
    loaders.load = load
    ANSWERS = os.dup(1)
    sandbox.main(sys.argv[1:])
