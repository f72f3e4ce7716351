"""Whether a question is answered by a few words, and which words of a sentence those are. Pure."""

import re
from collections.abc import Sequence

LONGEST = 24
"""Most tokens of a short answer."""

WH = r"(?:who|whom|whose|what|which|when|where|why|how)"
"""The words that a question is asked with."""
_VERB = (
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|should|shall|may|might|must"
    r"|won['’]?t|cannot|ain['’]?t|shan['’]?t)"
)
_YES_NO = re.compile(
    rf"^(?:(?!(?:[^,?]* )?{WH}\b)[^,?]{{1,80}}, )?(?:and |but |so )?{_VERB}(?:n['’]?t)?\b", re.IGNORECASE
)
_REASON_OR_MANNER = re.compile(
    r"\bwhy\b|\bhow come\b|\bfor what reasons?\b"
    r"|\bhow\b(?! (?:many|much|long|old|young|far|near|close|big|large|small|high|low|tall|short|fast|slow|quickly"
    r"|often|frequently|soon|late|early|few|heavy|deep|wide|thick|cold|hot|warm)\b)",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^(?:list|name|give|describe|explain|summari[sz]e|compare)\b"
    r"|\b(?:what|which|who) (?:are|were)\b"
    r"|\b(?:what|which) (?:two|three|four|five|six|several|other|else)\b"
    r"|\bwho else\b|\bwhat all\b",
    re.IGNORECASE,
)
_ONE = re.compile(
    r"^(?:name of\b|name the (?!(?:two|three|four|five|six|several|\w+s)\b)"
    r"|give (?:me |us )?the (?:name|date|year|price|number|place)\b)",
    re.IGNORECASE,
)
"""What begins like a list and asks for one thing."""


def wanted(question: str) -> bool:
    """Not for questions of yes or no, of why, of how, and for lists: there the sentences are the answer."""
    asked = question.strip()
    return bool(_ONE.search(asked)) or not any(kind.search(asked) for kind in (_YES_NO, _REASON_OR_MANNER, _LIST))


def best(starts: Sequence[float], ends: Sequence[float], allowed: Sequence[bool]) -> tuple[int, int, float] | None:
    """(first token, last token, score) of the best run of allowed tokens; None where none is allowed.

    The score is that of its start and its end, less that of "no span", which stands at token 0.
    """
    nothing = starts[0] + ends[0]
    found: tuple[int, int, float] | None = None
    for first, start in enumerate(starts):
        for last in range(first, min(first + LONGEST, len(ends))):
            if not allowed[last]:
                break
            score = start + ends[last] - nothing
            if found is None or score > found[2]:
                found = first, last, score
    return found
