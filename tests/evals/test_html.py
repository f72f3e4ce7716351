"""The page and its plots: what they show, and that no text of a case becomes markup."""

from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals import plots
from evals.html import page, why
from evals.records import Record, Shown
from evals.report import build
from tests.evals.makers import record
from tests.evals.test_made_up_runs import records

EVIL = "<script>alert(1)</script><img src=http://evil.example/x>\"'&"


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_shows_metrics_cases_and_gold() -> None:
    shown = (Shown("rates.txt", "Rates", 0, 11, "Rates rose.", (0,), 1), Shown("b.txt", "B", 0, 3, "No.", ()))
    records = [
        record(
            1, kind="who", sentences=((0,),), cited=((0,),), gold=("Rates rose.",), shown=shown, text="Rates rose. [1]"
        ),
        record(2, kind="why", error="broke"),
    ]
    tags = Tags(page(build("news", records, count=20), records))
    words = " ".join(" ".join(tags.words).split())

    assert "news: 2 cases asked of footnote" in words
    assert "A sentence that answers comes first hit@1 1.000 1.000 – 1.000 1" in words
    assert "Failed: 1 case 2: broke" in words
    assert [tag for tag, _ in tags.seen].count("mark") == 1
    assert [a["class"] for t, a in tags.seen if t == "details"] == ["all", "right", "wrong"]
    assert [tag for tag, _ in tags.seen].count("svg") == 3


def test_nothing_of_a_case_becomes_markup_and_nothing_is_loaded() -> None:
    shown = (Shown(EVIL, EVIL, 0, 1, EVIL, (), 1),)
    hostile = record(
        1, id=EVIL, question=EVIL, kind=EVIL, gold=(EVIL,), text=EVIL, shown=shown, error="", sentences=((0,),)
    )
    failed = record(2, error=EVIL, kind="b", timings_ms={EVIL: 1.0})
    report = build(EVIL, [hostile, failed], system=EVIL, settings={EVIL: EVIL}, count=0)
    tags = Tags(page(report, [hostile, failed]))

    names = {tag for tag, _ in tags.seen}
    assert not names & {"script", "img", "link", "iframe", "a", "object"}
    assert not [a for _, a in tags.seen if {"src", "href", "onerror", "onload"} & set(a)]
    assert EVIL in "".join(tags.words)


def test_half_a_pair_of_a_character_can_be_written() -> None:
    half = record(1, question="Who\ud83d?")
    assert "Who??" in page(build("news", [half], count=0), [half]).encode().decode()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"cited": ((0,),)}, "cites gold"),
        ({"cited": ((),), "sentences": ((), (0,))}, "cites other sentences; gold stood at rank 2"),
        ({"cited": ((),), "passages": ((0,),)}, "its passage was found, its sentence not"),
        ({"cited": ((),)}, "gold was not found"),
        ({"refused": True, "sentences": ((0,),)}, "refused, though gold stood at rank 1"),
        ({"refused": True}, "refused; gold was not found"),
        ({"answerable": False, "gold_parts": 0, "refused": True}, "refused, and there is no answer"),
        ({"answerable": False, "gold_parts": 0}, "answered, though there is no answer"),
        ({"gold_parts": 0}, "the library holds none of its gold"),
        ({"error": "broke"}, "it failed: broke"),
    ],
)
def test_why_a_case_ended_as_it_did(values: dict, words: str) -> None:
    assert why(record(**values)) == words


def test_risk_and_coverage_by_hand() -> None:
    records = [
        record(1, confidence=0.2),
        record(2, confidence=0.9, sentences=((0,),)),
        record(3, confidence=0.5, sentences=((), (0,))),
        record(4, error="broke", confidence=1.0),
    ]

    # Surest first: right, right, wrong.
    assert plots.risk_coverage(records) == [(1 / 3, 0), (2 / 3, 0), (1, pytest.approx(1 / 3))]
    assert plots.risk_coverage([]) == []


def test_reliability_by_hand() -> None:
    records = [
        record(1, confidence=0.92, sentences=((0,),)),
        record(2, confidence=0.98),
        record(3, confidence=1.0, sentences=((0,),)),
        record(4, confidence=0.1),
    ]

    # The last bin holds .92, .98 and 1.0, two of them right; .1 is alone and wrong.
    assert plots.reliability(records) == [(0.1, 0), (pytest.approx(2.9 / 3), pytest.approx(2 / 3))]


def test_a_bar_says_its_value_in_digits() -> None:
    drawn = Tags(plots.bars("Times", {"a": 5_340.4, "b": 448.2, "c": 5.395, "d": 0.0091, "e": 0.0}, " ms"))
    assert [word for word in drawn.words if "ms" in word] == ["5,340 ms", "448 ms", "5.39 ms", "0.0091 ms", "0 ms"]


def test_bars_are_as_long_as_their_values() -> None:
    drawn = Tags(plots.bars("Times", {"read": 2.0, "rest": 1.0}, " ms"))

    assert [a["width"] for tag, a in drawn.seen if tag == "rect"] == ["170.0", "85.0"]
    assert "2 ms" in drawn.words


def test_a_line_goes_through_its_points() -> None:
    drawn = Tags(plots.line("Risk", "x", "y", [(0, 0), (1, 1)], diagonal=True))

    ((_, attributes),) = (found for found in drawn.seen if found[0] == "polyline")
    assert attributes["points"] == "36.0,204.0 324.0,36.0"
    assert len([tag for tag, _ in drawn.seen if tag == "circle"]) == 2


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(records(), min_size=1, max_size=4, unique_by=lambda one: one.id))
def test_a_page_of_any_words_has_a_case_for_each_and_tags_of_its_own_only(kept: list[Record]) -> None:
    tags = Tags(page(build("news", kept, count=0), kept))

    assert [tag for tag, _ in tags.seen].count("details") == 1 + len(kept)
    assert not {tag for tag, _ in tags.seen} & {"script", "img", "a", "link", "iframe", "object", "form", "input"}
    assert not [a for _, a in tags.seen if any(name.startswith("on") or name in ("src", "href") for name in a)]
    words = "".join("".join(tags.words).split())
    for one in kept:
        assert "".join(one.question.split()) in words
        assert "".join(why(one).split()) in words
