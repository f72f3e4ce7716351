"""Passages and what a reader says of them -> evidence, best first, and the words that answer. Pure."""

from collections.abc import Sequence

from qa.domain import Evidence, PassageText, RankedPassage, Reading, Span

RANKED = 20
"""Sentences of evidence that are kept for a question."""


def best_first(
    passages: Sequence[RankedPassage], readings: Sequence[Reading]
) -> tuple[list[RankedPassage], list[Reading]]:
    """Passages in the order of their best sentence, now that they have been read."""
    order = sorted(range(len(passages)), key=lambda i: -max(readings[i].sentence_scores))
    return [passages[i] for i in order], [readings[i] for i in order]


def of(passages: Sequence[RankedPassage], readings: Sequence[Reading]) -> tuple[tuple[Evidence, ...], Span | None]:
    """The sentences of all passages by their scores, and the reader's words where the first of them holds them."""
    scored = [
        (score, ranked, sentence, reading.answer)
        for ranked, reading in zip(passages, readings, strict=True)
        for sentence, score in zip(ranked.passage.sentences, reading.sentence_scores, strict=True)
    ]
    scored.sort(key=lambda item: -item[0])
    found = tuple(_one(score, ranked, sentence) for score, ranked, sentence, _ in scored[:RANKED])
    return found, _inside(scored[0][2], scored[0][3]) if scored else None


# ----------------------------------------------------------------------------------------------------------------


def _one(score: float, ranked: RankedPassage, sentence: Span) -> Evidence:
    passage = ranked.passage
    return Evidence(
        passage.article,
        sentence.start,
        sentence.end,
        passage.quote(sentence),
        PassageText(passage.start, passage.end, passage.text),
        {"sentence": score, "passage": ranked.score, **ranked.parts},
    )


def _inside(sentence: Span, answer: Span | None) -> Span | None:
    inside = answer is not None and sentence.start <= answer.start and answer.end <= sentence.end
    return answer if inside else None
