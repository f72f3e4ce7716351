import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.errors import NotInLibrary, UsageError
from tests.fakes import FakeArticles
from tests.ui.pages import LETTER, answer, article, evidence, refusal
from ui.conversation import Exchange, Failure, Pending, Place
from ui.source_view import open_citation, read_place

BRIDGE, TRADERS = article(1), article(2, LETTER, title="Traders fear a lost summer")
COST = evidence(BRIDGE, "The repair will cost £41 million.")
OTHER = evidence(TRADERS, "The repair will cost £38 million, according to the builder.")
FERRIES = evidence(BRIDGE, "Ferries will run instead.")
TALK = (
    Exchange("Cost?", answer(COST, OTHER, FERRIES)),
    Exchange("Who?", refusal(OTHER)),
    Exchange("Wait", Pending()),
    Exchange("Oh", Failure("no")),
)
LIBRARY = FakeArticles(BRIDGE, TRADERS)


def test_a_citation_opens_its_article_with_the_others_of_that_article() -> None:
    page = open_citation(LIBRARY, TALK, Place(0, 3))
    assert page.article == BRIDGE
    assert page.current == Place(0, 3)
    assert page.cited == (Place(0, 1), Place(0, 2), Place(0, 3))
    assert page.here == ((Place(0, 1), COST), (Place(0, 3), FERRIES))


def test_the_closest_sentences_of_a_refusal_open_the_same_way() -> None:
    page = open_citation(LIBRARY, TALK, Place(1, 1))
    assert (page.article, page.here) == (TRADERS, ((Place(1, 1), OTHER),))


def test_the_version_that_was_quoted_is_opened() -> None:
    changed = article(1, "All new.", version=2)
    assert open_citation(FakeArticles(BRIDGE, changed), TALK, Place(0, 1)).article.version == 1


@pytest.mark.parametrize("place", [Place(0, 0), Place(0, 4), Place(1, 2), Place(2, 1), Place(3, 1), Place(4, 1)])
def test_a_place_that_the_conversation_does_not_have_is_refused(place: Place) -> None:
    with pytest.raises(UsageError):
        open_citation(LIBRARY, TALK, place)


def test_an_article_that_the_library_lost_is_said_to_be_lost() -> None:
    with pytest.raises(NotInLibrary):
        open_citation(FakeArticles(TRADERS), TALK, Place(0, 1))


def test_a_place_is_read_from_what_the_browser_sends() -> None:
    assert read_place({"place": "12:3"}) == Place(12, 3)


SENT = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.just("place"), inner),
)


@settings(max_examples=30, deadline=None)
@given(SENT)
def test_whatever_else_it_sends_is_a_usage_error(sent: object) -> None:
    with pytest.raises(UsageError, match="That is no citation of this conversation"):
        read_place(sent)


@pytest.mark.parametrize(
    "place", ["1", "1:", ":1", "-1:1", "1:-1", "١:١", "1:1:1", "1e3:1", " 1:1", "9" * 13 + ":1", ["1:1"]]
)
def test_malformed_places(place: object) -> None:
    with pytest.raises(UsageError):
        read_place({"place": place})
