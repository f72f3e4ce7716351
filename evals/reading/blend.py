"""Trained network -> the file that is shipped, with what is fitted after training.

The weight of similarity puts most right sentences first. The scale (a temperature) makes a further claim worth citing
as long as it lies within the composer's margin. The first passages are clear where reading no more of them costs next
to nothing, and the last are read of those questions whose best sentence is least sure. The spans' margin is where
showing the words of an answer begins to pay: a shown span is worth its F1 against the accepted answers, less a half.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.cases import BROAD, Case
from evals.gold import Place, Resolver, parts_at
from evals.metrics import token_f1
from evals.reading.aside import made_aside
from qa import answer_span
from qa.composer import MARGIN
from qa.domain import Filters, RankedPassage, StoredPassage
from qa.embedder import Embedder
from qa.errors import CaseError
from qa.library import Library
from qa.model_reader import GLANCE, USUAL, Read, best_words
from qa.reader import SimilarityReader
from qa.retriever import HybridRetriever, Retriever
from qa.trained_reader import TrainedReader

COST = 0.12
"""What a further claim costs that holds no gold; one that does gains 1 less that."""
WEIGHTS = tuple(round(0.2 * n, 1) for n in range(16))
CLEAR = tuple(0.5 * n for n in range(13))
NEVER = 1e6
"""How far "not here" must be beaten where the first passages are never enough."""
LOSS = 0.002
"""Of the mean reciprocal rank, for reading fewer passages."""
UNSURE = 0.4
"""Share of the questions of which the last passages are read: under a half, so that the median time stays."""
ENOUGH_QUESTIONS = 200
"""Fitted on fewer, the figures owe much to which questions they happened to be."""
UNFITTED = {"weight": 0.0, "scale": 1.0, "span_margin": 0.0, "clear": NEVER, "enough": NEVER}
"""What a network is read with that is to be fitted: all passages, whole."""
Columns = NDArray[np.float64]
"""Shape (sentences, 5): the network's score, standardised similarity, whether the sentence is gold, its passage's place
in the ranking, and the parts that it holds, as the bits of a number."""
Spans = list[tuple[float, float]]
"""(how far it beats "no span", its F1) of the best span in each gold sentence of a case with accepted answers. None is
right for a broad question."""


def publish(best: Path, base: Path, out: Path, cases: Sequence[Case], library: Library, embedder: Embedder) -> float:
    """Write the network that training kept to `out`, with the weight that does best on the cases; returns it.

    A reader that is there already is replaced at the end, when all is fitted, and otherwise stays as it is. Raises
    CaseError where the library holds no case's gold.
    """
    from qa.reader_network import restore_training, save

    asked = _with_gold(cases, library)
    network, about = restore_training(best, base)
    with made_aside(out) as folder:
        made = folder / out.name
        save(network, made, {**about, **UNFITTED})
        reader, retriever = TrainedReader(SimilarityReader(library), made, base=base), HybridRetriever(library)
        figures = fit(read_all(asked, library, embedder, retriever, reader))
        save(network, made, {**about, **figures})
        for suffix in (out.suffix, ".json"):
            made.with_suffix(suffix).replace(out.with_suffix(suffix))
    return figures["weight"]


def fit(read: Iterable[tuple[Columns, Spans]]) -> dict[str, float]:
    """All that is fitted, by the names that the reader's description has for it, and on how many questions."""
    tables, spans = list[Columns](), Spans()
    for table, found in read:
        tables.append(table)
        spans += found
    if not tables:
        raise _no_gold()
    weight = best_weight(tables)
    return {
        "weight": weight,
        "scale": best_scale(tables, weight),
        "span_margin": best_margin(spans),
        "clear": best_clear(tables, weight),
        "enough": best_enough(tables),
        "fitted_on": len(tables),
    }


def fitted_on(questions: int) -> str:
    """A line for the person who publishes, with a warning where it was few."""
    line = f"fitted on {questions:,} question{'s' * (questions != 1)} whose gold is in the library"
    if questions >= ENOUGH_QUESTIONS:
        return line
    return f"{line}; warning: fewer than {ENOUGH_QUESTIONS} say little, so give more cases or a higher --limit"


