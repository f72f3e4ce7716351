"""Fitting the confidence: questions with known gold -> weights, threshold, and a data file that says where from.

The confidence predicts that one of the first `figures.FIRST` sentences holds gold.
Every answerable case is asked twice, the second time with its gold's articles withheld: then nothing found is right.
What was fitted on is fingerprinted in the file, so that no report can be made of it by mistake.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.cases import Case, Dataset
from evals.figures import FIRST, cheapest_threshold, figures_of
from evals.runner import Answers, Asked, ranking_of
from qa.confidence import Confidence
from qa.errors import CaseError

FOLDS = 5
PRINT = 6
"""Bytes of a fingerprint: enough that two of a million cases share one with a chance of 1 in 500."""

Truth = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One question as the confidence saw it, and whether what was found was right.

    `near`: it is unanswerable as it stands, and not because its article was withheld.
    """

    features: Mapping[str, float]
    right: bool
    answerable: bool
    cluster: str
    fingerprint: bytes
    near: bool = False


@dataclass(frozen=True, slots=True)
class Costs:
    """What an error is worth: an answer that is not right, and a refusal where there was a right one.

    `near`: what a question near an article that does not answer it counts in fitting, others being 1: of most question
    sets they are few, and of what people ask they are not.
    """

    wrong: float = 1.0
    refused: float = 1.0
    near: float = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted confidence and where it came from."""

    confidence: Confidence
    provenance: Mapping[str, Any]
    fingerprints: frozenset[bytes] = field(repr=False)


class Tap(Confidence):
    """Stands in for the confidence of an answerer and keeps the features that it was last asked about."""

    last: Mapping[str, float] | None

    def __init__(self) -> None:
        super().__init__(0.0, {}, 0.0)
        object.__setattr__(self, "last", None)

    def probability(self, features: Mapping[str, float]) -> float:
        object.__setattr__(self, "last", dict(features))
        return 0.5

    def take(self) -> Mapping[str, float] | None:
        """The features, once."""
        taken = self.last
        object.__setattr__(self, "last", None)
        return taken


def collect(
    asked: Iterable[Asked], answers: Answers, tap: Tap, progress: Callable[[int], None] | None = None
) -> Iterator[Example]:
    """An example a case, asked of an answerer whose confidence is `tap`. Cases with missing gold, and questions for
    which nothing at all is found, are left out."""
    for done, one in enumerate(asked, 1):
        case = one.resolved.case
        answerable = case.answerable and not one.withheld
        if one.resolved.parts or not case.answerable:
            ranked = ranking_of(one, answers)
            features = tap.take()
            if features is not None:
                right = any(ranked.sentences[:FIRST])
                yield Example(features, right, answerable, case.cluster, fingerprint(case), not case.answerable)
        if progress:
            progress(done)


def fit(
    examples: Sequence[Example],
    costs: Costs,
    names: Sequence[str],
    date: str,
    sizes: Sequence[int] = (),
    missing: int = 0,
) -> Calibration:
    """A logistic regression over standardised features; threshold and figures from folds that were not fitted on.

    For the file: the data sets' `names`, today's `date`, the `sizes` of the small libraries that were asked beside the
    whole one, and how many cases are `missing` for want of their gold. Raises CaseError for too little to fit.
    """
    features, right = _matrix(examples)
    folds = _folds(right, [example.cluster for example in examples])
    counts = np.array([costs.near if example.near else 1.0 for example in examples])
    held_out = _out_of_fold(features, right, folds, counts)
    threshold = cheapest_threshold(held_out, right, costs.wrong, costs.refused)
    intercept, weights = _regression(features, right, counts)
    named = dict(zip(sorted(examples[0].features), weights, strict=True))
    answerable = np.array([example.answerable for example in examples], dtype=bool)
    return Calibration(
        Confidence(intercept, named, threshold),
        {
            "fitted_on": list(names),
            "library_sizes": [*sizes, "whole"],
            "examples": len(examples),
            "right": int(right.sum()),
            "answerable": int(answerable.sum()),
            "without_gold": missing,
            "predicts": f"one of the first {FIRST} sentences holds gold",
            "costs": {"wrong": costs.wrong, "refused": costs.refused},
            "near_counts": costs.near,
            "date": date,
            "held_out_folds": figures_of(held_out, right, answerable, threshold),
        },
        frozenset(example.fingerprint for example in examples),
    )


def write(calibration: Calibration, path: Path, reader: str = "") -> None:
    """The data file that `Confidence.load` reads, with its provenance.

    `reader` is the checksum of the trained one that it was fitted with, if it was one: it is used with no other.
    """
    confidence = calibration.confidence
    content = {
        "intercept": confidence.intercept,
        "weights": {name: list(values) for name, values in confidence.weights.items()},
        "threshold": confidence.threshold,
        **({"reader": reader} if reader else {}),
        "provenance": dict(calibration.provenance),
        "fingerprints": base64.b64encode(b"".join(sorted(calibration.fingerprints))).decode(),
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def fitted_on(path: Path) -> frozenset[bytes]:
    """The fingerprints of what the confidence in this file was fitted on."""
    packed = base64.b64decode(json.loads(path.read_text(encoding="utf-8")).get("fingerprints", ""))
    return frozenset(packed[at : at + PRINT] for at in range(0, len(packed), PRINT))


def refuse_fitted(dataset: Dataset, fitted: frozenset[bytes]) -> None:
    """Raises CaseError when the confidence was fitted on cases of this data set."""
    known = [case.id for case in dataset.cases if fingerprint(case) in fitted]
    if known:
        raise CaseError(
            f"{dataset.name}: the confidence was fitted on {len(known)} of its cases ({', '.join(known[:3])}).",
            "Report on other questions; of these, only ranking figures mean anything.",
        )


def fingerprint(case: Case) -> bytes:
    asked = f"{case.id}\n{' '.join(case.question.split())}"
    return hashlib.sha256(asked.encode(errors="replace")).digest()[:PRINT]


# ----------------------------------------------------------------------------------------------------------------


def _matrix(examples: Sequence[Example]) -> tuple[Numbers, Truth]:
    """Features of shape (examples, names in alphabetical order), and what was right."""
    names = {frozenset(example.features) for example in examples}
    if len(names) > 1:
        odd = sorted(frozenset.union(*names) - frozenset.intersection(*names))
        raise CaseError(f"Some questions lack the features {', '.join(odd)}.", "Fit with one reader throughout.")
    rows = [[example.features[name] for name in sorted(example.features)] for example in examples]
    return np.array(rows, dtype=np.float64), np.array([example.right for example in examples], dtype=bool)


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000))


def _folds(right: Truth, clusters: Sequence[str]) -> list[tuple[Any, Any]]:
    """A fold: the rows to fit on, and those of other articles to judge. Raises CaseError where there are right ones
    alone, or wrong ones, to fit on."""
    from sklearn.model_selection import GroupKFold

    articles = [len({c for c, one in zip(clusters, right, strict=True) if one == kind}) for kind in (True, False)]
    folds = list(GroupKFold(FOLDS).split(clusters, groups=clusters)) if min(articles) >= FOLDS else []
    if not folds or not all(0 < right[rows].mean() < 1 for rows, _ in folds):
        raise CaseError(
            f"{len(right)} questions are too few to fit a confidence: it takes some that are found, and some that are "
            f"not, of {FOLDS} articles each; these are of {articles[0]} and {articles[1]}.",
            "Give more cases.",
        )
    return folds


def _out_of_fold(features: Numbers, right: Truth, folds: list[tuple[Any, Any]], counts: Numbers) -> Numbers:
    """Every example's probability from a model that saw no question about the same article."""
    from sklearn.model_selection import cross_val_predict

    found = cross_val_predict(
        _model(),
        features,
        right,
        cv=folds,
        method="predict_proba",
        params={"logisticregression__sample_weight": counts},
    )
    return np.asarray(found[:, 1], dtype=np.float64)


def _regression(features: Numbers, right: Truth, counts: Numbers) -> tuple[float, list[tuple[float, float, float]]]:
    """(intercept, (weight, mean, scale) a feature)."""
    model = _model().fit(features, right, logisticregression__sample_weight=counts)
    scaler, regression = (step for _, step in model.steps)
    values = zip(regression.coef_[0], scaler.mean_, scaler.scale_, strict=True)
    return float(regression.intercept_[0]), [(float(w), float(m), float(s)) for w, m, s in values]
