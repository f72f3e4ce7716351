from hypothesis import given
from hypothesis import strategies as st

from ui import pace
from ui.pace import Pace


def test_a_minute_s_questions_come_at_once_and_further_ones_evenly() -> None:
    clock = [0.0]
    bucket = Pace(6, lambda: clock[0])
    assert [bucket.take("mara") for _ in range(7)] == [0] * 6 + [10]  # 60 / 6
    clock[0] = 4
    assert bucket.take("mara") == 6
    clock[0] = 10
    assert [bucket.take("mara"), bucket.take("mara")] == [0, 10]
    clock[0] = 10_000
    assert [bucket.take("mara") for _ in range(7)] == [0] * 6 + [10]


def test_each_has_their_own_and_nobody_in_particular_none() -> None:
    bucket = Pace(1, lambda: 0.0)
    assert [bucket.take(who) for who in ("mara", "ines", "mara", "", "")] == [0, 0, 60, 0, 0]
    assert [Pace(0).take("mara") for _ in range(500)] == [0] * 500


def test_many_who_ask_do_not_fill_the_memory() -> None:
    bucket = Pace(1, lambda: 0.0)
    for n in range(pace.MOST_KNOWN + 10):
        bucket.take(str(n))
    assert len(bucket._left) == pace.MOST_KNOWN


@given(st.integers(1, 20), st.lists(st.floats(0, 40), max_size=60))
def test_no_minute_holds_more_than_twice_its_questions_and_a_wait_that_is_told_is_enough(
    per_minute: int, pauses: list[float]
) -> None:
    clock, let_in = [0.0], []
    bucket = Pace(per_minute, lambda: clock[0])
    for pause in pauses:
        clock[0] += pause
        wait = bucket.take("mara")
        if wait:
            assert wait <= 60 / per_minute + 1e-6
            clock[0] += wait + 1e-6
            assert bucket.take("mara") == 0
        let_in.append(clock[0])
    for start in let_in:
        # A full bucket at the start of the minute, and what came in while it lasted.
        assert sum(start <= moment < start + 60 for moment in let_in) <= 2 * per_minute + 1


def test_what_is_said_names_the_pace_and_a_whole_second_that_is_enough() -> None:
    assert pace.too_many(1, 0.2) == ("You have asked one question in a minute.", "Ask again in 1 seconds.")
    assert pace.too_many(30, 12.9)[1] == "Ask again in 13 seconds."
