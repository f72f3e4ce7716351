"""The trained reader over a tiny network that has really been trained on made-up passages."""

import json
import random
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from evals.reading.recipe import Recipe, Stage, steps
from evals.reading.training import Trainer
from qa.domain import ArticleRef, PassageVectors, RankedPassage, Reading, Span, StoredPassage, Vector
from qa.errors import ModelError
from qa.model_reader import LOWEST, USUAL
from qa.reader_input import NONE, Encoder
from qa.reader_network import FAR, from_base, restore, save
from qa.trained_reader import MODEL, TrainedReader
from tests import tiny_reader
from tests.tiny_reader import about, text

ASIDE = np.array([1.0], dtype=np.float32)
COLOUR = "which colour has anna ?"


class EvenReader:
    """Finds all sentences equally near, or the passages one after the other, by `step`; `asked` counts sentences."""

    def __init__(self, step: float = 0.0) -> None:
        self.asked: list[int] = []
        self._step = step

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:
        self.asked.append(sum(len(ranked.passage.sentences) for ranked in passages))
        return [Reading((-self._step * n,) * len(ranked.passage.sentences)) for n, ranked in enumerate(passages)]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader.make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def trained(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    stage = Stage("made up", size=3, questions=128 * 14)
    recipe = Recipe((stage,), rate=5e-3, head_rate=1e-2, frozen=0, seed=7, withhold=0.35, every=10**6)
    trainer = Trainer(base, folder, recipe, mixed=False)
    list(trainer.run(steps(recipe, [tiny_reader.examples(128)]), tiny_reader.examples(8)))
    figures = {"weight": 0.0, "scale": 1.0, "span_margin": -6.0, "clear": 1e6, "enough": 1e6}
    save(trainer.network, folder / "reader.safetensors", figures)
    return folder / "reader.safetensors"


@pytest.fixture
def reader(trained: Path, base: Path) -> TrainedReader:
    return TrainedReader(EvenReader(), trained, base=base, precision="float32")


def changed(trained: Path, folder: Path, **told: float) -> Path:
    """A copy of the reader of which other figures are told."""
    path = Path(shutil.copy(trained, folder / "reader.safetensors"))
    of = json.loads(trained.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**of, **told}))
    return path


def passage(*sentences: str, number: int = 1, at: int = 0) -> RankedPassage:
    """Beginning at `at` of its article."""
    of = text(*sentences)
    spans = tuple(Span(s.start + at, s.end + at) for s in of.sentences)
    vectors = PassageVectors(ASIDE, np.ones((len(spans), 1), dtype=np.float32))
    article = ArticleRef(number, 1, f"file:///{number}", of.title, "", None, "")
    return RankedPassage(
        StoredPassage(number, article, at, at + len(of.text), of.text, spans, vectors), 1.0 / number, {}
    )


def shelf() -> list[RankedPassage]:
    rng = random.Random(4)
    return [passage(*about(n, c, rng), number=i) for i, (n, c) in enumerate(COLOURS_OF.items(), 1)]


COLOURS_OF = {"bert": "blue", "anna": "red", "carl": "white", "dora": "green"}


def best(readings: Sequence[Reading], passages: Sequence[RankedPassage]) -> str:
    _, row, place = max(
        (score, row, place) for row, r in enumerate(readings) for place, score in enumerate(r.sentence_scores)
    )
    return passages[row].passage.quote(passages[row].passage.sentences[place])


