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
