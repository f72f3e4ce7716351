"""Cases + a library -> examples to read: the passages that the project's retriever brings, and where the gold is."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from evals.cases import BROAD, Case
from evals.gold import Place, Resolved, Resolver, parts_at
from qa.domain import Filters, Span, StoredPassage
from qa.embedder import Embedder
from qa.errors import CaseError
from qa.library import Library
from qa.reader_input import PassageText
from qa.retriever import HybridRetriever

DEPTH = 12
"""Passages that are kept of a ranking."""
SPANLESS = frozenset({"list", "yesno", "why-how", BROAD})
"""Kinds of question whose answer is not a few words of one sentence."""
COPY, DOUBTFUL, DOUBTFUL_ANSWER = 0.9, 0.5, 0.3
"""Shares of a gold sentence's words in one of another article: it says the same; it may well answer, too; it may where
it holds the answer's words."""
REMEDY = "Give a file that `footnote train-reader examples` wrote."


@dataclass(frozen=True, slots=True)
class Held:
    """A passage for one question. `parts`: for each sentence the gold parts it holds; `answer`: a span of the text."""

    text: PassageText
    parts: tuple[tuple[int, ...], ...]
    answer: Span | None = None
    retrieved: bool = True

    @property
    def gold(self) -> bool:
        return any(self.parts)


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its passages, best first; gold that was not retrieved comes after those that were.

    `spanless`: nothing is to be learnt from it about spans where it is answered.
    """

    id: str
    question: str
    kind: str
    answerable: bool
    spanless: bool
    passages: tuple[Held, ...]


def build(
    cases: Sequence[Case], library: Library, embedder: Embedder, progress: Callable[[int], None] = lambda _: None
) -> Iterator[Example]:
    """One example a case; answerable cases whose gold the library lacks are left out."""
    resolver, retriever = Resolver(library), HybridRetriever(library, DEPTH)
    for number, case in enumerate(cases):
        resolved = resolver.resolve(case)
        if resolved.parts or not case.answerable:
            vector = embedder.question(case.question)
            ranked = [r.passage for r in retriever.retrieve(case.question, vector, Filters())]
            yield _example(resolved, ranked, _of_articles(resolved, library, ranked))
        progress(number + 1)


def save(examples: Iterable[Example], path: Path) -> None:
    """Passages once each, examples by their numbers."""
    texts: dict[PassageText, int] = {}
    rows = [_row(example, texts) for example in examples]
    held = [[t.title, t.text, [[s.start, s.end] for s in t.sentences]] for t in texts]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"passages": held, "examples": rows}), encoding="utf-8")


def load(path: Path) -> list[Example]:
    """What `save` wrote, at least one. Raises CaseError that names the file where it is missing or another kind."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        texts = [PassageText(title, text, tuple(Span(*s) for s in spans)) for title, text, spans in data["passages"]]
        found = [_from_row(row, texts) for row in data["examples"]]
    except OSError as error:
        raise CaseError(f"{path} cannot be read: {error.strerror}.", REMEDY) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise CaseError(f"{path} is no file of examples.", REMEDY) from error
    if not found:
        raise CaseError(f"{path} holds no examples.", REMEDY)
    return found


# ----------------------------------------------------------------------------------------------------------------


def _of_articles(resolved: Resolved, library: Library, ranked: Sequence[StoredPassage]) -> list[StoredPassage]:
    """The other passages of the articles that hold gold."""
    known = {passage.passage_id for passage in ranked}
    articles = dict.fromkeys(place.article_id for places in resolved.parts for place in places)
    return [p for article in articles for p in library.passages_of(article) if p.passage_id not in known]


def _example(resolved: Resolved, ranked: Sequence[StoredPassage], others: Sequence[StoredPassage]) -> Example:
    case = resolved.case
    spanless = case.kind in SPANLESS or not case.answers
    passages = [(p, True) for p in _negatives(resolved, ranked)] + [(p, False) for p in others]
    held = [_held(p, retrieved, resolved.parts, () if spanless else case.answers) for p, retrieved in passages]
    return Example(
        case.id, case.question, case.kind, case.answerable, spanless, tuple(without_twins(held, case.answers))
    )


