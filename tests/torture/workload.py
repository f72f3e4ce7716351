"""The child that is killed: a seeded stream of operations on a real library, each told before and after.

    python -m tests.torture.workload FOLDER SEED FIRST

writes `begin N OPERATION` and `end N` lines, flushed; FIRST is the number of the first operation.
The driver derives the same operations from the same seed, so it knows what each one was to do.
"""

import random
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from qa import index
from qa.domain import LoadedArticle, Passage, PassageVectors, Span, Vectors
from qa.embedder import EmbeddingStamp
from qa.library import Library, NewArticle

STAMP = EmbeddingStamp("torture", 32)
ARTICLES = 40

Kind = Literal["put", "remove", "purge", "catch up", "rebuild", "ask"]


@dataclass(frozen=True, slots=True)
class Operation:
    """`puts` are (URI, text) in one transaction; `uri` is what is removed."""

    kind: Kind
    puts: tuple[tuple[str, str], ...] = ()
    uri: str = ""

    def after(self, texts: Mapping[str, str]) -> dict[str, str]:
        """What must be in the library then: URI -> text."""
        return {uri: text for uri, text in {**texts, **dict(self.puts)}.items() if uri != self.uri}


def operation(seed: int, number: int) -> Operation:
    """The same for the same seed and number."""
    dice = random.Random(f"{seed} {number}")
    kinds: tuple[Kind, ...] = ("put", "remove", "purge", "catch up", "rebuild", "ask")
    return made(dice.choices(kinds, (50, 9, 3, 20, 6, 12))[0], dice)


def made(kind: Kind, dice: random.Random) -> Operation:
    if kind == "put":
        uris = dice.sample(range(ARTICLES), dice.randint(1, 6))
        return Operation(kind, tuple((f"article/{n}", _text(dice)) for n in uris))
    return Operation(kind, uri=f"article/{dice.randrange(ARTICLES)}" if kind in {"remove", "purge"} else "")


def article(uri: str, text: str) -> NewArticle:
    """Its vectors follow from its text alone."""
    spans, start = [], 0
    for line in text.split("\n"):
        spans.append(Span(start, start + len(line)))
        start += len(line) + 1
    runs = [tuple(spans[i : i + 3]) for i in range(0, len(spans), 3)]
    passages = [Passage(run[0].start, run[-1].end, run) for run in runs]
    vectors = [PassageVectors(rows[0], rows[1:]) for rows in (_unit(text, n, 1 + len(r)) for n, r in enumerate(runs))]
    return NewArticle(uri, LoadedArticle(uri, text), passages, vectors)


def write_often() -> None:
    """Chroma rewrites its files twenty times as often as it would."""
    index.HNSW.update(sync_threshold=50, batch_size=25)


def run(library: Library, what: Operation) -> None:
    if what.kind == "put":
        library.add_many([article(uri, text) for uri, text in what.puts])
    elif what.kind in {"remove", "purge"}:
        for ref in library.articles(search=what.uri):
            if ref.uri == what.uri:
                library.remove(ref.article_id, purge=what.kind == "purge")
    elif what.kind == "catch up":
        library.catch_up()
    elif what.kind == "rebuild":
        library.rebuild()
    else:
        library.candidates(_unit("question", 0, 1)[0], ["river"], limit=8)


def main(folder: str, seed: str, first: str) -> None:
    """Chroma is imported before the first operation."""
    import chromadb  # noqa: F401

    write_often()
    with Library.open(Path(folder), STAMP) as library:
        for number in _from(int(first)):
            what = operation(int(seed), number)
            _tell(f"begin {number} {what.kind}")
            run(library, what)
            _tell(f"end {number}")


# --------------------------------------------------------------------------------------------------

_WORDS = ("river", "bridge", "council", "vote", "train", "harbour", "storm", "budget", "school", "mayor")


def _text(dice: random.Random) -> str:
    sentences = (" ".join(dice.choices(_WORDS, k=6)) + f" {dice.random():.9f}." for _ in range(dice.randint(1, 30)))
    return "\n".join(sentences)


def _unit(text: str, passage: int, count: int) -> Vectors:
    rows = np.random.default_rng([len(text), passage, *text.encode()[:64]]).standard_normal((count, STAMP.dimension))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def _from(first: int) -> Iterator[int]:
    while True:
        yield first
        first += 1


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
