"""QED: natural questions with a Wikipedia paragraph, the sentence that answers and the answer; a paragraph an article.

Lamm et al., "QED: A Framework and Dataset for Explanations in Question Answering", arXiv:2009.06354.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evals.cases import Case, Dataset, Gold, distinct
from evals.datasets.files import json_lines
from qa.domain import LoadedArticle, Span
from qa.errors import CaseError


def load(path: Path) -> Dataset:
    """Gold: the sentence that the annotators chose and those that hold an answer, as alternatives."""
    articles: dict[str, LoadedArticle] = {}
    cases = []
    for where, row in json_lines(path):
        try:
            uri = f"qed/{row['title_text']}/{_digest(row['paragraph_text'])}"
            articles[uri] = LoadedArticle(row["title_text"], row["paragraph_text"], url=row["url"], language="en")
            cases.append(_case(row, uri))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CaseError(f"{where}: not a QED line ({type(error).__name__}: {error}).") from error
    name = path.name.split(".")[0]
    return Dataset(name, distinct(cases, str(path)), tuple(articles.items()))


# ----------------------------------------------------------------------------------------------------------------


def _digest(text: str) -> str:
    """The same paragraph asked about twice is one article."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _case(row: Mapping[str, Any], uri: str) -> Case:
    text = row["paragraph_text"]
    sentences = dict.fromkeys(_gold_sentences(row))
    gold = tuple(Gold(uri, span.of(text), part=0, near=span.start) for span in sentences)
    answers = dict.fromkeys(a["string"] for answer in row["original_nq_answers"] for a in answer)
    kind = row["annotation"].get("explanation_type", "") or "none"
    return Case(str(row["example_id"]), row["question_text"], gold, answers=tuple(answers), kind=kind, about=uri)


def _gold_sentences(row: Mapping[str, Any]) -> Iterator[Span]:
    starts = row["sentence_starts"]
    spans = [Span(a, b) for a, b in zip(starts, [*starts[1:], len(row["paragraph_text"])], strict=True)]
    chosen = row["annotation"].get("selected_sentence")
    marks = [chosen] if chosen else []
    marks += [mark for answer in row["original_nq_answers"] for mark in answer]
    for mark in marks:
        yield from (span for span in spans if span.start < mark["end"] and mark["start"] < span.end)
