"""What the service counts of itself, for Prometheus: questions, their steps, ingest items, refusals, memory."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from ingest.pipeline import Outcome
from qa.answerer import FALLEN_BACK
from qa.domain import Answer, Filters, Refusal, Reply, Retrieved, Token, Turn
from qa.errors import UsageError
from ui.chat import Answerer

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
KINDS = ("answer", "fallback", "refusal", "invalid", "failed", "left")
"""Of replies. `fallback`: the chat model failed; `invalid`: the question could not be asked; `left`: nobody waited."""


class Metrics:
    """Of one service. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._questions = self._counter("questions", "Questions by kind of reply.", "reply")
        self._refused = self._counter("refused_requests", "Requests that the guard or a limit refused.", "status")
        self._items = self._counter("ingest_items", "Items of ingest jobs by outcome.", "outcome")
        self._steps = Histogram(
            "footnote_step_seconds",
            "Seconds by step of a question.",
            ["step"],
            registry=self._registry,
            buckets=BUCKETS,
        )
        self._under_way = Gauge("footnote_questions_in_flight", "Questions under way.", registry=self._registry)
        for kind in KINDS:
            self._questions.labels(kind)

    def text(self) -> bytes:
        """As Prometheus reads it."""
        return generate_latest(self._registry)

    def refused(self, status: int) -> None:
        self._refused.labels(str(status)).inc()

    def ingested(self, outcome: Outcome) -> None:
        self._items.labels(outcome.status).inc()

    def observed(self, answerer: Answerer) -> Answerer:
        """The same answerer, with every question counted and timed."""
        return _Observed(answerer, self)

    def began(self) -> None:
        self._under_way.inc()

    def ended(self, kind: str, reply: Reply | None) -> None:
        self._under_way.dec()
        self._questions.labels(kind).inc()
        for step, milliseconds in (reply.timings_ms if reply else {}).items():
            self._steps.labels(step).observe(milliseconds / 1000)

    def _counter(self, name: str, what: str, label: str) -> Any:
        return Counter(f"footnote_{name}", what, [label], registry=self._registry)


# --------------------------------------------------------------------------------------------------


class _Observed:
    def __init__(self, answerer: Answerer, metrics: Metrics) -> None:
        self._answerer = answerer
        self._metrics = metrics

    def stream(
        self,
        question: str,
        turns: Sequence[Turn] = (),
        filters: Filters = Filters(),  # noqa: B008
    ) -> Iterator[Retrieved | Token | Reply]:
        self._metrics.began()
        kind, reply = "left", None
        items = self._answerer.stream(question, turns, filters)
        try:
            for item in items:
                if isinstance(item, Answer | Refusal):
                    kind, reply = _kind(item), item
                yield item
        except Exception as error:
            kind = "invalid" if isinstance(error, UsageError) else "failed"
            raise
        finally:
            self._metrics.ended(kind, reply)
            if isinstance(items, Generator):
                items.close()


def _kind(reply: Reply) -> str:
    if isinstance(reply, Refusal):
        return "refusal"
    return "fallback" if FALLEN_BACK in reply.notice else "answer"
