"""Figures of a run: by hand, and against scikit-learn."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.figures import NAMES, aurc, auroc, denominators, ece, figures, refusal, seconds
from evals.records import Record
from evals.report import build
from tests.evals.makers import record


def values(records: list[Record]) -> dict[str, float | None]:
    return {name: figure(np.ones(len(records))) for name, figure in figures(records).items()}


def truth(*values: int) -> np.ndarray:
    return np.array(values, dtype=bool)


def test_refusals_by_hand() -> None:
    # Refused: cases 1, 2 and 3, of which 2 and 3 have no answer; case 4 has none and was answered.
    found = refusal(refused=truth(1, 1, 1, 0, 0), answerable=truth(1, 0, 0, 0, 1))
    ones = np.ones(5)

    # Precision 2/3, recall 2/3, F1 2/3.
    assert {name: figure(ones) for name, figure in found.items()} == pytest.approx(
        {"refusal_precision": 2 / 3, "refusal_recall": 2 / 3, "refusal_f1": 2 / 3}
    )


def test_refusal_precision_needs_a_refusal_and_recall_a_question_without_answer() -> None:
    never = refusal(refused=truth(0, 0), answerable=truth(1, 0))
    all_answerable = refusal(refused=truth(1, 0), answerable=truth(1, 1))
    ones = np.ones(2)

    assert [figure(ones) for figure in never.values()] == [None, 0.0, 0.0]
    assert [figure(ones) for figure in all_answerable.values()] == [0.0, None, None]


def test_refusals_as_scikit_learn_counts_them() -> None:
    from sklearn.metrics import f1_score, precision_score, recall_score

    generator = np.random.default_rng(1)
    refused, answerable = generator.random(200) < 0.4, generator.random(200) < 0.7
    found = {name: figure(np.ones(200)) for name, figure in refusal(refused, answerable).items()}

    assert found["refusal_precision"] == pytest.approx(precision_score(~answerable, refused))
    assert found["refusal_recall"] == pytest.approx(recall_score(~answerable, refused))
    assert found["refusal_f1"] == pytest.approx(f1_score(~answerable, refused))


def test_auroc_by_hand() -> None:
    figure = auroc(np.array([0.9, 0.4, 0.4, 0.1]), truth(1, 1, 0, 0))

    # Pairs (positive, negative): .9>.4, .9>.1, .4=.4 (half), .4>.1 -> 3.5 of 4.
    assert figure(np.ones(4)) == pytest.approx(3.5 / 4)
    # The second negative twice: pairs 2 + 1 from .9, 0.5 + 2 from .4, of 6.
    assert figure(np.array([1.0, 1.0, 1.0, 2.0])) == pytest.approx(5.5 / 6)


def test_auroc_as_scikit_learn_computes_it() -> None:
    from sklearn.metrics import roc_auc_score

    generator = np.random.default_rng(2)
    confidence, positive = generator.integers(0, 30, 300) / 30, generator.random(300) < 0.4
    weights = generator.integers(0, 4, 300).astype(float)

    theirs = roc_auc_score(positive, confidence, sample_weight=weights)
    assert auroc(confidence, positive)(weights) == pytest.approx(theirs)


def test_auroc_needs_both_classes() -> None:
    assert auroc(np.array([0.9, 0.4]), truth(1, 1))(np.ones(2)) is None
    assert auroc(np.array([0.9, 0.4]), truth(0, 0))(np.ones(2)) is None
    assert auroc(np.array([0.9, 0.4]), truth(1, 0))(np.array([1.0, 0.0])) is None


def test_ece_by_hand() -> None:
    figure = ece(np.array([0.95, 0.85, 0.15, 0.25]), truth(1, 0, 0, 1), bins=2)

    # Upper bin: mean confidence .9, half right: gap .4. Lower: mean .2, half right: gap .3. Each holds half: .35.
    assert figure(np.ones(4)) == pytest.approx(0.35)
    # Only the first case: confidence .95 and right.
    assert figure(np.array([1.0, 0.0, 0.0, 0.0])) == pytest.approx(0.05)
    assert figure(np.zeros(4)) is None


def test_certainty_falls_into_the_last_bin() -> None:
    assert ece(np.array([1.0, 0.0]), truth(1, 0))(np.ones(2)) == 0


def test_aurc_by_hand() -> None:
    figure = aurc(np.array([0.2, 0.9, 0.6, 0.4]), truth(0, 1, 0, 1))

    # Surest first: right, wrong, right, wrong. Risk at coverage 1..4: 0, 1/2, 1/3, 2/4; their mean is 1/3.
    assert figure(np.ones(4)) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert figure(np.zeros(4)) is None


def test_aurc_of_equally_sure_cases_is_the_mean_over_their_orders() -> None:
    confidence, right = np.array([0.9, 0.5, 0.5, 0.5, 0.2]), truth(1, 0, 1, 0, 0)
    orders = [[0, *middle, 4] for middle in permutations((1, 2, 3))]
    apart = [aurc(-np.arange(5.0), right[order])(np.ones(5)) for order in orders]

    assert len(set(apart)) == 3
    for order in orders:
        assert aurc(confidence[order], right[order])(np.ones(5)) == pytest.approx(np.mean(apart))


def test_every_metric_of_a_report_has_a_name_that_is_known() -> None:
    steps = dict.fromkeys(("rewrite", "retrieve", "read", "generate", "total"), 1.0)
    whole = record(
        1,
        sentences=((0,),),
        cited=((0,),),
        supports=(1.0,),
        claims=1,
        quotes=1,
        exact_quotes=1,
        answers=("Friday",),
        short_answer="Friday",
        tokens_read=2,
        tokens_written=1,
        cost=0.1,
        timings_ms=steps,
        faithfulness=1.0,
        relevance=1.0,
    )
    refused = record(2, answerable=False, gold_parts=0, refused=True)
    assert build("news", [whole, refused], count=0)["metrics"].keys() == NAMES


def test_confidence_figures_of_records() -> None:
    records = [
        record(1, confidence=0.9, sentences=((0,),)),
        record(2, confidence=0.6, sentences=((), (), (), (0,))),
        record(3, confidence=0.3, answerable=False, gold_parts=0, refused=True),
    ]
    found = values(records)

    # Both answerable ones are surer than the other; only the first has gold among its first three sentences.
    assert found["auroc"] == 1
    assert found["auroc_right"] == 1
    assert found["answered"] == pytest.approx(2 / 3)
    # Each alone in its bin: |.9 - 1|, |.6 - 0|, |.3 - 0| -> their mean is 1/3.
    assert found["ece"] == pytest.approx((0.1 + 0.6 + 0.3) / 3)


def test_answers_are_right_when_something_they_cite_is_gold() -> None:
    records = [
        record(1, sentences=((0,),), cited=((),)),
        record(2, sentences=((), (), (), (0,)), cited=((), (0,))),
        record(3, sentences=((0,),), cited=((), ())),
        record(4, sentences=((0,),), refused=True),
        record(5, answerable=False, gold_parts=0, cited=((),)),
    ]

    # Of four answers the second alone cites gold, though the first and the third found theirs first.
    assert values(records)["answered_right"] == 0.25
    assert denominators(records)["answered_right"] == 4


def test_failures_and_cases_without_gold_weigh_nothing() -> None:
    good = [record(1, confidence=0.9, sentences=((0,),)), record(2, answerable=False, gold_parts=0, refused=True)]
    bad = [record(3, error="broke"), record(4, gold_parts=0, refused=True, confidence=0.8)]

    assert values(good + bad) == values(good)


def test_means_are_over_the_cases_that_have_the_score() -> None:
    records = [record(1, sentences=((0,),)), record(2, sentences=((),)), record(3, answerable=False, gold_parts=0)]

    assert values(records)["hit@1"] == 0.5
    assert denominators(records)["hit@1"] == 2
    assert denominators(records)["dangling_citations"] == 3


def test_every_figure_says_over_how_many_cases() -> None:
    refused = record(3, answerable=False, gold_parts=0, refused=True)
    counts = denominators([record(1), record(2), refused, record(4, error="broke")])

    assert (counts["refusal_precision"], counts["refusal_recall"], counts["answered_right"]) == (1, 1, 2)
    assert counts["auroc"] == counts["ece"] == counts["answered"] == 3


def test_hits_come_in_the_order_of_their_depth() -> None:
    names = [name for name in values([record(sentences=((0,),))]) if name.startswith("hit@")]

    assert names == ["hit@1", "hit@3", "hit@5", "hit@10"]


def test_seconds_of_the_cases_that_ran() -> None:
    ran = [record(n, seconds=float(n), timings_ms={"read": 1000.0 * n}) for n in (1, 2, 3)]
    found = seconds([*ran, record(4, error="broke", seconds=100.0)])

    # The median of 1, 2, 3; the 95th percentile lies 0.9 of the way from 2 to 3.
    assert found["seconds_p50"] == found["seconds_read_p50"] == 2
    assert found["seconds_p95"] == pytest.approx(2.9)
    assert seconds([]) == {}


CASES = st.lists(
    st.tuples(st.integers(0, 10).map(lambda n: n / 10), st.booleans(), st.integers(0, 3)), min_size=1, max_size=10
)
"""Confidence, whether it is right, and how often the case was drawn."""


def columns(cases: list[tuple[float, bool, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    confidence, right, drawn = zip(*cases, strict=True)
    return np.array(confidence), truth(*right), np.array(drawn, dtype=float)


def repeated(cases: list[tuple[float, bool, int]]) -> list[tuple[float, bool, int]]:
    return [(confidence, right, 1) for confidence, right, drawn in cases for _ in range(drawn)]


@settings(max_examples=50, deadline=None)
@given(CASES)
def test_a_weight_of_two_is_the_case_twice(cases: list[tuple[float, bool, int]]) -> None:
    confidence, right, drawn = columns(cases)
    again = repeated(cases)
    for make in (auroc, ece, aurc):
        weighted = make(confidence, right)(drawn)
        if not again:
            assert weighted is None
            continue
        one_each = columns(again)
        assert weighted == pytest.approx(make(*one_each[:2])(one_each[2]))


@settings(max_examples=50, deadline=None)
@given(CASES)
def test_auroc_is_the_share_of_pairs_in_the_right_order(cases: list[tuple[float, bool, int]]) -> None:
    above = [confidence for confidence, right, _ in repeated(cases) if right]
    below = [confidence for confidence, right, _ in repeated(cases) if not right]
    pairs = [(one > other) + (one == other) / 2 for one in above for other in below]
    confidence, right, drawn = columns(cases)

    found = auroc(confidence, right)(drawn)

    assert found == (pytest.approx(sum(pairs) / len(pairs)) if pairs else None)
    if pairs:
        assert auroc(-confidence, right)(drawn) == pytest.approx(1 - sum(pairs) / len(pairs))


@settings(max_examples=50, deadline=None)
@given(CASES)
def test_calibration_is_perfect_where_confidence_is_the_truth(cases: list[tuple[float, bool, int]]) -> None:
    confidence, right, drawn = columns(cases)
    sure = ece(right.astype(float), right)(drawn)
    assert sure == (pytest.approx(0) if drawn.any() else None)
    found = ece(confidence, right)(drawn)
    assert found is None or 0 <= found <= 1


@settings(max_examples=50, deadline=None)
@given(CASES)
def test_the_risk_is_least_when_the_right_ones_are_the_surest(cases: list[tuple[float, bool, int]]) -> None:
    _, right, drawn = columns(cases)
    best, worst = aurc(right.astype(float), right)(drawn), aurc(-right.astype(float), right)(drawn)
    if best is None or worst is None:
        assert not drawn.any()
        return
    wrong = float(drawn @ ~right / drawn.sum())
    assert 0 <= best <= wrong + 1e-9
    assert wrong - 1e-9 <= worst <= 1 + 1e-9
