"""An exchange as JSON and back as the same dataclasses: what is kept of a conversation."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from qa.domain import Answer, Refusal
from ui.conversation import Conversation, Exchange, Failure, Pending, Stopped, quoted

MOST_CHARACTERS = 2_000_000
"""Of one exchange; a larger one is kept without its answer."""

KINDS: dict[str, Any] = {kind.__name__: kind for kind in (Answer, Refusal, Failure, Stopped)}
STOPPED = Failure("This answer was interrupted.", "Ask again.")
ERASED = Failure("This answer quoted an article whose text has been erased.", "Ask again.")
UNREADABLE = Failure("What was kept of this answer cannot be read any more.", "Ask again.")


def dump(exchange: Exchange) -> str:
    """JSON. A question still under way is kept without its outcome."""
    bare = _plain(Exchange, replace(exchange, outcome=Pending())) | {"outcome": None, "kind": ""}
    kind = type(exchange.outcome).__name__
    if kind not in KINDS:
        return json.dumps(bare)
    whole = json.dumps(bare | {"outcome": _plain(KINDS[kind], exchange.outcome), "kind": kind})
    return whole if len(whole) <= MOST_CHARACTERS else json.dumps(bare)


def without_erased(conversation: Conversation, erased: Callable[[int], bool]) -> Conversation:
    """ERASED in place of every outcome that quotes an article of which `erased` says that its text is gone."""
    gone = set(filter(erased, frozenset().union(*map(quoted, conversation))))
    return tuple(replace(each, outcome=ERASED) if gone & quoted(each) else each for each in conversation)


def load(text: str) -> Exchange:
    """The exchange. One that was never finished, or can no longer be read, has a failure for its outcome."""
    given = json.loads(text)
    kind, outcome = given.pop("kind"), given.pop("outcome")
    exchange: Exchange = _adapter(Exchange).validate_python(given)
    return replace(exchange, outcome=_outcome(kind, outcome) if kind else STOPPED)


# --------------------------------------------------------------------------------------------------


def _outcome(kind: str, given: object) -> Any:
    try:
        return _adapter(KINDS[kind]).validate_python(given)
    except (KeyError, ValueError):
        return UNREADABLE


def _plain(kind: Any, value: object) -> dict[str, Any]:
    plain: dict[str, Any] = _adapter(kind).dump_python(value, mode="json")
    return plain


@cache
def _adapter(kind: Any) -> Any:
    """Pydantic's reading and writing of a dataclass, nested ones and tuples included."""
    from pydantic import TypeAdapter

    return TypeAdapter(kind)
