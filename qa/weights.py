"""The weights of retrieving and reading without a trained model: data that `footnote eval fit-ranking` writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from qa.errors import ModelError

DATA = Path(__file__).parent / "ranking.json"


@dataclass(frozen=True, slots=True)
class Weights:
    """By feature: of passages (`qa.retriever.SIDES`) and of sentences (`qa.features.NAMES`)."""

    passages: Mapping[str, float]
    sentences: Mapping[str, float]

    @classmethod
    def load(cls, path: Path = DATA) -> "Weights":
        """Raises ModelError where the file is missing or malformed."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            return cls(*({str(k): float(v) for k, v in data[part].items()} for part in ("passages", "sentences")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(
                f"The weights {path} cannot be read: {error!r}.", "Make them again with footnote eval fit-ranking."
            ) from error
