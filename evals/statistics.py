"""Bootstrap intervals: seeded, by cluster, as weights.

Questions about one article are not independent, so articles are drawn, not cases (a cluster bootstrap). Where there are
fewer than FEW articles there is little or nothing to draw, and cases are drawn: such an interval says how much depends
on the questions, and is too narrow for what other articles would give. A draw is a weight a case: how often it, or its
article, was drawn. Every figure is a function of weights, so all figures of a run, and of two runs that are compared,
see the same draws: comparisons are paired.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Figure = Callable[[Numbers], float | None]
"""Weights, one a case -> the figure, or None where nothing of the draw has one."""

DRAWS = 1_000
SEED = 20_240_607
LEVEL = 0.95
FEW = 5


def draws(clusters: Sequence[str], count: int = DRAWS, seed: int = SEED) -> Numbers:
    """Shape (count, cases): for every draw, how often each case is in it.

    `clusters` has the article of each case. Of fewer than FEW different ones, cases are drawn instead.
    """
    _, members = np.unique(np.array(clusters, dtype=object).astype(str), return_inverse=True)
    if len(set(clusters)) < FEW:
        members = np.arange(len(clusters))
    groups = int(members.max()) + 1 if len(members) else 0
    generator = np.random.default_rng(seed)
    times = generator.multinomial(groups, np.full(groups, 1 / groups), size=count) if groups else np.zeros((count, 0))
    return np.asarray(times[:, members], dtype=np.float64)


def interval(figure: Figure, drawn: Numbers, level: float = LEVEL) -> tuple[float, float] | None:
    """The percentile interval of the figure over the draws; None where fewer than half of them have one."""
    values = [value for value in (figure(weights) for weights in drawn) if value is not None]
    if 2 * len(values) < len(drawn) or not values:
        return None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean(values: Numbers) -> Figure:
    """The weighted mean of the values that are there (NaN = no score)."""
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)

    def figure(weights: Numbers) -> float | None:
        total = float(weights @ there)
        return float(weights @ filled) / total if total else None

    return figure


def difference(one: Figure, other: Figure) -> Figure:
    """one - other under the same weights."""

    def figure(weights: Numbers) -> float | None:
        first, second = one(weights), other(weights)
        return None if first is None or second is None else first - second

    return figure
