"""A folder that a killed process left is removed by the next; one that is used, or of another kind, is not."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evals.reading.aside import LOCK, made_aside
from qa.lock import Lock

KILLED = """
import os, signal, sys
from pathlib import Path
from evals.reading.aside import made_aside
with made_aside(Path(sys.argv[1])) as folder:
    (folder / "reader.safetensors").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "models" / "reader.safetensors"


def inside(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir())


def test_it_is_gone_in_the_end(out: Path) -> None:
    with made_aside(out) as folder:
        assert folder.parent == out.parent
        assert folder.name.startswith(".reader-")
        (folder / out.name).write_text("made")
    with pytest.raises(KeyboardInterrupt), made_aside(out):
        raise KeyboardInterrupt
    assert inside(out) == []


def test_what_a_killed_process_left_is_removed_by_the_next(out: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(out)], cwd=Path(__file__).parents[2], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = inside(out)
    with made_aside(out) as folder:
        assert inside(out) == [folder.name] != [left]


def test_a_folder_that_is_used_stays(out: Path) -> None:
    with made_aside(out) as first:
        (first / out.name).write_text("half")
        with made_aside(out):
            pass
        assert (first / out.name).read_text() == "half"


def test_what_is_of_another_kind_stays(out: Path) -> None:
    for other in (".reader-mine", ".other-abc", "reader-abc"):
        (out.parent / other).mkdir(parents=True)
    (out.parent / ".other-abc" / LOCK).touch()
    (out.parent / f".reader-{LOCK}").touch()
    with made_aside(out):
        pass
    assert inside(out) == sorted([".other-abc", ".reader-mine", f".reader-{LOCK}", "reader-abc"])


def test_a_name_with_brackets_is_no_pattern(tmp_path: Path) -> None:
    left = tmp_path / ".[r]eader-abc"
    left.mkdir()
    (left / LOCK).touch()
    with made_aside(tmp_path / "reader.safetensors"):
        assert left.exists()
    with made_aside(tmp_path / "[r]eader.safetensors"):
        assert not left.exists()


def test_locks_of_two_names_do_not_meet(tmp_path: Path) -> None:
    one, other = Lock(tmp_path), Lock(tmp_path, LOCK)
    assert one.take()
    assert other.take()
    one.release()
    other.release()
