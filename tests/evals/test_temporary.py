"""The library of a data set that brings its own articles: whole while it is there, gone afterwards."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from evals.temporary import Named, store, temporary_library
from qa.domain import LoadedArticle, PassageVectors
from qa.embedder import PassageInput
from qa.library import Library
from tests.evals.makers import WordEmbedder

TEXT = "Rates rose on Friday, the bank said.\n\nNobody at the bank knew why. The players of the town went on strike."


class Failing(WordEmbedder):
    """Out of memory at the second window."""

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]:
        if self.embedded:
            raise MemoryError
        return super().passages(inputs)


def articles(count: int) -> Iterator[Named]:
    return ((f"{number}.txt", LoadedArticle(f"Title {number}", TEXT)) for number in range(count))


def folder_of(library: Library) -> Path:
    return Path(library._folder)


def test_it_is_gone_even_when_the_run_fails() -> None:
    folders = []

    def run() -> None:
        with temporary_library(articles(1), WordEmbedder(), "exact") as library:
            folders.append(folder_of(library))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    assert not folders[0].exists()


def test_two_do_not_share_a_folder() -> None:
    with (
        temporary_library(articles(1), WordEmbedder(), "exact") as one,
        temporary_library(articles(2), WordEmbedder(), "exact") as other,
    ):
        assert folder_of(one) != folder_of(other)
        assert (len(one.articles()), len(other.articles())) == (1, 2)


def test_sentences_are_slices_and_vectors_are_their_own() -> None:
    embedder = WordEmbedder()
    with temporary_library(articles(1), embedder, "exact") as library:
        (passage,) = library.passages_of(1)
        quotes = [passage.quote(sentence) for sentence in passage.sentences]
        vectors = passage.vectors.sentences

    assert quotes == [
        "Rates rose on Friday, the bank said.",
        "Nobody at the bank knew why.",
        "The players of the town went on strike.",
    ]
    for quote, vector in zip(quotes, vectors, strict=True):
        assert vector @ embedder.question(quote) == pytest.approx(1, abs=1e-3)


def test_what_it_holds_is_sound() -> None:
    with temporary_library(articles(3), WordEmbedder(), "exact") as library:
        assert {finding.severity for finding in library.check()} == {"ok"}


def test_no_articles_are_an_empty_library(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder.stamp, index="exact") as library:
        assert list(store((), library, WordEmbedder())) == [0]
        assert library.size == 0


def test_what_was_written_before_a_failure_stays(tmp_path: Path) -> None:
    with Library.open(tmp_path, WordEmbedder.stamp, index="exact") as library:
        with pytest.raises(MemoryError):
            list(store(articles(300), library, Failing()))
        assert library.size == 256
