"""Small things that the tests of evals are written with: articles, evidence and answerers one can do sums with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from evals.records import Record
from qa.domain import (
    Answer,
    Article,
    ArticleRef,
    Citation,
    Claim,
    Considered,
    Evidence,
    Filters,
    PassageText,
    PassageVectors,
    RankedPassage,
    Refusal,
    Reply,
    Span,
    StoredPassage,
    Turn,
    Vector,
)
from qa.embedder import EmbeddingStamp, PassageInput
from qa.errors import NotInLibrary


def article(number: int, uri: str, text: str, title: str = "Title") -> Article:
    return Article(number, 1, uri, title, "Paper", (), None, "en", "", text, f"hash {number}", "2024-05-03T00:00:00Z")


class FakeShelf:
    """A library's articles, in a dictionary."""

    def __init__(self, *articles: Article) -> None:
        self._articles = {held.article_id: held for held in articles}

    def articles(self) -> Iterable[Article]:
        return self._articles.values()

    def content_hashes(self) -> Mapping[str, str]:
        return {held.uri: held.content_hash for held in self._articles.values()}

    def article(self, article_id: int, version: int | None = None) -> Article:
        if article_id not in self._articles:
            raise NotInLibrary(f"There is no article {article_id}.")
        return self._articles[article_id]


def evidence(of: Article, quote: str, support: float = 1.0) -> Evidence:
    """The sentence `quote` of the article; its passage is the whole article."""
    start = of.text.index(quote)
    passage = PassageText(0, len(of.text), of.text)
    return Evidence(ref(of), start, start + len(quote), quote, passage, {"score": support})


def ranked(of: Article, start: int = 0, end: int | None = None) -> RankedPassage:
    end = len(of.text) if end is None else end
    vectors = PassageVectors(np.array([1.0], dtype=np.float32), np.array([[1.0]], dtype=np.float32))
    stored = StoredPassage(of.article_id, ref(of), start, end, of.text[start:end], (Span(start, end),), vectors)
    return RankedPassage(stored, 1.0, {})


def ref(of: Article) -> ArticleRef:
    return ArticleRef(of.article_id, of.version, of.uri, of.title, of.publisher, of.published, of.url)


@dataclass
class FakeAnswers:
    """Finds what it is told to find for a question; answers with its first evidence from a confidence of 0.5."""

    found: Mapping[str, Sequence[Evidence]] = field(default_factory=dict)
    passages: Mapping[str, Sequence[RankedPassage]] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    asked: list[tuple[str, Sequence[Turn], Filters]] = field(default_factory=list)

    def consider(self, question: str, turns: Sequence[Turn] = (), filters: Filters = Filters()) -> Considered:  # noqa: B008
        self.asked.append((question, turns, filters))
        if question == "crash":
            raise ValueError("no such thing")
        held = [e for e in self.found.get(question, ()) if e.article.article_id not in filters.excluded_ids]
        passages = tuple(self.passages.get(question, ()))
        sure = self.confidence.get(question, 1.0 if held else 0.0)
        return Considered(question, question, passages, tuple(held), sure, timings_ms={"read": 2.0, "total": 5.0})

    def compose(self, considered: Considered, filters: Filters = Filters()) -> Reply:  # noqa: B008
        if considered.confidence < 0.5 or not considered.evidence:
            return Refusal(considered.question, considered.question, "not here", "all", considered.evidence[:3], 0.0)
        claim = Claim(considered.evidence[0].quote, (Citation(1, 1.0),))
        return Answer(considered.question, considered.question, (claim,), considered.evidence[:1], 1.0)


def record(number: int = 1, /, **values: object) -> Record:
    """An answered, answerable case with one gold part, but for what is given."""
    return Record(**{"id": f"case {number}", "question": "Who?", "gold_parts": 1, **values})  # type: ignore[arg-type]


WORDS = ("rates", "rose", "friday", "players", "strike", "nobody", "knew", "day")


class WordEmbedder:
    """A text is the set of WORDS in it: cosines are counts of shared words over the root of the sizes' product."""

    stamp = EmbeddingStamp("words", len(WORDS))

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]:
        return [self._one(item) for item in inputs]

    def question(self, text: str) -> Vector:
        held = np.array([float(word in text.casefold()) for word in WORDS], dtype=np.float32)
        return np.asarray(held / max(float(np.linalg.norm(held)), 1e-9), dtype=np.float32)

    def _one(self, item: PassageInput) -> PassageVectors:
        self.embedded.append(item.text)
        rows = [self.question(item.text[span.start : span.end]) for span in item.sentences]
        return PassageVectors(self.question(item.text), np.array(rows, dtype=np.float32).reshape(len(rows), len(WORDS)))
