"""The library that a data set is asked of: for one that brings its own articles, gone when the run is over."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.cases import Dataset
from ingest.passages import passages
from qa import sentences
from qa.bootstrap import Service, service
from qa.confidence import Confidence
from qa.domain import LoadedArticle, Passage
from qa.embedder import Embedder, PassageInput
from qa.library import Library, NewArticle
from qa.settings import Settings

WINDOW = 256
"""Passages that are embedded and written together."""

Named = tuple[str, LoadedArticle]
Progress = Callable[[str, int, int], None]
"""Told what is going on ("ingesting", "asking"), how much is done, of how much."""


@contextmanager
def wired_for(
    dataset: Dataset, settings: Settings, progress: Progress, embedder: Embedder, given: Confidence | None = None
) -> Iterator[Service]:
    """Everything wired over the data set's own articles, or over the library of the settings where it brings none."""
    if dataset.articles:
        total = len(dataset.articles)
        with temporary_library(
            dataset.articles, embedder, settings.index, lambda done: progress("ingesting", done, total)
        ) as library:
            yield service(settings, embedder=embedder, library=library, confidence=given)
        return
    wired = service(settings, embedder=embedder, confidence=given)
    with wired.library:
        yield wired


@contextmanager
def temporary_library(
    articles: Iterable[Named],
    embedder: Embedder,
    index: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> Iterator[Library]:
    """A library of these articles in a temporary folder. `progress` is told how many articles are in."""
    with (
        TemporaryDirectory(prefix="footnote-eval-") as folder,
        Library.open(Path(folder) / "library", embedder.stamp, index=index) as library,
    ):
        for done in store(articles, library, embedder):
            if progress:
                progress(done)
        yield library


def store(articles: Iterable[Named], library: Library, embedder: Embedder) -> Iterator[int]:
    """Cut, embed and add; how many articles are in, after every write. Articles without a sentence are left out."""
    window: list[tuple[Named, list[Passage]]] = []
    done = 0
    for uri, loaded in articles:
        cut = passages(loaded.text, sentences.split(loaded.text, loaded.language))
        if cut:
            window.append(((uri, loaded), cut))
        if sum(len(held) for _, held in window) >= WINDOW:
            done += _write(window, library, embedder)
            window = []
            yield done
    yield done + _write(window, library, embedder)


# ----------------------------------------------------------------------------------------------------------------


def _write(window: Sequence[tuple[Named, list[Passage]]], library: Library, embedder: Embedder) -> int:
    inputs = [_input(loaded, passage) for (_, loaded), held in window for passage in held]
    vectors = iter(embedder.passages(inputs))
    library.add_many([NewArticle(uri, loaded, held, [next(vectors) for _ in held]) for (uri, loaded), held in window])
    return len(window)


def _input(loaded: LoadedArticle, passage: Passage) -> PassageInput:
    return PassageInput.of(loaded.title, loaded.text[passage.start : passage.end], passage)
