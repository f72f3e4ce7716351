"""A base of one layer and 32 dimensions over a few words, and made-up examples that it can learn to read.

Asked "which colour has anna ?", a passage says "anna is red ." beside other things about anna and others.
"""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from evals.reading.examples import Example, Held
from qa.domain import Span
from qa.reader_input import PassageText

NAMES = ("anna", "bert", "carl", "dora", "emil", "fred", "gita", "hans")
COLOURS = ("red", "blue", "green", "white")
OTHER = ("bread", "milk", "cake", "wine")
WORDS = (
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "?", ":", "news", "which", "colour", "has", "is", "likes", "sleeps"),
    *("why", "did", "rates", "rise"),
    *NAMES,
    *COLOURS,
    *OTHER,
)


def make_base(folder: Path, seed: int = 0, kind: str = "bert") -> Path:
    """What `from_base` needs of a model's folder: config, weights, tokenizer. `kind`: or "mpnet"."""
    from transformers import BertConfig, BertModel, MPNetConfig, MPNetModel

    configured, model = {"bert": (BertConfig, BertModel), "mpnet": (MPNetConfig, MPNetModel)}[kind]
    torch.manual_seed(seed)
    config: Any = configured(
        vocab_size=len(WORDS),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64 + 2 * (kind == "mpnet"),
        initializer_range=0.2,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    made: Any = model
    weights = made(config, add_pooling_layer=False).state_dict()
    save_file({name: weight.contiguous() for name, weight in weights.items()}, folder / "model.safetensors")
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def text(*sentences: str, title: str = "news") -> PassageText:
    spans, start = [], 0
    for sentence in sentences:
        spans.append(Span(start, start + len(sentence)))
        start += len(sentence) + 1
    return PassageText(title, " ".join(sentences), tuple(spans))


def about(name: str, colour: str, rng: random.Random) -> list[str]:
    """Sentences about one name, of which one says its colour, in random order."""
    sentences = [f"{name} is {colour} .", f"{name} likes {rng.choice(OTHER)} .", f"{name} sleeps ."]
    rng.shuffle(sentences)
    return sentences


def held(name: str, colour: str, asked: str, rng: random.Random) -> Held:
    sentences = about(name, colour, rng)
    parts = tuple((0,) if name == asked and colour in sentence else () for sentence in sentences)
    whole = text(*sentences)
    at = whole.text.index(colour)
    return Held(whole, parts, Span(at, at + len(colour)) if name == asked else None)


def example(number: int, rng: random.Random, answerable: bool = True) -> Example:
    """A passage of the name that is asked for, if it is answerable, and of three others."""
    asked, *others = rng.sample(NAMES, 5)
    names: Sequence[str] = [asked, *others[:3]] if answerable else others
    passages = tuple(held(name, rng.choice(COLOURS), asked, rng) for name in names)
    return Example(str(number), f"which colour has {asked} ?", "who", answerable, False, passages)


def examples(count: int, seed: int = 0) -> list[Example]:
    """Every fourth is unanswerable."""
    rng = random.Random(seed)
    return [example(number, rng, number % 4 > 0) for number in range(count)]
