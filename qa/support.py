"""How well cited sentences support a claim, without asking the model that wrote it. Pure.

Every figure, date and name of the claim must stand in the sentences that it cites: figures as values ("13 thousand" is
13,000), dates in the sentence or as the article's own, names in the sentence, its passage or its title. What is left is
a matter of degree: the claim's words found there, and the nearness of meaning. Their weights and the threshold are in
`support.json`, which `evals.fit_support` writes. A claim that denies something needs a sentence that does.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from qa import terms
from qa.domain import Claim, Evidence, Span
from qa.features import covered

DATA = Path(__file__).parent / "support.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """`meaning` weighs nearness against words; below `unsupported` a citation does not support its claim."""

    meaning: float
    unsupported: float


def _fitted() -> Weights:
    given = json.loads(DATA.read_text(encoding="utf-8"))
    return Weights(given["meaning"], given["unsupported"])


FITTED = _fitted()
UNSUPPORTED = FITTED.unsupported

_WORDS = {
    word: value
    for value, word in enumerate(
        """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen""".split()  # noqa: SIM905
    )
} | {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)  # noqa: SIM905
}
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "b": 1e9,
    "trillion": 1e12, "tn": 1e12, "dozen": 12.0, "mln": 1e6, "bln": 1e9,
}  # fmt: skip
_PARTS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_OF_A = {("half", "a"): 0.5, ("quarter", "of", "a"): 0.25, ("a", "quarter", "of", "a"): 0.25} | {
    ("three", "quarters", "of", "a"): 0.75
}
"""In front of a scale: "half a million"."""
_COUNTED = {"dozen", "hundred", "thousand", "million", "billion"}
_DIGITS = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_TOKEN = re.compile(rf"(?:{_DIGITS.pattern})|[^\W\d_]+(?:['’][^\W\d_]+)?|[%£$€¥]")
_ADDRESS = ("http://", "https://", "www.")
_NAME = re.compile(r"(?:https?://|www\.)\S+|\b[^\W\d_][\w’'.-]*")
_INITIALS = re.compile(r"\.(?=\w\.)|(?<=\b\w)\.")
_OPENERS = frozenset(
    """according although both despite earlier former however instead later last like meanwhile see since today
    unlike yesterday""".split()  # noqa: SIM905
)
_DENIAL = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|unable|den(?:y|ies|ied)|refus(?:e|es|ed|ing|al)"
    r"|reject(?:s|ed|ing)?|fail(?:s|ed|ing|ure)?|lack(?:s|ed)?|rul(?:e|ed|ing) out|instead|rather|unlikely|too)\b"
    r"|n['’]t\b|\bun\w+ed\b",
    re.IGNORECASE,
)
_MONTHS = {date(2000, month, 1).strftime("%B").casefold() for month in range(1, 13)}


def missing(claim: str, cited: Sequence[Evidence]) -> tuple[str, ...]:
    """The figures and names of the claim that the cited sentences do not hold, as the claim writes them."""
    held = {value for item in cited for value in _held_figures(item)}
    figures = [written for written, value in figures_of(claim) if not _among(value, held)]
    words = {word for item in cited for word in _held_words(item)}
    names = [name for name in names_of(claim) if not set(terms.words(name)) <= words]
    return tuple(dict.fromkeys(figures + names))


def supported(claim: Claim) -> bool:
    """Whether at least one of its citations supports it."""
    return any(citation.support >= UNSUPPORTED for citation in claim.citations)


def doubt(claim: Claim) -> str:
    """What is to be said beside a claim that nothing supports; "" where something does."""
    if not claim.citations:
        return "No source"
    return "" if supported(claim) else "Not borne out by its source"


def degree(claim: str, item: Evidence, nearness: float) -> float:
    """0..1: 1 where the claim is the sentence, else from its words found there and the cosine of both."""
    if _folded(claim) == _folded(item.quote):
        return 1.0
    return weighed(words_found(claim, item), nearness)


def words_found(claim: str, item: Evidence) -> float:
    """Share of the claim's weighty words in the sentence or the title, 0..1."""
    return covered(dict.fromkeys(terms.weighty(claim), 1.0), f"{item.quote} {item.article.title}")


def weighed(words: float, nearness: float, weights: Weights = FITTED) -> float:
    return min(max((1 - weights.meaning) * words + weights.meaning * nearness, 0.0), 1.0)


def negated(claim: str, cited: Sequence[Evidence]) -> bool:
    """Whether the claim denies something and none of the sentences does."""
    return bool(_DENIAL.search(claim)) and not any(_DENIAL.search(item.quote) for item in cited)


def figures_of(text: str) -> Iterator[tuple[str, float]]:
    """Every figure of the text, as written and as a value: "1.2bn", "13 thousand", "twenty-five", "a dozen"."""
    yield from ((where.of(text), value) for where, value in figures_at(text))


