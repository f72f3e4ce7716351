"""Citation -> library -> source view: which article a number opens, and what is marked in it."""

from collections.abc import Mapping
from typing import Protocol

from qa.domain import Answer, Article, ArticleRef, Refusal, Reply
from qa.errors import NotInLibrary, UsageError
from ui.conversation import Conversation, Place, SourcePage, cited


class Articles(Protocol):
    """Where an article's text comes from: `qa.library.Library`, or a fake."""

    def article(self, article_id: int, version: int | None = None) -> Article: ...


def erased(articles: Articles, article_id: int) -> bool:
    """Whether no version of it is left, not even for old answers; a removed article is. Raises LibraryError."""
    try:
        articles.article(article_id)
    except NotInLibrary:
        return True
    return False


def open_citation(articles: Articles, conversation: Conversation, place: Place) -> SourcePage:
    """The quoted version of the article behind a citation of this conversation.

    Raises UsageError where the conversation has no such citation, NotInLibrary where the library lost the version.
    """
    reply = _reply(conversation, place)
    ref = reply.evidence[place.number - 1].article
    places = tuple(Place(place.turn, number) for number in cited(reply))
    here = tuple((p, reply.evidence[p.number - 1]) for p in places if _same(reply.evidence[p.number - 1].article, ref))
    return SourcePage(articles.article(ref.article_id, ref.version), place, places, here)


def read_place(event: object) -> Place:
    """The place that a browser names, as "turn:number". Raises UsageError for anything else."""
    given = event.get("place") if isinstance(event, Mapping) else None
    turn, _, number = given.partition(":") if isinstance(given, str) and len(given) <= 12 else ("", "", "")
    if not (turn.isascii() and turn.isdigit() and number.isascii() and number.isdigit()):
        raise UsageError("That is no citation of this conversation.")
    return Place(int(turn), int(number))


def _reply(conversation: Conversation, place: Place) -> Reply:
    if place.turn < len(conversation):
        outcome = conversation[place.turn].outcome
        if isinstance(outcome, Answer | Refusal) and place.number in cited(outcome):
            return outcome
    raise UsageError(
        "That is no citation of this conversation.", "Ask again: this page may have been open for too long."
    )


def _same(one: ArticleRef, other: ArticleRef) -> bool:
    return (one.article_id, one.version) == (other.article_id, other.version)
