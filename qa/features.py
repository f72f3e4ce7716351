"""What makes a sentence look like an answer, in numbers; pure. Weights for them stand in `ranking.json`.

Nearness and words say what a sentence is about. Kinds of question say what its answer must hold: a name for "who", a
date for "when", a figure for "how many" (answer typing: Prager et al., "Question-answering by predictive annotation",
SIGIR 2000). A question's words often stand in the title or in the sentence before, so both are looked at.
"""

import math
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from qa import terms
from qa.domain import RankedPassage, Vector
from qa.fusion import Scores, standardise

NAMES = (
    "meaning",
    "words",
    "passage",
    "contrast",
    "covered",
    "covered_beyond_title",
    "covered_before",
    "pairs",
    "length",
    "name_for_who",
    "name_for_where",
    "date_for_when",
    "figure_for_how_many",
    "amount_for_how_much",
    "reason_for_why",
    "heading",
)
COMPARED = 4
"""So many of the first features mean something only beside the other sentences of a question: they are standardised."""

_NUMBER = (
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|million"
    r"|billion|half|third|quarter|twice|double)\b"
)
_FIGURE = re.compile(_NUMBER, re.IGNORECASE)
_AMOUNT = re.compile(r"[£$€¥%]|\b(?:euros?|pounds?|dollars?|yen|bn|per ?cent)\b|\d(?:m|bn|k)\b", re.IGNORECASE)
_DATE = re.compile(
    r"\b(?:(?:1[5-9]|20)\d\d|January|February|March|April|May|June|July|August|September|October|November|December"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|yesterday|today|tomorrow|(?:week|month|year|day|hour|minute)s?"
    r"|season|summer|winter|spring|autumn)\b"
)
_REASON = re.compile(
    r"\b(?:because|due to|since|after|owing|as a result|in order|so that|to avoid|reasons?|blam\w+|following"
    r"|caus\w+)\b",
    re.IGNORECASE,
)
_WHO = re.compile(r"\bwh(?:o|om|ose)\b|\bwhich (?:\w+ )?(?:man|woman|person|player|minister|company|firm)\b", re.I)
_WHERE = re.compile(r"\bwhere\b|\b(?:which|what) (?:city|country|town|place|part)\b", re.IGNORECASE)
_WHEN = re.compile(r"\bwhen\b|\b(?:which|what) (?:year|date|day|time|month)\b|\bhow (?:long|soon|often)\b", re.I)
_HOW_MANY = re.compile(
    r"\bhow (?:many|much|big|far|old|large|high|fast|tall|long)\b"
    r"|\b(?:what|which) (?:percentage|proportion|number|share|price|figure|amount)\b",
    re.IGNORECASE,
)
_WHY = re.compile(r"\bwhy\b|\bhow come\b|\bwhat (?:caused|made|led|prompted)\b|\breasons?\b", re.IGNORECASE)
_CAPITALISED = re.compile(r"\b[A-Z][\w'’-]+")
_ENDS = re.compile(r"[.!?…。！？।؟][\"'”’»)\]]*$|[:;][\"'”’]*$")
HEADING_WORDS = 12


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question, looked at once for all sentences."""

    rarity: Mapping[str, float]
    words: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    who: bool
    where: bool
    when: bool
    how_many: bool
    why: bool


def matrix(
    question: str,
    vector: Vector,
    passages: Sequence[RankedPassage],
    bm25: Mapping[tuple[int, int], float],
    rarity: Mapping[str, float],
) -> Scores:
    """One row a sentence of the passages, in order; one column a name of NAMES.

    `bm25` by passage id and ordinal; `rarity`: weight of each of the question's terms.
    """
    asked = _look(question, rarity)
    rows = [row for ranked in passages for row in _rows(asked, vector, ranked, bm25)]
    found = np.array(rows, dtype=np.float64).reshape(len(rows), len(NAMES))
    for column in range(COMPARED):
        found[:, column] = standardise(found[:, column])
    return found


def rarity(question: str, frequencies: Mapping[str, int], size: int) -> dict[str, float]:
    """Inverse document frequency of the question's terms over `size` passages."""
    return {term: math.log(1 + size / (1 + frequencies.get(term, 0))) for term in terms.content(question)}


def stems(words: Iterable[str]) -> frozenset[str]:
    """Porter's, of words in lower case."""
    return frozenset(map(_stem, words))


def covered(rarity: Mapping[str, float], text: str) -> float:
    """Share of the question's weight whose terms occur in the text, 0..1."""
    return _share({_stem(term): weight for term, weight in rarity.items()}, stems(terms.words(text)))


def rarest_missing(rarity: Mapping[str, float], text: str) -> float:
    """Weight of the rarest term that does not occur in the text; 0 when none is missing."""
    held = stems(terms.words(text))
    return max((weight for term, weight in rarity.items() if _stem(term) not in held), default=0.0)


# ----------------------------------------------------------------------------------------------------------------


def _look(question: str, rarity: Mapping[str, float]) -> _Asked:
    words = terms.words(question)
    return _Asked(
        {_stem(term): weight for term, weight in rarity.items()},
        frozenset(words),
        frozenset(pairwise(words)),
        *(bool(kind.search(question)) for kind in (_WHO, _WHERE, _WHEN, _HOW_MANY, _WHY)),
    )


def _rows(
    asked: _Asked, vector: Vector, ranked: RankedPassage, bm25: Mapping[tuple[int, int], float]
) -> list[tuple[float, ...]]:
    passage = ranked.passage
    near = (passage.vectors.sentences @ vector).tolist()
    mean = sum(near) / len(near)
    titled = stems(terms.words(passage.article.title))
    beyond = {stem: weight for stem, weight in asked.rarity.items() if stem not in titled}
    rows, before = [], 0.0
    for ordinal, sentence in enumerate(passage.sentences):
        text = passage.quote(sentence)
        words = terms.words(text)
        held = stems(words)
        share = _share(asked.rarity, held)
        rows.append(
            (
                near[ordinal],
                bm25.get((passage.passage_id, ordinal), 0.0),
                ranked.score,
                near[ordinal] - mean,
                share,
                _share(beyond, held),
                before,
                len(asked.pairs & set(pairwise(words))) / max(len(asked.pairs), 1),
                math.log1p(len(words)),
                *_kinds(asked, text, len(words)),
            )
        )
        before = share
    return rows


def _kinds(asked: _Asked, text: str, words: int) -> tuple[float, ...]:
    named = (asked.who or asked.where) and _names_more(asked, text)
    return (
        float(asked.who and named),
        float(asked.where and named),
        float(asked.when and bool(_DATE.search(text))),
        float(asked.how_many and bool(_FIGURE.search(text))),
        float(asked.how_many and bool(_AMOUNT.search(text))),
        float(asked.why and bool(_REASON.search(text))),
        float(words < HEADING_WORDS and not _ENDS.search(text)),
    )


def _names_more(asked: _Asked, text: str) -> bool:
    """Whether a name stands in the text, past its first word, that the question does not hold already."""
    return any(found.group().casefold() not in asked.words for found in _CAPITALISED.finditer(text, 1))


def _share(weights: Mapping[str, float], held: frozenset[str]) -> float:
    total = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in held) / total if total else 0.0


@lru_cache(maxsize=200_000)
def _stem(word: str) -> str:
    return str(_stemmer().stemWord(word))


def _stemmer() -> Any:
    """One a thread: a stemmer must not be shared."""
    if not hasattr(_local, "stemmer"):
        from Stemmer import Stemmer

        _local.stemmer = Stemmer("porter")
    return _local.stemmer


_local = threading.local()
