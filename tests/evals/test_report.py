"""What a report counts, by hand, and the text that a terminal shows of it."""

import pytest

from evals import plots
from evals.gold import Missing
from evals.html import page
from evals.report import as_text, build, by_kind, values
from tests.evals.makers import record

RIGHT = record(1, kind="who", sentences=((0,),), passages=((0,),), articles=((0,),), cited=((0,),), confidence=0.9)
SECOND = record(2, kind="who", sentences=((), (0,)), passages=((0,),), articles=((0,),), cited=((),), confidence=0.6)
REFUSED = record(3, kind="why", answerable=False, gold_parts=0, refused=True, confidence=0.1)
BROKE = record(4, kind="why", error="ValueError: no such thing")
LOST = record(5, kind="when", gold_parts=0)
ALL = (RIGHT, SECOND, REFUSED, BROKE, LOST)


def report(*records, **given):
    return build("news", records or ALL, count=0, **given)


def test_shares_are_of_the_cases_that_they_apply_to() -> None:
    found = report()

    # Of two answerable cases that ran and whose gold is there, one has gold first, the other second: 1 and 1/2.
    assert found["metrics"]["hit@1"] == 0.5
    assert found["metrics"]["hit@10"] == 1
    assert found["metrics"]["mrr"] == 0.75
    assert found["counts"]["hit@1"] == 2
    assert (found["counts"]["cases"], found["counts"]["scored"]) == (5, 3)


def test_a_failure_is_counted_against_all_cases_and_in_nothing_else() -> None:
    assert report()["metrics"]["failure_rate"] == 0.2
    assert report()["failures"] == [{"id": "case 4", "question": "Who?", "error": "ValueError: no such thing"}]
    assert values(ALL) == values((RIGHT, SECOND, REFUSED, LOST))


def test_cases_without_gold_are_named_apart_from_failures() -> None:
    assert report()["without_gold"] == ["case 5"]


def test_figures_by_kind_are_those_of_the_kind_alone() -> None:
    groups = by_kind(ALL)

    assert list(groups) == ["when", "who", "why"]
    assert groups["who"]["hit@1"] == 0.5
    assert groups["who"]["cases"] == 2
    assert "hit@1" not in groups["why"]


def test_a_report_of_nothing() -> None:
    found = build("none", [])

    assert (found["cases"], found["metrics"]["failure_rate"], found["intervals"]) == (0, 0, {})
    assert "0 cases" in as_text(found)
    assert page(found, [])


def test_intervals_hold_their_value_and_no_interval_is_made_up() -> None:
    found = build("news", ALL, count=50)

    for name, (low, high) in found["intervals"].items():
        assert low <= found["metrics"][name] <= high
    assert build("news", ALL, count=0)["intervals"] == {}


def test_the_text_lines_up() -> None:
    lines = as_text(report()).splitlines()
    start = lines.index(next(line for line in lines if line.startswith("metric")))
    table = lines[start : lines.index("", start)]

    assert len({len(line) for line in table}) == 1
    assert next(line for line in table if line.startswith("hit@1 ")).split() == ["hit@1", "0.500", "2"]


def test_one_kind_is_no_table() -> None:
    assert "kind" not in as_text(report(RIGHT, SECOND))
    assert "who" in as_text(report())


def test_what_is_missing_is_shown_with_the_beginning_of_its_quote() -> None:
    text = as_text(report(missing=[Missing("case 5", "gone.txt", "q" * 500, "no such article")]))

    assert "Gold that the library does not hold: 1" in text
    assert f"case 5: no such article: gone.txt: {'q' * 80}\n" in text


def test_twenty_failures_are_listed_and_the_rest_counted() -> None:
    text = as_text(report(*(record(n, error=f"broke {n}") for n in range(23))))

    assert "Failed: 23" in text
    assert "broke 19" in text
    assert "broke 20" not in text
    assert "and 3 more; --json lists them all" in text


HOSTILE = '"><svg onload=alert(1)>&amp;'


@pytest.mark.parametrize(
    "drawn",
    [
        plots.line(HOSTILE, HOSTILE, HOSTILE, [(0.5, 0.5)], diagonal=True),
        plots.bars(HOSTILE, {HOSTILE: 1.0}, HOSTILE),
    ],
)
def test_no_name_becomes_markup(drawn: str) -> None:
    assert "<svg onload" not in drawn
    assert drawn.count("<svg") == 1
    assert "&quot;&gt;&lt;svg onload=alert(1)&gt;&amp;amp;" in drawn


def test_pictures_of_nothing() -> None:
    assert plots.risk_coverage([BROKE, LOST]) == []
    assert plots.reliability([]) == []
    assert 'points=""' in plots.line("Empty", "x", "y", [])
    assert "<rect" not in plots.bars("Empty", {})


def test_a_bar_of_nothing_has_no_width() -> None:
    assert 'width="0.0"' in plots.bars("Zero", {"who": 0.0})


def test_points_stay_inside_the_picture() -> None:
    for value in (0.0, 1.0):
        assert 0 < plots._x(value) < plots.WIDTH
        assert 0 < plots._y(value) < plots.HEIGHT


def test_sure_and_wrong_is_at_the_left_of_the_curve() -> None:
    wrong = record(6, sentences=((),), confidence=0.99)
    points = plots.risk_coverage([RIGHT, wrong])

    # The surest is wrong: risk 1 at half the coverage, then 1/2.
    assert points == [(0.5, 1.0), (1.0, 0.5)]


def test_a_confidence_of_one_is_in_the_last_bin() -> None:
    assert plots.reliability([record(1, sentences=((0,),), confidence=1.0)]) == [(1.0, 1.0)]
