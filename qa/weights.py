"""The weights of retrieving and reading without a trained model: data that `footnote eval fit-ranking` writes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qa.errors import ModelError
from qa.features import NAMES

DATA = Path(__file__).parent / "ranking.json"
SIDES = ("nearest_sentence", "words", "article_words", "covered")
"""What passages are ranked by."""


@dataclass(frozen=True, slots=True)
class Weights:
    """By feature: of passages (SIDES) and of sentences (`qa.features.NAMES`)."""

    passages: Mapping[str, float]
    sentences: Mapping[str, float]

    @classmethod
    def load(cls, path: Path = DATA) -> "Weights":
        """Raises ModelError where the file is missing or malformed, or has not one weight for each feature."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(_weights(data, "passages", SIDES), _weights(data, "sentences", NAMES))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"The weights {path} cannot be read: {error!r}.", "Make them again with footnote eval fit-ranking."
            ) from error


def _weights(data: Any, part: str, names: Sequence[str]) -> dict[str, float]:
    found = {str(name): float(weight) for name, weight in data[part].items()}
    if odd := sorted(found.keys() ^ set(names)):
        raise ValueError(f"{part} have a weight too many or too few: {', '.join(odd)}")
    return found
