"""Why was an article not found for a question? Each step of asking, and where the article stood at it."""

from dataclasses import dataclass

from qa import terms
from qa.answerer import Answerer
from qa.domain import ArticleRef, Considered, Evidence, Filters, RankedPassage, Standing
from qa.embedder import Embedder
from qa.library import Library
from qa.retriever import CANDIDATES, HybridRetriever

__all__ = ["CANDIDATES", "Why", "explain"]


@dataclass(frozen=True, slots=True)
class Why:
    """`passages`: the article's, 0 where it is not in the library; of `size` in all, `read` are read for a question.

    `nearness` and `words` are its best passage's places on the two sides. `rank` and `score` are its place after both
    were put together, and `last_read` the score of the last passage that is read; None where it was no candidate, or
    nothing else was. `best` is its best sentence as the reader sees it when asked of this article alone, `alone` how
    sure Footnote is then; `confidence` is that of the question asked of everything, and `first` what leads there.
    """

    article: ArticleRef
    standalone_question: str
    passages: int
    size: int
    nearness: Standing
    words: Standing
    rank: int | None
    score: float | None
    last_read: float | None
    read: int
    best: Evidence | None
    alone: float
    confidence: float
    threshold: float
    first: Evidence | None
    cited: int | None
    """Place of its first sentence in the evidence of the whole question, from 1."""


def explain(question: str, article_id: int, library: Library, embedder: Embedder, answerer: Answerer) -> Why:
    """Raises QuestionError, NotInLibrary, EmbeddingMismatch."""
    article = library.article(article_id)
    passages = len(library.passages_of(article_id))
    everything = answerer.consider(question)
    asked = everything.standalone_question
    alone = answerer.consider(question, filters=Filters(article_ids=frozenset({article_id})))
    vector = embedder.question(asked)
    nearness, words = library.standings(vector, terms.content(asked), article_id)
    ranked = HybridRetriever(library, 2 * CANDIDATES).retrieve(asked, vector, Filters())
    rank = next((n for n, r in enumerate(ranked, 1) if r.passage.article.article_id == article_id), None)
    read = len(everything.passages)
    return Why(
        article.ref,
        asked,
        passages,
        library.size,
        nearness,
        words,
        rank,
        ranked[rank - 1].score if rank else None,
        _last_read(ranked, read),
        read,
        alone.evidence[0] if alone.evidence else None,
        alone.confidence,
        everything.confidence,
        answerer.threshold,
        everything.evidence[0] if everything.evidence else None,
        _place(everything, article_id),
    )


# --------------------------------------------------------------------------------------------------


def _last_read(ranked: list[RankedPassage], read: int) -> float | None:
    return ranked[read - 1].score if 0 < read <= len(ranked) else None


def _place(considered: Considered, article_id: int) -> int | None:
    places = (n for n, e in enumerate(considered.evidence, 1) if e.article.article_id == article_id)
    return next(places, None)
