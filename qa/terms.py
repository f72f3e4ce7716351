"""A question's words, as the full text is asked for them and folds them. Pure; nothing here is FTS syntax."""

import re
import unicodedata
from collections.abc import Iterable

MOST = 48
"""Full-text terms of one question; a query of thousands of terms takes minutes."""

_WORD = re.compile(r"\b\w{1,2}&\w{1,2}\b|\w+(?:'\w+)*")
"""AT&T is one word; so is O'Brien."""
_ACCENT = re.compile(r"(?<=[a-z])[\u0300-\u0331]+")
"""As SQLite's tokenizer takes them off: of Latin letters alone, й keeps its own."""
_STOP = frozenset(
    """a about after all also am an and any are as at be because been before being but by can could did do does
    doing done during each else ever for from get gets getting give given gives go goes going gone got had happen
    happened happens has have having he her here hers him his how i if in into is it its itself just know less let
    like make makes many may me might more most much must my no nor not now of off on once one only or other our
    out over own please put said same say saying says shall she should so some such take tell than that the their
    them then there these they thing things this those through to too under until up upon us very was we were what
    whats whatever when where whether which while who whom whos whose why will with within without would you
    your""".split()  # noqa: SIM905
)
_SHORTENED = _STOP | {"ai", "ca", "sha", "wo"}
"""What stands before "n't": ca(n't), wo(n't)."""


def words(text: str) -> list[str]:
    """Words of a text in order, in lower case and without accents; possessive endings dropped."""
    return [word.removesuffix("'s") for word in _WORD.findall(_folded(text))]


def content(text: str) -> list[str]:
    """The words that carry meaning, each once, in order; all of them where every word is a common one."""
    return (weighty(text) or list(dict.fromkeys(words(text))))[:MOST]


def weighty(text: str) -> list[str]:
    """The words that carry meaning, each once, in order; none where every word is a common one."""
    return [word for word in dict.fromkeys(words(text)) if not _common(word) and _long_enough(word)]


def overlap(first: Iterable[str], second: Iterable[str]) -> float:
    """Share of words that two texts have in common (Jaccard), 0..1."""
    left, right = set(first), set(second)
    return len(left & right) / len(left | right) if left | right else 0.0


def _folded(text: str) -> str:
    plain = text.lower().replace("’", "'")
    if plain.isascii():
        return plain
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", plain)))


def _common(word: str) -> bool:
    """Contractions of common words are: "didn't", "they're"."""
    return word in _STOP or (
        "'" in word and (word.removesuffix("n't") in _SHORTENED or word.split("'", maxsplit=1)[0] in _STOP)
    )


def _long_enough(word: str) -> bool:
    return len(word) > 1 or not word.isascii() or word.isdigit()
