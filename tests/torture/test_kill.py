import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.kill import ROOT, Tally, Torture
from tests.torture.together import together


def test_a_few_kills_leave_nothing_wrong(tmp_path: Path) -> None:
    assert survived(tmp_path, 4, seed=7).kills == 4


@pytest.mark.slow
def test_two_hundred_kills_leave_nothing_wrong(tmp_path: Path) -> None:
    tally = survived(tmp_path, 200, seed=8)
    assert tally.aimed_hits > 40
    assert {"put", "catch up", "rebuild"} <= set(tally.in_flight)


@pytest.mark.slow
def test_dying_at_every_fourth_step_leaves_nothing_wrong() -> None:
    command = [sys.executable, "-m", "tests.torture", "--kills", "0", "--minutes", "0", "--every", "4"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "after the seal was broken" in told.stdout


@pytest.mark.slow
def test_processes_find_what_others_take_in(tmp_path: Path) -> None:
    assert int(together(tmp_path / "library", 20)["articles acknowledged, each found twice"].replace(",", "")) > 50


def survived(folder: Path, kills: int, seed: int) -> Tally:
    torture = Torture(folder, seed)
    for _ in range(kills):
        torture.once()
    return torture.tally
