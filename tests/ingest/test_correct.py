import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.correct import LONGEST_FIELD, Correction, correct, one_field
from ingest.pipeline import Outcome, ingest
from qa.errors import NotInLibrary, UsageError
from qa.library import Library
from qa.settings import Settings
from tests.fakes import FakeEmbedder

TEXT = "Rates rise\n\nThe bank raised its rate on Tuesday. It said that it might do so again.\n"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", FakeEmbedder.stamp, index="exact") as opened:
        yield opened


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text(TEXT)
    return tmp_path / "a.txt"


def take(library: Library, source: Path) -> Outcome:
    (outcome,) = ingest([str(source)], library, FakeEmbedder(), Settings())
    return outcome


def test_a_correction_is_a_new_version_whose_vectors_hold_the_new_title(library: Library, source: Path) -> None:
    article_id = take(library, source).article_id or 0
    before = library.passages_of(article_id)[0]
    given = Correction(" Interest \n rates  rise", "The Courier", "Mara Lindqvist,, Jo Doe ", "2026-05-03")
    added = correct(library, FakeEmbedder(), article_id, given)
    assert (added.article_id, added.version, added.change) == (article_id, 2, "updated")
    article = library.article(article_id)
    assert (article.title, article.publisher, article.authors, article.published) == (
        "Interest rates rise",
        "The Courier",
        ("Mara Lindqvist", "Jo Doe"),
        "2026-05-03",
    )
    after = library.passages_of(article_id)[0]
    assert after.text == before.text
    expected = FakeEmbedder().question(f"Interest rates rise {after.text}")
    assert after.vectors.passage @ expected == pytest.approx(1, abs=1e-3)
    assert before.vectors.passage @ expected < 0.999
    assert library.article(article_id, 1).title == "Rates rise"
    assert [ref.title for ref in library.articles(search="interest")] == ["Interest rates rise"]


def test_it_stays_until_the_file_changes(library: Library, source: Path) -> None:
    article_id = take(library, source).article_id or 0
    correct(library, FakeEmbedder(), article_id, Correction("Better"))
    assert take(library, source).status == "unchanged"
    assert library.article(article_id).title == "Better"
    source.write_text(f"{TEXT}More of it.\n")
    assert take(library, source).status == "updated"
    assert library.article(article_id).title == "Rates rise"


def test_nothing_corrected_is_no_new_version(library: Library, source: Path) -> None:
    article_id = take(library, source).article_id or 0
    assert correct(library, FakeEmbedder(), article_id, Correction("Rates rise")).change == "unchanged"
    assert library.source_hash(source.as_uri())


@pytest.mark.parametrize(
    ("authors", "shown"),
    [
        (("Lee, Ann",), "Lee, Ann"),
        (("Lee, Ann", "Bo Li"), "Lee, Ann; Bo Li"),
        (("Ann Lee", "Bo Li"), "Ann Lee, Bo Li"),
        (("Ann; Bo",), "Ann; Bo"),
        ((), ""),
    ],
)
def test_authors_that_come_back_as_they_were_shown_stay(
    library: Library, source: Path, authors: tuple[str, ...], shown: str
) -> None:
    source.write_text(f"---\ntitle: Rates rise\nauthors: {json.dumps(authors)}\n---\n{TEXT}")
    article_id = take(library, source).article_id or 0
    assert one_field(library.article(article_id).authors) == shown
    correct(library, FakeEmbedder(), article_id, Correction("Better", authors=f" {shown} "))
    assert (library.article(article_id).title, library.article(article_id).authors) == ("Better", authors)


@pytest.mark.parametrize(
    ("given", "authors"),
    [
        ("Lee, Ann; Bo Li", ("Lee, Ann", "Bo Li")),
        ("Lee, Ann;", ("Lee, Ann",)),
        ("Ann Lee, Bo Li", ("Ann Lee", "Bo Li")),
        ("", ()),
    ],
)
def test_authors_are_separated_by_semicolons_or_else_by_commas(
    library: Library, source: Path, given: str, authors: tuple[str, ...]
) -> None:
    article_id = take(library, source).article_id or 0
    correct(library, FakeEmbedder(), article_id, Correction("Better", authors=given))
    assert library.article(article_id).authors == authors


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Correction(" \u202e"), "title is empty"),
        (Correction("x" * (LONGEST_FIELD + 1)), "501 characters"),
        (Correction("x", published="3 May 2026"), "not a date"),
        (Correction("x", published="2026-02-30"), "not a date"),
    ],
)
def test_fields_that_will_not_do_are_refused(library: Library, source: Path, given: Correction, said: str) -> None:
    article_id = take(library, source).article_id or 0
    with pytest.raises(UsageError, match=said):
        correct(library, FakeEmbedder(), article_id, given)
    assert library.article(article_id).version == 1


def test_a_removed_article_is_not_corrected(library: Library, source: Path) -> None:
    article_id = take(library, source).article_id or 0
    library.remove(article_id)
    with pytest.raises(NotInLibrary):
        correct(library, FakeEmbedder(), article_id, Correction("x"))
