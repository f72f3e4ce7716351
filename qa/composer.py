"""Considered evidence -> an extractive answer, or a refusal. Pure.

Claims are the sentences themselves, best first. A near-duplicate from another article (a syndicated copy) is cited
beside the claim it repeats; one from the same article is passed over.
"""

from collections.abc import Sequence
from typing import Protocol

from qa import terms
from qa.domain import Answer, Citation, Claim, Considered, Evidence, Filters, Refusal, ShortAnswer

DUPLICATE = 0.75
"""Share of words in common from which two sentences say the same."""
MARGIN = 0.6
"""How far below the best sentence's score a further claim may lie."""
CLOSEST = 3


class Searched(Protocol):
    """What a refusal says was searched."""

    @property
    def articles(self) -> int: ...

    @property
    def sentences(self) -> int: ...


def answer(considered: Considered, max_claims: int) -> Answer:
    """One to `max_claims` claims. What is cited comes first in the evidence, in the order of the claims."""
    groups = _groups(considered.evidence, max_claims)
    cited = [index for group in groups for index in group]
    rest = [index for index in range(len(considered.evidence)) if index not in cited]
    numbers = {index: number for number, index in enumerate(cited + rest, start=1)}
    claims = tuple(
        Claim(considered.evidence[group[0]].quote, tuple(Citation(numbers[index], 1.0) for index in group))
        for group in groups
    )
    return Answer(
        considered.question,
        considered.standalone_question,
        claims,
        tuple(considered.evidence[index] for index in cited + rest),
        considered.confidence,
        _short_answer(considered),
        timings_ms=considered.timings_ms,
    )


def refusal(considered: Considered, searched: Searched, filters: Filters) -> Refusal:
    """Why there is no answer, what was searched, and the closest sentences."""
    return Refusal(
        considered.question,
        considered.standalone_question,
        _reason(considered, searched, filters),
        _searched(searched, filters),
        considered.evidence[:CLOSEST],
        considered.confidence,
        timings_ms=considered.timings_ms,
    )


def _groups(evidence: Sequence[Evidence], max_claims: int) -> list[list[int]]:
    groups: list[list[int]] = []
    for index, item in enumerate(evidence):
        same = next((group for group in groups if _repeats(evidence[group[0]], item)), None)
        if same is not None:
            if all(evidence[other].article.article_id != item.article.article_id for other in same):
                same.append(index)
        elif len(groups) < max_claims and item.scores["sentence"] >= evidence[0].scores["sentence"] - MARGIN:
            groups.append([index])
    return groups


def _repeats(first: Evidence, second: Evidence) -> bool:
    return terms.overlap(terms.words(first.quote), terms.words(second.quote)) >= DUPLICATE


def _short_answer(considered: Considered) -> ShortAnswer | None:
    span = considered.answer
    if span is None:
        return None
    first = considered.evidence[0]
    return ShortAnswer(first.quote[span.start - first.start : span.end - first.start], 1, span.start, span.end)


def _reason(considered: Considered, searched: Searched, filters: Filters) -> str:
    if not searched.articles:
        return "The library is empty."
    if not considered.evidence:
        return "No article passes the filters." if filters else "Nothing in the library comes near this question."
    return "No sentence in the library answers this question well enough to be cited as its answer."


def _searched(searched: Searched, filters: Filters) -> str:
    everything = f"{_counted(searched.articles, 'article')} with {_counted(searched.sentences, 'sentence')}"
    scope = [
        _counted(len(filters.article_ids), "chosen article") if filters.article_ids else "articles",
        f"published by {' or '.join(sorted(filters.publishers))}" if filters.publishers else "",
        f"from {filters.published_from:%-d %B %Y}" if filters.published_from else "",
        f"to {filters.published_to:%-d %B %Y}" if filters.published_to else "",
    ]
    limits = " ".join(part for part in scope if part)
    return everything if limits == "articles" else f"{everything}, limited to {limits}"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
