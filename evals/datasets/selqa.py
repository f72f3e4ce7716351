"""SelQA: questions with the sentences of a Wikipedia section, the right ones marked; every section one article.

Jurczyk, Zhai and Choi, "SelQA: A New Benchmark for Selection-based Question Answering", arXiv:1606.08513.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.cases import Case, Dataset, Gold, distinct
from evals.datasets.files import json_of, name_of, starts_of
from qa.domain import LoadedArticle
from qa.errors import CaseError


def load(path: Path) -> Dataset:
    """Every marked sentence answers, so they are alternatives. Raises CaseError."""
    name = name_of(path)
    rows = json_of(path)
    try:
        sections = {_key(row): row["candidates"] for row in rows}
        cases = [_case(row, f"{name}-{number}", f"{name}/{_uri(row)}") for number, row in enumerate(rows)]
        articles = tuple((f"{name}/{_slug(key)}", _article(key, texts)) for key, texts in sections.items())
    except (KeyError, TypeError, IndexError) as error:
        raise CaseError(f"{path}: not a SelQA file ({type(error).__name__}: {error}).") from error
    return Dataset(name, distinct(cases, str(path)), articles)


# ----------------------------------------------------------------------------------------------------------------


def _key(row: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]]:
    return row["article"], row["section"], tuple(row["candidates"])


def _article(key: tuple[str, str, tuple[str, ...]], sentences: Sequence[str]) -> LoadedArticle:
    return LoadedArticle(f"{key[0]}: {key[1]}", " ".join(sentences), publisher="Wikipedia", language="en")


def _uri(row: Mapping[str, Any]) -> str:
    return _slug(_key(row))


def _slug(key: tuple[str, str, tuple[str, ...]]) -> str:
    return f"{key[0]}/{key[1]}/{hashlib.sha256(repr(key[2]).encode()).hexdigest()[:8]}"


def _case(row: Mapping[str, Any], identity: str, uri: str) -> Case:
    sentences: Sequence[str] = row["candidates"]
    starts = starts_of(sentences)
    gold = tuple(Gold(uri, sentences[place], part=0, near=starts[place]) for place in row["answers"])
    kind = row["q_types"][0] if row.get("q_types") else "other"
    return Case(identity, row["question"], gold, kind=kind, about=uri)
