"""Both sides of a question by geometry: every cosine is the angle between two parts of a turn."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from qa.candidates import Asked, find
from qa.catalog import Catalog
from qa.domain import Candidate, Filters
from qa.exact import ExactFollower
from qa.library import Library
from tests.shelves import STAMP, at, new

COSINE_OF_A_TENTH = 0.809  # of a turn: 36 degrees


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    """Passages 1 to 4, a tenth of a turn apart; the third and fourth speak of foxes, the fourth more."""
    with Library.open(tmp_path, STAMP, index="exact") as library:
        library.add_many(
            [
                new("east", "Dogs bark.", turn=0.0, publisher="Post"),
                new("tenth", "Cats purr.", turn=0.1, publisher="Echo"),
                new("fifth", "A fox sleeps by the river all day long.", turn=0.2, publisher="Post"),
                new("half", "Fox, fox.", turn=0.5, publisher="Echo"),
            ]
        )
    made = Catalog(tmp_path)
    yield made
    made.close()


def found(
    catalog: Catalog,
    turn: float,
    *terms: str,
    limit: int = 1,
    filters: Filters = Filters(),  # noqa: B008
    nearest: Sequence[tuple[int, float]] | None = None,
) -> list[Candidate]:
    with catalog.reading() as connection:
        return find(connection, Asked(at(turn), terms, limit, filters), ExactFollower(), nearest)


def uris(candidates: list[Candidate]) -> list[str]:
    return [candidate.passage.article.uri for candidate in candidates]


def test_the_nearest_and_the_best_by_words(catalog: Catalog) -> None:
    assert uris(found(catalog, 0.01, "fox")) == ["east", "half"]


def test_the_best_of_both_sides_comes_once(catalog: Catalog) -> None:
    assert uris(found(catalog, 0.5, "fox")) == ["half"]


def test_each_has_both_scores_whichever_side_it_came_from(catalog: Catalog) -> None:
    near, words = found(catalog, 0.0, "fox")

    assert [near.cosine, words.cosine] == pytest.approx([1, -1], abs=1e-3)
    assert near.bm25 == near.article_bm25 == 0
    assert words.bm25 > 0
    assert words.article_bm25 > 0


def test_cosines_are_those_of_the_angle(catalog: Catalog) -> None:
    candidates = found(catalog, 0.1, limit=3)

    assert uris(candidates)[0] == "tenth"
    assert [c.cosine for c in candidates] == pytest.approx([1, COSINE_OF_A_TENTH, COSINE_OF_A_TENTH], abs=2e-3)


def test_more_of_a_word_in_fewer_words_is_better(catalog: Catalog) -> None:
    scores = {c.passage.article.uri: c.bm25 for c in found(catalog, 0.0, "fox", limit=4)}

    assert scores["half"] > scores["fifth"] > scores["east"] == 0


def test_the_limit_is_of_each_side(catalog: Catalog) -> None:
    assert len(found(catalog, 0.0, "fox", limit=2)) == 4
    assert len(found(catalog, 0.0, limit=2)) == 2
    assert len(found(catalog, 0.0, "fox", limit=50)) == 4


def test_filters_hold_on_both_sides(catalog: Catalog) -> None:
    echo = Filters(publishers=frozenset({"Echo"}))

    assert uris(found(catalog, 0.0, "fox", "dogs", filters=echo)) == ["tenth", "half"]


def test_where_nothing_passes_nothing_is_found(catalog: Catalog) -> None:
    assert found(catalog, 0.0, "fox", filters=Filters(publishers=frozenset({"Times"}))) == []


def test_what_an_approximate_index_says_is_believed_but_scored_anew(catalog: Catalog) -> None:
    (candidate,) = found(catalog, 0.0, nearest=[(2, 0.123)])

    assert candidate.passage.article.uri == "tenth"
    assert candidate.cosine == pytest.approx(COSINE_OF_A_TENTH, abs=2e-3)


def test_ids_that_have_gone_since_are_passed_over(catalog: Catalog) -> None:
    assert uris(found(catalog, 0.0, nearest=[(77, 1.0), (1, 0.9)], limit=2)) == ["east"]


def test_a_stale_index_cannot_hide_what_the_words_find(catalog: Catalog) -> None:
    assert uris(found(catalog, 0.0, "fox", nearest=[])) == ["half"]


def test_an_empty_library(tmp_path: Path) -> None:
    Library.open(tmp_path / "none", STAMP, index="exact").close()

    assert found(Catalog(tmp_path / "none"), 0.0, "fox") == []
