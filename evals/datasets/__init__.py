"""Files of evaluation questions -> Dataset.

To add a format: a module with `load(path) -> Dataset`, and its line in FORMATS.
"""

from collections.abc import Callable
from pathlib import Path

from evals.cases import Dataset
from evals.datasets import case_lines, squad
from qa.errors import CaseError

FORMATS: dict[str, Callable[[Path], Dataset]] = {
    "cases": case_lines.load,
    "squad": squad.load,
}


def load(path: Path, form: str = "cases") -> Dataset:
    """The data set in `path`, which is read as `form`, a key of FORMATS. Raises CaseError."""
    if form not in FORMATS:
        raise CaseError(f"There is no format {form!r}.", f"Known ones: {', '.join(FORMATS)}.")
    if not path.exists():
        raise CaseError(f"{path}: no such file.", "Give the path of a file of cases.")
    return FORMATS[form](path)
