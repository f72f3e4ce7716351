"""BEIR folders: corpus.jsonl, queries.jsonl, qrels/test.tsv. Gold is whole articles, since BEIR marks no sentences.

Thakur et al., "BEIR: A Heterogenous Benchmark for Zero-shot Evaluation of Information Retrieval", arXiv:2104.08663.
"""

import csv
import re
from collections import defaultdict
from pathlib import Path

from evals.cases import Case, Dataset, Gold, distinct
from evals.datasets.files import json_lines, text_of
from qa.domain import LoadedArticle
from qa.errors import CaseError


def load(path: Path, split: str = "test") -> Dataset:
    """The queries that `split` judges; judgements above 0 are alternatives. Raises CaseError."""
    relevant = _judgements(path / "qrels" / f"{split}.tsv")
    try:
        questions = {str(row["_id"]): _text(row["text"]) for _, row in json_lines(path / "queries.jsonl")}
        articles = tuple(
            (str(row["_id"]), LoadedArticle(_text(row.get("title", "")), _text(row["text"])))
            for _, row in json_lines(path / "corpus.jsonl")
        )
        cases = [_case(query, questions[query], found) for query, found in relevant.items()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CaseError(f"{path}: not a BEIR folder ({type(error).__name__}: {error}).") from error
    return Dataset(path.name, distinct(cases, str(path)), articles)


# ----------------------------------------------------------------------------------------------------------------


def _judgements(path: Path) -> dict[str, list[str]]:
    """Query -> the articles judged relevant, from lines of query, article and score under one heading."""
    relevant: dict[str, list[str]] = defaultdict(list)
    rows = csv.reader(text_of(path).splitlines(), delimiter="\t")
    next(rows, None)
    for row in rows:
        if len(row) < 3 or not re.fullmatch(r"\s*-?[0-9]{1,9}\s*", row[-1]):
            raise CaseError(f"{path}: {row} is not query, article and score.")
        if int(row[-1]) > 0:
            relevant[row[0]].append(row[-2])
    return relevant


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _case(query: str, question: str, articles: list[str]) -> Case:
    if not question.strip():
        raise ValueError(f"query {query} is empty")
    return Case(query, question, tuple(Gold(uri, "") for uri in articles))
