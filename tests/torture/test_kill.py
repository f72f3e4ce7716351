from pathlib import Path

import pytest

from tests.torture.kill import Tally, Torture


def test_a_few_kills_leave_nothing_wrong(tmp_path: Path) -> None:
    assert survived(tmp_path, 4, seed=7).kills == 4


@pytest.mark.slow
def test_two_hundred_kills_leave_nothing_wrong(tmp_path: Path) -> None:
    tally = survived(tmp_path, 200, seed=8)
    assert tally.aimed_hits > 40
    assert {"put", "catch up", "rebuild"} <= set(tally.in_flight)


def survived(folder: Path, kills: int, seed: int) -> Tally:
    torture = Torture(folder, seed)
    for _ in range(kills):
        torture.once()
    return torture.tally
