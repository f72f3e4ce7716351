"""Long documents with questions whose answers are given as stretches of characters (chunking_evaluation).

A folder with questions.csv (question, references, corpus_id) and one text per corpus_id, .md or .md.gz.
Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval", Chroma technical report, 2024.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from evals.cases import Case, Dataset, Gold, distinct
from evals.datasets.files import text_of
from qa.domain import LoadedArticle
from qa.errors import CaseError


def load(path: Path) -> Dataset:
    """Every reference is a part that is wanted; any sentence of it finds it. Raises CaseError."""
    questions = _either(path / "questions.csv")
    try:
        rows = list(csv.DictReader(text_of(questions).splitlines(keepends=True)))
        cases = [_case(row, f"{path.name}-{number}") for number, row in enumerate(rows)]
    except (KeyError, TypeError, ValueError, RecursionError, csv.Error) as error:
        raise CaseError(f"{questions}: not a file of questions ({type(error).__name__}: {error}).") from error
    names = dict.fromkeys(row["corpus_id"] for row in rows)
    articles = tuple((f"{name}.md", _article(name, path)) for name in names)
    return Dataset(path.name, distinct(cases, str(path)), articles)


# ----------------------------------------------------------------------------------------------------------------


def _case(row: Mapping[str, str], identity: str) -> Case:
    uri = f"{row['corpus_id']}.md"
    references = json.loads(row["references"])
    gold = tuple(Gold(uri, r["content"], part, r["start_index"]) for part, r in enumerate(references))
    return Case(identity, row["question"], gold, kind=row["corpus_id"], about=uri)


def _article(name: str, folder: Path) -> LoadedArticle:
    return LoadedArticle(name.replace("_", " "), text_of(_either(folder / f"{name}.md")), language="en")


def _either(path: Path) -> Path:
    """The file, or its .gz. Raises CaseError when there is neither."""
    packed = path.with_name(f"{path.name}.gz")
    for candidate in (path, packed):
        if candidate.exists():
            return candidate
    raise CaseError(f"{path}: no such file, and no {packed.name} either.")
