import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa.answerer import Answerer
from qa.confidence import Confidence
from qa.library import Library
from qa.reader import SimilarityReader
from qa.retriever import HybridRetriever
from qa.why import Why, explain
from tests.shelves import STAMP, TurnEmbedder, new


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", STAMP, index="exact") as opened:
        opened.add_many(
            [
                new("near", "The tower was sold.", "It is tall.", turn=0.0),
                new("middle", "A bridge closed.", turn=0.1),
                new("far", "A bridge was painted.", "The bridge is red.", turn=0.25, per_passage=1),
            ]
        )
        yield opened


def ask(library: Library, question: str, article: str, read: int = 2) -> Why:
    embedder = TurnEmbedder(STAMP, 0.0)
    retriever = HybridRetriever(library, read)
    answerer = Answerer(library, embedder, retriever, SimilarityReader(library), Confidence.load(), threshold=0.4)
    return explain(question, library.find(article), library, embedder, answerer)


def test_both_sides_tell_where_the_articles_best_passage_stands(library: Library) -> None:
    why = ask(library, "Which bridge was painted?", "far")
    assert (why.passages, why.size) == (2, 4)
    # Its passages lie a quarter turn and 0.26 turns from the question: the first is third nearest of four.
    assert why.nearness.rank == 3
    assert why.nearness.score == pytest.approx(math.cos(math.pi / 2), abs=1e-3)
    assert why.words.rank == 1  # the only one that is painted
    assert why.words.score > 0
    assert why.best
    assert why.best.quote == "A bridge was painted."
    assert (why.read, why.threshold) == (2, 0.4)


def test_an_article_without_the_words_has_no_place_on_their_side(library: Library) -> None:
    why = ask(library, "Which bridge was painted?", "near")
    assert (why.words.rank, why.words.score) == (None, 0.0)
    assert why.nearness.rank == 1


def test_the_place_after_both_sides_is_that_among_what_is_read(library: Library) -> None:
    first, last = ask(library, "Tower sold", "near", read=1), ask(library, "Tower sold", "far", read=1)
    assert first.rank == 1
    assert first.score == first.last_read
    assert first.cited == 1
    assert last.rank
    assert last.rank > last.read
    assert last.score is not None
    assert last.last_read is not None
    assert last.score < last.last_read
    assert last.cited is None
    assert last.first
    assert last.first.article.uri == "near"


def test_a_removed_article_is_in_no_index(library: Library) -> None:
    library.remove(library.find("near"))
    why = ask(library, "Tower sold", "near")
    assert (why.passages, why.nearness.rank, why.words.rank, why.rank, why.best) == (0, None, None, None, None)
