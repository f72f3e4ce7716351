import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest

from qa import contract
from qa.backup import backup, restore
from qa.errors import LibraryError, LibraryNotFound, UsageError
from qa.library import Library
from tests.shelves import STAMP, at, new

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "library"
    with Library.open(place, STAMP, index="exact") as library:
        library.add_many([new(f"a{n}", "Foxes run.", "Dogs bark.", "Owls hoot.", turn=n / 40) for n in range(40)])
        library.add_many([new("a3", "Foxes sleep.", turn=0.9)])
        library.remove(8)
    with closing(sqlite3.connect(place / "conversations.db")) as connection:
        connection.execute("CREATE TABLE said (words TEXT)")
        connection.execute("INSERT INTO said VALUES ('Who ran?')")
        connection.commit()
    return place


def answers(place: Path) -> list[object]:
    """Everything that a question sees, exactly."""
    with Library.open(place, STAMP, index="exact") as library:
        found = [library.candidates(at(n / 7), ["fox", "owl"], limit=9) for n in range(7)]
        told = [[(c.passage.article, c.passage.text, c.cosine, c.bm25) for c in each] for each in found]
        return [*told, list(library.export()), library.article(4, 1)]


def index_of(place: Path) -> list[str]:
    with Library.open(place, STAMP) as library:
        library.catch_up()
        return [f.message for f in library.check() if f.severity != "ok"]


@pytest.mark.parametrize("name", ["copy.db", "copy"])
def test_what_comes_back_answers_the_same(folder: Path, tmp_path: Path, name: str) -> None:
    made = backup(folder, tmp_path / name)
    assert (made.articles, made.files[0]) == (39, "catalog.db")
    before = answers(folder)
    restored = restore(tmp_path / name, tmp_path / "again")
    assert (restored.articles, restored.sentences) == (made.articles, made.sentences)
    assert answers(tmp_path / "again") == before
    assert (tmp_path / "again" / "conversations.db").exists() == (name == "copy")
    assert sorted(place.name for place in tmp_path.iterdir()) == sorted(["library", "again", name])


def test_the_index_is_made_from_what_came_back(folder: Path, tmp_path: Path) -> None:
    assert index_of(folder) == []
    backup(folder, tmp_path / "copy.db")
    with Library.open(folder, STAMP) as library:
        library.add_many([new("b", "Late.", turn=0.5)])
        library.catch_up()
    restore(tmp_path / "copy.db", folder, overwrite=True)
    assert index_of(folder) == []


def test_a_folder_of_vectors_that_went_on_is_never_trusted(folder: Path, tmp_path: Path) -> None:
    """The catalog copied by hand while nobody had it open, and put back beside vectors that are newer."""
    assert index_of(folder) == []
    shutil.copy(folder / "catalog.db", tmp_path / "by-hand.db")
    with Library.open(folder, STAMP) as library:
        library.add_many([new("later", "Late.", "Later.", "Last.", turn=0.5)])
        library.catch_up()
    for place in folder.glob("catalog.db*"):
        place.unlink()
    shutil.copy(tmp_path / "by-hand.db", folder / "catalog.db")
    assert index_of(folder) == []
    assert [place.name for place in folder.glob("vectors-*")] != ["vectors-1"]


