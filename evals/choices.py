"""What the evals page may ask: the accepted cases of a library, and the files in the folder `cases` inside its own.

A file's ending says how it is read; in a folder that is called like a format (cases/selqa/dev.json), that does. A
page names a choice by its key, which is looked up here: no path is ever made of what a browser sends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evals.case_store import ACCEPTED, CaseStore
from evals.cases import Dataset
from evals.datasets import FORMATS, load
from qa.errors import CaseError

FOLDER, RUNS = "cases", "runs"
ENDINGS = {".jsonl": "cases", ".csv": "csv", ".json": "squad"}
MOST = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """`key` names it to a browser, `form` is a key of `FORMATS`. Without a path: the accepted cases."""

    key: str
    form: str = "cases"
    path: Path | None = None


def choices(library: Path) -> list[Choice]:
    """The accepted cases, if there are any, then the files by name."""
    accepted = [Choice(ACCEPTED)] if CaseStore(library).counts()["accepted"] else []
    return [*accepted, *_files(library / FOLDER)][:MOST]


def chosen(library: Path, key: str) -> Dataset:
    """The data set that a browser names. Raises CaseError."""
    choice = next((choice for choice in choices(library) if choice.key == key), None)
    if choice is None:
        raise CaseError("There are no such cases.", f"Choose some of the list; files go into {library / FOLDER}.")
    return load(choice.path, choice.form) if choice.path else CaseStore(library).dataset()


def runs_of(library: Path) -> Path:
    """Where the runs are kept that command and page both know."""
    return library / RUNS


# ----------------------------------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[Choice]:
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.is_dir() and path.name in FORMATS:
            held = sorted(inside for inside in path.glob("*") if not inside.name.startswith("."))
            yield from (Choice(f"{FOLDER}/{path.name}/{inside.name}", path.name, inside) for inside in held)
        elif path.is_dir():
            yield from [Choice(f"{FOLDER}/{path.name}", "beir", path)] if (path / "corpus.jsonl").exists() else []
        elif form := ENDINGS.get(Path(path.name.removesuffix(".gz")).suffix):
            yield Choice(f"{FOLDER}/{path.name}", form, path)
