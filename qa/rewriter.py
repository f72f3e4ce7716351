"""Follow-up + earlier turns -> a question that stands alone, without a chat model.

A question refers back when it holds a pronoun or a bare "the <noun>"-less ellipsis ("And in 2004?") and names
nothing of its own to stand for it. Then the subject (the names, else the content words) of the nearest earlier
question is carried over. Questions that stand alone are returned as they are.
"""

import re
from collections.abc import Sequence

from qa import terms
from qa.domain import Turn

_PRONOUN = re.compile(
    r"\b(?:he|she|they|him|her|them|his|hers|their|theirs|it|its|this|that|these|those|there|then|the (?:former|latter|same)|one|ones)\b",
    re.IGNORECASE,
)
_NOT_BACK = re.compile(
    r"\b(?:it (?:is|was|will|would|has|take|takes|took|cost|costs)(?: \w+)? (?:that|true|to|for|long)|is it true|there (?:is|are|was|were|be|been|will|any)|(?:is|are|was|were) there|that (?!he|she|it|they)\w+)\b",
    re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"^(?:and|but|or|so|also|what about|how about|why( not)?|when|where|who|how( (?:much|many|so|come))?|really)\b", re.IGNORECASE)
_NAME = re.compile(r"\b(?:[A-Z][\w'’&.-]*|[A-Z]{2,})(?:\s+(?:(?:of|de|van|von|al|the|bin)\s+)?(?:[A-Z][\w'’&-]*|\d{4}))*")
_SHORT = 5


def rewrite(question: str, turns: Sequence[Turn] = ()) -> str:
    """`question`, with the subject of the latest turn that has one in front where it refers back."""
    if not turns or not refers_back(question):
        return question
    for turn in reversed(turns):
        subject = _subject(turn)
        if subject:
            return f"{question.rstrip()} ({subject})"
    return question


def refers_back(question: str) -> bool:
    """Whether the question cannot be understood without what was asked before it."""
    if _own_names(question):
        return bool(_ELLIPSIS.match(question)) and len(terms.content(question)) < 2
    if _PRONOUN.search(_NOT_BACK.sub(" ", question)):
        return True
    return len(terms.words(question)) <= _SHORT and bool(_ELLIPSIS.match(question)) and len(terms.content(question)) < 3


def _subject(turn: Turn) -> str:
    named = _own_names(turn.question)
    return ", ".join(named) if named else " ".join(terms.content(turn.question))


def _own_names(question: str) -> list[str]:
    """Names in a question; its first word counts only where it is no question word."""
    found = [match.group() for match in _NAME.finditer(question)]
    return [name for name in found if terms.content(name) and not set(terms.words(name)) <= _OPENERS]


_OPENERS = frozenset("is are was were did does do can could will would has have had should tell which what who why how when where whose name list give and but".split())
