"""Where the shared data lies that some tests use; it is never part of the project."""

import os
from pathlib import Path

import pytest


def shared_data(name: str) -> Path:
    """`name` in $SHARED_DATA, else in the nearest `shared/data` above; skips the test where it is absent."""
    given = os.environ.get("SHARED_DATA")
    folders = [Path(given)] if given else [parent / "shared" / "data" for parent in Path(__file__).resolve().parents]
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"{name} of the shared data is not at hand; set SHARED_DATA to its folder")
