"""A judge's opinion: what it is asked, how its reply is read, and that nothing is asked twice."""

from dataclasses import replace
from pathlib import Path

import pytest

from evals.judge import Judge, prompt, verdict
from evals.metrics import by_case
from evals.records import Record, Shown, from_row, to_row
from qa.errors import ChatFailed
from tests.fakes import FakeGenerator

CITED = Shown("a.txt", "A", 0, 19, "Sales rose by <4%>.", (), 1)
OTHER = Shown("a.txt", "A", 20, 36, "Two shops closed.", ())
RECORD = Record("c1", "How did sales do?", gold_parts=1, text="Sales rose by 4%. [1]", shown=(CITED, OTHER))
REPLY = '{"statements": 4, "supported": 3, "answers_the_question": "partly"}'


def test_it_shows_the_cited_sentences_and_nothing_that_could_pose_as_a_fence() -> None:
    user = prompt(RECORD).user
    assert "- Sales rose by ‹4%›." in user
    assert "closed" not in user
    assert "[1]" not in user


@pytest.mark.parametrize(
    ("text", "found"),
    [
        # three of four statements; "partly" is a half
        (REPLY, {"faithfulness": 0.75, "relevance": 0.5}),
        (f"Sure!\n```json\n{REPLY}\n```", {"faithfulness": 0.75, "relevance": 0.5}),
        ('{"statements": 2, "supported": 3, "answers_the_question": "full"}', {}),
        ('{"statements": 0, "supported": 0, "answers_the_question": "full"}', {}),
        ('{"statements": 1, "supported": 1, "answers_the_question": "maybe"}', {}),
        ('{"statements": {}, "supported": 1}', {}),
        ('{"statements": 1e999, "supported": 1, "answers_the_question": "full"}', {}),
        ('{"statements": ' + "[" * 100_000 + "}", {}),
        ('{"statements": 1e999, "supported": 1}' + REPLY, {"faithfulness": 0.75, "relevance": 0.5}),
        (f"{REPLY.replace('3', '0')} is one way to see it.</think>{REPLY}", {"faithfulness": 0.75, "relevance": 0.5}),
        ("", {}),
    ],
)
def test_a_reply_is_read_only_where_it_makes_sense(text: str, found: dict[str, float]) -> None:
    assert verdict(text) == found


def test_a_judgement_is_kept_and_asked_for_once(tmp_path: Path) -> None:
    model = FakeGenerator([REPLY[:10], REPLY[10:]])
    judged = Judge(model, "m", tmp_path).judged(RECORD)
    assert (judged.faithfulness, judged.relevance) == (0.75, 0.5)
    assert Judge(model, "m", tmp_path).judged(RECORD) == judged
    assert len(model.asked) == 1
    Judge(model, "another model", tmp_path).judged(RECORD)
    assert len(model.asked) == 2


def test_a_torn_line_is_asked_again(tmp_path: Path) -> None:
    Judge(FakeGenerator([REPLY]), "m", tmp_path).judged(RECORD)
    kept = tmp_path / "judgements.jsonl"
    kept.write_text(kept.read_text()[:30])
    again = FakeGenerator([REPLY])
    Judge(again, "m", tmp_path).judged(RECORD)
    assert len(again.asked) == 1


def test_falling_back_counts_only_where_a_chat_model_was_to_write() -> None:
    # of two written answers one fell back; the extractive one has no score
    written = Record("w", "q", gold_parts=1, text="x", timings_ms={"generate": 5.0})
    records = [written, replace(written, id="b", fell_back=True), Record("e", "q", gold_parts=1, text="x")]
    assert [scores.get("fell_back") for scores in by_case(records).values()] == [0.0, 1.0, None]


def test_refusals_and_failures_are_not_judged(tmp_path: Path) -> None:
    model = FakeGenerator([REPLY])
    for record in (Record("r", "q", refused=True, text="no"), Record("e", "q", error="boom", text="x")):
        assert Judge(model, "m", tmp_path).judged(record) == record
    assert not model.asked


def test_what_fails_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(ChatFailed):
        Judge(FakeGenerator(failure=ChatFailed("busy", "It is busy.", "Wait.")), "m", tmp_path).judged(RECORD)
    assert not (tmp_path / "judgements.jsonl").exists()


def test_the_figures_are_means_over_what_was_judged(tmp_path: Path) -> None:
    judged = Judge(FakeGenerator([REPLY]), "m", tmp_path).judged(RECORD)
    scores = by_case([judged, Record("c2", "q", gold_parts=1, text="x")])
    assert scores["c1"]["judge_faithfulness"] == 0.75
    assert scores["c1"]["judge_relevance"] == 0.5
    assert "judge_faithfulness" not in scores["c2"]
    assert from_row(to_row(judged)) == judged
