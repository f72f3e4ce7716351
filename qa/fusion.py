"""Pure arithmetic that merges rankings: every side standardised over the candidates, then a weighted sum."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]


def standardise(scores: Scores) -> Scores:
    """Mean 0 and deviation 1 over the candidates; all zero where the candidates do not differ."""
    deviation = float(scores.std()) if scores.size else 0.0
    if deviation < 1e-9:
        return np.zeros_like(scores)
    standardised: Scores = (scores - scores.mean()) / deviation
    return standardised


def fuse(sides: Mapping[str, Scores], weights: Mapping[str, float]) -> Scores:
    """Weighted sum of the standardised sides, one value a candidate. A side without a weight is an error."""
    fused: Scores = np.sum([weights[name] * standardise(side) for name, side in sides.items()], axis=0)
    return fused