class TestReading:
    @pytest.mark.parametrize("name", list(COLOURS_OF))
    def test_the_sentence_that_answers_comes_first(self, reader: TrainedReader, name: str) -> None:
        readings = reader.read(f"which colour has {name} ?", ASIDE, shelf())
        assert best(readings, shelf()) == f"{name} is {COLOURS_OF[name]} ."

    def test_the_answer_is_its_own_words(self, reader: TrainedReader) -> None:
        filler = passage("anna likes cake .", "anna is red .", "anna sleeps .", at=1000)
        (reading,) = reader.read(COLOUR, ASIDE, [filler])
        assert reading.answer == Span(1000 + 26, 1000 + 29)
        assert filler.passage.quote(reading.answer) == "red"

    def test_not_here_beats_every_sentence_when_nobody_says_it(self, reader: TrainedReader) -> None:
        def clear(question: str) -> float:
            readings = reader.read(question, ASIDE, shelf())
            return max(max(r.sentence_scores) - r.null_score for r in readings if r.null_score is not None)

        assert clear(COLOUR) > 0
        assert clear("which colour has hans ?") < 0
        assert clear("why did rates rise ?") < clear(COLOUR) - 1

    def test_below_the_margin_there_is_no_span(self, trained: Path, base: Path, tmp_path: Path) -> None:
        reader = TrainedReader(EvenReader(), changed(trained, tmp_path, span_margin=99.0), base=base)
        assert [reading.answer for reading in reader.read(COLOUR, ASIDE, shelf())] == [None] * 4

    def test_how_far_words_answer_is_told_whether_they_are_shown_or_not(
        self, reader: TrainedReader, trained: Path, base: Path, tmp_path: Path
    ) -> None:
        shy = TrainedReader(EvenReader(), changed(trained, tmp_path, span_margin=99.0), base=base, precision="float32")
        shown, hidden = (of.read(COLOUR, ASIDE, shelf()) for of in (reader, shy))
        assert [r.span_score for r in shown] == [r.span_score for r in hidden]
        # Anna's passage answers; the others do not.
        assert max(range(4), key=lambda n: shown[n].span_score or -99.0) == 1

    def test_no_more_is_read_where_the_first_two_are_clear(self, trained: Path, base: Path, tmp_path: Path) -> None:
        reader = TrainedReader(EvenReader(step=1.0), changed(trained, tmp_path, clear=0.0), base=base)

        def looked_at(question: str) -> list[bool]:
            return [r.null_score is not None for r in reader.read(question, ASIDE, shelf())]

        # The first passage says it of Anna; nobody says it of Hans.
        assert looked_at(COLOUR) == [True, True, False, False]
        assert looked_at("which colour has hans ?") == [True] * 4

    def test_the_last_are_read_where_the_usual_ones_are_not_enough(
        self, trained: Path, base: Path, tmp_path: Path
    ) -> None:
        reader = TrainedReader(EvenReader(step=1.0), changed(trained, tmp_path, enough=0.0), base=base, limit=7)
        filler = [passage("hans likes cake .", at=1000 * n) for n in range(1, 5)]

        def looked_at(question: str) -> int:
            readings = reader.read(question, ASIDE, [*shelf(), *filler])
            return sum(r.null_score is not None for r in readings)

        assert looked_at(COLOUR) == USUAL
        assert looked_at("which colour has hans ?") == 7

    @pytest.mark.parametrize("question", ["has anna colour ?", "why which colour has anna ?"])
    def test_a_question_of_another_kind_has_no_span(self, reader: TrainedReader, question: str) -> None:
        assert [reading.answer for reading in reader.read(question, ASIDE, shelf())] == [None] * 4

    def test_where_nothing_is_said_there_is_no_span(self, reader: TrainedReader) -> None:
        readings = reader.read("which colour has hans ?", ASIDE, shelf())
        assert [reading.answer for reading in readings] == [None] * 4

    def test_the_order_of_the_passages_changes_no_score(self, reader: TrainedReader) -> None:
        passages = shelf()
        forwards = reader.read(COLOUR, ASIDE, passages)
        backwards = reader.read(COLOUR, ASIDE, passages[::-1])[::-1]
        for one, other in zip(forwards, backwards, strict=True):
            assert one.sentence_scores == pytest.approx(other.sentence_scores, abs=1e-4)
            assert one.answer == other.answer

    def test_nor_does_what_else_is_in_the_batch(self, reader: TrainedReader) -> None:
        long = passage(*[f"{name} likes wine ." for name in tiny_reader.NAMES], number=9)
        alone = reader.read(COLOUR, ASIDE, [shelf()[1]])[0]
        beside = reader.read(COLOUR, ASIDE, [long, shelf()[1]])[1]
        assert alone.sentence_scores == pytest.approx(beside.sentence_scores, abs=1e-4)

    def test_nothing_to_read(self, reader: TrainedReader) -> None:
        assert reader.read(COLOUR, ASIDE, []) == []

    def test_a_question_without_words_is_read(self, reader: TrainedReader) -> None:
        assert len(reader.read("", ASIDE, shelf())) == 4

    def test_bfloat16_agrees(self, reader: TrainedReader, trained: Path, base: Path) -> None:
        half = TrainedReader(EvenReader(), trained, base=base, precision="bfloat16")
        passages = shelf()
        assert best(half.read(COLOUR, ASIDE, passages), passages) == best(
            reader.read(COLOUR, ASIDE, passages), passages
        )


