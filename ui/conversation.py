"""The nouns of the page: what was asked in one session and what came of it. Kept on the server, never sent in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from qa.domain import Answer, Article, Evidence, Refusal, Reply, Turn


@dataclass(frozen=True, slots=True)
class Pending:
    """A question under way: the evidence once it is found, then the text as it is generated."""

    evidence: tuple[Evidence, ...] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that could not be answered. `error_id` finds the details in the log; "" when there are none."""

    message: str
    remedy: str = ""
    error_id: str = ""


@dataclass(frozen=True, slots=True)
class Stopped:
    """A question that its asker stopped: what there was by then."""

    evidence: tuple[Evidence, ...] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its outcome so far.

    `asked_of` says which articles it was asked of, "" for all; `key` is its own, for what is said about it later.
    """

    question: str
    outcome: Pending | Failure | Stopped | Reply = Pending()
    asked_of: str = ""
    key: str = field(default="", compare=False)
    verdict: Literal["", "up", "down"] = ""


Conversation = tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A citation of the conversation: evidence `number` (from 1) of the reply to exchange `turn` (from 0)."""

    turn: int
    number: int


@dataclass(frozen=True, slots=True)
class SourcePage:
    """An article opened at a citation. `cited` holds every citation of the reply, `here` those of this article."""

    article: Article
    current: Place
    cited: tuple[Place, ...]
    here: tuple[tuple[Place, Evidence], ...]


def turns(conversation: Sequence[Exchange]) -> tuple[Turn, ...]:
    """What a follow-up may refer to: the exchanges that ended in a reply."""
    return tuple(
        Turn(e.question, e.outcome.text if isinstance(e.outcome, Answer) else "")
        for e in conversation
        if isinstance(e.outcome, Answer | Refusal)
    )


def quoted(exchange: Exchange) -> frozenset[int]:
    """Ids of the articles that its outcome quotes, shown or not."""
    outcome = exchange.outcome
    found = outcome.evidence if isinstance(outcome, Answer | Refusal | Stopped) else ()
    return frozenset(one.article.article_id for one in found or ())


def cited(reply: Reply) -> tuple[int, ...]:
    """Numbers of the evidence that the reply shows, in the order of reading; those that name nothing are left out."""
    if isinstance(reply, Refusal):
        return tuple(range(1, len(reply.evidence) + 1))
    shown = (citation.number for claim in reply.claims for citation in claim.citations)
    return tuple(n for n in dict.fromkeys(shown) if 1 <= n <= len(reply.evidence))
