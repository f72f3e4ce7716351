"""Follow-up + earlier turns -> a question that stands alone, without a chat model.

A question refers back when it holds a pronoun that nothing before it in the question stands for ("When did he say
so?"), a bare demonstrative ("What caused that?"), or too little of its own ("Why?", "And in 2004?"). Then the
subject of the nearest earlier question that has one is carried over, in brackets: an earlier follow-up's is what it
carries over itself. Every other question stays as it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from qa import terms
from qa.domain import Turn

_PRONOUN = re.compile(r"\b(?:he|she|they|him|her|them|his|hers|their|theirs|it|its|himself|herself|themselves)\b", re.I)
_IMPERSONAL = re.compile(
    r"\b(?:is|was) it (?:true|possible|likely|legal)\b|\bdoes it take\b|\bit (?:is|was) that\b"
    r"|\b(?:does|did|will|would|might|could|can) it (?:cost|take)\b(?=(?: \S+){0,3} to\b)",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:this|that|these|those)(?=\W*$|\s+(?:is|was|were|are|did|do|does|will|would|happens?|means?|mean|causes?"
    r"|deal|decision|plan|offer|man|woman|person|company|figure|amount|one|day)\b)"
    r"|\b(?:there|then)\W*$"
    r"|\bthe (?:former|latter|same|other)"
    r"(?=\W*$|\s+(?:is|was|were|are|did|do|does|will|would|say|says|said|one|two)\b)",
    re.IGNORECASE,
)
_ASKED_FOR = re.compile(r"^\W*(?:which|how many) (?!of\b)\w+", re.IGNORECASE)
"""What a question asks for is what a pronoun in it stands for: "Which company cut its forecast?"."""
_CARRIED = re.compile(r" \(([^()]+)\)$")
_INSTEAD = re.compile(r"^(?:and|but|or|so|what about|how about)\b", re.IGNORECASE)
_NAME = re.compile(r"\b[A-Z][\w'’&.-]*(?:\s+(?:(?:of|de|van|von|al|the|bin)\s+)?(?:[A-Z][\w'’&-]*|\d{4}))*")
_OPENERS = frozenset(
    """is are was were did does do can could will would has have had should tell which what who why how when where
    whose name list give and but or so i""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The question that is searched for; `left_out` is how many of the first turns were not looked at for it."""

    question: str
    left_out: int = 0


class Rewriter(Protocol):
    """Implemented by `by_rule` and by `chat_rewriter.ChatRewriter`."""

    def __call__(self, question: str, turns: Sequence[Turn]) -> Rewritten: ...


def by_rule(question: str, turns: Sequence[Turn]) -> Rewritten:
    """What `rewrite` makes of it; no turn is too long ago for that."""
    return Rewritten(rewrite(question, turns))


def rewrite(question: str, turns: Sequence[Turn] = ()) -> str:
    """`question`, with the subject of the nearest turn that has one in brackets where it refers back."""
    if not turns or not refers_back(question):
        return question
    alone: list[str] = []
    for asked in (*(turn.question for turn in turns), question):
        alone.append(_alone(asked, alone))
    return alone[-1]


def refers_back(question: str) -> bool:
    """Whether the question cannot be understood without what was asked before it."""
    plain = _IMPERSONAL.sub(" ", question)
    pronoun = _PRONOUN.search(plain)
    if pronoun and not _antecedent(plain[: pronoun.start()], question):
        return True
    return bool(_POINTING.search(plain) or _INSTEAD.match(question)) or not _substance(question)


def _alone(question: str, earlier: Sequence[str]) -> str:
    """`question` after earlier ones, each of which stands alone."""
    if not earlier or not refers_back(question):
        return question
    subject = next(filter(None, (_carried(one, question) for one in reversed(earlier))), "")
    return f"{question.rstrip()} ({subject})" if subject else question


def _antecedent(before: str, question: str) -> bool:
    """Whether the words before a pronoun name what it stands for; typed without capitals, any weighty word may."""
    if _ASKED_FOR.match(before):
        return True
    if question != question.lower():
        return bool(_names(before))
    return bool(_substance(before))


def _substance(text: str) -> list[str]:
    return [word for word in terms.weighty(text) if word not in _OPENERS]


def _carried(earlier: str, question: str) -> str:
    """The names of the earlier question; the rest of it where the follow-up puts another name in their place."""
    named = _names(earlier)
    replaced = bool(_INSTEAD.match(question)) and bool(_names(question))
    if named and not replaced:
        return ", ".join(named)
    left = set(terms.words(" ".join(named))) if replaced else set()
    carried = None if replaced else _CARRIED.search(earlier)
    return " ".join(word for word in _substance(carried[1] if carried else earlier) if word not in left)


def _names(text: str) -> list[str]:
    found = (_without_opener(match.group()) for match in _NAME.finditer(text))
    return [name for name in dict.fromkeys(found) if name]


def _without_opener(name: str) -> str:
    """ "Did Tony Blair" -> "Tony Blair"; "What" -> ""."""
    parts = name.split()
    while parts and (set(terms.words(parts[0])) <= _OPENERS or not terms.weighty(parts[0])):
        parts = parts[1:]
    return " ".join(parts).rstrip(".'’")