def figures_at(text: str) -> Iterator[tuple[Span, float]]:
    """The same with the place of each."""
    tokens = [(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(text)]
    at = 0
    while at < len(tokens):
        taken, value = _figure([token.casefold() for token, _, _ in tokens[at : at + 8]])
        if taken and not (taken == 1 and tokens[at][0].casefold() == "one"):
            yield Span(tokens[at][1], tokens[at + taken - 1][2]), value
        at += max(taken, 1)


def names_of(text: str) -> Iterator[str]:
    """Words with a capital that no sentence begins with, initialisms anywhere, first words before another name."""
    found = list(_NAME.finditer(text))
    for index, name in enumerate(found):
        word = name.group().strip(".'’-")
        figure = word.casefold() in _WORDS or word.casefold() in _SCALES
        if (
            figure
            or not _capital(word)
            or (_begins(text, name.start()) and not _surely(word, found[index + 1 : index + 2]))
        ):
            continue
        if (
            not (terms.weighty(word) or word.casefold() in _MONTHS)
            or word.casefold() in _WORDS
            or word.casefold() in _SCALES
        ):
            continue
        yield word


# --------------------------------------------------------------------------------------------------------------------


def _figure(tokens: Sequence[str]) -> tuple[int, float]:
    """How many of the tokens make the figure that begins here, and its value; (0, 0) where none does."""
    for words, share in _OF_A.items():
        if tuple(tokens[: len(words)]) == words and _COUNTED.intersection(tokens[len(words) : len(words) + 1]):
            return len(words) + 1, share * _SCALES[tokens[len(words)]]
    total, group, scale, taken = 0.0, 0.0, 0.0, 0
    if tokens[:1] == ["a"] and tokens[1:2] and tokens[1] in _COUNTED:
        group, taken = 1.0, 1
    while taken < len(tokens):
        value, used = _unit(tokens[taken:])
        if used and (not taken or (scale > value and tokens[taken].isalpha())):
            group, scale, taken = group + value, 0.0, taken + used
        elif taken and tokens[taken] in _SCALES:
            scale, taken = _SCALES[tokens[taken]], taken + 1
            total, group = (total + group * scale, 0.0) if scale >= 1e3 else (total, group * scale)
        elif taken and not scale and tuple(tokens[taken : taken + 3]) == ("and", "a", "half"):
            group, taken = group + 0.5, taken + 3
        elif scale and tokens[taken] == "and" and tokens[taken + 1 : taken + 2] and tokens[taken + 1] in _WORDS:
            taken += 1
        else:
            break
    return taken, total + group


def _unit(tokens: Sequence[str]) -> tuple[float, int]:
    """ "13,000", "seven", "twenty" "five": a value without its scale, and how many tokens it takes."""
    if not tokens:
        return 0.0, 0
    if _DIGITS.fullmatch(tokens[0]):
        part = _PARTS.get(tokens[1], 0.0) if tokens[1:2] else 0.0
        return float(tokens[0].replace(",", "")) + part, 2 if part else 1
    if tokens[0] in _PARTS:
        return _PARTS[tokens[0]], 1
    if tokens[0] not in _WORDS:
        return 0.0, 0
    value = _WORDS[tokens[0]]
    if value >= 20 and tokens[1:2] and 0 < _WORDS.get(tokens[1], 0) < 10:
        return float(value + _WORDS[tokens[1]]), 2
    return float(value), 1


def _held_figures(item: Evidence) -> Iterator[float]:
    yield from (value for _, value in figures_of(item.quote))
    yield from (value for _, value in figures_of(item.article.title))
    yield from (float(part) for part in re.findall(r"\d+", item.article.published or ""))


def _held_words(item: Evidence) -> Iterator[str]:
    article = item.article
    for text in (item.quote, item.passage.text, article.title, article.publisher):
        yield from terms.words(text)
        yield from terms.words(_INITIALS.sub("", text))
    yield from _date_words(article.published)


def _date_words(published: str | None) -> Iterator[str]:
    try:
        day = date.fromisoformat(published or "")
    except ValueError:
        return
    yield from (f"{day:%B}".casefold(), f"{day:%b}".casefold(), f"{day:%A}".casefold())


def _among(value: float, held: set[float]) -> bool:
    return any(abs(value - other) <= 1e-9 * max(abs(value), abs(other)) for other in held)


def _begins(text: str, at: int) -> bool:
    before = text[:at].rstrip("\"'“”‘’([ \n\t")
    return not before or before[-1] in ".!?:…"


def _capital(word: str) -> bool:
    return word[:1].isupper() or any(c.isupper() for c in word) or word.startswith(_ADDRESS)


def _surely(word: str, following: Sequence[re.Match[str]]) -> bool:
    """Whether a sentence's first word is a name: it is an address, has inner capitals, or a name comes next."""
    if word.startswith(_ADDRESS) or any(c.isupper() for c in word[1:]):
        return True
    if word.casefold() in _OPENERS:
        return False
    return any(found.group()[0].isupper() and found.group().casefold() not in _MONTHS for found in following)


def _folded(text: str) -> str:
    return " ".join(text.split()).strip(" .\"'“”").casefold()
