"""The child process that may die of an index folder, with folders that are sound, wrong and not there."""

from pathlib import Path

import numpy as np
import pytest

from qa.embedder import EmbeddingStamp
from qa.index import ChromaIndex
from qa.probe import sound
from qa.stored import pack
from tests.shelves import STAMP, at

pytestmark = pytest.mark.slow
TURNS = {1: 0.0, 2: 0.25, 3: 0.5}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    index = ChromaIndex(tmp_path / "vectors-1", STAMP)
    index.add(list(TURNS), np.stack([at(turn) for turn in TURNS.values()]))
    index.close()
    return tmp_path / "vectors-1"


def known(turns: dict[int, float] = TURNS) -> dict[int, bytes]:
    return {i: pack(at(turn)) for i, turn in turns.items()}


def test_a_sound_folder(folder: Path) -> None:
    assert sound(folder, STAMP, known())


def test_one_vector_that_lies_elsewhere(folder: Path) -> None:
    assert not sound(folder, STAMP, known({**TURNS, 2: 0.75}))


def test_a_folder_of_another_model(folder: Path) -> None:
    assert not sound(folder, EmbeddingStamp("square", 2), known())


def test_a_damaged_folder(folder: Path) -> None:
    (folder / "chroma.sqlite3").write_bytes(b"rubbish" * 1_000)
    assert not sound(folder, STAMP, known())
