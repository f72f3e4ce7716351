"""Where the short answers of a set stand that says only which sentence answers: lines `ID START END`.

Offsets count in the case's first gold sentence. A line with the id alone: that sentence does not answer, and the case
is left out. The words themselves stay in the set, so that places can be passed on where its text may not.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from evals.cases import Case, Dataset
from evals.datasets.files import text_of
from qa.domain import Span
from qa.errors import CaseError


def answered(dataset: Dataset, path: Path) -> Dataset:
    """The set with the answers of `path`; a case without a line stays as it is. Raises CaseError."""
    return replace(dataset, cases=tuple(_answered(dataset, dict(_places(path)), path)))


# ----------------------------------------------------------------------------------------------------------------


def _places(path: Path) -> Iterator[tuple[str, Span | None]]:
    for number, line in enumerate(text_of(path).splitlines(), 1):
        try:
            name, *places = line.split()
            start, end = map(int, places) if places else (0, 0)
        except ValueError as error:
            raise CaseError(f"{path.name}:{number}: not a line of ID START END.") from error
        yield name, Span(start, end) if places else None


def _answered(dataset: Dataset, places: dict[str, Span | None], path: Path) -> Iterator[Case]:
    for case in dataset.cases:
        if case.id not in places:
            yield case
        elif place := places[case.id]:
            words = place.of(case.gold[0].quote) if case.gold else ""
            if not words:
                raise CaseError(f"{path}: {case.id} has no words at {place.start}.", "Give this set's places.")
            yield replace(case, answers=(words,))
