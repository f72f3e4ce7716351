"""Footnote's own cases: JSON lines {"id", "question", "history", "gold": [{"uri", "quote"}], "answers", "kind"}."""

from pathlib import Path

from evals.cases import Dataset, distinct, from_row
from evals.datasets.files import json_lines, name_of


def load(path: Path) -> Dataset:
    """The cases of a file. They bring no articles: they are asked of a library that is there."""
    cases = [from_row(row, where) for where, row in json_lines(path)]
    return Dataset(name_of(path), distinct(cases, str(path)))
