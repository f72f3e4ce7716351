"""Sentences that stand nearly equal are read a second time, each between its neighbours alone, and put in order by both
readings. Pure, but for the reading.

What else a passage says draws a network's eye; without it two close sentences are told apart better. Only their order
changes: the scores that they had are dealt out again, so how far the best stands above the others, and above "not
here", means what it did.
"""

from collections.abc import Callable, Sequence

import numpy as np

from qa.fusion import Scores
from qa.reader_input import PassageText

MOST = 3
"""Sentences that are read again."""
CLOSE = 1.0
"""How far below the best they may stand, in the model's own units."""
WEIGHT = 0.5
"""Of the second reading beside the first."""
Second = Callable[[Sequence[PassageText]], list[Scores]]
"""The scores over "not here" of each text's sentences."""


def put_in_order(scores: Sequence[Scores], texts: Sequence[PassageText], scale: float, read: Second) -> list[Scores]:
    """`scores`, a row a text, each divided by `scale` already; those of close sentences are dealt out again."""
    places = _close(scores, CLOSE / scale)
    if len(places) < 2:
        return list(scores)
    cut = [_between(texts[text], sentence) for text, sentence in places]
    again = [float(rows[at]) for rows, (_, at) in zip(read([one for one, _ in cut]), cut, strict=True)]
    held = np.array([scores[text][sentence] for text, sentence in places])
    order = np.argsort(-(held * scale + WEIGHT * np.array(again)), kind="stable")
    dealt = [rows.copy() for rows in scores]
    for score, at in zip(held, order, strict=True):
        text, sentence = places[at]
        dealt[text][sentence] = score
    return dealt


# ----------------------------------------------------------------------------------------------------------------


def _close(scores: Sequence[Scores], within: float) -> list[tuple[int, int]]:
    """(text, sentence) of the best, and of those next to it that stand no further below it, best first."""
    places = [(text, sentence) for text, rows in enumerate(scores) for sentence in range(len(rows))]
    values = np.concatenate(list(scores))
    best = np.argsort(-values, kind="stable")[:MOST]
    return [places[at] for at in best if values[best[0]] - values[at] < within]


def _between(text: PassageText, sentence: int) -> tuple[PassageText, int]:
    """The sentence with the one before it and the one after it, and which of them it is."""
    first = max(0, sentence - 1)
    return text.part(first, sentence + 2), sentence - first
