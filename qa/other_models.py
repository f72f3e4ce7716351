"""Readers of other makes, by name or path: a question-answering model, or a CrossEncoder of sentence-transformers.

The first reads question and passage and marks a span; a sentence counts as much as the best span in it does, over the
model's "no span" (as SQuAD 2's models say it: Devlin et al., "BERT", arXiv:1810.04805, section 4.3). The second scores
question and sentence, with the title in front, and its 0 is taken for "not here". What either's scores are worth is
not known here, so they are brought to the spread that the trained reader's have; fit the confidence to it with
`footnote eval calibrate`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qa.embedder import accelerator
from qa.errors import ModelError, first_line
from qa.model_reader import LOWEST, Figures, Model, ModelReader, Read, best_words
from qa.reader import Reader
from qa.reader_input import NONE, Encoded, PassageText, sentence_of

SPREAD = 3.0
"""The deviation of the trained reader's scores over the sentences of a passage."""
FIGURES = Figures(weight=1.0, scale=2.8, span_margin=0.0, clear=np.inf, enough=np.inf)
"""The trained reader's weight and scale; all passages are read."""
LONGEST = 512
"""Tokens; what is longer is cut."""
_KINDS = "Name a question-answering model, a CrossEncoder, or a reader of footnote train-reader (.safetensors)."


def open_reader(similarity: Reader, name: str, limit: int) -> ModelReader:
    """The reader of a model of the hub or in a folder. Raises ModelError where it is not there or of no known kind."""
    return ModelReader(similarity, _opened(name), FIGURES, limit)


class SpanModel:
    """An AutoModelForQuestionAnswering with its fast tokenizer, on a GPU where there is one (as a CrossEncoder is)."""

    def __init__(self, name: str) -> None:
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        self._tokenizer = AutoTokenizer.from_pretrained(name, use_fast=True)  # nosec B615 # the operator names it
        model = AutoModelForQuestionAnswering.from_pretrained(name)  # nosec B615 # the operator names it
        self._model = model.eval().to(accelerator())
        self._longest = min(LONGEST, self._tokenizer.model_max_length)

    def read(self, question: str, texts: Sequence[PassageText]) -> list[Read]:
        import torch

        found = []
        for text in texts:
            inputs = self._tokenizer(
                question[: 4 * LONGEST], text.text, truncation=True, max_length=self._longest,
                return_offsets_mapping=True, return_tensors="pt",
            )  # fmt: skip
            spans = _spans(text.text, inputs.pop("offset_mapping")[0].tolist(), inputs.sequence_ids(0))
            with torch.inference_mode():
                out = self._model(**inputs.to(self._model.device))
            starts, ends = (logits[0].cpu().numpy() for logits in (out.start_logits, out.end_logits))
            found.append(_of_spans(text, spans, starts, ends))
        return _spread(found)


class PairModel:
    """A CrossEncoder with one score a pair."""

    def __init__(self, name: str) -> None:
        from sentence_transformers import CrossEncoder

        self._model = CrossEncoder(name, activation_fn=_unchanged())
        if self._model.config.num_labels != 1:
            raise ModelError(f"{name} gives {self._model.config.num_labels} scores a pair.", _KINDS)

    def read(self, question: str, texts: Sequence[PassageText]) -> list[Read]:
        pairs = [(question, _told(text, n)) for text in texts for n in range(len(text.sentences))]
        scores = iter(self._model.predict(pairs, show_progress_bar=False).tolist() if pairs else ())
        return _spread([_without_spans([next(scores) for _ in text.sentences]) for text in texts])


# ----------------------------------------------------------------------------------------------------------------


def _opened(name: str) -> Model:
    from transformers import AutoConfig

    try:
        kinds = AutoConfig.from_pretrained(name).architectures or [""]  # nosec B615 # the operator names it
        if kinds[0].endswith("ForQuestionAnswering"):
            return SpanModel(name)
        if kinds[0].endswith("ForSequenceClassification"):
            return PairModel(name)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"The reader {name} cannot be loaded: {first_line(error)}", _KINDS) from error
    raise ModelError(f"The reader {name} is of the kind {kinds[0] or 'unknown'}.", _KINDS)


def _without_spans(scores: Sequence[float]) -> Read:
    nothing = np.zeros(1)
    return Read(Encoded((0,), 1, ((NONE, NONE),), (NONE,), len(scores)), np.array(scores), nothing, nothing)


def _spans(text: str, offsets: Sequence[Sequence[int]], sides: Sequence[int | None]) -> list[tuple[int, int]]:
    """Of each token of the passage its place there, without the space that some tokenizers count to it; (NONE, NONE) of
    any other."""
    bare = ((b - len(text[a:b].lstrip()), b) for a, b in offsets)
    return [(a, b) if side == 1 and a < b else (NONE, NONE) for (a, b), side in zip(bare, sides, strict=True)]


def _of_spans(
    text: PassageText, spans: list[tuple[int, int]], starts: NDArray[np.float32], ends: NDArray[np.float32]
) -> Read:
    inside = [n for n, (a, _) in enumerate(spans) if a != NONE]
    of = dict(zip(inside, sentence_of([spans[n] for n in inside], text.sentences), strict=True))
    encoded = Encoded((), 0, tuple(spans), tuple(of.get(n, NONE) for n in range(len(spans))), len(text.sentences))
    read = Read(encoded, np.zeros(encoded.sentences), starts.astype(np.float64), ends.astype(np.float64))
    best = [best_words(read, place) for place in range(encoded.sentences)]
    return replace(read, sentences=np.array([LOWEST if one is None else one[1] for one in best]))


def _spread(found: Sequence[Read]) -> list[Read]:
    """With the sentences' scores brought to the usual deviation; their signs stay."""
    scores = np.concatenate([one.sentences for one in found]) if found else np.zeros(0)
    deviation = float(scores[scores > LOWEST].std()) if (scores > LOWEST).any() else 0.0
    factor = SPREAD / deviation if deviation > 1e-6 else 1.0
    return [replace(one, sentences=np.where(one.sentences > LOWEST, one.sentences * factor, LOWEST)) for one in found]


def _told(text: PassageText, place: int) -> str:
    sentence = text.text[text.sentences[place].start : text.sentences[place].end]
    return f"{text.title}: {sentence}" if text.title else sentence


def _unchanged() -> Any:
    from torch import nn

    return nn.Identity()
