"""The attention that training computes in bfloat16 against transformers' own in float32, gradients too."""

from pathlib import Path
from typing import Any

import torch

from evals.reading.attention import register
from qa.reader_network import from_base
from tests import tiny_reader


def gradient(base: Path, attention: str, kind: torch.dtype) -> tuple[Any, Any]:
    """Of the embeddings, with the second input shorter than the first; and what comes out."""
    network = from_base(base, attention)
    ids = torch.tensor([[2, 5, 6, 7, 8, 3], [2, 6, 9, 3, 0, 0]])
    with torch.autocast("cpu", torch.bfloat16, enabled=kind == torch.bfloat16):
        found = network.encoder(input_ids=ids, attention_mask=(ids > 0).long()).last_hidden_state
    kept = found.float()[ids > 0]
    weights = torch.linspace(-1, 1, kept.numel()).reshape(kept.shape)
    (kept * weights).sum().backward()
    return kept.detach(), network.encoder.embeddings.word_embeddings.weight.grad


def test_it_is_attention_to_the_precision_of_bfloat16(tmp_path: Path) -> None:
    base = tiny_reader.make_base(tmp_path / "base")
    exact = gradient(base, "eager", torch.float32)
    mine = gradient(base, register(), torch.bfloat16)
    theirs = gradient(base, "eager", torch.bfloat16)
    for one, other, rounded in zip(exact, mine, theirs, strict=True):
        assert (one - other).abs().max() <= 2 * (one - rounded).abs().max() + 1e-3
    same = gradient(base, register(), torch.float32)
    for one, other in zip(exact, same, strict=True):
        torch.testing.assert_close(one, other)
