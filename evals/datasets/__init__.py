"""Files of evaluation questions -> Dataset.

To add a format: a module with `load(path) -> Dataset`, and its line in FORMATS.
"""

from collections.abc import Callable
from pathlib import Path

from evals.cases import Dataset
from evals.datasets import articles, beir, case_lines, csv_cases, longdocs, qed, selqa, sentence_pairs, squad
from qa.errors import CaseError

FORMATS: dict[str, Callable[[Path], Dataset]] = {
    "cases": case_lines.load,
    "csv": csv_cases.load,
    "squad": squad.load,
    "squad-pages": squad.load_pages,
    "selqa": selqa.load,
    "qed": qed.load,
    "longdocs": longdocs.load,
    "beir": beir.load,
    "pairs": sentence_pairs.load,
    "articles": articles.load,
}


def load(path: Path, form: str = "cases") -> Dataset:
    """The data set in `path`, which is read as `form`, a key of FORMATS. Raises CaseError."""
    if form not in FORMATS:
        raise CaseError(f"There is no format {form!r}.", f"Known ones: {', '.join(FORMATS)}.")
    if not path.exists():
        raise CaseError(f"{path}: no such file.", "Give the path of a file of cases.")
    return FORMATS[form](path)


def named(source: str) -> tuple[Path, str]:
    """`FILE` or `FILE:FORMAT` -> its path and its format; "cases" where none is said."""
    path, colon, form = source.rpartition(":")
    return (Path(path), form) if colon and not Path(source).exists() else (Path(source), "cases")
