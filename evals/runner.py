"""Cases -> an answerer -> Records, what happened; scores come later."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from evals.gold import Place, Resolved, Shelf, parts_at, parts_of_article
from evals.records import Parts, Record, Shown
from qa.answerer import FALLEN_BACK
from qa.domain import Answer, Considered, Evidence, Filters, Refusal, Reply, Turn, Usage
from qa.errors import FootnoteError
from qa.support import supported

SHOWN = 5
"""Sentences of evidence that a record keeps to be looked at."""


class Answers(Protocol):
    """What is evaluated: `Answerer`, `evals.baseline.Baseline`, and fakes."""

    def consider(self, question: str, turns: Sequence[Turn] = (), filters: Filters = ...) -> Considered: ...

    def compose(self, considered: Considered, filters: Filters = ...) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A case to be asked. `withheld` leaves the articles that hold its gold out, so that it has no answer; `alone` is
    of nothing but them."""

    resolved: Resolved
    withheld: bool = False
    alone: bool = False

    @property
    def identity(self) -> str:
        """The id of its record."""
        return f"{self.resolved.case.id}/withheld" if self.withheld else self.resolved.case.id

    @property
    def parts(self) -> tuple[tuple[Place, ...], ...]:
        """Where the gold is that can be found."""
        return () if self.withheld else self.resolved.parts

    @property
    def filters(self) -> Filters:
        articles = frozenset(place.article_id for places in self.resolved.parts for place in places)
        if self.alone:
            return Filters(article_ids=articles)
        return Filters(excluded_ids=articles) if self.withheld else Filters()


def ask(asked: Asked, answers: Answers, shelf: Shelf) -> Record:
    """The record of one case; one that raised has its `error` and nothing else."""
    started = time.perf_counter()
    try:
        considered = _considered(asked, answers)
        reply = answers.compose(considered, asked.filters)
        seconds = time.perf_counter() - started
        return _with_reply(_with_ranking(_blank(asked), considered, asked.parts), reply, asked.parts, shelf, seconds)
    except Exception as error:
        reason = str(error) if isinstance(error, FootnoteError) else f"{type(error).__name__}: {error}"
        return replace(_blank(asked), error=reason or "unknown error", seconds=time.perf_counter() - started)


def ranking_of(asked: Asked, answers: Answers) -> Record:
    """What was found for a case, without composing a reply. Raises what the answerer raises."""
    return _with_ranking(_blank(asked), _considered(asked, answers), asked.parts)


# ----------------------------------------------------------------------------------------------------------------


def _blank(asked: Asked) -> Record:
    case = asked.resolved.case
    if asked.withheld:
        return Record(asked.identity, case.question, "withheld", case.cluster, answerable=False)
    return Record(
        case.id,
        case.question,
        case.kind,
        case.cluster,
        answerable=case.answerable,
        gold_parts=len(asked.resolved.parts),
        answers=case.answers,
        gold=tuple(gold.quote for gold in case.gold),
        gold_uris=tuple(gold.uri for gold in case.gold),
    )


def _considered(asked: Asked, answers: Answers) -> Considered:
    case = asked.resolved.case
    return answers.consider(case.question, case.history, asked.filters)


def _with_ranking(record: Record, considered: Considered, parts: Sequence[Sequence[Place]]) -> Record:
    passages = [ranked.passage for ranked in considered.passages]
    articles = dict.fromkeys(passage.article.article_id for passage in passages)
    return replace(
        record,
        standalone_question="" if considered.standalone_question == record.question else considered.standalone_question,
        sentences=tuple(_parts(parts, evidence) for evidence in considered.evidence),
        passages=tuple(parts_at(parts, p.article.article_id, p.start, p.end) for p in passages),
        articles=tuple(parts_of_article(parts, article) for article in articles),
        confidence=considered.confidence,
        timings_ms=dict(considered.timings_ms),
    )


def _with_reply(record: Record, reply: Reply, parts: Sequence[Sequence[Place]], shelf: Shelf, seconds: float) -> Record:
    record = replace(
        record,
        refused=isinstance(reply, Refusal),
        quotes=len(reply.evidence),
        exact_quotes=sum(_exact(evidence, shelf) for evidence in reply.evidence),
        timings_ms=dict(reply.timings_ms) or record.timings_ms,
        seconds=seconds,
    )
    if isinstance(reply, Refusal):
        return replace(record, text=reply.reason, shown=_shown(reply.evidence, parts, set()))
    return _with_answer(record, reply, parts)


def _with_answer(record: Record, answer: Answer, parts: Sequence[Sequence[Place]]) -> Record:
    citations = [citation for claim in answer.claims for citation in claim.citations]
    numbers = dict.fromkeys(citation.number for citation in citations)
    held = [number for number in numbers if 0 < number <= len(answer.evidence)]
    return replace(
        record,
        text=answer.text,
        short_answer=answer.short_answer.text if answer.short_answer else "",
        cited=tuple(_parts(parts, answer.evidence[number - 1]) for number in held),
        supports=tuple(citation.support for citation in citations),
        claims=len(answer.claims),
        unsupported=sum(not supported(claim) for claim in answer.claims),
        dangling=len(numbers) - len(held),
        dropped=len(answer.dropped_citations),
        fell_back=FALLEN_BACK in answer.notice,
        **_usage(answer.usage),
        shown=_shown(answer.evidence, parts, set(held)),
    )


def _usage(usage: Usage | None) -> dict[str, Any]:
    if usage is None:
        return {}
    return {"tokens_read": usage.read, "tokens_written": usage.written, "cost": usage.cost}


def _parts(parts: Sequence[Sequence[Place]], evidence: Evidence) -> Parts:
    return parts_at(parts, evidence.article.article_id, evidence.start, evidence.end)


def _exact(evidence: Evidence, shelf: Shelf) -> bool:
    stored = shelf.article(evidence.article.article_id, evidence.article.version)
    return stored.text[evidence.start : evidence.end] == evidence.quote


def _shown(evidence: Sequence[Evidence], parts: Sequence[Sequence[Place]], cited: set[int]) -> tuple[Shown, ...]:
    numbered: Mapping[int, Evidence] = dict(enumerate(evidence, 1))
    return tuple(
        Shown(e.article.uri, e.article.title, e.start, e.end, e.quote, _parts(parts, e), n if n in cited else 0)
        for n, e in numbered.items()
        if n in cited or n <= SHOWN
    )
