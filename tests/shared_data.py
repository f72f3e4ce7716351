"""Where the shared data lies that some tests use; it is never part of the project."""

import os
from pathlib import Path

import pytest


def shared_data(name: str) -> Path:
    """`name` in $FOOTNOTE_DATA, else in the nearest `shared/data` above this project; skips the test where it is absent."""
    given = os.environ.get("FOOTNOTE_DATA")
    folders = [Path(given)] if given else [parent / "shared" / "data" for parent in Path(__file__).resolve().parents]
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} of the shared data is not at hand; set FOOTNOTE_DATA to its folder")
