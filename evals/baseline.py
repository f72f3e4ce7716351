"""The usual tutorial RAG, to compare with: it answers the same questions through the same interface.

LangChain's recursive splitter at 1,000 characters with 200 overlap, the same embedding model, Chroma, the four nearest
pieces. Where a tutorial hands those to a chat model, this takes the sentence nearest to the question; and since such a
program names a whole piece as its source, all sentences of the first piece are cited. It never refuses.
"""

import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from langchain_core.embeddings import Embeddings

from qa import sentences
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
from qa.embedder import Embedder, PassageInput

SIZE, OVERLAP, TOP = 1_000, 200, 4
BATCH = 1_000
RANKED = 20


class Baseline:
    """Splits and embeds the articles when it is made; nothing is kept on disk."""

    def __init__(self, articles: Iterable[Article], embedder: Embedder) -> None:
        self._embedder = embedder
        self._pieces: dict[str, StoredPassage] = {}
        self._sentence_vectors: dict[tuple[int, Span], Vector] = {}
        self._store = _store(_Plain(embedder))
        for number, piece in enumerate(piece for article in articles for piece in _pieces(article)):
            self._pieces[str(number)] = piece
        names = list(self._pieces)
        for at in range(0, len(names), BATCH):
            self._add(names[at : at + BATCH])

    def consider(self, question: str, turns: Sequence[Turn] = (), filters: Filters = Filters()) -> Considered:  # noqa: ARG002, B008
        """Earlier turns are not looked at."""
        started = time.perf_counter()
        vector = self._embedder.question(question)
        passages = self._nearest(vector, filters)
        retrieved = time.perf_counter()
        evidence = self._ranked(vector, passages)
        read = time.perf_counter()
        confidence = max(0.0, min(1.0, passages[0].score)) if passages else 0.0
        timings = {"retrieve": retrieved - started, "read": read - retrieved, "total": read - started}
        in_ms = {step: seconds * 1_000 for step, seconds in timings.items()}
        return Considered(question, question, tuple(passages), tuple(evidence), confidence, timings_ms=in_ms)

    def compose(self, considered: Considered, filters: Filters = Filters()) -> Reply:  # noqa: ARG002, B008
        """The nearest sentence, with every sentence of the first piece as its source. It is stored text, so nothing of
        it is without support."""
        if not considered.evidence:
            return Refusal(considered.question, considered.question, "nothing found", "everything", (), 0.0)
        source = considered.passages[0].passage
        cited = tuple(_evidence(source, sentence, 0.0) for sentence in source.sentences)
        claim = Claim(considered.evidence[0].quote, tuple(Citation(n, 1.0) for n in range(1, len(cited) + 1)))
        return Answer(considered.question, considered.question, (claim,), cited, considered.confidence)

    def _add(self, names: list[str]) -> None:
        held = [self._pieces[name] for name in names]
        metadata = [{"article": piece.article.article_id} for piece in held]
        self._store.add_texts([piece.text for piece in held], metadata, names)

    def _nearest(self, vector: Vector, filters: Filters) -> list[RankedPassage]:
        found = self._store.similarity_search_by_vector_with_relevance_scores(
            vector.tolist(), k=TOP, filter=_where(filters)
        )
        return [_ranked_passage(self._pieces[str(held.id)], 1 - distance) for held, distance in found]

    def _ranked(self, vector: Vector, passages: Sequence[RankedPassage]) -> list[Evidence]:
        """The sentences of all pieces by their own likeness to the question, each once."""
        places = {
            (ranked.passage.article.article_id, sentence): ranked.passage
            for ranked in reversed(passages)
            for sentence in ranked.passage.sentences
        }
        self._embed([(key, piece) for key, piece in places.items() if key not in self._sentence_vectors])
        scored = [(float(self._sentence_vectors[key] @ vector), key[1], piece) for key, piece in places.items()]
        scored.sort(key=lambda item: -item[0])
        return [_evidence(piece, sentence, score) for score, sentence, piece in scored[:RANKED]]

    def _embed(self, places: Sequence[tuple[tuple[int, Span], StoredPassage]]) -> None:
        inputs = [PassageInput("", piece.quote(sentence), ()) for (_, sentence), piece in places]
        for (key, _), vectors in zip(places, self._embedder.passages(inputs) if inputs else (), strict=True):
            self._sentence_vectors[key] = vectors.passage


# ----------------------------------------------------------------------------------------------------------------


class _Plain(Embeddings):
    """The embedder as LangChain wants it: a text alone, without its title."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        vectors = self._embedder.passages([PassageInput("", text, ()) for text in texts])
        return [found.passage.tolist() for found in vectors]

    def embed_query(self, text: str) -> list[float]:
        return [float(value) for value in self._embedder.question(text)]


def _store(embeddings: Embeddings) -> Any:
    from langchain_chroma import Chroma

    return Chroma(
        collection_name=f"baseline-{uuid.uuid4()}",
        embedding_function=embeddings,
        collection_metadata={"hnsw:space": "cosine"},
    )


def _pieces(article: Article) -> list[StoredPassage]:
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=SIZE, chunk_overlap=OVERLAP, add_start_index=True)
    spans = sentences.split(article.text, article.language)
    starts = ((held.metadata["start_index"], held.page_content) for held in splitter.create_documents([article.text]))
    return [_piece(article, start, start + len(content), spans) for start, content in starts]


def _piece(article: Article, start: int, end: int, spans: Sequence[Span]) -> StoredPassage:
    """Sentences that a piece cuts in two are cut there too: what it does not hold, it cannot show."""
    inside = tuple(Span(max(s.start, start), min(s.end, end)) for s in spans if s.start < end and start < s.end)
    ref = ArticleRef(
        article.article_id,
        article.version,
        article.uri,
        article.title,
        article.publisher,
        article.published,
        article.url,
    )
    return StoredPassage(0, ref, start, end, article.text[start:end], inside, _NO_VECTORS)


def _where(filters: Filters) -> dict[str, Any] | None:
    wanted = [{"article": {"$nin": sorted(filters.excluded_ids)}}] if filters.excluded_ids else []
    wanted += [{"article": {"$in": sorted(filters.article_ids)}}] if filters.article_ids else []
    return {"$and": wanted} if len(wanted) > 1 else next(iter(wanted), None)


def _ranked_passage(piece: StoredPassage, cosine: float) -> RankedPassage:
    return RankedPassage(piece, cosine, {"cosine": cosine})


def _evidence(piece: StoredPassage, sentence: Span, score: float) -> Evidence:
    passage = PassageText(piece.start, piece.end, piece.text)
    return Evidence(piece.article, sentence.start, sentence.end, piece.quote(sentence), passage, {"cosine": score})


def _no_vectors() -> PassageVectors:
    import numpy as np

    nothing = np.zeros(0, dtype=np.float32)
    return PassageVectors(nothing, nothing.reshape(0, 0))


_NO_VECTORS = _no_vectors()
