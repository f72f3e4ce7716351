"""What a run of the training begins from and what it reads: a run that was stopped goes on only with the same."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evals.reading.examples import Example
from evals.reading.sampling import Drawn
from qa.errors import ModelError

if TYPE_CHECKING:
    from qa.reader_network import Network


def begin(network: "Network", start: Path) -> int:
    """Load the published reader `start`; returns how many of its layers are the base's, which may stay so.

    Raises ModelError.
    """
    from qa.reader_network import load_weights

    load_weights(network, start)
    try:
        return int(json.loads(start.with_suffix(".json").read_text(encoding="utf-8")).get("frozen", 0))
    except (OSError, TypeError, ValueError) as error:
        remedy = "Give --start a file that `footnote train-reader publish` wrote, with its JSON file beside it."
        raise ModelError(f"The reader {start} cannot be begun from: {error}", remedy) from error


def identity(
    recipe: Mapping[str, Any], drawn: Iterable[Drawn], kept: Sequence[Example], files: Mapping[str, Path | None]
) -> dict[str, Any]:
    """What must be the same for a run to be gone on with. How many threads, and how often to measure, may change.

    `files`: the networks that it begins from and learns from.
    """
    same = {name: value for name, value in recipe.items() if name not in ("workers", "every")}
    sums = {name: _checksum(path) if path else "" for name, path in files.items()}
    return {"recipe": same, "read": _read(drawn, kept), **sums}


# ----------------------------------------------------------------------------------------------------------------


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read(drawn: Iterable[Drawn], kept: Sequence[Example]) -> str:
    """A digest of the questions that are trained on, with their passages, in their order, and of those kept apart."""
    digest = hashlib.sha256()
    for one in drawn:
        digest.update(json.dumps([one.question, *(held.text.text for held in one.passages)]).encode())
    digest.update(json.dumps([[example.id, example.question] for example in kept]).encode())
    return digest.hexdigest()
