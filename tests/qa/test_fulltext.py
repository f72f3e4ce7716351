"""BM25 over a handful of passages, and queries that try to be something else."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa import fulltext, terms
from qa.catalog import Catalog
from qa.library import Library
from tests.shelves import STAMP, new


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Passages 1 to 4 in three articles; "bridge" stands in three of them, "toll" in one."""
    with Library.open(tmp_path, STAMP, index="exact") as library:
        library.add_many(
            [
                new("a", "The bridge closed.", "A bridge, a bridge.", "The river rose.", "Nobody crossed.", title="A"),
                new("b", "The Bridges' toll doubled.", title="B"),
                new("c", "Nothing of it.", title="Bridge"),
            ]
        )
    with Catalog(tmp_path).reading() as opened:
        yield opened


def test_passages_that_hold_a_word_in_text_or_title(connection: sqlite3.Connection) -> None:
    assert set(fulltext.passages(connection, ["bridge"])) == {1, 3, 4}
    assert set(fulltext.passages(connection, ["toll", "river"])) == {2, 3}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("O’Brien resigned.", "O'Brien"),
        ("Die Straße ist zu.", "Straße"),
        ("In Zürich regnet es.", "Zu\u0308rich"),
        ("Erdoğan sprach.", "Erdogan"),
        ("AT&T cut jobs.", "at&t"),
        ("Ёлка упала.", "ёлка"),
    ],
)
def test_a_word_is_found_however_it_is_typed(tmp_path: Path, said: str, asked: str) -> None:
    with Library.open(tmp_path / "other", STAMP, index="exact") as library:
        library.add_many([new("a", said, title="")])
    with Catalog(tmp_path / "other").reading() as opened:
        assert set(fulltext.passages(opened, terms.content(asked))) == {1}


def test_a_rare_word_counts_more_than_a_common_one(connection: sqlite3.Connection) -> None:
    toll = fulltext.passages(connection, ["toll"])[3]
    bridge = fulltext.passages(connection, ["bridge"])[3]
    both = fulltext.passages(connection, ["toll", "bridge"])[3]

    assert toll > bridge
    assert both == pytest.approx(toll + bridge)


def test_every_score_is_higher_for_better(connection: sqlite3.Connection) -> None:
    scores = fulltext.sentences(connection, ["toll", "river"], [1, 2, 3, 4])

    assert set(scores) == {(2, 0), (3, 0)}
    assert all(score > 0 for score in scores.values())


def test_sentences_only_of_the_passages_named(connection: sqlite3.Connection) -> None:
    assert set(fulltext.sentences(connection, ["bridge"], [1])) == {(1, 0), (1, 1)}
    assert fulltext.sentences(connection, ["bridge"], [2, 99]) == {}


def test_articles_sum_up_their_passages(connection: sqlite3.Connection) -> None:
    assert set(fulltext.articles(connection, ["nobody", "toll"])) == {1, 2}


def test_frequencies_are_of_passages_after_stemming(connection: sqlite3.Connection) -> None:
    assert fulltext.frequencies(connection, ["bridges", "toll", "tolls", "moon"]) == {
        "bridges": 3,
        "toll": 1,
        "tolls": 1,
        "moon": 0,
    }


def test_terms_past_the_most_count_as_never_seen(connection: sqlite3.Connection) -> None:
    many = [f"word{n}" for n in range(fulltext.MOST_TERMS)]

    assert fulltext.frequencies(connection, [*many, "bridge"])["bridge"] == 0
    assert fulltext.frequencies(connection, [*many[1:], "bridge"])["bridge"] == 3


@pytest.mark.parametrize("terms", [[], [""], ["  "], ['"'], ["\0"], ["..."]])
def test_without_a_word_nothing_is_found(connection: sqlite3.Connection, terms: list[str]) -> None:
    assert fulltext.passages(connection, terms) == {}
    assert fulltext.articles(connection, terms) == {}
    assert fulltext.sentences(connection, terms, [1, 2]) == {}


@pytest.mark.parametrize("term", ['bridge" OR "toll', "bridge OR toll", "title:bridge", "bri*", "bridge AND NOT toll"])
def test_operators_are_words(connection: sqlite3.Connection, term: str) -> None:
    """As a phrase none of them stands anywhere."""
    assert fulltext.passages(connection, [term]) == {}


def test_a_connection_is_given_back_without_its_clock(connection: sqlite3.Connection) -> None:
    """A handler that was left behind would end a later, longer query."""
    fulltext.passages(connection, ["bridge"])
    started = time.monotonic()
    count = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"

    assert connection.execute(count).fetchone() == (200_000,)
    assert time.monotonic() - started < fulltext.SECONDS


def test_only_an_interruption_is_forgiven(connection: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"), fulltext._in_time(connection):
        connection.execute("SELECT * FROM nowhere")
    with fulltext._in_time(connection):
        connection.interrupt()
        raise sqlite3.OperationalError("interrupted")
