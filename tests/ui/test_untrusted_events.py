"""Whatever a browser sends where an event is read: the value that was meant, or a UsageError that says what to do."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.errors import UsageError
from qa.settings import Settings
from tests import made_up
from tests.fakes import FakeArticles
from tests.ui.pages import answer, article, evidence
from ui import allowed, events, export, feedback, filters, library_page, listing, opening, sidebar, source_view, uploads
from ui.conversation import Exchange, Place
from ui.feedback import Given
from ui.listing import View

TALK = (Exchange("What will it cost?", answer(evidence(article(), "The repair will cost £41 million."))),)
NAMED = ("place", "turn", "verdict", "reason", "search", "publisher", "since", "until", "order", "page", "id", "ids")
EVENTS = made_up.JSON | st.dictionaries(st.sampled_from(NAMED), made_up.JSON, max_size=4)
READERS: dict[str, Callable[[Any], object]] = {
    "a place": source_view.read_place,
    "a verdict": feedback.read,
    "a view": listing.read_view,
    "an article": events.article_id,
    "articles": library_page._ids,
    "a form": lambda event: export.exported(TALK, event),
    "dates": lambda event: filters.read(event, event, event, ()),
    "a file name": lambda event: uploads.safe_name(str(event)),
    "a source": lambda event: allowed.named(str(event), Settings(_env_file=None, ingest_roots="/nowhere")),
}


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=60, deadline=None)
@given(event=EVENTS)
def test_anything_is_read_or_refused_with_a_short_word(reader: str, event: object) -> None:
    refused = refusal(lambda: READERS[reader](event))
    assert refused is None or (refused.message.endswith(".") and "\n" not in refused.message)


def refusal(read: Callable[[], object]) -> UsageError | None:
    try:
        read()
    except UsageError as error:
        return error
    return None


@settings(max_examples=60, deadline=None)
@given(event=EVENTS)
def test_what_names_nothing_opens_and_points_to_nothing(event: object) -> None:
    shown = opening.opened(FakeArticles(article()), TALK, event)
    named = isinstance(event, dict) and event.get("place") == "0:1"
    assert ("<mark" in shown) is named
    assert events.index_of(event, ()) is None
    assert isinstance(sidebar._word(event, "id"), str)


@given(st.integers(0, 99_999), st.integers(0, 99_999))
def test_a_place_comes_back_as_it_was_named(turn: int, number: int) -> None:
    assert source_view.read_place({"place": f"{turn}:{number}"}) == Place(turn, number)


@pytest.mark.parametrize("place", ["0", ":1", "0:", "-1:1", "0:1:2", " 0:1", "0:1 ", "٠:١", "²:1", "1e3:1", "0x1:1"])
def test_a_place_has_one_spelling(place: str) -> None:
    with pytest.raises(UsageError, match="no citation of this conversation"):
        source_view.read_place({"place": place})


@given(st.integers(0, 10**6), st.sampled_from(["", "up", "down"]), st.text(max_size=1_200))
def test_a_verdict_comes_back_with_as_much_reason_as_is_kept(turn: int, verdict: str, reason: str) -> None:
    read = feedback.read({"turn": turn, "verdict": verdict, "reason": reason})
    assert read == Given(turn, verdict, reason.strip()[: feedback.LONGEST_REASON])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "event",
    [
        {"turn": True, "verdict": "up"},
        {"turn": -1, "verdict": "up"},
        {"turn": 0.0, "verdict": "up"},
        {"turn": "0", "verdict": "up"},
        {"turn": 0, "verdict": "sideways"},
        {"turn": 0, "verdict": None},
        {"turn": 0},
        {"verdict": "up"},
    ],
)
def test_half_a_verdict_is_none(event: object) -> None:
    with pytest.raises(UsageError, match="no verdict"):
        feedback.read(event)


@given(st.integers(1, 10**7 - 1), st.sampled_from(["newest", "title", "publisher", "published"]), st.dates())
def test_a_list_is_narrowed_as_it_was_asked(page: int, order: str, day: Any) -> None:
    view = listing.read_view({"page": page, "order": order, "since": day.isoformat(), "search": "x"})
    assert (view.page, view.order, view.since) == (min(page, listing.LAST_PAGE), order, day)
    assert view.narrowed
    assert view.filters.published_from == day


def test_a_list_that_only_has_blanks_to_search_for_is_not_narrowed() -> None:
    assert not View(search="  ").narrowed
    assert not View().filters
    assert View(publisher="Post").filters.publishers == {"Post"}


@given(st.lists(st.integers(0, 2**62 - 1), min_size=1, max_size=60))
def test_articles_are_chosen_once_each_and_not_too_many(ids: list[int]) -> None:
    if len(ids) > library_page.MOST_CHOSEN:
        with pytest.raises(UsageError, match="No article is chosen"):
            library_page._ids({"ids": ids})
    else:
        assert library_page._ids({"ids": ids}) == list(dict.fromkeys(ids))


@pytest.mark.parametrize("wrong", [-1, 2**62, "1", 1.0, None, [1], {"id": 1}])
def test_one_wrong_article_refuses_them_all(wrong: object) -> None:
    with pytest.raises(UsageError, match="no such article"):
        library_page._ids({"ids": [1, wrong, 2]})


NAMES = st.text(st.sampled_from("./\\ab\x00\u202e \u00e9"), max_size=300) | st.text(max_size=300)


@given(NAMES)
@example("a.." + "/" + "b" * (uploads.LONGEST_NAME - 3))
def test_no_part_of_an_upload_s_name_leads_elsewhere(given_name: str) -> None:
    try:
        name = uploads.safe_name(given_name)
    except UsageError:
        return
    assert len(name) <= uploads.LONGEST_NAME
    assert all(part.strip(".") and part == part.strip() for part in name.split("/"))
    assert not set(name) & set("\\\x00\u202e\n")
    assert uploads.safe_name(name) == name
