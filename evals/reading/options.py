"""What `footnote train-reader` is given on the command line -> numbers, stages, examples; typing errors are named."""

import math
import random
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

from evals.reading import examples
from evals.reading.examples import Example
from evals.reading.recipe import Stage
from qa.bootstrap import TRAINED
from qa.errors import CaseError

SEED = 0


def whole(least: int) -> Callable[[str], int]:
    """For argparse: a whole number, `least` or more."""

    def read(written: str) -> int:
        found = _whole(written)
        if found is None or found < least:
            raise ArgumentTypeError(f"{written!r} is not a whole number of {least} or more")
        return found

    return read


def amount(written: str) -> float:
    """For argparse: a number, 0 or more."""
    try:
        found = float(written)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise ArgumentTypeError(f"{written!r} is not a number of 0 or more")
    return found


def reader(written: str) -> Path:
    """For argparse: where a reader goes. Its figures go beside it in a .json, and `FOOTNOTE_READER` tells it from other
    models by its ending."""
    if Path(written).suffix != TRAINED:
        raise ArgumentTypeError(
            f"{written!r} does not end in {TRAINED}, by which a reader is known; say reader{TRAINED}"
        )
    return Path(written)


def share(written: str) -> float:
    """For argparse: from 0 to 1."""
    found = amount(written)
    if found > 1:
        raise ArgumentTypeError(f"{written!r} is more than 1")
    return found


def stage(named: str, size: str, questions: str, batch: int = 8) -> Stage:
    """What stands after --stage. Raises CaseError."""
    counts = _whole(size), _whole(questions)
    for name, count in zip(("SIZE", "QUESTIONS"), counts, strict=True):
        if not count or count < 1:
            raise CaseError(f"--stage {named} {size} {questions}: {name} is not a whole number of 1 or more.")
    return Stage(named, int(size), int(questions), batch)


def mixed(named: str) -> list[Example]:
    """All examples of `file` or, where it is `file:count`, that many; of several joined by "+", those of each.

    Raises CaseError.
    """
    found: list[Example] = []
    for one in named.split("+"):
        path, colon, written = one.partition(":")
        count = _whole(written)
        if colon and (not count or count < 1):
            raise CaseError(f"--stage {one}: COUNT is not a whole number of 1 or more.", "Write FILE or FILE:COUNT.")
        held = examples.load(Path(path))
        found += random.Random(SEED).sample(held, min(count, len(held))) if count else held  # noqa: S311
    return found


# ----------------------------------------------------------------------------------------------------------------


def _whole(written: str) -> int | None:
    """None: it is no whole number."""
    try:
        return int(written)
    except ValueError:
        return None
