"""Trained network -> the file that is shipped, with what is fitted after training: weight, scale and spans' margin.

The weight of similarity puts most right sentences first. The scale (a temperature) makes a further claim worth citing
as long as it lies within the composer's margin. The spans' margin is where showing the words of an answer begins to
pay: a shown span is worth its F1 against the accepted answers, less a half.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.cases import Case
from evals.gold import Resolver, parts_at
from evals.metrics import token_f1
from qa import answer_span
from qa.composer import MARGIN
from qa.domain import Filters
from qa.embedder import Embedder
from qa.library import Library
from qa.reader import SimilarityReader
from qa.retriever import HybridRetriever, Retriever
from qa.trained_reader import TrainedReader, best_words

COST = 0.12
"""What a further claim costs that holds no gold; one that does gains 1 less that."""
WEIGHTS = tuple(round(0.2 * n, 1) for n in range(16))
Columns = NDArray[np.float64]
"""Shape (sentences, 3): the network's score, standardised similarity, whether the sentence is gold."""


def publish(best: Path, base: Path, out: Path, cases: Sequence[Case], library: Library, embedder: Embedder) -> float:
    """Write the network that training kept to `out`, with the weight that does best on the cases; returns it."""
    from qa.reader_network import restore, restore_training, save

    network, about = restore_training(best, base)
    save(network, out, {**about, "weight": 0.0, "scale": 1.0, "span_margin": 0.0})
    reader, retriever = TrainedReader(SimilarityReader(library), out, base=base), HybridRetriever(library)
    tables = list(columns(cases, library, embedder, retriever, reader))
    weight = best_weight(tables)
    scale = best_scale(tables, weight)
    margin = best_margin(list(spans(cases, library, embedder, retriever, reader)))
    save(restore(out, base)[0], out, {**about, "weight": weight, "scale": scale, "span_margin": margin})
    return weight


def columns(
    cases: Sequence[Case], library: Library, embedder: Embedder, retriever: Retriever, reader: TrainedReader
) -> Iterator[Columns]:
    """One table a case whose gold is in the library, of the sentences of the passages that are read."""
    resolver = Resolver(library)
    for case in cases:
        parts = resolver.resolve(case).parts
        vector = embedder.question(case.question)
        ranked = retriever.retrieve(case.question, vector, Filters())
        if parts and ranked:
            found, similar = reader.sides(case.question, vector, ranked)
            held = [
                bool(parts_at(parts, r.passage.article.article_id, s.start, s.end))
                for r in ranked[: len(found)]
                for s in r.passage.sentences
            ]
            yield np.column_stack([np.concatenate(found), np.concatenate(similar[: len(found)]), held])


def best_weight(tables: Sequence[Columns]) -> float:
    """Of WEIGHTS, by the mean reciprocal rank of the first gold sentence; of equals the smallest."""
    return max(WEIGHTS, key=lambda weight: (round(reciprocal_rank(tables, weight), 9), -weight))


def best_scale(tables: Sequence[Columns], weight: float) -> float:
    """Puts the second and third sentences that gain more than they cost within `composer.MARGIN` of the first."""
    further = list[tuple[float, float]]()
    for table in tables:
        scores = table[:, 0] + weight * table[:, 1]
        order = np.argsort(-scores, kind="stable")
        further += [(float(scores[order[0]] - scores[n]), float(table[n, 2])) for n in order[1:3]]
    if not further:
        return 1.0
    gaps, gains = zip(*sorted((gap, gold - COST) for gap, gold in further), strict=True)
    widest = gaps[int(np.cumsum(gains).argmax())]
    return float(max(widest, MARGIN / 10) / MARGIN)


def spans(
    cases: Sequence[Case], library: Library, embedder: Embedder, retriever: Retriever, reader: TrainedReader
) -> Iterator[tuple[float, float]]:
    """(how far it beats "no span", its F1) of the best span in the gold sentence of a case with accepted answers."""
    resolver = Resolver(library)
    for case in cases:
        parts = resolver.resolve(case).parts
        if not parts or not case.answers or not answer_span.wanted(case.question):
            continue
        ranked = retriever.retrieve(case.question, embedder.question(case.question), Filters())
        for one, read in zip(ranked, reader.network_reads(case.question, ranked), strict=False):
            for place, sentence in enumerate(one.passage.sentences):
                if parts_at(parts, one.passage.article.article_id, sentence.start, sentence.end):
                    found = best_words(read, place)
                    if found:
                        yield found[1], token_f1(found[0].of(one.passage.text), case.answers)


def best_margin(found: Sequence[tuple[float, float]]) -> float:
    """The margin above which the gain, F1 - 1/2 a span, adds up to most; above all of them where none gains."""
    ordered = sorted(found, reverse=True)
    if not ordered:
        return 0.0
    gains = np.concatenate([[0.0], np.cumsum([f1 - 0.5 for _, f1 in ordered])])
    shown = int(gains.argmax())
    return ordered[shown][0] if shown < len(ordered) else ordered[-1][0] - 1


def reciprocal_rank(tables: Sequence[Columns], weight: float) -> float:
    """The mean over the tables; 0 for one without gold."""
    return float(np.mean([_reciprocal(table[:, 0] + weight * table[:, 1], table[:, 2]) for table in tables]))


# ----------------------------------------------------------------------------------------------------------------


def _reciprocal(scores: Columns, gold: Columns) -> float:
    places = np.flatnonzero(gold[np.argsort(-scores, kind="stable")])
    return 1 / (1 + int(places[0])) if places.size else 0.0
