"""The nouns of Footnote: frozen data, no I/O. Offsets are always code points into an article's text."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
"""Shape (dimension,), unit length."""
Vectors = NDArray[np.float32]
"""Shape (rows, dimension), each row of unit length."""

ArticleState = Literal["current", "superseded", "removed"]
ArticleOrder = Literal["newest", "title", "publisher", "published"]
"""Of a list: last ingested first, by title, by publisher and title, last published first."""


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of code points: `text[start:end]`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class LoadedArticle:
    """What a loader made of a file: cleaned text and what the document says of itself.

    `published` is an ISO date ("2024-05-03") or None; `language` an ISO 639-1 code or "".
    `notes` are things to tell the person who ingests (a page without a text layer, say); they are not stored.
    """

    title: str
    text: str
    publisher: str = ""
    authors: tuple[str, ...] = ()
    published: str | None = None
    language: str = ""
    url: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything that is stored: another title is another version."""
        fields = {name: value for name, value in asdict(self).items() if name != "notes"}
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Article:
    """One ingested document in one of its versions. `article_id` is stable for a URI; versions count from 1."""

    article_id: int
    version: int
    uri: str
    title: str
    publisher: str
    authors: tuple[str, ...]
    published: str | None
    language: str
    url: str
    text: str
    content_hash: str
    ingested_at: str
    state: ArticleState = "current"

    @property
    def ref(self) -> "ArticleRef":
        """The article without its text."""
        return ArticleRef(self.article_id, self.version, self.uri, self.title, self.publisher, self.published, self.url)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of neighbouring sentences of one article: the unit of retrieval and of reading."""

    start: int
    end: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """A passage's vector and its sentences' (rows in the order of `Passage.sentences`), from one pass."""

    passage: Vector
    sentences: Vectors


@dataclass(frozen=True, slots=True)
class ArticleRef:
    """An article without its text: enough to name it in a footnote and to open it."""

    article_id: int
    version: int
    uri: str
    title: str
    publisher: str
    published: str | None
    url: str


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as the library holds it, with the text that its offsets cut out of the article."""

    passage_id: int
    article: ArticleRef
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...]
    vectors: PassageVectors

    def quote(self, sentence: Span) -> str:
        return self.text[sentence.start - self.start : sentence.end - self.start]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer, with both sides' raw scores: cosine, and BM25 (higher is better, 0 = no term)."""

    passage: StoredPassage
    cosine: float
    bm25: float
    article_bm25: float
    """Of the whole article: its passages speak for each other."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the best passage of one article stands among all passages on one side of a question.

    `rank` counts from 1, None where the side does not know the article; `score` is a cosine or a BM25.
    """

    rank: int | None
    score: float


@dataclass(frozen=True, slots=True)
class RankedPassage:
    """A candidate after fusion: its score (higher is better) and the parts that the score was made of."""

    passage: StoredPassage
    score: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a question is asked of. Empty fields let everything through; dates are inclusive."""

    publishers: frozenset[str] = frozenset()
    published_from: date | None = None
    published_to: date | None = None
    article_ids: frozenset[int] = frozenset()
    excluded_ids: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Turn:
    """An earlier question of the conversation and the answer that was given."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class PassageText:
    """Where the evidence's passage lies in its article, and its words."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence retrieved for a question: `article.text[start:end] == quote`, always."""

    article: ArticleRef
    start: int
    end: int
    quote: str
    passage: PassageText
    scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in one passage.

    `sentence_scores` has one score a sentence of the passage (higher = answers better, comparable between the
    passages of one question); `null_score` is how well "not here" does on the same scale, or None where the
    reader cannot tell; `answer` is the span of the answer's own words in the article, if the reader finds one;
    `span_score` is how far the best words of the best sentence beat having none, found or not, or None.
    """

    sentence_scores: tuple[float, ...]
    null_score: float | None = None
    answer: Span | None = None
    span_score: float | None = None


@dataclass(frozen=True, slots=True)
class Considered:
    """Everything known about a question before an answer is composed or refused.

    `evidence` is ranked, best first, and goes on past what an answer will cite; `passages` are ranked too.
    `answer` is the reader's span inside `evidence[0]`, if it found one; `notice` is to be said with the reply.
    """

    question: str
    standalone_question: str
    passages: tuple[RankedPassage, ...]
    evidence: tuple[Evidence, ...]
    confidence: float
    answer: Span | None = None
    notice: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    """The answer's own words inside the sentence of one piece of evidence."""

    text: str
    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Citation:
    """The link from a claim to `evidence[number - 1]`; `support` in 0..1 says how well that sentence bears it."""

    number: int
    support: float


@dataclass(frozen=True, slots=True)
class Said:
    """A figure as the evidence of that number writes it, and when its article was published (an ISO date)."""

    figure: str
    number: int
    published: str


@dataclass(frozen=True, slots=True)
class Difference:
    """Two articles say different figures of the same thing."""

    newer: Said
    older: Said


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a chat model read and wrote, as its server told them or else estimated from above, and what they
    cost by the settings' prices; None where those are not set."""

    read: int
    written: int
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement of an answer and what it rests on."""

    text: str
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Claims, the evidence that they number (number n is `evidence[n - 1]`), and how sure Footnote is."""

    question: str
    standalone_question: str
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    confidence: float
    short_answer: ShortAnswer | None = None
    dropped_citations: tuple[str, ...] = ()
    notice: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    difference: Difference | None = None
    usage: Usage | None = None

    @property
    def text(self) -> str:
        """The claims, each followed by its numbers: "Rates rose. [1][2] Nobody saw why. [3]"."""
        return " ".join(f"{claim.text} {numbers(claim)}".strip() for claim in self.claims)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Footnote does not know: why, what was searched, and the sentences that came closest."""

    question: str
    standalone_question: str
    reason: str
    searched: str
    evidence: tuple[Evidence, ...]
    confidence: float
    notice: str = ""
    timings_ms: Mapping[str, float] = field(default_factory=dict)


Reply = Answer | Refusal


@dataclass(frozen=True, slots=True)
class Retrieved:
    """First item of a stream: what the answer will rest on."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of generated text."""

    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the same shape for `library check`, `doctor` and start-up repair."""

    name: str
    severity: Literal["ok", "warning", "error"]
    message: str
    remedy: str = ""


def numbers(claim: Claim) -> str:
    """The claim's citation marks: "[1][2]"."""
    return "".join(f"[{citation.number}]" for citation in claim.citations)
