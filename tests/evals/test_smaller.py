"""Small libraries of a larger one's articles: real libraries, vectors of words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.cases import Case, Gold
from evals.gold import Resolver
from evals.smaller import smaller
from evals.temporary import store
from qa.domain import LoadedArticle
from qa.library import Library
from tests.evals.makers import WordEmbedder

TOWNS = ("Albury", "Brampton", "Corby", "Dudley", "Elgin", "Falkirk", "Girvan", "Halifax")
EMBEDDER = WordEmbedder()


def text_of(town: str) -> str:
    return f"The mayor of {town} resigned on Friday. Nobody knew why."


def case(town: str, number: int = 0) -> Case:
    gold = Gold(f"{town}.txt", f"The mayor of {town} resigned on Friday.")
    return Case(f"{town}{number}", f"When did the mayor of {town} resign?", (gold,))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    named = [(f"{town}.txt", LoadedArticle(town, text_of(town), "Post", published="2024-05-03")) for town in TOWNS]
    with Library.open(tmp_path, EMBEDDER.stamp, index="exact") as library:
        list(store(named, library, EMBEDDER))
        yield library


def test_each_case_is_asked_of_one_small_library_that_holds_its_article(library: Library) -> None:
    unanswerable = Case("x", "Why did the mayor of Halifax go?", about="Halifax.txt")
    cases = [case("Corby", 1), case("Albury"), case("Corby", 2), case("Elgin"), unanswerable]
    resolved = [Resolver(library).resolve(one) for one in cases]

    found = []
    for asked, small in smaller(library, EMBEDDER.stamp, resolved, size=4):
        assert all(Resolver(small).resolve(one).parts for one in asked if one.gold)
        found.append(([one.id for one in asked], {article.uri for article in small.articles()}))

    # Two of four articles may be what cases were made from: Albury with Corby, Elgin with Halifax.
    assert [ids for ids, _ in found] == [["Albury0", "Corby1", "Corby2"], ["Elgin0", "x"]]
    assert [len(uris) for _, uris in found] == [4, 4]
    assert "Halifax.txt" in found[1][1]


def test_what_is_copied_is_what_the_library_holds(library: Library) -> None:
    resolved = [Resolver(library).resolve(case("Corby"))]

    for _, small in smaller(library, EMBEDDER.stamp, resolved, size=1):
        assert {finding.severity for finding in small.check()} == {"ok"}
        copied, held = (
            [
                (article.title, article.publisher, article.published, passage.text, passage.vectors.sentences.tolist())
                for article in shelf.articles()
                if article.uri == "Corby.txt"
                for passage in shelf.passages_of(article.article_id)
            ]
            for shelf in (small, library)
        )
        assert copied == held
        assert copied
