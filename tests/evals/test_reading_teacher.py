"""A network that learns from another one's scores; parts of passages."""

import random
from pathlib import Path

import pytest
import torch

from evals.reading import examples
from evals.reading.examples import Held
from evals.reading.recipe import Recipe, Stage, Step, steps
from evals.reading.sampling import Drawn, shortened
from evals.reading.teacher import Teacher
from evals.reading.training import LAST, Trainer
from evals.train_reader import main
from qa.domain import Span
from qa.errors import ModelError, UsageError
from qa.reader_input import Encoder
from qa.reader_network import Network, Scores, from_base
from tests import tiny_reader
from tests.tiny_reader import text


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("bases")
    return tiny_reader.make_base(folder / "small"), tiny_reader.make_base(folder / "larger", kind="mpnet")


def recipe(share: float = 0.6, questions: int = 64) -> Recipe:
    stage = Stage("made up", size=3, questions=questions, batch=8)
    return Recipe((stage,), rate=5e-3, head_rate=1e-2, frozen=0, seed=7, share=share)


@pytest.fixture(scope="module")
def taught(bases: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A larger network after a few steps, and its base."""
    folder, base = tmp_path_factory.mktemp("teacher"), bases[1]
    list(Trainer(base, folder, recipe(), mixed=False).run(planned(recipe()), tiny_reader.examples(4)))
    return folder / LAST, base


def planned(of: Recipe) -> list[Step]:
    return steps(of, [tiny_reader.examples(64)])


def read(network: Network, base: Path, drawn: Drawn) -> list[Scores]:
    inputs = Encoder(base / "tokenizer.json").encode(drawn.question, [held.text for held in drawn.passages])
    with torch.inference_mode():
        return network.score(inputs)


class TestAnotherBase:
    def test_shorter_inputs_are_filled_up_without_a_trace(self, bases: tuple[Path, Path]) -> None:
        network, encoder = from_base(bases[1]).eval(), Encoder(bases[1] / "tokenizer.json")
        short, long = encoder.encode("why ?", [text("anna is red ."), text("anna is red .", "bert likes milk .")])
        with torch.inference_mode():
            (alone,), (beside, _) = network.score([short]), network.score([short, long])
        torch.testing.assert_close(alone.sentences, beside.sentences)
        torch.testing.assert_close(alone.start, beside.start)


class TestTeacher:
    def test_what_it_says_is_learnt(self, bases: tuple[Path, Path], taught: tuple[Path, Path], tmp_path: Path) -> None:
        run, base = planned(recipe(share=1.0, questions=512)), bases[0]
        drawn = run[0].drawn[0]
        trainer = Trainer(base, tmp_path, recipe(share=1.0), mixed=False, teacher=taught)
        wanted = Teacher.load(*taught, 1.0, mixed=False).read([drawn])[0]

        def apart() -> float:
            found = read(trainer.network.eval(), base, drawn)
            trainer.network.train()
            pairs = zip(found, wanted, strict=True)
            return float(sum((s.start.softmax(0) - t.start.softmax(0)).abs().sum() for s, t in pairs))

        before = apart()
        for step in run:
            trainer.step(step, 0.3)
        assert apart() < before / 2

    def test_gold_and_teacher_are_weighed(self, bases: tuple[Path, Path], taught: tuple[Path, Path]) -> None:
        drawn = planned(recipe())[0].drawn[0]
        scores, gold = read(from_base(bases[0]).eval(), bases[0], drawn), torch.tensor(3.0)
        weighed = [
            float(
                (teacher := Teacher.load(*taught, share, mixed=False)).weigh(
                    gold, drawn, scores, *teacher.read([drawn])
                )
            )
            for share in (0.0, 0.5, 1.0)
        ]
        assert weighed[0] == 3.0
        assert weighed[1] == pytest.approx((weighed[0] + weighed[2]) / 2)

    def test_one_of_other_tokens_is_refused(self, taught: tuple[Path, Path]) -> None:
        drawn, teacher = planned(recipe())[0].drawn[0], Teacher.load(*taught, 0.5, mixed=False)
        (scores,) = teacher.read([drawn])
        longer = [Scores(s.sentences, s.null, torch.zeros(len(s.start) + 1), s.end) for s in scores]
        with pytest.raises(ModelError, match="other tokens"):
            teacher.weigh(torch.tensor(1.0), drawn, longer, scores)

    def test_is_named_on_the_command_line(
        self, bases: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("evals.train_reader.bundled", lambda: bases[0])
        monkeypatch.setattr("evals.train_reader.native_precision", lambda _: "float32")
        examples.save(tiny_reader.examples(16), tmp_path / "made.json")
        larger = str(bases[1])

        def train(folder: str, *more: str) -> None:
            given = ["--stage", f"{tmp_path}/made.json", "3", "16", "--kept", f"{tmp_path}/made.json", *more]
            main(["train", *given, "--folder", f"{tmp_path}/{folder}"])

        train("teacher", "--base", larger, "--characters", "30", "--batch", "4")
        train("reader", "--teacher", f"{tmp_path}/teacher/{LAST}", larger, "--share", "0.4")
        assert torch.load(tmp_path / "reader" / LAST, weights_only=True)["about"]["recipe"]["share"] == 0.4
        with pytest.raises(UsageError, match="another recipe"):
            train("reader", "--share", "0.4")
        with pytest.raises(ModelError, match="from another model"):
            train("other", "--teacher", f"{tmp_path}/reader/{LAST}", larger)
        with pytest.raises(ModelError, match=r"none\.pt cannot be used"):
            train("other", "--teacher", f"{tmp_path}/none.pt", larger)
        with pytest.raises(SystemExit):
            train("other", "--share", "1.4")


class TestShortened:
    def passage(self) -> Held:
        whole = text("anna sleeps .", "bert is red .", "carl likes milk .", "dora likes wine .")
        at = whole.text.index("red")
        return Held(whole, ((), (0,), (), ()), Span(at, at + 3))

    def test_gold_stays_with_whole_sentences_beside_it(self) -> None:
        seen = set()
        for seed in range(20):
            drawn = shortened(Drawn("q", (self.passage(),), False), 32, random.Random(seed))
            (part,) = drawn.passages
            seen.add(part.text.text)
            assert len(part.text.text) <= 32
            assert part.gold
            assert part.answer is not None
            assert part.text.text[part.answer.start : part.answer.end] == "red"
            assert [part.text.text[s.start : s.end][-1] for s in part.text.sentences] == ["."] * len(part.parts)
        assert seen == {"anna sleeps . bert is red .", "bert is red . carl likes milk ."}

    def test_what_is_short_stays_whole(self) -> None:
        drawn = Drawn("q", (self.passage(),), False)
        assert shortened(drawn, 500, random.Random(0)) == drawn

    def test_one_sentence_stays_however_long_it_is(self) -> None:
        (part,) = shortened(Drawn("q", (self.passage(),), False), 3, random.Random(0)).passages
        assert part.text.text == "bert is red ."