def _negatives(resolved: Resolved, ranked: Sequence[StoredPassage]) -> Sequence[StoredPassage]:
    """What may be read as not answering: of a broad question with gold, nothing of other articles than its gold's."""
    if resolved.case.kind != BROAD or not resolved.parts:
        return ranked
    own = {place.article_id for places in resolved.parts for place in places}
    return [passage for passage in ranked if passage.article.article_id in own]


def without_twins(held: Sequence[Held], answers: Sequence[str]) -> Iterator[Held]:
    """Two articles on one event: a sentence that repeats a gold one is gold, and a passage that may answer is left out.

    As a wrong answer it would teach the opposite of what is wanted.
    """
    gold = {part: _words(one.text.text[s.start : s.end]) for one in held for s, part in _gold(one)}
    sought = [answer.casefold().strip() for answer in answers if answer.strip()]
    for one in held:
        if one.gold:
            yield one
            continue
        sentences = [one.text.text[s.start : s.end] for s in one.text.sentences]
        shares = [{part: _share(wanted, said) for part, wanted in gold.items()} for said in map(_words, sentences)]
        marks = tuple(tuple(p for p, share in each.items() if share >= COPY) for each in shares)
        limits = [DOUBTFUL_ANSWER if any(a in t.casefold() for a in sought) else DOUBTFUL for t in sentences]
        if any(marks):
            yield replace(one, parts=marks)
        elif all(max(each.values(), default=0.0) < limit for each, limit in zip(shares, limits, strict=True)):
            yield one


def _gold(held: Held) -> Iterator[tuple[Span, int]]:
    """Each gold sentence, with each part that it holds."""
    marked = zip(held.text.sentences, held.parts, strict=True)
    return ((sentence, part) for sentence, parts in marked for part in parts)


def _words(text: str) -> frozenset[str]:
    """The longer ones, which say what it is about."""
    return frozenset(word for word in re.findall(r"\w+", text.casefold()) if len(word) > 3)


def _share(wanted: frozenset[str], words: frozenset[str]) -> float:
    """Of the wanted words; 0 where they are too few to tell."""
    return len(wanted & words) / len(wanted) if len(wanted) > 3 else 0.0


def _held(passage: StoredPassage, retrieved: bool, parts: Sequence[Sequence[Place]], answers: Sequence[str]) -> Held:
    article = passage.article.article_id
    marks = tuple(parts_at(parts, article, s.start, s.end) for s in passage.sentences)
    text = PassageText.of(passage)
    gold = [span for span, mark in zip(text.sentences, marks, strict=True) if mark]
    return Held(text, marks, _find(text.text, gold, answers), retrieved)


def _find(text: str, gold: Sequence[Span], answers: Sequence[str]) -> Span | None:
    """Where the first accepted answer stands in a gold sentence; case is folded where that keeps the length."""
    folded = text.lower() if len(text.lower()) == len(text) else text
    for answer in answers:
        for sentence in gold:
            at = folded.find(answer.lower().strip(), sentence.start, sentence.end)
            if at >= 0 and answer.strip():
                return Span(at, at + len(answer.strip()))
    return None


def _row(example: Example, texts: dict[PassageText, int]) -> dict[str, Any]:
    return {
        "id": example.id,
        "question": example.question,
        "kind": example.kind,
        "answerable": example.answerable,
        "spanless": example.spanless,
        "passages": [
            {
                "text": texts.setdefault(held.text, len(texts)),
                "parts": {n: parts for n, parts in enumerate(held.parts) if parts},
                "answer": [held.answer.start, held.answer.end] if held.answer else None,
                "retrieved": held.retrieved,
            }
            for held in example.passages
        ],
    }


def _from_row(row: Mapping[str, Any], texts: Sequence[PassageText]) -> Example:
    held = tuple(_held_from(item, texts[item["text"]]) for item in row["passages"])
    return Example(row["id"], row["question"], row["kind"], row["answerable"], row["spanless"], held)


def _held_from(item: Mapping[str, Any], text: PassageText) -> Held:
    parts = tuple(tuple(item["parts"].get(str(n), ())) for n in range(len(text.sentences)))
    return Held(text, parts, Span(*item["answer"]) if item["answer"] else None, item["retrieved"])
