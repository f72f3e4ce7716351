from pathlib import Path

import pytest

from evals.speed import Recording, as_text, measure, percentiles, sources_or_samples, variations
from qa.embedder import PassageInput
from qa.errors import CaseError
from qa.settings import load
from tests.evals.makers import WordEmbedder

TEXT = "Rates rose on Friday\n\nRates rose on Friday, the bank said. Nobody at the bank knew why.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    for number in range(3):
        (tmp_path / "articles" / f"{number}.txt").write_text(f"{TEXT} It was day {number}.")
    return tmp_path / "articles"


def test_everything_is_measured(folder: Path, tmp_path: Path) -> None:
    settings = load(library=tmp_path / "library", index="exact")
    report = measure([str(folder)], settings, ["Who knew?", "Did rates rise?"], WordEmbedder())

    assert (report["articles"], report["passages"]) == (3, 3)
    assert report["sentences"] >= 9
    assert report["ingest"]["sentences_per_s"] == pytest.approx(report["sentences"] / report["ingest"]["seconds"])
    assert 0 < report["ingest"]["ratio"] < 1.5
    assert report["ask"]["questions"] == 2
    assert {"retrieve", "read", "total"} <= set(report["ask"]["steps_ms"])
    assert report["library_mb"] > 0.01
    assert report["memory_mb"] > 20
    assert not (tmp_path / "library").exists()


def test_without_questions_the_titles_are_asked(folder: Path, tmp_path: Path) -> None:
    report = measure([str(folder)], load(library=tmp_path / "l", index="exact"), embedder=WordEmbedder())

    assert report["ask"]["questions"] == 3


def test_nothing_to_ingest(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="Nothing could be ingested"):
        measure([str(tmp_path / "none")], load(library=tmp_path / "l", index="exact"), embedder=WordEmbedder())


def test_the_recording_passes_everything_on() -> None:
    recording = Recording(WordEmbedder())
    given = [PassageInput("", "Rates rose.", ())]

    assert (recording.passages(given)[0].passage == WordEmbedder().passages(given)[0].passage).all()
    assert (recording.question("strike") == WordEmbedder().question("strike")).all()
    assert recording.batches == [given]


def test_percentiles_by_hand() -> None:
    # The median of 1..5 is 3; the 95th percentile lies 0.8 of the way from 4 to 5.
    assert percentiles({"read": [5.0, 1.0, 3.0, 2.0, 4.0], "none": []}) == {
        "read": {"p50": 3.0, "p95": pytest.approx(4.8)}
    }


def test_variations_differ_from_one_another(tmp_path: Path) -> None:
    source, into = tmp_path / "source", tmp_path / "into"
    source.mkdir()
    into.mkdir()
    for name in ("a.txt", "b.md", "c.pdf"):
        (source / name).write_text("Rates rose.")
    variations(source, 3, into)

    texts = [path.read_text() for path in into.iterdir()]
    assert len(texts) == len(set(texts)) == 6
    assert all(text.startswith("Rates rose.") for text in texts)


def test_sources_are_those_given_or_the_samples_over_and_over() -> None:
    with sources_or_samples(["a", "b"]) as given:
        assert given == ["a", "b"]
    with sources_or_samples([], copies=2) as (folder,):
        names = {path.name for path in Path(folder).iterdir()}
    assert {name.partition("-")[0] for name in names} == {"0", "1"}
    assert "1-tram-drivers-strike.txt" in names
    assert not Path(folder).exists()


def test_the_text_says_the_ratio() -> None:
    report = {
        "articles": 3,
        "passages": 4,
        "sentences": 9,
        "ingest": {"sentences_per_s": 90.0, "ratio": 0.9, "bare_sentences_per_s": 100.0},
        "ask": {"steps_ms": {"read": {"p50": 1.0, "p95": 2.0}}},
        "memory_mb": 300.0,
        "library_mb": 1.5,
    }

    assert "90 sentences/s, 0.90 of the bare model's 100" in as_text(report)
    assert "1.0 ms median, 2.0 ms p95" in as_text(report)
