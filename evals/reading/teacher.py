"""A network that was trained before, a larger one mostly, whose scores another learns from beside the gold.

Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", arXiv:1503.02531: how sure the larger one is
of each sentence, of "not here" and of each word of an answer says more than which of them is right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from evals.reading.loss import over_null, span_sides
from evals.reading.sampling import Drawn
from qa.embedder import accelerator
from qa.errors import ModelError
from qa.reader_input import Encoder
from qa.reader_network import Network, Scores, restore_training


@dataclass(frozen=True, slots=True)
class Teacher:
    """`share` is what its scores count of the loss, 0..1; the rest is what the gold does."""

    network: Network
    encoder: Encoder
    share: float

    @classmethod
    def load(cls, path: Path, base: Path, share: float, mixed: bool) -> "Teacher":
        """`path` is the best.pt or last.pt of a run from `base`. Raises ModelError."""
        network, _ = restore_training(path, base)
        network.eval().requires_grad_(False)
        network.encoder.to(accelerator(), torch.bfloat16 if mixed else torch.float32)
        return cls(network, Encoder(base / "tokenizer.json"), share)

    def read(self, drawn: Sequence[Drawn]) -> list[list[Scores]]:
        """Of each question's passages. Threads may share it."""
        inputs = [self.encoder.encode(one.question, [held.text for held in one.passages]) for one in drawn]
        with torch.no_grad():
            scores = iter(self.network.score([one for each in inputs for one in each]))
        return [[next(scores) for _ in each] for each in inputs]

    def weigh(self, gold: Tensor, drawn: Drawn, scores: Sequence[Scores], taught: Sequence[Scores]) -> Tensor:
        """The loss over gold, and beside it the cross entropy with what the teacher gave; scalar.

        Raises ModelError where the teacher reads other tokens than the network that learns.
        """
        if any(len(s.start) != len(t.start) for s, t in zip(scores, taught, strict=True)):
            raise ModelError("The teacher has other tokens than the network.", "Take one of the same vocabulary.")
        sentences = _entropy(over_null(scores), over_null(taught))
        spans = span_sides(
            (held.gold, (_entropy(s.start, t.start) + _entropy(s.end, t.end)) / 2)
            for held, s, t in zip(drawn.passages, scores, taught, strict=True)
        )
        return (1 - self.share) * gold + self.share * (sentences + spans)


# ----------------------------------------------------------------------------------------------------------------


def _entropy(scores: Tensor, taught: Tensor) -> Tensor:
    return -(taught.float().softmax(0) * scores.log_softmax(0)).sum()