def read_all(
    cases: Sequence[Case], library: Library, embedder: Embedder, retriever: Retriever, reader: TrainedReader
) -> Iterator[tuple[Columns, Spans]]:
    """Of every case whose gold is in the library, the sentences of the passages that are read."""
    resolver = Resolver(library)
    for case in cases:
        parts = resolver.resolve(case).parts
        vector = embedder.question(case.question)
        ranked = retriever.retrieve(case.question, vector, Filters())
        if parts and ranked:
            _, found, similar = reader.sides(case.question, vector, ranked)
            bits = [_bits(parts, one.passage) for one in ranked[: len(found)]]
            held = [[bool(some) for some in each] for each in bits]
            places = [np.full(len(rows), place) for place, rows in enumerate(held)]
            scores = [one.sentences for one in found]
            columns = (scores, similar[: len(found)], held, places, bits)
            yield np.column_stack([np.concatenate(column) for column in columns]), _spans(case, ranked, found, held)


def best_weight(tables: Sequence[Columns]) -> float:
    """Of WEIGHTS, by the mean reciprocal rank of the first gold sentence; of equals the smallest."""
    return max(WEIGHTS, key=lambda weight: (round(reciprocal_rank(tables, weight), 9), -weight))


def best_scale(tables: Sequence[Columns], weight: float) -> float:
    """Puts the second and third sentences that gain more than they cost within `composer.MARGIN` of the first.

    One gains by what those above it do not hold: another sentence that says the same is none.
    """
    further = list[tuple[float, float]]()
    for table in tables:
        scores = table[:, 0] + weight * table[:, 1]
        first, *others = np.argsort(-scores, kind="stable")[:3]
        cited = int(table[first, 4])
        for n in others:
            further.append((float(scores[first] - scores[n]), float(bool(int(table[n, 4]) & ~cited))))
            cited |= int(table[n, 4])
    if not further:
        return 1.0
    gaps, gains = zip(*sorted((gap, gold - COST) for gap, gold in further), strict=True)
    widest = gaps[int(np.cumsum(gains).argmax())]
    return float(max(widest, MARGIN / 10) / MARGIN)


def best_clear(tables: Sequence[Columns], weight: float) -> float:
    """The least by which "not here" must be beaten by the first passages, so that the others are not missed."""
    whole = reciprocal_rank(tables, weight)
    enough = (c for c in CLEAR if reciprocal_rank([_as_read(t, c) for t in tables], weight) >= whole - LOSS)
    return next(enough, NEVER)


def best_enough(tables: Sequence[Columns]) -> float:
    """Below it is the best sentence of the passages that are usually read, of `UNSURE` of the questions."""
    best = [float(table[table[:, 3] < USUAL, 0].max()) for table in tables]
    return float(np.quantile(best, UNSURE)) if best else NEVER


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


def _with_gold(cases: Sequence[Case], library: Library) -> list[Case]:
    resolver = Resolver(library)
    found = [case for case in cases if resolver.resolve(case).parts]
    if not found:
        raise _no_gold()
    return found


def _no_gold() -> CaseError:
    return CaseError(
        "Of these cases none has its gold in the library, so nothing can be fitted.",
        "Name the library that the cases were written for, or ingest their articles first.",
    )


def _reciprocal(scores: Columns, gold: Columns) -> float:
    places = np.flatnonzero(gold[np.argsort(-scores, kind="stable")])
    return 1 / (1 + int(places[0])) if places.size else 0.0


def _bits(parts: Sequence[Sequence[Place]], passage: StoredPassage) -> list[int]:
    """For each sentence a number, with a bit for every part that it holds."""
    article = passage.article.article_id
    held = (parts_at(parts, article, sentence.start, sentence.end) for sentence in passage.sentences)
    return [sum(1 << part for part in some) for some in held]


def _spans(case: Case, ranked: Sequence[RankedPassage], found: Sequence[Read], held: Sequence[Sequence[bool]]) -> Spans:
    if not (case.answers or case.kind == BROAD) or not answer_span.wanted(case.question):
        return []
    words = (
        (one.passage, best_words(read, place))
        for one, read, marks in zip(ranked, found, held, strict=False)
        for place, gold in enumerate(marks)
        if gold
    )
    return [(best[1], token_f1(best[0].of(passage.text), case.answers)) for passage, best in words if best]


def _as_read(table: Columns, clear: float) -> Columns:
    """What is left of a case when no more is read where the first passages are clear."""
    first = table[:, 3] < GLANCE
    return table[first] if table[first, 0].max(initial=-np.inf) > clear else table
