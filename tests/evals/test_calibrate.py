"""Fitting on examples whose right answer is known by construction."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from evals.calibrate import (
    Costs,
    Example,
    Tap,
    collect,
    fingerprint,
    fit,
    fitted_on,
    refuse_fitted,
    write,
)
from evals.cases import Case, Dataset, Gold
from evals.command import reader_checksum
from evals.evaluate import Asking, plan
from evals.figures import cheapest_threshold, figures_of
from qa.confidence import Confidence
from qa.domain import Considered, Filters, Turn
from qa.errors import CaseError
from qa.settings import load
from tests.evals.makers import FakeAnswers, FakeShelf, article, evidence

GENERATOR = np.random.default_rng(3)


def examples(count: int = 200) -> list[Example]:
    """Right when the cosine and some noise are above one half; the other feature means nothing."""
    cosines, noise = GENERATOR.random(count), GENERATOR.normal(0, 0.15, count)
    return [
        Example(
            {"passage_cosine": float(c), "terms": float(GENERATOR.random())},
            bool(c + n > 0.5),
            bool(c > 0.3),
            str(i // 4),
            i.to_bytes(6),
        )
        for i, (c, n) in enumerate(zip(cosines, noise, strict=True))
    ]


def truth(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def test_the_weights_are_scikit_learns() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    given = examples()
    confidence = fit(given, Costs(), ["made"], "2026-01-01").confidence

    rows = np.array([[e.features["passage_cosine"], e.features["terms"]] for e in given])
    scaler = StandardScaler().fit(rows)
    model = LogisticRegression(max_iter=1_000).fit(scaler.transform(rows), [e.right for e in given])
    theirs = model.predict_proba(scaler.transform(rows))[:, 1]
    assert [confidence.probability(e.features) for e in given] == pytest.approx(list(theirs))
    assert abs(confidence.weights["passage_cosine"][0]) > 5 * abs(confidence.weights["terms"][0])


def test_what_counts_more_is_told_apart_better() -> None:
    """Of the near ones the cosine says nothing; "terms" is high for all but them."""
    near = [
        Example({"passage_cosine": 0.8, "terms": -0.5 + n / 100}, False, False, f"near {n}", b"near", near=True)
        for n in range(20)
    ]
    given = [*examples(), *near]

    def mean(costs: Costs) -> float:
        confidence = fit(given, costs, ["made"], "2026-01-01").confidence
        return float(np.mean([confidence.probability(example.features) for example in near]))

    once, often = mean(Costs()), mean(Costs(near=10))
    assert often < once / 2
    assert fit(given, Costs(near=10), ["made"], "2026-01-01").provenance["near_counts"] == 10


def test_the_file_is_read_back_and_says_where_it_came_from(tmp_path: Path) -> None:
    given = examples()
    made = fit(given, Costs(wrong=2), ["newsqa train", "squad"], "2026-01-01", missing=3)
    write(made, tmp_path / "confidence.json")

    read = Confidence.load(tmp_path / "confidence.json")
    assert read == made.confidence
    provenance = json.loads((tmp_path / "confidence.json").read_text())["provenance"]
    assert (provenance["fitted_on"], provenance["examples"]) == (["newsqa train", "squad"], 200)
    assert provenance["without_gold"] == 3
    assert provenance["right"] == sum(example.right for example in given)
    assert provenance["costs"] == {"wrong": 2, "refused": 1}
    assert provenance["held_out_folds"]["auroc_right"] > 0.9
    assert fitted_on(tmp_path / "confidence.json") == {example.fingerprint for example in given}


def test_the_file_names_the_reader_that_it_was_fitted_with(tmp_path: Path) -> None:
    made, reader = fit(examples(), Costs(), ["made"], "2026-01-01"), tmp_path / "mine.safetensors"
    reader.write_bytes(b"weights")
    settings = [load(reader=name) for name in (str(reader), "none", str(tmp_path), str(tmp_path / "no.safetensors"))]
    named = []
    for one in settings:
        write(made, tmp_path / "confidence.json", reader_checksum(one))
        named.append(json.loads((tmp_path / "confidence.json").read_text()).get("reader"))

    assert named == [hashlib.sha256(b"weights").hexdigest(), None, None, None]
    assert Confidence.load(tmp_path / "confidence.json") == made.confidence


def test_the_cheapest_threshold_by_hand() -> None:
    confidence, right = np.array([0.9, 0.7, 0.5, 0.3]), truth(1, 0, 1, 0)

    # Refusing below .4 answers one wrong (.7); below .6 also refuses the right .5; below .8 refuses only .5.
    # Costs alike: one error each at .4 and at .8; the lower is taken.
    assert cheapest_threshold(confidence, right) == pytest.approx(0.4)
    # A wrong answer costs three refusals: at .8 one refusal, 1; at .4 one wrong answer, 3.
    assert cheapest_threshold(confidence, right, wrong=3) == pytest.approx(0.8)
    # Refusing costs ten: at .4 nothing right is refused.
    assert cheapest_threshold(confidence, right, refused=10) == pytest.approx(0.4)


def test_where_everything_is_right_all_is_answered_and_where_nothing_is_none() -> None:
    assert cheapest_threshold(np.array([0.2, 0.6]), truth(1, 1)) == 0
    assert cheapest_threshold(np.array([0.2, 0.6]), truth(0, 0)) == 1


def test_figures_by_hand() -> None:
    found = figures_of(np.array([0.9, 0.8, 0.3, 0.1]), truth(1, 0, 1, 0), truth(1, 1, 1, 0), 0.5)

    # Pairs (right, wrong): .9>.8, .9>.1, .3<.8, .3>.1: 3 of 4. Answerable are all above the other.
    assert (found["auroc_right"], found["auroc_answerable"]) == (0.75, 1)
    # Answered .9 and .8, one of them right; of three answerable one is refused, of one unanswerable one.
    assert (found["answered"], found["right_of_answered"]) == (0.5, 0.5)
    assert (found["refused_of_answerable"], found["refused_of_unanswerable"]) == (pytest.approx(1 / 3), 1)
    # Each alone in its bin of ten: (.1 + .8 + .7 + .1) / 4.
    assert found["ece"] == pytest.approx(0.425)


def test_figures_that_do_not_apply() -> None:
    found = figures_of(np.array([0.1, 0.2]), truth(1, 1), truth(1, 1), 0.5)

    assert found["auroc_right"] is found["right_of_answered"] is found["refused_of_unanswerable"] is None


def test_too_little_to_fit_is_refused() -> None:
    with pytest.raises(CaseError, match="too few"):
        fit([e for e in examples(40) if e.right], Costs(), ["made"], "2026-01-01")


def of_articles(right: list[str], wrong: list[str]) -> list[Example]:
    named = [(True, name) for name in right] + [(False, name) for name in wrong]
    return [Example({"terms": float(n)}, good, good, name, b"") for n, (good, name) in enumerate(named)]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ([], []),
        # Many of either, but all that are right, or wrong, are of a few articles.
        (["a"] * 30, ["b", "c", "d", "e", "f"] * 6),
        (["b", "c", "d", "e", "f"] * 6, ["a"] * 30),
        # Five articles of each, but the five small ones come into one fold.
        (["a", "b", "c", "d", "e"], ["f", "g", "h", "i"] * 20 + ["j"] * 5),
    ],
)
def test_right_ones_and_wrong_ones_of_enough_articles_are_needed(right: list[str], wrong: list[str]) -> None:
    with pytest.raises(CaseError, match="too few") as caught:
        fit(of_articles(right, wrong), Costs(), ["made"], "2026-01-01")
    assert caught.value.remedy


def test_half_a_pair_of_a_character_has_a_fingerprint() -> None:
    assert fingerprint(Case("a", "Who\ud83d?")) == fingerprint(Case("a", "Who??"))


def test_examples_with_different_features_are_refused() -> None:
    odd = Example({"passage_cosine": 0.5}, True, True, "z", b"")

    with pytest.raises(CaseError, match="lack the features terms"):
        fit([*examples(), odd], Costs(), ["made"], "2026-01-01")


def test_a_data_set_that_was_fitted_on_is_refused() -> None:
    seen, other = Case("a", "Who  won?"), Case("b", "Who won?")
    fitted = frozenset({fingerprint(Case("a", "Who won?"))})

    with pytest.raises(CaseError, match=r"fitted on 1 of its cases \(a\)"):
        refuse_fitted(Dataset("dev", (other, seen)), fitted)
    refuse_fitted(Dataset("dev", (other,)), fitted)
    refuse_fitted(Dataset("dev", (seen,)), frozenset())


RATES = article(1, "rates.txt", "Rates rose.")
CASES = (
    Case("first", "When?", (Gold("rates.txt", "Rates rose."),)),
    Case("none", "Where?"),
    Case("lost", "Why?", (Gold("gone.txt", "Rates fell."),)),
)


class Tapped(FakeAnswers):
    """Asks its confidence about the number of sentences found, as an answerer does, unless there are none."""

    def __init__(self, tap: Tap) -> None:
        rose = evidence(RATES, "Rates rose.")
        super().__init__({"When?": (rose,), "Where?": (rose,), "Why?": (rose,)})
        self._tap = tap

    def consider(self, question: str, turns: tuple[Turn, ...] = (), filters: Filters = Filters()) -> Considered:  # noqa: B008
        considered = super().consider(question, turns, filters)
        if considered.evidence:
            self._tap.probability({"found": float(len(considered.evidence))})
        return considered


def test_examples_are_collected_from_an_answerer() -> None:
    tap, told = Tap(), []
    asked, _ = plan(Dataset("d", CASES), FakeShelf(RATES), Asking(withheld=True))
    found = list(collect(asked, Tapped(tap), tap, told.append))

    # Left out: the case whose gold is missing, and the withheld one, for which nothing at all is found.
    assert [(e.features, e.right, e.answerable) for e in found] == [
        ({"found": 1.0}, True, True),
        ({"found": 1.0}, False, False),
    ]
    assert [e.fingerprint for e in found] == [fingerprint(CASES[0]), fingerprint(CASES[1])]
    assert told == [1, 2, 3, 4]


def test_a_tap_gives_what_it_was_asked_about_once() -> None:
    tap = Tap()

    assert tap.probability({"passage_cosine": 1.0}) == 0.5
    assert (tap.take(), tap.take()) == ({"passage_cosine": 1.0}, None)
