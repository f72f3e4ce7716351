"""Rankings by geometry: an article's passages lie at known parts of a turn, so every cosine is known."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qa.domain import Filters, RankedPassage
from qa.library import Library
from qa.retriever import CANDIDATES, SIDES, HybridRetriever
from tests.shelves import STAMP, at, new

NOTHING = dict.fromkeys(SIDES, 0.0)
NEAR = {**NOTHING, "nearest_sentence": 1.0}
WORDS = {**NOTHING, "words": 1.0}
ARTICLE = {**NOTHING, "article_words": 1.0}
EVERYTHING = Filters()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path, STAMP, index="exact") as opened:
        opened.add_many(
            [
                new("east", "Dogs bark.", turn=0.0, publisher="Post", published="2025-01-01"),
                new("north", "Cats purr.", turn=0.25, publisher="Echo", published="2025-02-01"),
                new("west", "Foxes hunt foxes.", "Owls sleep.", turn=0.5, per_passage=1, publisher="Post"),
            ]
        )
        yield opened


def texts(found: list[RankedPassage]) -> list[str]:
    return [ranked.passage.text for ranked in found]


def test_the_nearest_sentence_comes_first(library: Library) -> None:
    retriever = HybridRetriever(library, weights=NEAR)
    assert texts(retriever.retrieve("?", at(0.2), EVERYTHING))[:2] == ["Cats purr.", "Dogs bark."]
    assert texts(retriever.retrieve("?", at(0.45), EVERYTHING))[0] in {"Foxes hunt foxes.", "Owls sleep."}


def test_words_alone_find_what_lies_the_other_way(library: Library) -> None:
    found = HybridRetriever(library, weights=WORDS).retrieve("Do foxes hunt?", at(0), EVERYTHING)
    assert found[0].passage.text == "Foxes hunt foxes."
    assert found[0].parts["words"] > 0
    assert found[0].parts["cosine"] == pytest.approx(-1)


def test_passages_of_one_article_speak_for_each_other(library: Library) -> None:
    """ "Owls sleep." shares no word with the question, but its article does."""
    found = HybridRetriever(library, weights=ARTICLE).retrieve("foxes", at(0), EVERYTHING)
    assert set(texts(found)[:2]) == {"Foxes hunt foxes.", "Owls sleep."}
    owls = next(ranked for ranked in found if ranked.passage.text == "Owls sleep.")
    assert owls.parts["words"] == 0
    assert owls.parts["article_words"] > 0


def test_scores_fall_and_say_what_they_are_made_of(library: Library) -> None:
    found = HybridRetriever(library).retrieve("Do cats purr?", at(0.25), EVERYTHING)
    assert [r.score for r in found] == sorted((r.score for r in found), reverse=True)
    assert all(set(ranked.parts) == {"cosine", *SIDES} for ranked in found)
    assert found[0].passage.text == "Cats purr."
    assert found[0].parts["nearest_sentence"] == pytest.approx(1)


def test_the_fused_score_is_the_weighted_sum_of_standardised_sides(library: Library) -> None:
    found = HybridRetriever(library, weights={**NEAR, "nearest_sentence": 2.0}).retrieve("?", at(0), EVERYTHING)
    # all four sentences' cosines: 1 (east), 0 (north), -1 and -1 (west); mean -.25, deviation .829
    assert [r.score for r in found] == pytest.approx(
        [2 * 1.25 / 0.829, 2 * 0.25 / 0.829] + [2 * -0.75 / 0.829] * 2, abs=2e-3
    )


def test_as_many_as_asked_for_come_back(library: Library) -> None:
    assert len(HybridRetriever(library, limit=2).retrieve("foxes", at(0), EVERYTHING)) == 2
    assert len(HybridRetriever(library, limit=50).retrieve("foxes", at(0), EVERYTHING)) == 4


def test_candidates_come_from_both_sides(tmp_path: Path) -> None:
    """One that is far in meaning but holds the word is among them, however many are nearer."""
    with Library.open(tmp_path, STAMP, index="exact") as library:
        library.add_many([new(f"near{n}", "Dogs bark.", turn=n / 10_000) for n in range(CANDIDATES + 8)])
        library.add_many([new("far", "A pangolin sleeps.", turn=0.5)])
        found = HybridRetriever(library, limit=100).retrieve("pangolin", at(0), EVERYTHING)
    assert len(found) == CANDIDATES + 1
    assert "A pangolin sleeps." in texts(found)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(publishers=frozenset({"Echo"})), {"Cats purr."}),
        (Filters(published_from=date(2025, 1, 15)), {"Cats purr."}),
        (Filters(published_to=date(2025, 1, 15)), {"Dogs bark."}),
        (Filters(article_ids=frozenset({3})), {"Foxes hunt foxes.", "Owls sleep."}),
        (Filters(excluded_ids=frozenset({3})), {"Dogs bark.", "Cats purr."}),
        (Filters(publishers=frozenset({"Echo"}), article_ids=frozenset({1})), set()),
    ],
)
def test_filters_hold_for_both_sides(filters: Filters, expected: set[str], library: Library) -> None:
    found = HybridRetriever(library).retrieve("dogs cats foxes owls", at(0), filters)
    assert set(texts(found)) == expected


def test_an_empty_library_finds_nothing(tmp_path: Path) -> None:
    with Library.open(tmp_path, STAMP, index="exact") as library:
        assert HybridRetriever(library).retrieve("foxes", at(0), EVERYTHING) == []


def test_what_is_removed_is_not_found(library: Library) -> None:
    library.remove(3)
    found = HybridRetriever(library).retrieve("foxes", at(0.5), EVERYTHING)
    assert set(texts(found)) == {"Dogs bark.", "Cats purr."}
