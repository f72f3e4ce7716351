import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from qa.errors import UsageError
from qa.library import Library
from tests.shelves import STAMP, new
from ui.exports import PATH, Exports
from ui.listing import PAGE, Listing, View, read_view


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", STAMP, index="exact") as opened:
        opened.add_many(
            [
                new("a", "Fox.", publisher="BBC", published="2005-01-01", title="Żubr, \u202efox"),
                new("b", "Dog.", publisher="CBC"),
                new("c", "Cow.", publisher="BBC", published="2006-01-01"),
            ]
        )
        yield opened


@pytest.fixture
def client(library: Library) -> Iterator[TestClient]:
    with TestClient(Starlette(routes=[Exports(library).route()])) as client:
        yield client


def test_a_view_is_what_the_browser_names() -> None:
    given = {
        "search": "fox",
        "publisher": "BBC",
        "since": "2005-01-01",
        "until": "",
        "order": "title",
        "page": 3,
        "x": [],
    }
    assert read_view(given) == View("fox", "BBC", date(2005, 1, 1), None, "title", 3)
    assert read_view(None) == read_view([]) == read_view({}) == View()
    assert read_view({"page": 0}).page == 1


@pytest.mark.parametrize(
    "given",
    [
        {"order": "x; DROP TABLE article"},
        {"order": None},
        {"page": "-1"},
        {"page": "1e9"},
        {"page": "٣"},
        {"page": [1]},
        {"search": "x" * 201},
        {"search": {"a": 1}},
        {"publisher": 3},
        {"since": "May"},
        {"until": 3},
    ],
)
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(UsageError):
        read_view(given)


@pytest.mark.parametrize(("found", "pages"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2), (10 * PAGE, 10)])
def test_pages(found: int, pages: int) -> None:
    assert Listing(View(), (), found).pages == pages


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["a", "b", "c"]),
        ("publisher=BBC", ["a", "c"]),
        ("publisher=BBC&until=2005-12-31", ["a"]),
        ("search=zubr", []),
        ("search=%C5%BCubr", ["a"]),
        ("ids=3,1,99,x,-1", ["c", "a"]),
    ],
)
def test_an_export_is_what_is_shown_or_chosen(client: TestClient, query: str, found: list[str]) -> None:
    answer = client.get(f"{PATH}?{query}")
    assert [json.loads(line)["uri"] for line in answer.text.splitlines()] == found
    assert answer.headers["content-disposition"] == 'attachment; filename="articles.jsonl"'


def test_a_line_is_the_whole_article_as_the_command_prints_it(client: TestClient, library: Library) -> None:
    (line,) = client.get(f"{PATH}?ids=1").text.splitlines()
    expected = json.loads(json.dumps(asdict(library.article(1))))
    assert json.loads(line) == expected
    assert "Żubr" in line


def test_removed_articles_and_malformed_queries(client: TestClient, library: Library) -> None:
    library.remove(1)
    assert client.get(f"{PATH}?ids=1").text == ""
    assert client.get(f"{PATH}?since=May").status_code == 400
