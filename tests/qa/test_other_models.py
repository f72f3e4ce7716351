"""Readers of other makes: tiny models with random weights, in folders as transformers and sentence-transformers write
them. What they say is compared with what those libraries' own classes say."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, processors

from qa.bootstrap import make_reader
from qa.domain import RankedPassage
from qa.errors import ModelError
from qa.library import Library
from qa.model_reader import LOWEST, ModelReader
from qa.other_models import FIGURES, PairModel, SpanModel, open_reader
from qa.reader_input import PassageText
from qa.settings import load
from tests import tiny_reader
from tests.qa.test_trained_reader import ASIDE, COLOUR, EvenReader, shelf
from tests.tiny_reader import WORDS, text


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder a kind."""
    import transformers

    kinds = {"spans": "BertForQuestionAnswering", "pairs": "BertForSequenceClassification", "words": "BertForMaskedLM"}
    folder = tmp_path_factory.mktemp("models")
    tokenizer = Tokenizer.from_file(str(tiny_reader.make_base(folder / "base") / "tokenizer.json"))
    signs = [(name, WORDS.index(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.BertProcessing(signs[1], signs[0])
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        model_max_length=64,
    )  # fmt: skip
    for name, kind in kinds.items():
        torch.manual_seed(len(name))
        labels = {"num_labels": 1} if name == "pairs" else {}
        shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
        config = transformers.BertConfig(vocab_size=len(WORDS), initializer_range=0.5, **shape, **labels)
        getattr(transformers, kind)(config).save_pretrained(folder / name)
        fast.save_pretrained(folder / name)
    return folder


@pytest.fixture
def passages() -> list[RankedPassage]:
    return shelf()


def test_a_sentence_counts_as_much_as_its_best_span_over_no_span(models: Path) -> None:
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    passage = text("anna is red .", "bert sleeps .")
    (read,) = SpanModel(str(models / "spans")).read(COLOUR, [passage])

    tokenizer = AutoTokenizer.from_pretrained(models / "spans")
    # [CLS] which colour has anna ? [SEP] anna is red . bert sleeps . [SEP]
    inputs = tokenizer(COLOUR, passage.text, return_tensors="pt")
    with torch.inference_mode():
        out = AutoModelForQuestionAnswering.from_pretrained(models / "spans")(**inputs)
    starts, ends = out.start_logits[0].numpy(), out.end_logits[0].numpy()
    best = [
        max(starts[a] + ends[b] for a in tokens for b in tokens if a <= b) - starts[0] - ends[0]
        for tokens in (range(7, 11), range(11, 14))
    ]
    # The two scores keep their ratio; their deviation is the usual one.
    assert read.sentences[0] / read.sentences[1] == pytest.approx(best[0] / best[1], rel=1e-4)
    assert read.sentences.std() == pytest.approx(3.0)
    assert np.sign(read.sentences).tolist() == np.sign(best).tolist()


def test_a_pair_counts_what_the_cross_encoder_says_of_title_and_sentence(models: Path) -> None:
    from sentence_transformers import CrossEncoder

    passage = text("anna is red .", "bert sleeps .", "carl likes wine .")
    (read,) = PairModel(str(models / "pairs")).read(COLOUR, [passage])

    pairs = [(COLOUR, f"news: {sentence}") for sentence in ("anna is red .", "bert sleeps .", "carl likes wine .")]
    plain = CrossEncoder(str(models / "pairs"), activation_fn=torch.nn.Identity()).predict(pairs)
    assert np.corrcoef(read.sentences, plain)[0, 1] == pytest.approx(1.0, abs=1e-4)
    assert np.argsort(read.sentences).tolist() == np.argsort(plain).tolist()


@pytest.mark.parametrize("name", ["spans", "pairs"])
def test_it_reads_as_any_reader_does(models: Path, passages: list[RankedPassage], name: str) -> None:
    readings = open_reader(EvenReader(), str(models / name), 3).read(COLOUR, ASIDE, passages)

    assert [len(reading.sentence_scores) for reading in readings] == [3] * 4
    assert [reading.null_score is None for reading in readings] == [False, False, False, True]
    for reading, ranked in zip(readings, passages, strict=True):
        if reading.answer:
            assert ranked.passage.start <= reading.answer.start < reading.answer.end <= ranked.passage.end
    assert name == "spans" or not any(reading.answer for reading in readings)


def test_what_is_read_later_is_on_the_same_scale(models: Path, passages: list[RankedPassage]) -> None:
    model = SpanModel(str(models / "spans"))
    reader = ModelReader(EvenReader(), model, FIGURES, 4)
    _, found, _ = reader.sides(COLOUR, ASIDE, passages)
    whole = model.read(COLOUR, [PassageText.of(ranked.passage) for ranked in passages])
    assert [read.sentences.tolist() for read in found] == [read.sentences.tolist() for read in whole]


@pytest.mark.parametrize("name", ["spans", "pairs"])
def test_what_does_not_fit_is_cut_and_stands_last(models: Path, name: str) -> None:
    long = text(*["anna is red ."] * 40)
    (read,) = open_reader(EvenReader(), str(models / name), 3)._model.read("red " * 30, [long])
    assert len(read.sentences) == 40
    assert name == "pairs" or read.sentences[-1] == LOWEST


def test_a_model_of_another_kind_is_refused_with_what_is_wanted(models: Path) -> None:
    with pytest.raises(ModelError, match="BertForMaskedLM"):
        open_reader(EvenReader(), str(models / "words"), 3)


def test_a_model_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none here"):
        open_reader(EvenReader(), str(tmp_path / "none here"), 3)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library.open(tmp_path / "library", None, index="exact") as library:
        yield library


def test_the_settings_name_it_by_its_folder(models: Path, library: Library) -> None:
    reader = make_reader(load(reader=str(models / "spans")), library)
    assert isinstance(getattr(reader, "_model", None), SpanModel)
