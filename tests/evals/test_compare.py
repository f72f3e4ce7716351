from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.compare import as_text, below, check, compare, right
from evals.html import page
from evals.records import Record
from evals.report import as_text as report_text
from evals.report import build
from qa.errors import UsageError
from tests.evals.makers import record


def run(*hits: bool) -> list[Record]:
    """A case a hit: right ones cite gold that stood first, wrong ones neither."""
    return [
        record(n, sentences=((0,),) if hit else ((),), cited=((0,),) if hit else ((),)) for n, hit in enumerate(hits)
    ]


def test_what_changed_by_hand() -> None:
    found = compare(run(True, False, False, True), run(True, True, True, False), count=100)

    # 2 of 4 before, 3 of 4 after; cases 1 and 2 are right now, case 3 is wrong now.
    change = found["metrics"]["hit@1"]
    assert (change["before"], change["after"], change["difference"]) == (0.5, 0.75, 0.25)
    assert [case["id"] for case in found["flipped"]["right_now"]] == ["case 1", "case 2"]
    assert [case["id"] for case in found["flipped"]["wrong_now"]] == ["case 3"]
    assert change["certain"] is False


def test_the_same_run_twice_is_no_change_at_all() -> None:
    found = compare(run(True, False, True), run(True, False, True), count=50)

    assert found["metrics"]["hit@1"]["interval"] == [0, 0]
    assert not any(change["certain"] for change in found["metrics"].values())
    assert found["flipped"] == {"right_now": [], "wrong_now": []}


def test_a_change_in_most_cases_is_certain() -> None:
    found = compare(run(*[False] * 30), run(*[True] * 25, *[False] * 5), count=300)

    low, high = found["metrics"]["hit@1"]["interval"]
    # 25 of 30 changed: 0.83, standard error sqrt(.83 x .17 / 30) = 0.07.
    assert (low, high) == pytest.approx((0.70, 0.97), abs=0.05)
    assert found["metrics"]["hit@1"]["certain"] is True


def test_one_case_of_one_article_that_flipped_is_not_certain() -> None:
    def of_one_article(*hits: bool) -> list[Record]:
        return [replace(one, cluster="a.txt") for one in run(*hits)]

    found = compare(of_one_article(*[True] * 10, *[False] * 10), of_one_article(*[True] * 11, *[False] * 9), count=200)

    assert found["metrics"]["hit@1"]["interval"][0] == 0
    assert found["metrics"]["hit@1"]["certain"] is False


def test_what_an_answer_cost_can_be_read() -> None:
    """1,315 tokens read at 0.15 and 16 written at 0.60 a million cost 0.0002."""
    before, after = [record(1, cost=0.000207)], [record(1, cost=0.0004)]
    found = compare(before, after, count=20)

    (line,) = (line for line in as_text(found).splitlines() if line.startswith("cost "))
    assert line.split()[1:4] == ["0.000207", "0.000400", "+0.000193"]
    assert below({"cost": 0.0002}, ["cost=0.0001"]) == ["cost is 0.000200, above 0.0001"]
    assert "0.000207 - 0.000207" in report_text(build("news", before, count=20))
    assert "0.000207 – 0.000207" in page(build("news", before, count=20), before)


def test_only_cases_that_both_runs_scored_are_compared() -> None:
    before = [*run(True, False), record(7, error="broke")]
    after = [*run(True), record(7, sentences=((0,),)), record(8, sentences=((0,),))]

    found = compare(before, after, count=0)

    # In both: case 0. Left out: case 1 (not asked again), 7 (failed before), 8 (new).
    assert (found["cases"], found["left_out"]) == (1, 3)


def test_runs_without_a_common_case() -> None:
    found = compare(run(True), [record(9)], count=10)

    assert (found["cases"], found["metrics"]) == (0, {})
    assert "0 cases in both runs" in as_text(found)


def test_what_is_right() -> None:
    assert right(record(cited=((), (0,))))
    assert not right(record(cited=((),)))
    assert not right(record(refused=True))
    assert right(record(answerable=False, gold_parts=0, refused=True))
    assert not right(record(answerable=False, gold_parts=0, cited=((),)))


def test_the_text_stars_what_is_certain_and_lists_the_flipped() -> None:
    text = as_text(compare(run(*[False] * 20), run(*[True] * 20), count=100))

    (line,) = (line for line in text.splitlines() if line.startswith("hit@1 "))
    assert line.split()[1:4] == ["0.000", "1.000", "+1.000"]
    assert line.endswith("*")
    assert "Right now: 20\n  case 0: Who?" in text
    assert "Wrong now: 0" in text


def test_bars() -> None:
    metrics = {"hit@1": 0.7, "ece": 0.2, "seconds_p95": 0.3}

    assert below(metrics, ["hit@1=0.7", "ece=0.2", "seconds_p95=0.5"]) == []
    assert below(metrics, ["hit@1=0.71", "ece=0.1", "seconds_p95=0.1"]) == [
        "hit@1 is 0.700, below 0.71",
        "ece is 0.200, above 0.1",
        "seconds_p95 is 0.300, above 0.1",
    ]


@pytest.mark.parametrize(
    ("bar", "named"),
    [
        ("hit@1", "not a bar"),
        ("hit@1=much", "not a bar"),
        ("hit@1=nan", "not a bar"),
        ("=1", "not a bar"),
        ("mrr=1", "no metric 'mrr'"),
    ],
)
def test_a_bar_that_makes_no_sense(bar: str, named: str) -> None:
    with pytest.raises(UsageError, match=named):
        below({"hit@1": 0.7}, [bar])


def test_bars_are_checked_before_the_run_against_all_metrics_that_there_are() -> None:
    check(["hit@1=0.7", "seconds_p95=2", "judge_relevance=1"])
    with pytest.raises(UsageError, match="There is no metric 'hit@2'") as refused:
        check(["hit@1=0.7", "hit@2=0.7"])
    assert "Did you mean" in refused.value.remedy
    assert "hit@1" in refused.value.remedy
    with pytest.raises(UsageError) as refused:
        check(["xyz=1"])
    assert ", mrr, " in refused.value.remedy


HITS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None)
@given(HITS)
def test_turned_round_every_change_is_its_opposite(hits: list[tuple[bool, bool]]) -> None:
    first, second = (run(*column) for column in zip(*hits, strict=True))
    there, back = compare(first, second, count=40), compare(second, first, count=40)

    assert there["metrics"].keys() == back["metrics"].keys()
    for name, change in there["metrics"].items():
        other = back["metrics"][name]
        assert (other["before"], other["after"]) == (change["after"], change["before"])
        assert other["difference"] == pytest.approx(-change["difference"])
        assert other["certain"] is change["certain"]
        assert change["interval"][0] - 1e-9 <= change["interval"][1]
    assert there["flipped"]["right_now"] == back["flipped"]["wrong_now"]
    assert len(there["flipped"]["right_now"]) == sum(not before and after for before, after in hits)


@settings(max_examples=30, deadline=None)
@given(HITS)
def test_a_bar_at_the_figure_itself_is_passed_and_one_above_it_is_not(hits: list[tuple[bool, bool]]) -> None:
    value = sum(after for _, after in hits) / len(hits)

    assert below({"hit@1": value}, [f"hit@1={value!r}"]) == []
    assert len(below({"hit@1": value}, [f"hit@1={value + 0.01!r}"])) == 1
    assert below({"ece": value}, [f"ece={value!r}"]) == [], "the less the better"
    assert len(below({"ece": value + 0.01}, [f"ece={value!r}"])) == 1