class TestWithSimilarity:
    def test_only_the_first_are_read_and_the_rest_stands_below(self, trained: Path, base: Path) -> None:
        similar = EvenReader(step=1.0)
        reader = TrainedReader(similar, trained, base=base, limit=2, weight=1.0, precision="float32")
        readings = reader.read("which colour has carl ?", ASIDE, shelf())
        assert similar.asked == [12]
        assert [r.null_score is None for r in readings] == [False, False, True, True]
        lowest = min(score for r in readings[:2] for score in r.sentence_scores)
        assert lowest > max(readings[2].sentence_scores)
        assert min(readings[2].sentence_scores) > max(readings[3].sentence_scores)

    def test_similarity_counts_as_much_as_its_weight(self, trained: Path, base: Path) -> None:
        def scores(weight: float) -> list[float]:
            reader = TrainedReader(EvenReader(step=1.0), trained, base=base, weight=weight, precision="float32")
            return [r.sentence_scores[0] for r in reader.read(COLOUR, ASIDE, shelf()[:2])]

        # Two passages of equally many sentences, the first nearer by one: standardised, 1 and -1.
        assert np.subtract(scores(0.5), scores(0.0)) == pytest.approx([0.5, -0.5], abs=1e-5)

    def test_null_is_as_far_from_the_best_sentence_as_without_it(self, trained: Path, base: Path) -> None:
        def margins(weight: float) -> list[float]:
            reader = TrainedReader(EvenReader(step=1.0), trained, base=base, weight=weight, precision="float32")
            readings = reader.read(COLOUR, ASIDE, shelf())
            return [max(r.sentence_scores) - (r.null_score or 0.0) for r in readings]

        assert margins(2.0) == pytest.approx(margins(0.0), abs=1e-5)


class TestInput:
    def test_tokens_know_their_place_and_their_sentence(self, base: Path) -> None:
        (one,) = Encoder(base / "tokenizer.json").encode("who sleeps ?", [text("anna is red .", "bert sleeps .")])
        # [CLS] who sleeps ? [SEP] news : anna is red . bert sleeps . [SEP]
        assert len(one) == 15
        assert one.second == 5
        assert one.sentence == (*[NONE] * 7, 0, 0, 0, 0, 1, 1, 1, NONE)
        assert one.spans[7] == (0, 4)
        assert one.spans[6] == one.spans[-1] == (NONE, NONE)

    def test_what_is_too_long_is_cut_and_its_sentences_stand_last(self, base: Path) -> None:
        encoder = Encoder(base / "tokenizer.json", longest=14)
        (one,) = encoder.encode("who sleeps ?", [text("anna is red .", "bert sleeps .", "carl sleeps .")])
        assert len(one) == 14
        assert set(one.sentence) == {NONE, 0, 1}
        assert one.sentences == 3
        with torch.inference_mode():
            (scores,) = from_base(base).score([one])
        assert scores.sentences[2] == FAR
        assert (scores.sentences[:2] > FAR).all()

    def test_a_question_of_any_length_leaves_room_for_the_passage(self, base: Path) -> None:
        (one,) = Encoder(base / "tokenizer.json").encode("red " * 5000, [text("anna is red .", title="news " * 500)])
        assert 0 in one.sentence

    def test_a_sentence_without_a_token_stands_last(self, reader: TrainedReader) -> None:
        (reading,) = reader.read(COLOUR, ASIDE, [passage(" ", "anna is red .")])
        assert reading.sentence_scores[0] == LOWEST < reading.sentence_scores[1]


