"""When does a sentence bear a claim? Claims made from gold sentences, right and wrong by construction -> thresholds.

Right ones are a part of the sentence, or the sentence in slightly other words. Wrong ones have a figure or a name
exchanged, say the opposite, or are another sentence of the same article. They are made without a model and the same
every time, so they are plainer than what a chat model gets wrong: the figures say what the check cannot miss.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from evals.gold import Resolved, Shelf
from qa import sentences, terms
from qa.domain import Article, ArticleRef, Evidence, PassageText, Span
from qa.embedder import Embedder, PassageInput
from qa.errors import CaseError
from qa.support import Weights, figures_of, missing, names_of, negated, weighed, words_found

STEPS = [step / 20 for step in range(21)]
AROUND = 400
"""Characters of the article on both sides of the sentence that stand for its passage."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and the sentence that it cites. `kind` is how it was made."""

    claim: str
    item: Evidence
    supported: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What the check sees of a pair: whether a figure, a name or a negation rules it out, words found, nearness."""

    pair: Pair
    ruled_out: bool
    words: float
    nearness: float


def pairs(resolved: Sequence[Resolved], shelf: Shelf, seed: int = 0) -> Iterator[Pair]:
    """Up to six a gold sentence."""
    random = Random(seed)  # noqa: S311
    places = dict.fromkeys(place for one in resolved for part in one.parts[:1] for place in part[:1])
    names = sorted({name for one in resolved for name in names_of(one.case.question)})
    for place in places:
        article = shelf.article(place.article_id)
        item = _evidence(article, Span(place.start, place.end))
        made = {
            "part": (_part(item.quote), True),
            "other words": (_reworded(item.quote), True),
            "figure": (_figure_swapped(item.quote), False),
            "name": (_name_swapped(item.quote, names, random), False),
            "opposite": (_negated(item.quote), False),
            "another sentence": (_another(article, item, random), False),
        }
        yield from (Pair(text, item, good, kind) for kind, (text, good) in made.items() if text and text != item.quote)


def measure(found: Sequence[Pair], embedder: Embedder) -> list[Measured]:
    claims, quotes = _vectors([p.claim for p in found], embedder), _vectors([p.item.quote for p in found], embedder)
    return [
        Measured(
            pair,
            bool(missing(pair.claim, [pair.item])) or negated(pair.claim, [pair.item]),
            words_found(pair.claim, pair.item),
            float(claim @ quote),
        )
        for pair, claim, quote in zip(found, claims, quotes, strict=True)
    ]


def fit(seen: Sequence[Measured]) -> Weights:
    """The weights under which most pairs are judged right, both classes counting alike. Raises CaseError where there
    are but right claims, or wrong ones, or none."""
    right = sum(one.pair.supported for one in seen)
    if right in (0, len(seen)):
        raise CaseError(
            f"{right} right and {len(seen) - right} wrong claims are too few to fit when a statement is borne out.",
            "Give more answerable cases, and the library that holds their articles.",
        )
    grid = (Weights(meaning, bar) for meaning in STEPS for bar in STEPS)
    return max(grid, key=lambda weights: (_balanced(seen, weights), -abs(weights.meaning - 0.5)))


def figures(seen: Sequence[Measured], weights: Weights) -> dict[str, Any]:
    """Precision and recall of "unsupported", and by kind the share judged right."""
    kinds = sorted({one.pair.kind for one in seen})
    flagged = [one for one in seen if not _borne(one, weights)]
    wrong = [one for one in seen if not one.pair.supported]
    caught = sum(not one.pair.supported for one in flagged)
    by_kind = {kind: [_right(one, weights) for one in seen if one.pair.kind == kind] for kind in kinds}
    return {
        "pairs": len(seen),
        "unsupported": len(wrong),
        "precision": round(caught / len(flagged), 3) if flagged else None,
        "recall": round(caught / len(wrong), 3) if wrong else None,
        "right_by_kind": {kind: [round(sum(of) / len(of), 3), len(of)] for kind, of in by_kind.items()},
    }


def write(weights: Weights, provenance: dict[str, Any], path: Path) -> None:
    """The data file that `qa.support` reads."""
    content = {"meaning": weights.meaning, "unsupported": weights.unsupported, "provenance": provenance}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


# ----------------------------------------------------------------------------------------------------------------

_CLAUSES = re.compile(r",\s|\s(?=(?:after|because|although|which|who|while|when)\s)")
_WORDS = {
    "said": "stated", "says": "states", "will": "is going to", "about": "roughly", "told": "informed", "big": "large",
    "start": "begin", "started": "began", "buy": "purchase", "bought": "purchased", "film": "movie", "show": "reveal",
    "but": "though", "also": "too", "firm": "company", "help": "assist", "major": "important", "made": "produced",
    "people": "persons", "rise": "increase", "fall": "drop", "win": "victory", "get": "obtain", "because": "since",
}  # fmt: skip
_AUXILIARY = re.compile(r"\b(is|are|was|were|will|would|can|could|should|must|has|have|had)\b(?! not|n['’]t)")


def _part(quote: str) -> str:
    """The longest clause that can stand for itself."""
    parts = [part.strip(" .\"'“”") for part in _CLAUSES.split(quote)]
    longest = max(parts, key=len)
    return f"{longest[:1].upper()}{longest[1:]}." if 6 <= len(longest.split()) < len(quote.split()) - 2 else ""


def _reworded(quote: str) -> str:
    made = re.sub(r"[a-z]+", lambda word: _WORDS.get(word.group(), word.group()), quote)
    return made if made != quote else ""


def _figure_swapped(quote: str) -> str:
    found = [(written, value) for written, value in figures_of(quote) if re.fullmatch(r"\d+", written)]
    if not found:
        return ""
    written, value = found[0]
    return quote.replace(written, str(int(value) + 1 + int(value) // 7), 1)


def _name_swapped(quote: str, names: Sequence[str], random: Random) -> str:
    mine = [name for name in names_of(quote) if len(name) > 3]
    return quote.replace(random.choice(mine), random.choice(names)) if mine and names else ""


def _negated(quote: str) -> str:
    return _AUXILIARY.sub(r"\1 not", quote, count=1) if _AUXILIARY.search(quote) else ""


def _another(article: Article, item: Evidence, random: Random) -> str:
    spans = sentences.split(article.text, article.language)
    others = [span.of(article.text) for span in spans if span.end <= item.start or span.start >= item.end]
    fair = [other for other in others if 8 <= len(other.split()) <= 40 and _apart(other, item.quote)]
    return random.choice(fair) if fair else ""


def _apart(one: str, other: str) -> bool:
    return terms.overlap(terms.weighty(one), terms.weighty(other)) < 0.4


def _evidence(article: Article, span: Span) -> Evidence:
    start, end = max(span.start - AROUND, 0), min(span.end + AROUND, len(article.text))
    ref = ArticleRef(
        article.article_id, article.version, article.uri, article.title, article.publisher, article.published, ""
    )
    return Evidence(
        ref, span.start, span.end, span.of(article.text), PassageText(start, end, article.text[start:end]), {}
    )


def _vectors(texts: Sequence[str], embedder: Embedder) -> list[Any]:
    inputs = [PassageInput("", text, (Span(0, len(text)),)) for text in texts]
    return [made.passage for made in embedder.passages(inputs)]


def _borne(one: Measured, weights: Weights) -> bool:
    return not one.ruled_out and weighed(one.words, one.nearness, weights) >= weights.unsupported


def _right(one: Measured, weights: Weights) -> bool:
    return _borne(one, weights) == one.pair.supported


def _balanced(seen: Sequence[Measured], weights: Weights) -> float:
    good = [_right(one, weights) for one in seen if one.pair.supported]
    bad = [_right(one, weights) for one in seen if not one.pair.supported]
    return sum(good) / max(len(good), 1) + sum(bad) / max(len(bad), 1)
