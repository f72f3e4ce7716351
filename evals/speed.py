"""How fast, how large: ingest against the bare model, asking by step, memory, disk; for `footnote speed`."""

import resource
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ingest.pipeline import ingest
from qa.answerer import Answerer
from qa.bootstrap import make_embedder, service
from qa.domain import PassageVectors, Vector
from qa.embedder import Embedder, EmbeddingStamp, PassageInput
from qa.errors import CaseError
from qa.library import Library
from qa.settings import Settings

QUESTIONS = 200
WARM_UP = 5
SAMPLES = Path(__file__).parent.parent / "samples" / "articles"
COPIES = 20


@dataclass(slots=True)
class Recording:
    """An embedder that keeps what it was given and how long it took."""

    embedder: Embedder
    batches: list[Sequence[PassageInput]] = field(default_factory=list)

    @property
    def stamp(self) -> EmbeddingStamp:
        return self.embedder.stamp

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]:
        self.batches.append(inputs)
        return self.embedder.passages(inputs)

    def question(self, text: str) -> Vector:
        return self.embedder.question(text)


def measure(
    sources: Sequence[str],
    settings: Settings,
    questions: Sequence[str] = (),
    embedder: Embedder | None = None,
) -> dict[str, Any]:
    """Ingests the sources into a temporary library, asks it, and times both. Without questions, titles are asked.

    The bare model encodes the very texts that ingest embedded, in the same order, windows and precision, right
    after. Raises CaseError when nothing could be ingested.
    """
    recording = Recording(embedder or make_embedder(settings))
    recording.embedder.passages([PassageInput("Warm-up", "The first call loads and allocates.", ())])
    with (
        TemporaryDirectory(prefix="footnote-speed-") as folder,
        Library.open(Path(folder) / "library", recording.stamp, index=settings.index) as library,
    ):
        ingested = _ingest(sources, library, recording, settings)
        answerer = service(settings, embedder=recording, library=library).answerer
        asked = _ask(answerer, questions or _titles(library))
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    noted = settings.model_dump(mode="json", include={"embedding_model", "precision", "index", "passages"})
    return {**ingested, "ask": asked, "memory_mb": _memory_mb(), "library_mb": size / 1e6, "settings": noted}


@contextmanager
def sources_or_samples(sources: Sequence[str], copies: int = COPIES) -> Iterator[list[str]]:
    """The sources, or a temporary folder of the sample articles so many times over. Raises CaseError without either."""
    if sources:
        yield list(sources)
        return
    if not SAMPLES.is_dir():
        raise CaseError("The sample articles are not installed.", "Give a folder: footnote speed FOLDER.")
    with TemporaryDirectory(prefix="footnote-speed-") as folder:
        variations(SAMPLES, copies, Path(folder))
        yield [folder]


def variations(folder: Path, copies: int, into: Path) -> None:
    """Writes each text and Markdown article of `folder` into another one, so many times; a copy says which it is."""
    for path in sorted(folder.iterdir()):
        if path.suffix in {".txt", ".md"}:
            text = path.read_text(encoding="utf-8")
            for number in range(copies):
                ending = f"\n\nThis is edition {number} of {path.stem}.\n"
                (into / f"{number}-{path.name}").write_text(text + ending, encoding="utf-8")


def percentiles(columns: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """{step: {"p50", "p95"}} of each step's values, in their unit."""
    return {
        step: {"p50": float(np.quantile(values, 0.5)), "p95": float(np.quantile(values, 0.95))}
        for step, values in columns.items()
        if values
    }


def as_text(report: dict[str, Any]) -> str:
    """The measurement for a terminal."""
    found = report["ingest"]
    lines = [
        f"{report['articles']} articles, {report['passages']} passages, {report['sentences']} sentences",
        f"ingest   {found['sentences_per_s']:8.0f} sentences/s, {found['ratio']:.2f} of the bare model's "
        f"{found['bare_sentences_per_s']:.0f}",
        *(f"{step:8} {times['p50']:8.1f} ms median, {times['p95']:.1f} ms p95" for step, times in _steps(report)),
        f"memory   {report['memory_mb']:8.0f} MB at its peak",
        f"library  {report['library_mb']:8.1f} MB on disk",
    ]
    return "\n".join(lines) + "\n"


# ----------------------------------------------------------------------------------------------------------------


def _ingest(sources: Sequence[str], library: Library, recording: Recording, settings: Settings) -> dict[str, Any]:
    started = time.perf_counter()
    outcomes = [outcome for outcome in ingest(sources, library, recording, settings) if outcome.status != "failed"]
    library.catch_up()
    took = time.perf_counter() - started
    if not outcomes:
        raise CaseError(f"Nothing could be ingested from {', '.join(sources)}.", "Give a folder of articles.")
    bare = _bare_seconds(recording)
    sentences = sum(outcome.sentences for outcome in outcomes)
    return {
        "articles": len(outcomes),
        "passages": sum(outcome.passages for outcome in outcomes),
        "sentences": sentences,
        "ingest": {
            "seconds": took,
            "sentences_per_s": sentences / took,
            "bare_sentences_per_s": sentences / bare,
            "ratio": bare / took,
        },
    }


def _bare_seconds(recording: Recording) -> float:
    """The model over the recorded texts, whole, without sentence vectors."""
    texts = [
        [PassageInput("", f"{i.title}\n{i.text}" if i.title else i.text, ()) for i in b] for b in recording.batches
    ]
    started = time.perf_counter()
    for batch in texts:
        recording.embedder.passages(batch)
    return time.perf_counter() - started


def _ask(answerer: Answerer, questions: Sequence[str]) -> dict[str, Any]:
    columns: dict[str, list[float]] = {}
    for number, question in enumerate(questions[: QUESTIONS + WARM_UP]):
        started = time.perf_counter()
        considered = answerer.consider(question)
        answerer.compose(considered)
        whole = (time.perf_counter() - started) * 1_000
        if number >= WARM_UP or len(questions) <= WARM_UP:
            for step, spent in {**considered.timings_ms, "total": whole}.items():
                columns.setdefault(step, []).append(spent)
    return {"questions": len(columns.get("total", ())), "steps_ms": percentiles(columns)}


def _titles(library: Library) -> list[str]:
    return [article.title for article in library.articles(limit=QUESTIONS + WARM_UP) if article.title]


def _memory_mb() -> float:
    """The largest resident set of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _steps(report: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    return list(report["ask"]["steps_ms"].items())
