"""Articles in the catalog: filters, listing, and names that nearly are one."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from qa import articles
from qa.catalog import Catalog
from qa.domain import Filters, LoadedArticle
from qa.errors import NotInLibrary

SHELF = (
    ("file:///news/bridge-closed.txt", LoadedArticle("Bridge closed", "A.", "Post", ("Ann",), "2025-03-01", "en")),
    ("file:///news/bridge-opened.txt", LoadedArticle("Bridge opened", "B.", "Post", (), "2025-05-31T08:30:00")),
    ("https://echo.test/2025/tram", LoadedArticle("The tram", "C.", "Echo", (), "2025-05-31")),
    ("https://echo.test/about", LoadedArticle("Über uns", "D.", "", (), None)),
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    made = Catalog(tmp_path)
    with made.writing() as connection:
        for uri, loaded in SHELF:
            articles.insert_version(connection, None, uri, loaded, "bytes")
    yield made
    made.close()


def listed(catalog: Catalog, search: str = "", **limits: object) -> list[int]:
    with catalog.reading() as connection:
        found = articles.listed(connection, search, Filters(**limits), None, 0)  # type: ignore[arg-type]
    return [ref.article_id for ref in found]


def find(catalog: Catalog, name: str) -> int:
    with catalog.reading() as connection:
        return articles.find(connection, name)


def not_found(catalog: Catalog, name: str) -> NotInLibrary:
    with pytest.raises(NotInLibrary) as caught:
        find(catalog, name)
    return caught.value


class TestFilters:
    @pytest.mark.parametrize(
        ("limits", "found"),
        [
            ({}, [4, 3, 2, 1]),
            ({"publishers": frozenset({"Post"})}, [2, 1]),
            ({"publishers": frozenset({"Post", "Echo"})}, [3, 2, 1]),
            ({"publishers": frozenset({"post"})}, []),
            ({"publishers": frozenset({"Po%", "' OR 1 --"})}, []),
            ({"published_from": date(2025, 3, 1)}, [3, 2, 1]),
            ({"published_from": date(2025, 3, 2)}, [3, 2]),
            ({"published_to": date(2025, 5, 31)}, [3, 2, 1]),  # with a time of day too
            ({"published_to": date(2025, 5, 30)}, [1]),
            ({"published_from": date(2025, 6, 1), "published_to": date(2025, 1, 1)}, []),
            ({"article_ids": frozenset({1, 4, 99})}, [4, 1]),
            ({"excluded_ids": frozenset({1, 4, 99})}, [3, 2]),
            ({"article_ids": frozenset({1, 2}), "excluded_ids": frozenset({2})}, [1]),
            ({"publishers": frozenset({"Post"}), "published_from": date(2025, 4, 1)}, [2]),
        ],
    )
    def test_each_and_together(self, catalog: Catalog, limits: dict[str, object], found: list[int]) -> None:
        assert listed(catalog, **limits) == found  # type: ignore[arg-type]

    def test_an_article_without_a_date_is_in_no_range(self, catalog: Catalog) -> None:
        assert 4 not in listed(catalog, published_to=date(9999, 1, 1))
        assert 4 not in listed(catalog, published_from=date(1, 1, 1))

    def test_a_filter_of_nothing_is_none(self) -> None:
        assert articles.where(Filters()) == ([], [])
        assert not Filters()
        assert Filters(excluded_ids=frozenset({1}))

    def test_values_are_bound_never_written_into_the_statement(self) -> None:
        conditions, values = articles.where(Filters(publishers=frozenset({"'; DROP TABLE article"})))
        assert "DROP" not in " ".join(conditions)
        assert "DROP" in values[0]


class TestListing:
    @pytest.mark.parametrize(
        ("search", "found"),
        [
            ("bridge", [2, 1]),
            ("BRIDGE post", [2, 1]),
            ("closed post", [1]),
            ("echo", [4, 3]),  # the publisher of one, the address of both
            ("über", [4]),
            ("ÜBER", [4]),
            ("%", []),
            ("_", []),
            ("'", []),
            ("  ", [4, 3, 2, 1]),
            ("bridge tram", []),
        ],
    )
    def test_every_word_counts(self, catalog: Catalog, search: str, found: list[int]) -> None:
        assert listed(catalog, search) == found

    def test_pages_do_not_overlap(self, catalog: Catalog) -> None:
        with catalog.reading() as connection:
            pages = [articles.listed(connection, "", Filters(), 3, offset) for offset in (0, 3, 6)]
        assert [[ref.article_id for ref in page] for page in pages] == [[4, 3, 2], [1], []]

    def test_removed_is_listed_nowhere(self, catalog: Catalog) -> None:
        with catalog.writing() as connection:
            articles.retire(connection, 3)
        assert listed(catalog) == [4, 2, 1]
        with catalog.reading() as connection:
            assert articles.publishers(connection) == ["Post"]
            assert [held.article_id for held in articles.everything(connection)] == [1, 2, 4]


class TestFinding:
    def test_a_number_is_an_id_only_where_there_is_one(self, catalog: Catalog) -> None:
        assert find(catalog, "3") == 3
        assert "no article '33'" in not_found(catalog, "33").message

    def test_an_address_goes_before_an_id(self, catalog: Catalog) -> None:
        with catalog.writing() as connection:
            articles.insert_version(connection, None, "2", LoadedArticle("Two", "E."), "")
        assert find(catalog, "2") == 5

    @pytest.mark.parametrize("name", ["\u0663", "1" * 400, "-1", "1.0", "\x00", "%", "' OR 1 --"])
    def test_odd_names_are_no_article(self, catalog: Catalog, name: str) -> None:
        assert not_found(catalog, name).remedy

    def test_a_misspelt_name_is_guessed(self, catalog: Catalog) -> None:
        assert "file:///news/bridge-closed.txt" in not_found(catalog, "brige-closd.txt").remedy

    def test_a_part_of_an_address_is_guessed_whatever_its_case(self, catalog: Catalog) -> None:
        assert not_found(catalog, "ECHO.test").remedy.startswith("Did you mean https://echo.test/")

    def test_never_more_than_three_guesses(self, catalog: Catalog) -> None:
        with catalog.writing() as connection:
            for number in range(9):
                articles.insert_version(connection, None, f"x/report-{number}.txt", LoadedArticle("R", "F."), "")
        assert not_found(catalog, "report-x.txt").remedy.count("report-") == 3

    def test_without_any_likeness_the_list_is_named(self, catalog: Catalog) -> None:
        assert not_found(catalog, "qqqq").remedy == "List them with: footnote library list"

    def test_an_end_that_several_have_names_them(self, catalog: Catalog) -> None:
        error = not_found(catalog, ".txt")
        assert error.message == "2 articles end in '.txt'."
        assert "bridge-closed.txt" in error.remedy
        assert "bridge-opened.txt" in error.remedy

    def test_a_removed_one_stands_back_behind_a_current_one(self, catalog: Catalog) -> None:
        with catalog.writing() as connection:
            articles.retire(connection, 1)
        assert find(catalog, ".txt") == 2
        assert find(catalog, "bridge-closed.txt") == 1
        assert "bridge-closed" not in not_found(catalog, "brige-closd.txt").remedy


class TestVersions:
    def test_the_newest_is_asked_for_unless_another_is_named(self, catalog: Catalog) -> None:
        with catalog.writing() as connection:
            articles.retire(connection, 1)
            articles.insert_version(connection, 1, "", LoadedArticle("Bridge shut", "A2."), "")
        with catalog.reading() as connection:
            assert articles.article(connection, 1).title == "Bridge shut"
            assert articles.article(connection, 1, 1).authors == ("Ann",)
            assert [articles.article(connection, 1, n).state for n in (1, 2)] == ["superseded", "current"]

    def test_one_that_never_was(self, catalog: Catalog) -> None:
        with catalog.reading() as connection, pytest.raises(NotInLibrary, match="no version 3") as caught:
            articles.article(connection, 1, 3)
        assert "footnote library show 1" in caught.value.remedy

    def test_numbers_go_on_after_a_removal(self, catalog: Catalog) -> None:
        with catalog.writing() as connection:
            articles.retire(connection, 1)
            assert articles.current(connection, SHELF[0][0])[:2] == (1, None)  # type: ignore[index]
            assert articles.insert_version(connection, 1, "", LoadedArticle("Again", "A."), "") == (1, 2)

    def test_half_a_pair_is_mended_and_the_length_kept(self) -> None:
        mended = articles.storable(LoadedArticle("T\ud800", "a\udfffb", "P\ud800", url="u\ud800"))
        assert (mended.title, mended.text, mended.publisher, mended.url) == (
            "T\ufffd",
            "a\ufffdb",
            "P\ufffd",
            "u\ufffd",
        )
