"""Records -> figures of a whole run, each a function of weights over its cases (see `statistics`).

Refusal figures take "this is not answerable" as the class to be found. `auroc` asks whether the confidence is higher
for answerable questions; `auroc_right`, calibration and risk ask whether it predicts that one of the first `FIRST`
sentences holds gold. `answered_right` asks of answers whether anything that they cite is gold: a chat model may cite
other sentences than the first.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evals.metrics import by_case, f1
from evals.ranking import ARTICLE_HITS, HITS, PASSAGE_HITS
from evals.records import Record
from evals.statistics import Figure, Numbers, mean

FIRST = 3
BINS = 10
STEPS = ("rewrite", "retrieve", "read", "generate", "total")
NAMES = frozenset(
    {f"hit@{first}" for first in HITS}
    | {f"passage_hit@{first}" for first in PASSAGE_HITS}
    | {f"article_hit@{first}" for first in ARTICLE_HITS}
    | {f"{name}_p{point}" for name in ("seconds", *(f"seconds_{step}" for step in STEPS)) for point in (50, 95)}
    | {"mrr", "recall@10", "ndcg@10", "citation_recall", "citation_precision", "citation_f1", "citation_support"}
    | {"quote_exactness", "dangling_citations", "dropped_citations", "unsupported_claims", "fell_back", "failure_rate"}
    | {"answer_containment", "answer_exact_match", "answer_f1", "tokens_read", "tokens_written", "cost"}
    | {"judge_faithfulness", "judge_relevance", "answered", "answered_right", "auroc", "auroc_right", "aurc", "ece"}
    | {"refusal_precision", "refusal_recall", "refusal_f1"}
)
"""Of everything that a report may have under `metrics`; which of it a run has depends on its cases and answers."""
Truth = NDArray[np.bool_]


def figures(records: Sequence[Record]) -> dict[str, Figure]:
    """Every figure that applies to these records, by name. Records that are not `scored` weigh nothing."""
    scored = np.array([record.scored for record in records], dtype=bool)
    scores = by_case(records)
    names = dict.fromkeys(name for case in scores.values() for name in case)
    rows = [scores.get(record.id, {}) for record in records]
    found = {name: mean(np.array([row.get(name, np.nan) for row in rows])) for name in sorted(names, key=_order)}
    return found | {name: _over(scored, figure) for name, figure in _of_confidence(records).items()}


def denominators(records: Sequence[Record]) -> dict[str, int]:
    """How many cases each figure was taken from."""
    scored = [record for record in records if record.scored]
    counts = Counter(name for scores in by_case(records).values() for name in scores)
    refused = sum(record.refused for record in scored)
    unanswerable = sum(not record.answerable for record in scored)
    counts |= {"refusal_precision": refused, "refusal_recall": unanswerable, "refusal_f1": unanswerable}
    counts |= {"answered_right": len(scored) - refused}
    return counts | dict.fromkeys(("answered", "auroc", "auroc_right", "aurc", "ece"), len(scored))


def refusal(refused: Truth, answerable: Truth) -> dict[str, Figure]:
    """Precision, recall and F1 of refusing; precision has no value where nothing was refused."""

    def precision(weights: Numbers) -> float | None:
        return _share(weights, refused & ~answerable, refused)

    def recall(weights: Numbers) -> float | None:
        return _share(weights, refused & ~answerable, ~answerable)

    def both(weights: Numbers) -> float | None:
        found = recall(weights)
        return None if found is None else f1(precision(weights) or 0.0, found)

    return {"refusal_precision": precision, "refusal_recall": recall, "refusal_f1": both}


def auroc(confidence: Numbers, positive: Truth) -> Figure:
    """The chance that a positive case has the higher confidence, ties half; None where one class is missing.

    Mann and Whitney's statistic over weights: what `sklearn.metrics.roc_auc_score` gives, a thousand draws at a time.
    """
    values, place = np.unique(confidence, return_inverse=True)

    def figure(weights: Numbers) -> float | None:
        above = np.bincount(place, weights * positive, minlength=len(values))
        below = np.bincount(place, weights * ~positive, minlength=len(values))
        pairs = above.sum() * below.sum()
        return float(above @ (np.cumsum(below) - below / 2) / pairs) if pairs else None

    return figure


def ece(confidence: Numbers, right: Truth, bins: int = BINS) -> Figure:
    """Expected calibration error: |mean confidence - share right| by bins of equal width, weighted by their cases.

    Guo et al., "On Calibration of Modern Neural Networks", arXiv:1706.04599.
    """
    place = np.minimum((confidence * bins).astype(int), bins - 1)

    def figure(weights: Numbers) -> float | None:
        total = float(weights.sum())
        gap = np.bincount(place, weights * (confidence - right), minlength=bins)
        return float(np.abs(gap).sum()) / total if total else None

    return figure


def aurc(confidence: Numbers, right: Truth) -> Figure:
    """Area under the risk-coverage curve: the mean, over all coverages, of the share wrong among the surest.

    Geifman and El-Yaniv, "Selective Classification for Deep Neural Networks", arXiv:1705.08500. Of equally sure cases
    any may come first: each counts as wrong as they are on average, which is the mean over all their orders. A weight
    is how many times the case is there, a whole number.
    """
    values, place = np.unique(-confidence, return_inverse=True)

    def figure(weights: Numbers) -> float | None:
        held = np.bincount(place, weights, minlength=len(values))
        wrong = np.bincount(place, weights * ~right, minlength=len(values))
        if not held.any():
            return None
        surest_first = np.repeat(wrong / np.maximum(held, 1), held.astype(int))
        return float((np.cumsum(surest_first) / np.arange(1, len(surest_first) + 1)).mean())

    return figure


def figures_of(confidence: Numbers, right: Truth, answerable: Truth, threshold: float) -> dict[str, float | None]:
    """How good a confidence is: what it tells apart, whether it is calibrated, and what its threshold does."""
    ones = np.ones(len(confidence))
    refused = confidence < threshold
    return {
        "auroc_right": auroc(confidence, right)(ones),
        "auroc_answerable": auroc(confidence, answerable)(ones),
        "ece": ece(confidence, right)(ones),
        "answered": float((~refused).mean()),
        "right_of_answered": float(right[~refused].mean()) if (~refused).any() else None,
        "refused_of_unanswerable": float(refused[~answerable].mean()) if (~answerable).any() else None,
        "refused_of_answerable": float(refused[answerable].mean()) if answerable.any() else None,
    }


def cheapest_threshold(confidence: Numbers, right: Truth, wrong: float = 1.0, refused: float = 1.0) -> float:
    """Half-way between the two confidences where answering from the upper one on costs least in all.

    `wrong` is the cost of an answer that is not right, `refused` that of a refusal where there was a right one.
    """
    order = np.argsort(confidence)
    ranked, good = confidence[order], right[order]
    refused_right = np.concatenate([[0], np.cumsum(good)])
    answered_wrong = (~good).sum() - np.concatenate([[0], np.cumsum(~good)])
    cost = refused * refused_right + wrong * answered_wrong
    bounds = np.concatenate([[0.0], (ranked[1:] + ranked[:-1]) / 2, [1.0]])
    return float(bounds[int(np.argmin(cost))])


# ----------------------------------------------------------------------------------------------------------------


def _of_confidence(records: Sequence[Record]) -> dict[str, Figure]:
    refused = np.array([record.refused for record in records], dtype=bool)
    answerable = np.array([record.answerable for record in records], dtype=bool)
    right = np.array([record.found(FIRST) for record in records], dtype=bool)
    cites = np.array([any(record.cited) for record in records], dtype=bool)
    confidence = np.array([record.confidence for record in records], dtype=np.float64)
    found = refusal(refused, answerable)
    found["answered"] = lambda weights: _share(weights, ~refused, np.ones_like(refused))
    found["answered_right"] = lambda weights: _share(weights, ~refused & cites, ~refused)
    return found | {
        "auroc": auroc(confidence, answerable),
        "auroc_right": auroc(confidence, right),
        "aurc": aurc(confidence, right),
        "ece": ece(confidence, right),
    }


def _over(scored: Truth, figure: Figure) -> Figure:
    return lambda weights: figure(weights * scored)


def _share(weights: Numbers, part: Truth, whole: Truth) -> float | None:
    total = float(weights @ whole)
    return float(weights @ part) / total if total else None


_FAMILIES: Sequence[str] = ("hit@", "mrr", "recall@", "ndcg@", "passage_hit@", "article_hit@", "citation", "answer")


def _order(name: str) -> tuple[int, int, str]:
    family = next((place for place, start in enumerate(_FAMILIES) if name.startswith(start)), len(_FAMILIES))
    return family, int(name.rpartition("@")[2]) if "@" in name else 0, name


def seconds(records: Sequence[Record]) -> dict[str, float]:
    """seconds_p50 and seconds_p95 a question, and the same by step, of the cases that ran."""
    ran = [record for record in records if not record.error]
    steps = dict.fromkeys(step for record in ran for step in record.timings_ms)
    columns = {"seconds": [record.seconds for record in ran]} | {
        f"seconds_{step}": [record.timings_ms.get(step, 0.0) / 1000 for record in ran] for step in steps
    }
    return {
        f"{name}_p{point}": float(np.quantile(values, point / 100))
        for name, values in columns.items()
        if values
        for point in (50, 95)
    }
