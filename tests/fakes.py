"""One fake for each Protocol, and for the parts that tests replace: plain classes that record what they are asked."""

import threading
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from qa.domain import (
    Article,
    ArticleRef,
    Filters,
    PassageVectors,
    RankedPassage,
    Reading,
    Reply,
    Retrieved,
    Token,
    Turn,
    Vector,
)
from qa.embedder import EmbeddingStamp, PassageInput
from qa.errors import NotInLibrary
from qa.prompt import Prompt


@dataclass
class FakeAnswerer:
    """Plays the queue of outcomes in order, an exception by raising it; `asked` records the calls.

    While `goes_on` is cleared it stands still after the evidence.
    """

    outcomes: list[Reply | Exception] = field(default_factory=list)
    tokens: tuple[str, ...] = ()
    goes_on: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, tuple[Turn, ...]]] = field(default_factory=list)
    filters: list[Filters] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.goes_on.set()

    def stream(
        self,
        question: str,
        turns: Sequence[Turn] = (),
        filters: Filters = Filters(),  # noqa: B008
    ) -> Iterator[Retrieved | Token | Reply]:
        self.asked.append((question, tuple(turns)))
        self.filters.append(filters)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        yield Retrieved(outcome.evidence)
        self.goes_on.wait(60)
        yield from map(Token, self.tokens)
        yield outcome


@dataclass(frozen=True)
class FakeStats:
    articles: int
    sentences: int = 0


class FakeArticles:
    """The part of a library that the page reads: articles by id and version, the newest first."""

    def __init__(self, *articles: Article) -> None:
        self._held = {(a.article_id, a.version): a for a in articles}

    def stats(self) -> FakeStats:
        return FakeStats(len({article_id for article_id, _ in self._held}))

    def articles(self, *, search: str = "", limit: int) -> list[ArticleRef]:
        return [
            ArticleRef(a.article_id, a.version, a.uri, a.title, a.publisher, a.published, a.url)
            for a in reversed(self._held.values())
            if search.lower() in a.title.lower()
        ][:limit]

    def publishers(self) -> list[str]:
        return sorted({a.publisher for a in self._held.values()})

    def article(self, article_id: int, version: int | None = None) -> Article:
        wanted = version or max((v for a, v in self._held if a == article_id), default=0)
        if (article_id, wanted) not in self._held:
            raise NotInLibrary(f"There is no version {version} of article {article_id}.")
        return self._held[article_id, wanted]


class FakeEmbedder:
    """A text's vector counts its words, each on one of 16 axes; `batches` records how many passages came at once."""

    stamp = EmbeddingStamp("fake-words", 16)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]:
        self.batches.append(len(inputs))
        return [
            PassageVectors(
                self.question(f"{i.title} {i.text}"),
                np.array([self.question(s.of(i.text)) for s in i.sentences], dtype=np.float32),
            )
            for i in inputs
        ]

    def question(self, text: str) -> Vector:
        counts = np.full(16, 1e-3, dtype=np.float32)
        for word in text.lower().split():
            counts[crc32(word.strip(".,?!").encode()) % 16] += 1
        return np.asarray(counts / np.linalg.norm(counts), dtype=np.float32)


@dataclass
class FakeGenerator:
    """Writes the pieces, then fails if it is to; `asked` records the prompts, `closed` how often it was left.

    `tokens` is what its server tells, if it does.
    """

    pieces: Sequence[str] = ()
    failure: Exception | None = None
    tokens: tuple[int, int] | None = None
    asked: list[Prompt] = field(default_factory=list)
    closed: int = 0

    def stream(self, prompt: Prompt) -> Generator[str, None, tuple[int, int] | None]:
        self.asked.append(prompt)
        try:
            yield from self.pieces
            if self.failure:
                raise self.failure
            return self.tokens
        finally:
            self.closed += 1


@dataclass
class FakeRetriever:
    """Always finds the same passages; `asked` records (question, filters)."""

    passages: Sequence[RankedPassage] = ()
    asked: list[tuple[str, Filters]] = field(default_factory=list)

    def retrieve(self, question: str, vector: Vector, filters: Filters) -> list[RankedPassage]:
        self.asked.append((question, filters))
        return list(self.passages)


@dataclass
class FakeReader:
    """Always reads the same; `asked` records the questions."""

    readings: Sequence[Reading] = ()
    asked: list[str] = field(default_factory=list)

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        self.asked.append(question)
        return list(self.readings)
