"""The reader's network: an encoder with a head for sentences, one for "not here" and one for the answer's span.

A sentence's vector is the mean of its tokens'. Its score is a line over that vector, and its cosine to the mean of the
question's tokens, which makes the network start from what its base knows already. "Not here" is a line over [CLS];
start and end of the answer are lines over every token (Devlin et al., "BERT", arXiv:1810.04805, section 4.2). The
scores of a question's passages compare: they were trained under one softmax.
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from qa.errors import ModelError, first_line
from qa.reader_input import NONE, Encoded

CHUNK = 16
"""Inputs of like length that pass through the encoder together."""
WIDTH = 16
"""Inputs are filled up to a multiple of this, since every new shape costs the processor's library a preparation."""
NEARNESS = 12.0
"""What the cosine counts before training."""
SHIPPED = Path(__file__).parent / "models"
"""Where the readers are that come with Footnote."""
WEIGHTS = "model.safetensors"
"""The base's, in its folder."""
FAR = -1e4
"""The score of what cannot be an answer: a sentence that was cut off, a token outside the passage."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Of one passage. `sentences` (sentences,); `null` (); `start`, `end` (tokens,), with "no span" at token 0."""

    sentences: Tensor
    null: Tensor
    start: Tensor
    end: Tensor


class Network(nn.Module):
    """`encoder` is a model of transformers, `base` the folder of the one that the weights come from. With `mixed` the
    encoder computes in bfloat16 over float32 weights. It may be on a GPU (`network.encoder.to("cuda")`), the heads stay
    on the processor."""

    def __init__(self, encoder: Any, base: Path) -> None:
        super().__init__()
        self.base = base
        self.mixed = False
        self.encoder = encoder
        size = encoder.config.hidden_size
        self.heads = nn.ModuleDict(
            {"sentence": nn.Linear(size, 1), "null": nn.Linear(size, 1), "span": nn.Linear(size, 2)}
        )
        self.nearness = nn.Parameter(torch.tensor(NEARNESS))

    def score(self, inputs: Sequence[Encoded], chunk: int = CHUNK) -> list[Scores]:
        """One result an input, in their order; encoded in chunks of like length."""
        order = sorted(range(len(inputs)), key=lambda i: len(inputs[i]))
        found: dict[int, Scores] = {}
        for at in range(0, len(order), chunk):
            rows = order[at : at + chunk]
            vectors = self._vectors([inputs[i] for i in rows])
            for row, index in enumerate(rows):
                found[index] = self._heads(vectors[row, : len(inputs[index])].float(), inputs[index])
        return [found[i] for i in range(len(inputs))]

    def _vectors(self, inputs: Sequence[Encoded]) -> Tensor:
        """Shape (inputs, tokens, dimension)."""
        width = -(-max(map(len, inputs)) // WIDTH) * WIDTH
        config = self.encoder.config
        ids = torch.full((len(inputs), width), config.pad_token_id)
        mask, side = torch.zeros_like(ids), torch.zeros_like(ids)
        for row, one in enumerate(inputs):
            ids[row, : len(one)] = torch.tensor(one.ids)
            mask[row, : len(one)] = 1
            side[row, one.second : len(one)] = 1
        sides = {"token_type_ids": side} if getattr(config, "type_vocab_size", 1) > 1 else {}
        device = self.encoder.device
        given = {"input_ids": ids, "attention_mask": mask, **sides}
        with torch.autocast(device.type, torch.bfloat16, enabled=self.mixed):
            found: Tensor = self.encoder(**{name: held.to(device) for name, held in given.items()}).last_hidden_state
        return found.cpu()

    def _heads(self, vectors: Tensor, one: Encoded) -> Scores:
        null = self.heads["null"](vectors[0]).squeeze(-1)
        spans = self.heads["span"](vectors)
        outside = torch.tensor([start == NONE for start, _ in one.spans])
        outside[0] = False
        spans = spans.masked_fill(outside[:, None], FAR)
        return Scores(self._sentences(vectors, one), null, spans[:, 0], spans[:, 1])

    def _sentences(self, vectors: Tensor, one: Encoded) -> Tensor:
        of = torch.tensor(one.sentence)
        inside = of != NONE
        sizes = torch.bincount(of[inside], minlength=one.sentences)
        means = torch.zeros(one.sentences, vectors.shape[1]).index_add(0, of[inside], vectors[inside])
        means = means / sizes.clamp(min=1)[:, None]
        asked = vectors[1 : one.second - 1].mean(0) if one.second > 2 else vectors[0]
        near = torch.cosine_similarity(means, asked[None], dim=1)
        scores = self.heads["sentence"](means).squeeze(-1) + self.nearness * near
        return torch.where(sizes > 0, scores, torch.full_like(scores, FAR))


def from_base(base: Path, attention: str = "sdpa") -> Network:
    """A network with the weights of the encoder in the folder `base`, and new heads.

    `attention` is of a BERT: "sdpa", or "eager", whose backward pass in bfloat16 takes a third of the time on a CPU.
    """
    from transformers import AutoConfig, AutoModel

    config = AutoConfig.from_pretrained(base, local_files_only=True)  # nosec B615 # a folder, never the hub
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    config._attn_implementation = attention if config.model_type == "bert" else "eager"
    network = Network(AutoModel.from_config(config, add_pooling_layer=False), base)
    held = load_file(base / WEIGHTS)
    network.encoder.load_state_dict({name: held[name] for name in network.encoder.state_dict()})
    return network


def freeze(network: Network, layers: int) -> None:
    """Leave the embeddings and the first layers as the base has them."""
    for part in (network.encoder.embeddings, *network.encoder.encoder.layer[:layers]):
        part.requires_grad_(False)


def drop(network: Network, layers: int, share: float) -> None:
    """Leave out that share of what the layers after the first `layers` put out, in training mode."""
    for layer in network.encoder.encoder.layer[layers:]:
        inner = layer.attention.output if hasattr(layer.attention, "output") else layer.attention  # BERT's, MPNet's
        inner.dropout.p = layer.output.dropout.p = share


def trained_weights(network: Network) -> dict[str, Tensor]:
    """Everything but what is frozen as the base has it, which loading takes from there.

    What is frozen may differ from the base: training may begin from another reader, or be one of several averaged.
    """
    base = {f"encoder.{name}": weight for name, weight in load_file(network.base / WEIGHTS).items()}
    return {
        name: weight.detach()
        for name, weight in network.named_parameters()
        if weight.requires_grad or name not in base or not base[name].to(weight.dtype).equal(weight)
    }


def save(network: Network, path: Path, about: Mapping[str, Any]) -> None:
    """The trained weights in half precision, and beside them a JSON file with `about` and what base they need."""
    weights = {name: weight.half().contiguous() for name, weight in trained_weights(network).items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(weights, path)
    shape = {"base": fingerprint(network), "dimension": network.encoder.config.hidden_size}
    beside = path.with_suffix(".json")
    beside.write_text(json.dumps({**shape, **about}, indent=1) + "\n", encoding="utf-8")
    shutil.copymode(beside, path)  # The umask's: safetensors lets nobody but the owner read.


def restore(path: Path, base: Path) -> tuple[Network, dict[str, Any]]:
    """A network that `save` wrote, over the base it was trained from, and what was kept with it.

    Raises ModelError where a file is missing or damaged, or the base is another one.
    """
    remedy = "Install Footnote again." if path.parent == SHIPPED else "Check FOOTNOTE_READER."
    with _refused(f"The reader {path} cannot be loaded", remedy):
        about = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        held = load_file(path)
        network = from_base(base)
        _fill(network, held, about["base"])
    for name, weight in network.named_parameters():
        weight.requires_grad_(name in held)
    return network.eval(), about


def load_weights(network: Network, path: Path) -> None:
    """The trained weights of a file that `save` wrote, into a network of the same base.

    Raises ModelError where it is none, or where the JSON file beside it, if there is one, names another base.
    """
    beside, remedy = path.with_suffix(".json"), "Begin from a file that `footnote train-reader publish` wrote."
    with _refused(f"The reader {path} cannot be begun from", remedy):
        held = load_file(path)
        about = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {"base": fingerprint(network)}
        _fill(network, held, about["base"])


def restore_training(path: Path, base: Path) -> tuple[Network, dict[str, Any]]:
    """What training kept: {"network": its state, "about": what is to be told of it}. ModelError for another base."""
    with _refused(
        f"The network {path} cannot be used", f"Take best.pt or last.pt of a run that was trained from {base}."
    ):
        kept = torch.load(path, weights_only=True, map_location="cpu")
        network = from_base(base)
        named = fingerprint(network)
        freeze(network, kept["about"]["frozen"])
        if kept["network"].keys() != network.state_dict().keys():
            raise ValueError(f"it was trained from another model than {base}.")
        network.load_state_dict(kept["network"])
        if fingerprint(network) != named:
            raise ValueError(f"it was trained from another model than {base}.")
    return network, kept["about"]


def fingerprint(network: Network) -> int:
    """Of the word embeddings, which are the base's."""
    return crc32(network.encoder.embeddings.word_embeddings.weight.detach().half().cpu().numpy().tobytes())


# ----------------------------------------------------------------------------------------------------------------


def _fill(network: Network, held: Mapping[str, Tensor], base: int) -> None:
    """Take over what a file holds, trained from the base of that fingerprint; layers that it lacks stay the base's.

    Raises ValueError where the file is no reader's, or one of another base.
    """
    if base != fingerprint(network):
        raise ValueError(f"it was trained from another model than {network.base}.")
    wanted = dict(network.named_parameters())
    faults = {
        "has weights that no reader has": held.keys() - wanted.keys(),
        "lacks weights": {name for name in wanted if not name.startswith("encoder.")} - held.keys(),
        "has weights of another shape": {n for n in held.keys() & wanted.keys() if held[n].shape != wanted[n].shape},
    }
    for fault, names in faults.items():
        if names:
            raise ValueError(f"it {fault}: {', '.join(sorted(names)[:3])}.")
    network.load_state_dict(held, strict=False)


@contextmanager
def _refused(what: str, remedy: str) -> Iterator[None]:
    """Whatever goes wrong inside is a ModelError that begins with `what`."""
    try:
        yield
    except Exception as error:
        raise ModelError(f"{what}: {first_line(error)}", remedy) from error
