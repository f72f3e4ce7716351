"""What the index comes to with Chroma: after many changes, made anew, and against exact search."""

from pathlib import Path

import numpy as np
import pytest

from evals import datasets
from qa.embedder import EmbeddingStamp, SentenceTransformerEmbedder
from qa.index import ChromaIndex, ExactIndex
from qa.library import Library
from qa.terms import content
from tests.conftest import SAMPLES
from tests.torture.workload import STAMP, article


def on_disk(folder: Path) -> int:
    """Bytes of the vectors' folders."""
    return sum(file.stat().st_size for one in folder.glob("vectors*") for file in one.rglob("*") if file.is_file())


@pytest.mark.slow
def test_fifty_rounds_of_changes_take_no_more_than_twice_the_disk(tmp_path: Path) -> None:
    rounds, many = 50, 60
    river = article("x", "The river rose.").vectors[0].passage
    sizes = {}
    for name, first in (("changed", 0), ("fresh", rounds - 1)):
        with Library.open(tmp_path / name, STAMP) as library:
            for turn in range(first, rounds):
                texts = {f"a/{n}": f"The river rose in year {turn} at {n}.\nThe mayor slept." for n in range(many)}
                library.add_many([article(uri, text) for uri, text in texts.items()])
                library.candidates(river, ["river"], limit=8)
            library.catch_up()
            assert library.stats().articles == many
        sizes[name] = on_disk(tmp_path / name)
    assert 0 < sizes["changed"] <= 2 * sizes["fresh"], sizes


def test_made_anew_it_finds_the_same_ten_for_every_question(
    own_library: Path, model: SentenceTransformerEmbedder
) -> None:
    questions = [case.question for case in datasets.load(SAMPLES.parent / "cases.jsonl").cases]
    asked = [(model.question(question), content(question)) for question in questions]

    def found(library: Library) -> list[list[int]]:
        return [[c.passage.passage_id for c in library.candidates(*one, limit=10)][:10] for one in asked]

    with Library.open(own_library, model.stamp) as library:
        library.catch_up()
        before = found(library)
        library.rebuild()
        assert found(library) == before
    assert len(before) > 35


@pytest.mark.slow
def test_it_finds_what_exact_search_finds(tmp_path: Path) -> None:
    """As a library of twelve thousand passages on three hundred subjects would ask it."""
    rng = np.random.default_rng(7)
    subjects = rng.standard_normal((300, 384))
    vectors = np.repeat(subjects, 40, axis=0) + 0.9 * rng.standard_normal((12_000, 384))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    exact, near = ExactIndex(384), ChromaIndex(tmp_path / "vectors", EmbeddingStamp("made up", 384))
    for index in (exact, near):
        index.add(range(12_000), vectors)
    asked = vectors[::120] + 0.02 * rng.standard_normal((100, 384)).astype(np.float32)
    shares = []
    for one in asked / np.linalg.norm(asked, axis=1, keepdims=True):
        wanted, found = ({number for number, _ in index.nearest(one, 40)} for index in (exact, near))
        shares.append(len(wanted & found) / 40)
    near.close()
    assert float(np.mean(shares)) >= 0.995
