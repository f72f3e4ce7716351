"""The reader that is trained here: a small network scores every sentence of a passage, "not here", and the answer's
words. `qa.model_reader` weighs it beside similarity."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.embedder import bundled, native_precision
from qa.errors import ModelError
from qa.model_reader import LOWEST, Figures, ModelReader, Read
from qa.reader import Reader
from qa.reader_input import Encoder, PassageText
from qa.reader_windows import merged, windows

MODEL = Path(__file__).parent / "models" / "reader.safetensors"
LIMIT = 8


class TrainedReader(ModelReader):
    """`path` is a file that `qa.reader_network.save` wrote. Raises ModelError where it cannot be used.

    `base` is the folder of the model it was trained from; without one, that which a package carries. `weight` may be
    given instead of the file's.
    """

    def __init__(
        self,
        similarity: Reader,
        path: Path = MODEL,
        *,
        base: Path | None = None,
        limit: int = LIMIT,
        weight: float | None = None,
        precision: str = "auto",
    ) -> None:
        network = TrainedNetwork(path, base or bundled(), precision)
        names = ("scale", "span_margin", "clear", "enough")
        weight = _number(network.about, "weight", path) if weight is None else weight
        figures = Figures(weight, *(_number(network.about, name, path) for name in names))
        super().__init__(similarity, network, figures, limit)


class TrainedNetwork:
    """The network of a file, with what the file beside it tells `about` it. Raises ModelError."""

    def __init__(self, path: Path, base: Path, precision: str = "auto") -> None:
        import torch

        from qa.reader_network import restore

        self._network, self.about = restore(path, base)
        if native_precision(precision) == "bfloat16":
            self._network.encoder.to(torch.bfloat16)
        self._encoder = Encoder(base / "tokenizer.json")

    def read(self, question: str, texts: Sequence[PassageText]) -> list[Read]:
        import torch

        held = windows(self._encoder, question, texts)
        encoded = [window.encoded for each in held for window in each]
        with torch.inference_mode():
            scores = zip(encoded, self._network.score(encoded), strict=True)
            found = (
                Read(one, _array(s.sentences - s.null).clip(min=LOWEST), _array(s.start), _array(s.end))
                for one, s in scores
            )
            return [merged(each, [next(found) for _ in each]) for each in held]


# ----------------------------------------------------------------------------------------------------------------


def _number(about: Mapping[str, Any], name: str, path: Path) -> float:
    try:
        return float(about[name])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"The reader {path} has no {name}: {error!r}.", "Publish it again, or leave FOOTNOTE_READER out."
        ) from error


def _array(tensor: Any) -> NDArray[np.float64]:
    return np.asarray(tensor.float().numpy(), dtype=np.float64)
