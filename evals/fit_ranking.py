"""Fitting the weights of `qa.retriever` and `qa.reader`: listwise softmax over candidates, gold against the rest.

The loss of a question is -log of the share of exp(score) that its gold takes (ListNet's top-one probability: Cao et
al., "Learning to rank", ICML 2007), with a small quadratic penalty.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.gold import Resolved, parts_at
from qa import terms
from qa.domain import Filters, Span, StoredPassage
from qa.embedder import Embedder
from qa.errors import CaseError
from qa.fusion import standardise
from qa.library import Library
from qa.reader import SimilarityReader
from qa.retriever import CANDIDATES, SIDES, HybridRetriever

PENALTY = 0.002
FIXED = {"heading": -1.0}
"""Articles of plain text have no headings to learn from: a line without a verb is no claim."""

Numbers = NDArray[np.float64]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Listed:
    """What one question's candidates look like, and which of them hold gold."""

    features: Numbers
    gold: NDArray[np.bool_]


def collect(
    asked: Iterable[Resolved], library: Library, embedder: Embedder, progress: Progress
) -> tuple[list[Listed], list[Listed]]:
    """The passages and the sentences of every question; where the gold was not found, there is nothing to learn.

    Columns are `qa.retriever.SIDES`, standardised, and `qa.features.NAMES`. Sentences are those of the passages that
    the weights in force bring: after passages' weights have moved much, fit again.
    """
    retriever, reader = HybridRetriever(library), SimilarityReader(library)
    passages, sentences = [], []
    for done, one in enumerate(asked, 1):
        question = one.case.question
        vector = embedder.question(question)
        candidates = library.candidates(vector, terms.content(question), limit=CANDIDATES)
        sides = retriever.sides(question, vector, candidates)
        columns = np.stack([standardise(sides[name]) for name in SIDES], axis=1)
        passages.append(Listed(columns, np.array([_holds(one, c.passage) for c in candidates])))
        ranked = retriever.retrieve(question, vector, Filters())
        gold = [_at(one, r.passage, sentence) for r in ranked for sentence in r.passage.sentences]
        sentences.append(Listed(reader.features(question, vector, ranked), np.array(gold)))
        progress(done)
    return [one for one in passages if one.gold.any()], [one for one in sentences if one.gold.any()]


def fit(listed: Sequence[Listed], names: Sequence[str]) -> dict[str, float]:
    """The weights that give gold most of the softmax; a FIXED feature keeps its weight. Raises CaseError for nothing
    to fit on."""
    from scipy.optimize import minimize

    if not listed:
        raise CaseError(
            "No question found its gold, so there is nothing to fit the ranking on.",
            "Give answerable cases without history, and the library that holds their articles.",
        )
    free = np.array([name not in FIXED for name in names])
    start = np.array([FIXED.get(name, 0.0) for name in names])

    def cost(values: Numbers) -> tuple[float, Numbers]:
        weights = start.copy()
        weights[free] = values
        losses, slopes = zip(*(_loss(one, weights) for one in listed), strict=True)
        slope = np.mean(slopes, axis=0) + 2 * PENALTY * weights
        return float(np.mean(losses) + PENALTY * weights @ weights), slope[free]

    found = minimize(cost, start[free], jac=True, method="L-BFGS-B")
    start[free] = found.x
    return {name: round(float(weight), 3) for name, weight in zip(names, start, strict=True)}


def write(
    path: Path, of_passages: dict[str, float], of_sentences: dict[str, float], provenance: dict[str, Any]
) -> None:
    """The file that `qa.weights` reads."""
    content = {"passages": of_passages, "sentences": of_sentences, "provenance": provenance}
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


# ----------------------------------------------------------------------------------------------------------------


def _holds(one: Resolved, passage: StoredPassage) -> bool:
    return any(_at(one, passage, sentence) for sentence in passage.sentences)


def _at(one: Resolved, passage: StoredPassage, sentence: Span) -> bool:
    return bool(parts_at(one.parts, passage.article.article_id, sentence.start, sentence.end))


def _loss(one: Listed, weights: Numbers) -> tuple[float, Numbers]:
    scores = one.features @ weights
    share = np.exp(scores - scores.max())
    share /= share.sum()
    of_gold = np.where(one.gold, share, 0.0)
    total = max(float(of_gold.sum()), 1e-300)
    return -float(np.log(total)), (share - of_gold / total) @ one.features
