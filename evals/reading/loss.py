"""Loss of one question read with several passages: one softmax over all their sentences and "not here"; spans apart."""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from evals.reading.examples import Held
from evals.reading.sampling import Drawn
from qa.reader_input import Encoded
from qa.reader_network import FAR, Scores

SPANS = 1.0
"""Weight of the spans' loss, which is the larger one at the beginning and the smaller concern."""


def loss(drawn: Drawn, inputs: Sequence[Encoded], scores: Sequence[Scores]) -> Tensor:
    """Sentences and spans together, scalar."""
    return sentence_loss(drawn, scores) + SPANS * span_loss(drawn, inputs, scores)


def sentence_loss(drawn: Drawn, scores: Sequence[Scores]) -> Tensor:
    """For every wanted part, that one of its sentences comes first; without any, that "not here" (0) does.

    A sentence stands at its score less its passage's null score, so 0 is the same for all passages. Parts whose
    sentences were cut off count for nothing.
    """
    logits = over_null(scores)
    chances = torch.log_softmax(logits, 0)
    marks = [(), *(parts for held in drawn.passages for parts in held.parts)]
    if not drawn.parts:
        return -chances[0]
    masks = [torch.tensor([part in parts for parts in marks]) & (logits > FAR / 2) for part in drawn.parts]
    found = [chances[mask].logsumexp(0) for mask in masks if mask.any()]
    return -torch.stack(found).mean() if found else torch.zeros(())


def span_loss(drawn: Drawn, inputs: Sequence[Encoded], scores: Sequence[Scores]) -> Tensor:
    """Cross entropy of start and end: [CLS] where there is no answer, or none in a few words.

    The passages that answer and those that do not weigh the same, however many there are of each.
    """
    found = []
    for held, one, score in zip(drawn.passages, inputs, scores, strict=True):
        target = _target(held, one, drawn)
        if target is not None:
            chances = torch.log_softmax(score.start, 0)[target[0]] + torch.log_softmax(score.end, 0)[target[1]]
            found.append((held.gold, -chances / 2))
    return span_sides(found)


def over_null(scores: Sequence[Scores]) -> Tensor:
    """Every sentence of a question's passages over "not here", which comes first and stands at 0."""
    return torch.cat([torch.zeros(1), *(s.sentences - s.null for s in scores)])


def span_sides(losses: Iterable[tuple[bool, Tensor]]) -> Tensor:
    """The mean of the mean of passages with gold and of that of those without; 0 of none."""
    sides: dict[bool, list[Tensor]] = {}
    for gold, one in losses:
        sides.setdefault(gold, []).append(one)
    return torch.stack([torch.stack(side).mean() for side in sides.values()]).mean() if sides else torch.zeros(())


# ----------------------------------------------------------------------------------------------------------------


def _target(held: Held, one: Encoded, drawn: Drawn) -> tuple[int, int] | None:
    """The answer's first and last token; (0, 0) where there is none; None where nothing is known."""
    if not held.gold or drawn.broad:
        return 0, 0
    if drawn.spanless or held.answer is None:
        return None
    tokens = [n for n, (a, b) in enumerate(one.spans) if a < held.answer.end and held.answer.start < b]
    return (tokens[0], tokens[-1]) if tokens else None
