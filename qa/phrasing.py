"""How a question is put -> what of it is looked for, and what can be relied on. Pure."""

import re

from qa import sentences, terms
from qa.answer_span import WH

LONG = 40
"""Words of a question before whose last sentence context stands, rather than part of what is asked."""

LATIN_ENDS = "\u0250"

_POLITE = re.compile(
    r"^(?:please,? )?(?:"
    r"(?:can|could|would|will) (?:you|anyone|someone)(?: please)? (?:tell (?:me|us)|say)"
    r"|(?:do|does) (?:you|anyone|anybody) (?:happen to )?know"
    r"|tell (?:me|us)"
    r"|i(?:['’]d| would) like to know"
    rf")[,:]? (?={WH}\b)",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[^\s.?!] )(?!I\b)[^\W\d_a-z]")
"""A capital letter where no sentence begins."""


def bare(question: str) -> str:
    """Without a polite lead-in: "Can you tell me who won?" asks who won."""
    return _POLITE.sub("", question)


def asked(question: str) -> str:
    """What a reader is to answer: of a long question the last sentence alone."""
    if len(question.split()) <= LONG:
        return question
    said = [span.of(question) for span in sentences.split(question)]
    return " ".join(said[-2:]) if said[-1].startswith("(") else said[-1]


def foreign(text: str) -> bool:
    """Whether it is in another language than English, as far as its letters and short words tell."""
    letters = [sign for sign in text if sign.isalpha()]
    latin = sum(sign < LATIN_ENDS for sign in letters)
    return 2 * latin < len(letters) or sentences.language_of(text) not in ("", "en")


def names_nothing(question: str) -> bool:
    """Whether there is nothing in it to look for: "why not?", "Who is he?"; in "Who leads the WHO?" there is."""
    return not terms.weighty(question) and not _NAME.search(question)
