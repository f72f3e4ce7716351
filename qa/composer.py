"""Considered evidence -> an extractive answer, or a refusal. Pure.

Claims are the sentences themselves, best first. A near-duplicate from another article (a syndicated copy) is cited
beside the claim it repeats; one from the same article is passed over. Where a sentence of another article gives another
figure for the same thing, it is a claim too, beside the one that it differs from, the newer one first.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from qa import disagreement, phrasing, support, terms
from qa.domain import (
    Answer,
    Citation,
    Claim,
    Considered,
    Difference,
    Evidence,
    Filters,
    Refusal,
    Said,
    ShortAnswer,
)

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
    groups, differing = _with_difference(considered.evidence, _groups(considered.evidence, max_claims), max_claims)
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
        _short_answer(considered, numbers),
        timings_ms=considered.timings_ms,
        difference=_difference(considered.evidence, differing, numbers) if differing else None,
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


def _with_difference(
    evidence: Sequence[Evidence], groups: list[list[int]], max_claims: int
) -> tuple[list[list[int]], tuple[int, int] | None]:
    """The claims with the two that differ beside each other, newer first, and which sentences those are, if any do."""
    found = next(iter(_differing(evidence, groups)), None) if max_claims > 1 else None
    if found is None:
        return groups, None
    held, other = found
    first = next(group for group in groups if held in group)
    second = next((group for group in groups if other in group), [other])
    rest = [group for group in groups if group not in (first, second)]
    newer, older = (held, other) if disagreement.newest_first(evidence[held], evidence[other]) else (other, held)
    pair = [first, second] if newer == held else [second, first]
    place = min(groups.index(first), len(rest), max_claims - 2)
    if place == 0 and groups[0] not in pair:
        return groups, None
    return [*rest[:place], *pair, *rest[place:]][:max_claims], (newer, older)


def _differing(evidence: Sequence[Evidence], groups: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Pairs of a sentence that is cited and one of another article that differs from it, best first."""
    for group in groups:
        for other, item in enumerate(evidence):
            one = evidence[group[0]]
            if disagreement.dated(one, item) and disagreement.difference(one, item):
                yield group[0], other


def _difference(
    evidence: Sequence[Evidence], differing: tuple[int, int], numbers: Mapping[int, int]
) -> Difference | None:
    newer, older = (evidence[index] for index in differing)
    found = disagreement.difference(newer, older)
    said = zip(found or (), differing, (newer, older), strict=False)
    told = [Said(figure, numbers[index], item.article.published or "") for figure, index, item in said]
    return Difference(*told) if told else None


def _repeats(first: Evidence, second: Evidence) -> bool:
    """In nearly the same words, without another figure or name in their place or a denial: else it would not bear the
    claim `first` out."""
    if terms.overlap(terms.words(first.quote), terms.words(second.quote)) < DUPLICATE:
        return False
    denied = support.negated(first.quote, [second]) or support.negated(second.quote, [first])
    return not denied and not support.missing(first.quote, [second]) and disagreement.difference(first, second) is None


def _short_answer(considered: Considered, numbers: Mapping[int, int]) -> ShortAnswer | None:
    span = considered.answer
    if span is None:
        return None
    first = considered.evidence[0]
    words = first.quote[span.start - first.start : span.end - first.start]
    return ShortAnswer(words, numbers[0], span.start, span.end)


def _reason(considered: Considered, searched: Searched, filters: Filters) -> str:
    if not searched.articles:
        return "The library is empty."
    if not considered.evidence:
        return "No article passes the filters." if filters else "Nothing in the library comes near this question."
    if phrasing.names_nothing(considered.standalone_question) and not filters.article_ids:
        return "The question names nothing that could be looked for. Ask about something by its name."
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