def test_nothing_is_overwritten_unasked(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy")
    with pytest.raises(UsageError, match="is there already"):
        backup(folder, tmp_path / "copy")
    with pytest.raises(UsageError, match="is there already"):
        restore(tmp_path / "copy", folder)
    backup(folder, tmp_path / "copy", overwrite=True)
    restore(tmp_path / "copy", folder, overwrite=True)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["copy", "library"]


def test_not_into_itself_and_not_of_nothing(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="lies in the library"):
        backup(folder, folder / "catalog.db", overwrite=True)
    with pytest.raises(LibraryNotFound):
        backup(tmp_path / "nowhere", tmp_path / "copy")
    with pytest.raises(UsageError, match="is no backup"):
        restore(tmp_path / "nowhere.db", tmp_path / "again")


@pytest.mark.parametrize("rubbish", [b"", b"not a database at all" * 300])
def test_a_damaged_backup_changes_nothing(folder: Path, tmp_path: Path, rubbish: bytes) -> None:
    backup(folder, tmp_path / "copy.db")
    body = (tmp_path / "copy.db").read_bytes()
    (tmp_path / "copy.db").write_bytes(rubbish or body[: len(body) // 2])
    before = answers(folder)
    with pytest.raises(LibraryError):
        restore(tmp_path / "copy.db", folder, overwrite=True)
    assert answers(folder) == before


def test_a_library_that_is_open_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    backup(folder, tmp_path / "copy.db")
    with Library.open(folder, STAMP, index="exact") as library:
        library.add_many([new("b", "Kept.")])
        with pytest.raises(LibraryError, match="in use"):
            restore(tmp_path / "copy.db", folder, overwrite=True)
        assert library.count() == 40


def test_the_command_prints_what_the_schema_says(folder: Path, tmp_path: Path) -> None:
    import json

    command = [sys.executable, "-m", "ui.cli", "library", "backup", str(tmp_path / "copy"), "--json"]
    environment = {**os.environ, "FOOTNOTE_LIBRARY": str(folder)}
    told = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    jsonschema.validate(json.loads(told.stdout), contract.schema("copied"))
    again = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stdout) == (2, "")


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_backed_up_while_another_process_takes_articles_in(tmp_path: Path, times: int) -> None:
    folder = tmp_path / "library"
    with Library.open(folder, STAMP, index="exact") as library:
        library.add_many([new("first", "Foxes run.")])
    child = subprocess.Popen([sys.executable, "-c", ADDING, str(folder)], cwd=ROOT, env={**os.environ})
    try:
        held = [backup(folder, tmp_path / f"copy-{n}.db").articles for n in range(times)]
        assert child.poll() is None, "the other process was to be at work meanwhile"
    finally:
        child.kill()
        child.wait()
    assert held == sorted(held)
    for n, articles in enumerate(held):
        restore(tmp_path / f"copy-{n}.db", tmp_path / f"again-{n}")
        with Library.open(tmp_path / f"again-{n}", STAMP, index="exact") as library:
            assert [library.count(), library.check()[0].severity] == [articles, "ok"]


@pytest.mark.slow
@pytest.mark.parametrize("what", ["backup", "restore"])
def test_killed_at_any_step_there_is_the_whole_or_what_was_there(folder: Path, tmp_path: Path, what: str) -> None:
    copy = tmp_path / "copy.db"
    backup(folder, copy)
    with Library.open(folder, STAMP, index="exact") as library:
        library.add_many([new("b", "Late.")])
    for number in range(1, 50):
        command = [sys.executable, "-c", COPYING, what, str(folder), str(copy)]
        ended = subprocess.run(command, cwd=ROOT, env={**os.environ, "DIE_AT_STEP": str(number)}, check=False)
        restore(copy, tmp_path / f"again-{number}")
        for place in (folder, tmp_path / f"again-{number}"):
            with Library.open(place, STAMP, index="exact") as library:
                assert library.count() in {39, 40}
                assert [f for f in library.check() if f.severity == "error"] == []
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL
    assert number > 4


ADDING = """
import sys, itertools, time
from pathlib import Path
from qa.library import Library
from tests.shelves import STAMP, new
with Library.open(Path(sys.argv[1]), STAMP, index="exact") as library:
    for n in itertools.count():
        library.add_many([new(f"a{n}", "Foxes run.", "Owls hoot.", turn=n / 60)])
        time.sleep(0.02)
"""
COPYING = """
import sys
from pathlib import Path
from qa.backup import backup, restore
what, folder, copy = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
backup(folder, copy, overwrite=True) if what == "backup" else restore(copy, folder, overwrite=True)
"""
