"""Cases from a spreadsheet: columns question, uri, quote, answers, kind, id, of which only question must be there.

Rows with the same id (or, without ids, the same question) are one case with several gold sentences, all of them wanted.
Several accepted answers are separated by "|".
"""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from evals.cases import Case, Dataset, Gold, distinct
from evals.datasets.files import name_of, text_of
from qa.errors import CaseError

COLUMNS = ("id", "question", "uri", "quote", "answers", "kind")


def load(path: Path) -> Dataset:
    """Raises CaseError when there is no column `question`, or one that is not known, or an id has two questions."""
    try:
        groups = _grouped(path, csv.DictReader(io.StringIO(text_of(path), newline="")))
    except csv.Error as error:
        raise CaseError(f"{path}: not a sheet of cases: {error}.") from error
    cases = [_case(identity, rows, path) for identity, rows in groups.items()]
    return Dataset(name_of(path), distinct(cases, str(path)))


# ----------------------------------------------------------------------------------------------------------------


def _grouped(path: Path, reader: "csv.DictReader[str]") -> dict[str, list[Mapping[str, str]]]:
    """Rows by the case that they belong to."""
    columns = [name.strip().casefold() for name in reader.fieldnames or ()]
    unknown = [name for name in columns if name not in COLUMNS]
    if "question" not in columns or unknown:
        raise CaseError(f"{path}: its columns are {', '.join(columns)}.", f"Known ones: {', '.join(COLUMNS)}.")
    reader.fieldnames = columns
    groups: dict[str, list[Mapping[str, str]]] = {}
    for number, row in enumerate(reader, 2):
        filled = {name: (value or "").strip() for name, value in row.items() if name}
        if not filled["question"]:
            raise CaseError(f"{path.name}:{number}: the question is empty.")
        groups.setdefault(filled.get("id") or filled["question"], []).append(filled)
    return groups


def _case(identity: str, rows: Sequence[Mapping[str, str]], path: Path) -> Case:
    first = rows[0]
    if other := next((row["question"] for row in rows if row["question"] != first["question"]), ""):
        raise CaseError(
            f"{path}: the rows of the id {identity!r} ask {first['question']!r} and {other!r}.",
            "Give every question an id of its own.",
        )
    held = [row for row in rows if row.get("uri")]
    gold = tuple(Gold(row["uri"], row.get("quote", ""), part) for part, row in enumerate(held))
    answers = dict.fromkeys(a.strip() for row in rows for a in row.get("answers", "").split("|") if a.strip())
    return Case(identity, first["question"], gold, answers=tuple(answers), kind=first.get("kind", ""))
