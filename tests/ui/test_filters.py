import re
from datetime import date

import pytest

from qa.domain import ArticleRef, Filters
from qa.errors import UsageError
from tests.fakes import FakeArticles
from tests.ui.pages import article
from ui import filters
from ui.filter_row import ALL, Handlers
from ui.filters import Narrowing
from ui.render_filters import offered, picked


def ref(article_id: int = 1, title: str = "Bridge to close") -> ArticleRef:
    return ArticleRef(article_id, 1, f"file:///{article_id}", title, "Courier", "2026-04-20", "")


class FakeGradio:
    @staticmethod
    def update(**fields: object) -> dict[str, object]:
        return fields


def handlers() -> Handlers:
    held = FakeArticles(article(1, title="Bridge"), article(2, title="Bridge again"), article(3, title="Cup"))
    return Handlers(held, FakeGradio)


def test_empty_fields_let_everything_through_and_say_nothing() -> None:
    for empty in ("", None, "  "):
        assert filters.read(empty, empty, empty, ()) == Narrowing(Filters(), "")


def test_all_fields_at_once_as_filters_and_in_words() -> None:
    read = filters.read("The Courier", "2025-05-03", " 2026-01-31 ", (ref(7),))
    assert read.filters == Filters(
        frozenset({"The Courier"}), date(2025, 5, 3), date(2026, 1, 31), frozenset({7}), frozenset()
    )
    assert read.words == "“Bridge to close”, The Courier, from 3 May 2025 to 31 January 2026"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (("", "2025-05-03", "", ()), "from 3 May 2025"),
        (("", "", "2025-05-03", ()), "to 3 May 2025"),
        (("", "", "", (ref(1), ref(2))), "2 chosen articles"),
        (("", "", "", (ref(1, ""),)), "“Untitled”"),
    ],
)
def test_words_for_each_part(fields: tuple[object, ...], words: str) -> None:
    assert filters.read(*fields).words == words  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["tomorrow", "2025-13-01", "03.05.2025", "1" * 500])
def test_what_is_no_date_says_how_to_write_one(wrong: str) -> None:
    with pytest.raises(UsageError) as raised:
        filters.read("", wrong, "", ())
    assert raised.value.remedy == "Write it as 2025-03-31."
    assert len(raised.value.message) < 70


def test_a_range_that_ends_before_it_starts_is_refused_and_one_day_is_not() -> None:
    with pytest.raises(UsageError, match="after the last"):
        filters.read("", "2025-05-04", "2025-05-03", ())
    assert filters.read("", "2025-05-03", "2025-05-03", ()).words == "from 3 May 2025 to 3 May 2025"


def test_an_article_is_chosen_once_and_not_without_end() -> None:
    chosen: tuple[ArticleRef, ...] = ()
    for article_id in (1, 2, 1):
        chosen = filters.choose(chosen, ref(article_id))
    assert [r.article_id for r in chosen] == [1, 2]
    with pytest.raises(UsageError, match="50 articles"):
        filters.choose([ref(n) for n in range(50)], ref(99))


def test_a_search_offers_what_was_found_and_choosing_takes_it_over() -> None:
    assert re.findall('data-choose="([0-9]+)"', handlers().search("bridge")) == ["2", "1"]
    chosen, html, listed, searched, row, limits = handlers().choose({"id": 1}, "", "", "", ())
    assert ([r.title for r in chosen], listed, searched) == (["Bridge"], "", "")
    assert row == {"label": "Asked of: “Bridge”"}
    assert "Ask all articles" in limits
    assert 'data-unchoose="0"' in html
    chosen, html, *_, row, limits = handlers().unchoose({"index": 0}, "", "", "", chosen)
    assert (chosen, html, row, limits) == ((), "", {"label": ALL}, "")


@pytest.mark.parametrize("name", ["index", "id"])
@pytest.mark.parametrize("value", [-1, 9, "0", [0], None, 2**80])
def test_an_event_that_points_nowhere_changes_nothing(name: str, value: object) -> None:
    chosen = (ref(1), ref(2))
    for event in ({name: value}, value, {}):
        assert handlers().choose(event, "", "", "", chosen)[0] == chosen
        assert handlers().unchoose(event, "", "", "", chosen)[0] == chosen


def test_publishers_come_from_the_library_and_a_wrong_date_is_said_in_the_row() -> None:
    assert handlers().publishers() == {"choices": [("Any", ""), ("The Westhaven Courier",) * 2]}
    assert "not a date" in handlers().label("", "x", "", ())[0]["label"]


def test_titles_and_publishers_are_escaped_and_a_search_without_a_find_says_so() -> None:
    evil = ArticleRef(1, 1, "u", "<img src=x onerror=alert(1)>", "<b>", "<i>", "")
    html = picked((evil,)) + offered((evil,), "")
    assert "<img" not in html + offered((), "<img>")
    assert "<b>" not in html
    assert "No article" in offered((), "zzz")
    assert picked(()) == offered((), "") == ""
