"""A tiny network is really trained on made-up cases; what is drawn and what is lost, by hand."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from evals import datasets
from evals.reading import examples
from evals.reading.examples import Example, Held
from evals.reading.loss import sentence_loss, span_loss
from evals.reading.measure import auroc, measure
from evals.reading.sampling import Drawn, batches, draw
from evals.reading.training import LAST, Recipe, Stage, Step, Trainer, mean_of, steps
from evals.train_reader import main, mixed
from qa.domain import Span
from qa.reader_input import Encoder
from qa.reader_network import Scores, fingerprint, restore_training, save
from tests import tiny_reader
from tests.tiny_reader import text

PASSES = 14


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader.make_base(tmp_path_factory.mktemp("base"))


def recipe(questions: int = 64, **changed: int) -> Recipe:
    stage = Stage("made up", size=3, questions=questions, batch=8)
    return Recipe((stage,), rate=5e-3, head_rate=1e-2, frozen=0, seed=7, withhold=0.35, **changed)


def planned(of: Recipe, count: int = 64) -> list[Step]:
    return steps(of, [tiny_reader.examples(count)])


class TestTraining:
    @pytest.mark.slow
    def test_it_learns_to_read(self, base: Path, tmp_path: Path) -> None:
        of = recipe(128 * PASSES, every=10**6, read=4)
        run = planned(of, 128)
        trainer = Trainer(base, tmp_path, of, mixed=False)
        fresh = tiny_reader.examples(40, seed=99)
        encoder = Encoder(base / "tokenizer.json")
        before = measure(trainer.network, encoder, fresh, 4)
        first = trainer.step(run[0], 0.0)
        ((done, _, after),) = list(trainer.run(run, fresh))
        last = trainer.step(run[0], 1.0)
        assert done == len(run) == 16 * PASSES
        assert last < first / 2
        assert before.first < 0.6
        assert after.first > 0.9
        assert after.in_three >= after.first
        assert after.auroc > 0.85

    def test_a_run_that_was_stopped_goes_on_where_it_was(self, base: Path, tmp_path: Path) -> None:
        of, kept = recipe(every=4), tiny_reader.examples(8, seed=5)
        whole = Trainer(base, tmp_path / "whole", of, mixed=False)
        reports = [(done, loss) for done, loss, _ in whole.run(planned(of), kept)]
        stopped = Trainer(base, tmp_path / "parts", of, mixed=False)
        next(stopped.run(planned(of), kept))
        again = Trainer(base, tmp_path / "parts", of, mixed=False)
        assert again.done == 4
        assert [(done, loss) for done, loss, _ in again.run(planned(of), kept)] == [
            (done, pytest.approx(loss, rel=1e-4)) for done, loss in reports[1:]
        ]

    def test_what_is_frozen_stays_the_base_s(self, base: Path, tmp_path: Path) -> None:
        trainer = Trainer(base, tmp_path, recipe(), mixed=False)
        words = trainer.network.encoder.embeddings.word_embeddings.weight.clone()
        layer = trainer.network.encoder.encoder.layer[0].output.dense.weight.clone()
        trainer.step(planned(recipe())[0], 0.1)
        assert torch.equal(words, trainer.network.encoder.embeddings.word_embeddings.weight)
        assert not torch.equal(layer, trainer.network.encoder.encoder.layer[0].output.dense.weight)

    def test_threads_that_share_a_batch_train_the_same_network(self, base: Path, tmp_path: Path) -> None:
        # 3 of 8 questions each, and 2: the shares are not equal.
        alone, shared = recipe(dropout=0), recipe(dropout=0, workers=3)
        trainers = [Trainer(base, tmp_path / str(of.workers), of, mixed=False) for of in (alone, shared)]
        losses = [trainer.step(planned(alone)[0], 0.1) for trainer in trainers]
        assert losses[0] == pytest.approx(losses[1], rel=1e-5)
        held = [trainer.network.heads["span"].weight for trainer in trainers]
        assert torch.allclose(*held, atol=1e-5)

    def test_the_mean_of_two_networks_keeps_what_was_frozen(self, base: Path, tmp_path: Path) -> None:
        trainer = Trainer(base, tmp_path, recipe(every=1), mixed=False)
        run = trainer.run(planned(recipe()), tiny_reader.examples(4))
        weights = []
        for name in ("first.pt", "second.pt"):
            next(run)
            weights.append(trainer.network.heads["span"].weight.detach().clone())
            (tmp_path / LAST).rename(tmp_path / name)
        mean_of([tmp_path / "first.pt", tmp_path / "second.pt"], tmp_path / "mean.pt")
        network, about = restore_training(tmp_path / "mean.pt", base)
        assert torch.allclose(network.heads["span"].weight, (weights[0] + weights[1]) / 2)
        assert not torch.allclose(network.heads["span"].weight, weights[0])
        assert fingerprint(network) == fingerprint(trainer.network)
        assert [one["steps"] for one in about["mean_of"]] == [1, 2]

    def test_it_begins_from_a_published_reader(self, base: Path, tmp_path: Path) -> None:
        first = Trainer(base, tmp_path / "first", recipe(), mixed=False)
        first.step(planned(recipe())[0], 0.1)
        save(first.network, tmp_path / "reader.safetensors", {})
        second = Trainer(base, tmp_path / "second", recipe(), mixed=False, start=tmp_path / "reader.safetensors")
        held, fresh = (
            trainer.network.heads["sentence"].weight for trainer in (second, Trainer(base, tmp_path, recipe()))
        )
        assert torch.allclose(held, first.network.heads["sentence"].weight, atol=1e-3)
        assert not torch.allclose(held, fresh, atol=1e-3)

    def test_it_ends_when_the_figures_get_no_better(self, base: Path, tmp_path: Path) -> None:
        of = recipe(64 * 4, every=2, patience=1)
        trainer = Trainer(base, tmp_path, of, mixed=False)
        unanswerable = [e for e in tiny_reader.examples(8) if not e.answerable]
        # Without an answerable case the figures are 0 and 0.5 for ever: the first is the best, two more are worse.
        assert [done for done, _, _ in trainer.run(planned(of), unanswerable)] == [2, 4, 6]

    def test_the_same_seed_draws_the_same(self) -> None:
        assert planned(recipe()) == planned(recipe())
        other = Recipe(recipe().stages, seed=8)
        assert steps(other, [tiny_reader.examples(64)]) != planned(recipe())

    def test_more_questions_than_there_are_means_several_passes(self) -> None:
        drawn = [d.question for step in steps(recipe(150), [tiny_reader.examples(64)]) for d in step.drawn]
        assert len(drawn) == 150


class TestDrawing:
    def example(self) -> Example:
        gold = Held(text("gold ."), ((0,),))
        others = [Held(text(f"n{n} ."), ((),)) for n in range(10)]
        return Example("1", "q", "", True, False, (*others[:2], gold, *others[2:]))

    def test_gold_is_among_the_passages_or_withheld(self) -> None:
        rng = random.Random(0)
        assert all(draw(self.example(), 4, 0.0, rng).parts == (0,) for _ in range(20))
        assert all(draw(self.example(), 4, 1.0, rng).parts == () for _ in range(20))

    def test_as_many_passages_as_asked_for_and_none_twice(self) -> None:
        rng = random.Random(0)
        for withhold in (0.0, 1.0):
            passages = draw(self.example(), 4, withhold, rng).passages
            assert len(passages) == len({held.text.text for held in passages}) == 4

    def test_what_ranks_high_is_drawn_more_often(self) -> None:
        rng = random.Random(0)
        drawn = [held.text.text for _ in range(300) for held in draw(self.example(), 3, 1.0, rng).passages]
        assert drawn.count("n0 .") > 1.5 * drawn.count("n7 .")

    def test_where_it_stands_says_nothing(self) -> None:
        rng = random.Random(0)
        places = [[h.gold for h in draw(self.example(), 4, 0.0, rng).passages].index(True) for _ in range(100)]
        assert set(places) == {0, 1, 2, 3}

    def test_batches_hold_everything_once_with_like_lengths_together(self) -> None:
        rng = random.Random(0)
        drawn = [Drawn(str(n), (Held(text("x" * n), ((),)),), False) for n in range(50)]
        runs = list(batches(drawn, 8, rng))
        assert sorted(int(d.question) for run in runs for d in run) == list(range(50))
        assert all(max(int(d.question) for d in run) - min(int(d.question) for d in run) < 8 for run in runs)


class TestLoss:
    def scores(self, *sentences: float, null: float = 0.0, tokens: int = 4) -> Scores:
        return Scores(torch.tensor(sentences), torch.tensor(null), torch.zeros(tokens), torch.zeros(tokens))

    def drawn(self, *parts: tuple[tuple[int, ...], ...]) -> Drawn:
        return Drawn("q", tuple(Held(text("a .", "b ."), marks) for marks in parts), False)

    def test_of_sentences_is_over_all_passages_and_not_here(self) -> None:
        # Five logits of 0: two passages of two sentences and "not here".
        both = [self.scores(0, 0), self.scores(1, 1, null=1)]
        assert float(sentence_loss(self.drawn(((0,), ()), ((), ())), both)) == pytest.approx(np.log(5))
        assert float(sentence_loss(self.drawn(((), ()), ((), ())), both)) == pytest.approx(np.log(5))

    def test_alternatives_count_together_and_parts_apart(self) -> None:
        one = [self.scores(0, 0)]
        # Two of three: log(3/2). Both parts, each one of three: log 3.
        assert float(sentence_loss(self.drawn(((0,), (0,))), one)) == pytest.approx(np.log(1.5))
        assert float(sentence_loss(self.drawn(((0,), (1,))), one)) == pytest.approx(np.log(3))

    def test_of_spans_points_to_the_answer_or_to_nothing(self, base: Path) -> None:
        passage = text("anna is red .")
        (one,) = Encoder(base / "tokenizer.json").encode("which colour ?", [passage])
        red = list(one.spans).index((8, 11))
        start = torch.full((len(one),), -20.0)
        start[red] = 0
        scores = [Scores(torch.zeros(1), torch.tensor(0.0), start, start)]

        def lost(held: Held, **of: bool) -> float:
            return float(span_loss(Drawn("q", (held,), **{"spanless": False, **of}), [one], scores))

        assert lost(Held(passage, ((0,),), Span(8, 11))) == pytest.approx(0, abs=1e-4)
        assert lost(Held(passage, ((0,),), Span(0, 4))) == pytest.approx(20, abs=1e-4)
        assert lost(Held(passage, ((),))) == pytest.approx(20, abs=1e-4)
        assert lost(Held(passage, ((0,),), Span(0, 4)), spanless=True) == 0
        assert lost(Held(passage, ((0,),))) == 0
        assert lost(Held(passage, ((0,),), Span(8, 11)), spanless=True, broad=True) == pytest.approx(20, abs=1e-4)


def test_area_under_the_curve_by_hand() -> None:
    # Pairs: 3>2, 3>1, 2=2 (half), 2>1: 3.5 of 4.
    assert auroc(np.array([3.0, 2.0, 2.0, 1.0]), np.array([True, True, False, False])) == 3.5 / 4
    assert auroc(np.array([3.0, 2.0]), np.array([True, True])) == 0.5


def test_examples_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    made = tiny_reader.examples(9)
    examples.save(made, tmp_path / "folder" / "made.json")
    assert examples.load(tmp_path / "folder" / "made.json") == made


def test_a_stage_mixes_as_many_examples_of_each_file_as_are_named(tmp_path: Path) -> None:
    for name, count in (("broad", 12), ("news", 5)):
        examples.save(tiny_reader.examples(count), tmp_path / f"{name}.json")
    named = f"{tmp_path}/news.json+{tmp_path}/broad.json:4"
    assert len(mixed(named)) == 9
    assert mixed(named) == mixed(named)
    assert len(mixed(f"{tmp_path}/broad.json:40")) == 12


def test_cases_may_be_about_the_articles_of_another_set(tmp_path: Path) -> None:
    text = "Rates rose on Friday. Nobody knew why."
    asked = {"id": "0", "question": "Who?", "answers": [], "is_impossible": True}
    (tmp_path / "bank.json").write_text(
        json.dumps({"data": [{"title": "Bank", "paragraphs": [{"context": text, "qas": [asked]}]}]})
    )
    (uri, _), *_ = datasets.load(tmp_path / "bank.json", "squad").articles
    case = {"id": "1", "question": "When?", "gold": [{"uri": uri, "start": 0, "end": 21}], "answers": ["Friday"]}
    (tmp_path / "mine.jsonl").write_text(json.dumps(case))
    out = tmp_path / "out.json"
    main(["examples", f"{tmp_path}/mine.jsonl", "--articles", f"{tmp_path}/bank.json:squad", "--out", str(out)])
    ((held,),) = (example.passages for example in examples.load(out))
    assert (held.text.text, held.parts, held.answer) == (text, ((0,), ()), Span(14, 20))
