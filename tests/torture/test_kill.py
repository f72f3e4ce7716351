import subprocess
import sys
from pathlib import Path

import pytest

from tests.torture.commands import commands_together
from tests.torture.together import ROOT, together


def torture(*options: str) -> dict[str, str]:
    """The rows of the table, from a process of its own: it forks."""
    command = [sys.executable, "-m", "tests.torture", "--kills=0", "--every=0", "--minutes=0", "--commands=0", *options]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    return {line[2:46].strip(): line[46:].strip() for line in told.stdout.splitlines() if line.startswith("  ")}


def test_two_kills_one_of_them_in_chroma_leave_nothing_wrong() -> None:
    assert torture("--kills=2", "--seed=7")["kills, each with rc -9 and work in flight"] == "2"


@pytest.mark.slow
def test_two_hundred_kills_leave_nothing_wrong() -> None:
    seen = torture("--kills=200", "--seed=8")
    assert int(seen["while Chroma rewrote its files"]) > 40
    assert {"cut off: put", "cut off: catch up", "cut off: rebuild"} <= set(seen)


@pytest.mark.slow
def test_dying_at_every_fourth_step_leaves_nothing_wrong() -> None:
    assert "after a commit" in torture("--every=4")


@pytest.mark.slow
def test_processes_find_what_others_take_in(tmp_path: Path) -> None:
    assert int(together(tmp_path / "library", 20)["articles acknowledged, each found twice"].replace(",", "")) > 50


@pytest.mark.slow
def test_commands_find_what_other_commands_take_in(tmp_path: Path) -> None:
    assert int(commands_together(tmp_path / "work", 20)["commands that took articles in"]) >= 2
