"""Read this first: a question, and what was said before it, become a reply; one line a step."""

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TypeVar

from qa import composer, evidence, phrasing
from qa.confidence import Confidence
from qa.domain import Considered, Filters, Reply, Retrieved, Token, Turn
from qa.embedder import Embedder
from qa.errors import ChatFailed, QuestionError
from qa.fluent import FluentWriter
from qa.library import Library
from qa.probability import probability
from qa.reader import Reader
from qa.retriever import Retriever
from qa.rewriter import Rewriter, by_rule

LONGEST_QUESTION = 2_000
"""Characters."""
DECLINED = "The chat model finds no answer to this question in the sentences that came closest."
LEFT_OUT = "Not read to understand this question, for lack of room: the first {} of {} earlier questions."
FALLEN_BACK = "These are the sentences themselves."

T = TypeVar("T")


class Answerer:
    """Asks one library. Safe to use from several threads at once."""

    def __init__(
        self,
        library: Library,
        embedder: Embedder,
        retriever: Retriever,
        reader: Reader,
        confidence: Confidence,
        *,
        rewriter: Rewriter = by_rule,
        writer: FluentWriter | None = None,
        max_claims: int = 3,
        threshold: float | None = None,
    ) -> None:
        self._library = library
        self._embedder = embedder
        self._retriever = retriever
        self._reader = reader
        self._probability = partial(probability, confidence, library)
        self._rewriter = rewriter
        self._writer = writer
        self._max_claims = max_claims
        self._threshold = confidence.threshold if threshold is None else threshold

    @property
    def threshold(self) -> float:
        """The confidence below which it refuses."""
        return self._threshold

    def answer(self, question: str, turns: Sequence[Turn] = (), filters: Filters = Filters()) -> Reply:  # noqa: B008
        """The last item of `stream`. Raises QuestionError for an empty or overlong question."""
        *_, reply = self.stream(question, turns, filters)
        assert isinstance(reply, Reply)
        return reply

    def stream(
        self,
        question: str,
        turns: Sequence[Turn] = (),
        filters: Filters = Filters(),  # noqa: B008
    ) -> Iterator[Retrieved | Token | Reply]:
        """What the answer will rest on, its text as a chat model writes it, then the reply."""
        considered = self.consider(question, turns, filters)
        yield Retrieved(considered.evidence)
        yield from self._replying(considered, filters)

    def consider(self, question: str, turns: Sequence[Turn] = (), filters: Filters = Filters()) -> Considered:  # noqa: B008
        """Every step before an answer is composed or refused."""
        clock = _Clock()
        asked = _checked(question)
        rewritten = clock.time("rewrite", lambda: self._rewriter(asked, turns))
        standalone = rewritten.question
        sought = phrasing.bare(standalone)
        vector = clock.time("embed", lambda: self._embedder.question(sought))
        passages = clock.time("retrieve", lambda: self._retriever.retrieve(sought, vector, filters))
        readings = clock.time("read", lambda: self._reader.read(phrasing.asked(sought), vector, passages))
        confidence = clock.time("confidence", lambda: self._probability(sought, filters, passages, readings))
        passages, readings = evidence.best_first(passages, readings)
        found, span = evidence.of(passages, readings)
        notice = LEFT_OUT.format(rewritten.left_out, len(turns)) if rewritten.left_out else ""
        return Considered(
            asked, standalone, tuple(passages), found, confidence, span, notice, timings_ms=clock.timings()
        )

    def compose(self, considered: Considered, filters: Filters = Filters()) -> Reply:  # noqa: B008
        """The reply: a refusal where the confidence is below the threshold, else the answer."""
        *_, reply = self._replying(considered, filters)
        assert isinstance(reply, Reply)
        return reply

    def _sure(self, considered: Considered) -> bool:
        return bool(considered.evidence) and considered.confidence >= self._threshold

    def _replying(self, considered: Considered, filters: Filters) -> Iterator[Token | Reply]:
        """The steps of the reply, with what is to be said of how the question was understood."""
        with closing(self._composed(considered, filters)) as steps:
            for item in steps:
                yield item if isinstance(item, Token) else _noticed(item, considered.notice)

    def _composed(self, considered: Considered, filters: Filters) -> Generator[Token | Reply, None, None]:
        if not self._sure(considered):
            yield composer.refusal(considered, self._library.holdings(), filters)
        elif self._writer:
            yield from self._written(self._writer, considered, filters)
        else:
            yield composer.answer(considered, self._max_claims)

    def _written(self, writer: FluentWriter, considered: Considered, filters: Filters) -> Iterator[Token | Reply]:
        """The chat model's answer or refusal; where it fails, the extractive answer with a line that says how."""
        started = time.perf_counter()
        reply: Reply = composer.answer(considered, self._max_claims)
        try:
            with closing(writer.write(considered)) as written:
                for item in written:
                    if isinstance(item, Token):
                        yield item
                    else:
                        reply = item or self._declined(considered, filters)
        except ChatFailed as failure:
            reply = replace(reply, notice=f"{failure.message} {FALLEN_BACK}")
        yield replace(reply, timings_ms=_with_generation(considered.timings_ms, started))

    def _declined(self, considered: Considered, filters: Filters) -> Reply:
        return replace(composer.refusal(considered, self._library.holdings(), filters), reason=DECLINED)


class _Clock:
    def __init__(self) -> None:
        self._started = time.perf_counter()
        self._steps: dict[str, float] = {}

    def time(self, step: str, work: Callable[[], T]) -> T:
        started = time.perf_counter()
        try:
            return work()
        finally:
            self._steps[step] = (time.perf_counter() - started) * 1000

    def timings(self) -> dict[str, float]:
        """Milliseconds by step of a reply: embedding counts to retrieving, the confidence to reading."""
        steps = self._steps
        return {
            "rewrite": steps["rewrite"],
            "retrieve": steps["embed"] + steps["retrieve"],
            "read": steps["read"] + steps["confidence"],
            "generate": 0.0,
            "total": (time.perf_counter() - self._started) * 1000,
        }


def _with_generation(timings: Mapping[str, float], started: float) -> dict[str, float]:
    taken = (time.perf_counter() - started) * 1000
    return {**timings, "generate": taken, "total": timings.get("total", 0.0) + taken}


def _noticed(reply: Reply, notice: str) -> Reply:
    return replace(reply, notice=f"{notice} {reply.notice}".strip()) if notice else reply


def _checked(question: str) -> str:
    whole = question.encode("utf-8", "replace").decode()
    asked = " ".join(whole.replace("\x00", " ").split())
    if not asked:
        raise QuestionError("The question is empty.", "Ask something, in a sentence or a few words.")
    if len(asked) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(asked):,} characters; {LONGEST_QUESTION:,} are the most.", "Ask it in fewer words."
        )
    return asked
