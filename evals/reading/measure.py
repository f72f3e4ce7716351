"""How well a network reads the passages that were retrieved: first, in three, and whether it tells "not here"."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from evals.reading.examples import Example, Held
from qa.reader_input import Encoder
from qa.reader_network import Network


@dataclass(frozen=True, slots=True)
class Figures:
    """`first` and `in_three` of the answerable, whether gold was retrieved or not; `auroc` of answerable or not."""

    first: float
    in_three: float
    auroc: float

    def __str__(self) -> str:
        return f"first {self.first:.3f}, in three {self.in_three:.3f}, AUROC {self.auroc:.3f}"


def measure(network: Network, encoder: Encoder, examples: Sequence[Example], size: int) -> Figures:
    """Reads the first `size` passages of every example."""
    hits, best = [], []
    for example in examples:
        passages = [held for held in example.passages if held.retrieved][:size]
        scores = read(network, encoder, example.question, passages)
        marks = [bool(parts) for held in passages for parts in held.parts]
        order = np.argsort(-scores, kind="stable")
        best.append(float(scores.max(initial=-99.0)))
        hits.append([any(marks[i] for i in order[:depth]) for depth in (1, 3)])
    wanted = np.array([example.answerable for example in examples])
    found = np.array(hits, dtype=np.float64)[wanted].mean(axis=0) if wanted.any() else np.zeros(2)
    return Figures(float(found[0]), float(found[1]), auroc(np.array(best), wanted))


def read(network: Network, encoder: Encoder, question: str, passages: Sequence[Held]) -> np.ndarray:
    """Every sentence's score less its passage's null score."""
    if not passages:
        return np.zeros(0)
    with torch.inference_mode():
        scores = network.score(encoder.encode(question, [held.text for held in passages]))
        return np.asarray(torch.cat([s.sentences - s.null for s in scores]).numpy())


def auroc(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Share of (answerable, unanswerable) pairs in the right order; ties count half; 0.5 where there are no pairs."""
    if wanted.all() or not wanted.any():
        return 0.5
    differences = scores[wanted][:, None] - scores[~wanted][None, :]
    return float((differences > 0).mean() + (differences == 0).mean() / 2)