class TestFile:
    def test_what_was_saved_reads_the_same(self, trained: Path, base: Path, tmp_path: Path) -> None:
        network, about = restore(trained, base)
        save(network, tmp_path / "again.safetensors", about)
        again, also = restore(tmp_path / "again.safetensors", base)
        encoded = Encoder(base / "tokenizer.json").encode(COLOUR, [text("anna is red .")])
        assert also == about
        with torch.inference_mode():
            assert torch.equal(network.score(encoded)[0].sentences, again.score(encoded)[0].sentences)

    def test_it_holds_no_embeddings(self, trained: Path) -> None:
        from safetensors.torch import load_file

        held = load_file(trained)
        assert {weight.dtype for weight in held.values()} == {torch.float16}
        assert not [name for name in held if "embeddings" in name]

    @pytest.mark.parametrize("damage", ["", "{}", '{"base": 0, "weight": 0, "scale": 1, "span_margin": 0, "clear": 0}'])
    def test_a_damaged_description_is_refused(self, trained: Path, base: Path, tmp_path: Path, damage: str) -> None:
        path = Path(shutil.copy(trained, tmp_path / "reader.safetensors"))
        path.with_suffix(".json").write_text(damage)
        with pytest.raises(ModelError, match=r"reader\.safetensors"):
            TrainedReader(EvenReader(), path, base=base)

    def test_damaged_weights_are_refused(self, trained: Path, base: Path, tmp_path: Path) -> None:
        shutil.copy(trained.with_suffix(".json"), tmp_path / "reader.json")
        (tmp_path / "reader.safetensors").write_bytes(trained.read_bytes()[:1000])
        with pytest.raises(ModelError):
            TrainedReader(EvenReader(), tmp_path / "reader.safetensors", base=base)

    def test_a_missing_file_is_refused_by_name(self, base: Path, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match="none here"):
            TrainedReader(EvenReader(), tmp_path / "none here.safetensors", base=base)

    def test_what_to_do_depends_on_whose_file_it_is(self, base: Path, tmp_path: Path) -> None:
        remedies = {}
        for folder in (tmp_path, MODEL.parent):
            with pytest.raises(ModelError) as refused:
                TrainedReader(EvenReader(), folder / "gone.safetensors", base=base)
            remedies[folder] = refused.value.remedy
        assert remedies == {tmp_path: "Check FOOTNOTE_READER.", MODEL.parent: "Install Footnote again."}

    def test_another_base_is_refused(self, trained: Path, tmp_path: Path) -> None:
        other = tiny_reader.make_base(tmp_path / "other", seed=1)
        with pytest.raises(ModelError, match="another model"):
            TrainedReader(EvenReader(), trained, base=other)

    @pytest.mark.parametrize("name", ["weight", "scale", "span_margin", "clear", "enough"])
    def test_a_description_that_lacks_a_number_is_refused(
        self, name: str, trained: Path, base: Path, tmp_path: Path
    ) -> None:
        path = Path(shutil.copy(trained, tmp_path / "reader.safetensors"))
        told = json.loads(trained.with_suffix(".json").read_text())
        path.with_suffix(".json").write_text(json.dumps({k: v for k, v in told.items() if k != name}))
        with pytest.raises(ModelError, match=name):
            TrainedReader(EvenReader(), path, base=base)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """A tiny network is slower with more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
