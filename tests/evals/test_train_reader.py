"""A tiny network is really trained on made-up cases; what is drawn and what is lost, by hand."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from evals import datasets
from evals.reading import examples
from evals.reading.averaging import mean_of
from evals.reading.examples import Example, Held
from evals.reading.loss import sentence_loss, span_loss
from evals.reading.measure import auroc, measure
from evals.reading.options import mixed
from evals.reading.recipe import Recipe, Stage, Step, steps
from evals.reading.sampling import Drawn, batches, draw
from evals.reading.training import LAST, Trainer
from evals.train_reader import _progress, main
from qa.domain import Span
from qa.errors import CaseError, ModelError, UsageError
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
        run = again.run(planned(of), kept)
        assert again.done == 4
        assert [(done, loss) for done, loss, _ in run] == [
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

    def test_a_layer_is_frozen_in_the_mean_where_it_is_in_all(self, base: Path, tmp_path: Path) -> None:
        for frozen in (1, 0):
            trainer = Trainer(base, tmp_path / str(frozen), replace(recipe(every=1), frozen=frozen), mixed=False)
            next(trainer.run(planned(recipe()), tiny_reader.examples(4)))
        mean_of([tmp_path / "1" / LAST, tmp_path / "0" / LAST], tmp_path / "mean.pt")
        network, about = restore_training(tmp_path / "mean.pt", base)
        assert about["frozen"] == 0
        assert all(weight.requires_grad for weight in network.encoder.encoder.layer[0].parameters())

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

    @pytest.mark.parametrize(("told", "left"), [({"frozen": 0}, 0), ({"frozen": 1}, 1), ({}, 0)])
    def test_what_was_trained_in_its_start_is_not_frozen(
        self, base: Path, tmp_path: Path, told: dict[str, int], left: int
    ) -> None:
        save(Trainer(base, tmp_path, recipe(), mixed=False).network, tmp_path / "reader.safetensors", told)
        of, start = replace(recipe(every=1), frozen=2), tmp_path / "reader.safetensors"
        trainer = Trainer(base, tmp_path / "second", of, mixed=False, start=start)
        next(trainer.run(planned(of), tiny_reader.examples(4)))
        network, about = restore_training(tmp_path / "second" / LAST, base)
        assert about["frozen"] == about["recipe"]["frozen"] == left
        assert network.encoder.encoder.layer[0].output.dense.weight.requires_grad == (left == 0)

    def test_a_start_that_cannot_be_read_is_named(self, base: Path, tmp_path: Path) -> None:
        save(Trainer(base, tmp_path, recipe(), mixed=False).network, tmp_path / "reader.safetensors", {})
        (tmp_path / "reader.json").unlink()
        for name in ("reader.safetensors", "none.safetensors"):
            with pytest.raises(ModelError, match=f"{name} cannot be begun from") as raised:
                Trainer(base, tmp_path / "second", recipe(), start=tmp_path / name)
            assert str(raised.value).count("cannot be begun from") == 1

    def test_a_checkpoint_of_another_run_is_not_gone_on_from(self, base: Path, tmp_path: Path) -> None:
        of, kept = recipe(every=1), tiny_reader.examples(4)
        first = Trainer(base, tmp_path, of, mixed=False)
        next(first.run(planned(of), kept))
        save(first.network, tmp_path / "reader.safetensors", {"frozen": 0})

        def begun(other: Recipe, run: list[Step], kept: list[Example], start: Path | None = None) -> int:
            trainer = Trainer(base, tmp_path, other, mixed=False, start=start)
            trainer.run(run, kept)
            return trainer.done

        assert begun(replace(of, workers=2, every=3), planned(of), kept) == 1
        for other in (
            (replace(of, rate=1e-3), planned(of), kept),
            (replace(of, frozen=1), planned(of), kept),
            (of, planned(of, 65), kept),
            (of, planned(of), kept[:3]),
            (of, planned(of), kept, tmp_path / "reader.safetensors"),
        ):
            with pytest.raises(UsageError, match="holds a run of another recipe"):
                begun(*other)
        state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
        torch.save({name: held for name, held in state.items() if name != "run"}, tmp_path / "checkpoint.pt")
        with pytest.raises(UsageError, match="holds a run of another recipe"):
            begun(of, planned(of), kept)

    def test_examples_without_passages_are_left_out(self, base: Path, tmp_path: Path) -> None:
        bare = [replace(example, passages=()) for example in tiny_reader.examples(8)]
        assert steps(recipe(8), [bare]) == []
        assert sum(len(step.drawn) for step in steps(recipe(16), [bare + tiny_reader.examples(8)])) == 8
        with pytest.raises(CaseError, match="no question to read"):
            Trainer(base, tmp_path, recipe(), mixed=False).run([], tiny_reader.examples(4))

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

    def test_gold_is_not_withheld_where_there_is_nothing_else(self) -> None:
        alone = replace(self.example(), passages=(Held(text("gold ."), ((0,),)),))
        assert draw(alone, 4, 1.0, random.Random(0)).parts == (0,)

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


@pytest.mark.parametrize(
    "written",
    [
        *("", "no JSON", "[]", "{}", '{"passages": {}, "examples": [1]}', '{"passages": [["a"]], "examples": []}'),
        *('{"passages": [], "examples": [{"id": "1"}]}', '{"passages": [], "examples": []}', '{"passages": 1}'),
    ],
)
def test_a_file_that_holds_no_examples_is_named(written: str, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text(written)
    with pytest.raises(CaseError, match=r"other\.json .*train-reader examples"):
        examples.load(tmp_path / "other.json")


def test_a_file_of_examples_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    for name in ("none.json", "bytes.json", "."):
        with pytest.raises(CaseError, match=name):
            examples.load(tmp_path / name)


def test_files_that_are_no_networks_have_no_mean(base: Path, tmp_path: Path) -> None:
    trainer = Trainer(base, tmp_path, recipe(every=1), mixed=False)
    next(trainer.run(planned(recipe()), tiny_reader.examples(4)))
    (tmp_path / "text.pt").write_text("no network")
    torch.save([1, 2], tmp_path / "list.pt")
    kept = torch.load(tmp_path / LAST, weights_only=True)
    words = "encoder.embeddings.word_embeddings.weight"
    shorter = {**kept["network"], "nearness": torch.zeros(2)}
    torch.save({**kept, "network": shorter}, tmp_path / "shape.pt")
    torch.save({**kept, "network": {**kept["network"], words: kept["network"][words] + 1}}, tmp_path / "base.pt")
    torch.save({**kept, "about": {}}, tmp_path / "about.pt")
    for name in ("checkpoint.pt", "text.pt", "list.pt", "shape.pt", "base.pt", "about.pt", "none.pt"):
        with pytest.raises(CaseError, match=name):
            mean_of([tmp_path / LAST, tmp_path / name], tmp_path / "mean.pt")
    assert not (tmp_path / "mean.pt").exists()


def trained(folder: Path, *changed: str, stage: tuple[str, str, str] | None = None) -> None:
    """`footnote train-reader train` on made-up examples in the folder."""
    named = stage or (f"{folder}/made.json", "3", "16")
    given = ["--kept", f"{folder}/kept.json", "--folder", f"{folder}/run", "--every", "1", *changed]
    main(["train", "--stage", *named, *given])


@pytest.fixture
def made(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with examples, trained over the tiny base."""
    examples.save(tiny_reader.examples(16), tmp_path / "made.json")
    examples.save(tiny_reader.examples(4), tmp_path / "kept.json")
    monkeypatch.setattr("evals.train_reader.bundled", lambda: base)
    monkeypatch.setattr("evals.train_reader.native_precision", lambda _: "float32")
    return tmp_path


class TestCommand:
    def test_says_where_it_goes_on(self, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
        trained(made)
        assert "1/2, " in capsys.readouterr().err
        trained(made, "--workers", "2")
        assert capsys.readouterr().err == "all 2 steps are done already\n"
        state = torch.load(made / "run" / "checkpoint.pt", weights_only=True)
        torch.save({**state, "done": (1, *state["done"][1:])}, made / "run" / "checkpoint.pt")
        trained(made)
        told = capsys.readouterr().err.splitlines()
        assert told[0] == "goes on from step 1 of 2"
        assert told[1].startswith("2/2, ")
        with pytest.raises(UsageError, match="another recipe"):
            trained(made, "--rate", "1e-3")

    def test_refuses_what_it_cannot_be_measured_on(self, made: Path) -> None:
        examples.save([e for e in tiny_reader.examples(8) if not e.answerable], made / "kept.json")
        with pytest.raises(CaseError, match=r"None of the 2 examples of --kept .*kept\.json is answerable"):
            trained(made)

    def test_refuses_an_empty_plan(self, made: Path) -> None:
        examples.save([replace(e, passages=()) for e in tiny_reader.examples(4)], made / "made.json")
        with pytest.raises(CaseError, match="no question to read"):
            trained(made)

    @pytest.mark.parametrize(
        ("count", "size", "questions"),
        [
            (":abc", "3", "16"),
            (":-4", "3", "16"),
            (":", "3", "16"),
            ("", "three", "16"),
            ("", "0", "16"),
            ("", "3", "-1"),
        ],
    )
    def test_counts_of_a_stage_that_are_none_are_named(self, count: str, size: str, questions: str, made: Path) -> None:
        with pytest.raises(CaseError, match=r"--stage .* is not a whole number of 1 or more"):
            trained(made, stage=(f"{made}/made.json{count}", size, questions))

    @pytest.mark.parametrize(
        ("option", "value"),
        [
            *(("--every", "0"), ("--workers", "0"), ("--kept-size", "-1"), ("--frozen", "-1"), ("--every", "often")),
            *(("--minutes", "-1"), ("--minutes", "nan"), ("--rate", "fast")),
        ],
    )
    def test_numbers_that_cannot_be_are_refused(
        self, option: str, value: str, made: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            trained(made, f"{option}={value}")
        assert f"argument {option}: {value!r} is not a" in capsys.readouterr().err


def asked_of(folder: Path, *uris: str) -> list[str]:
    """The arguments for examples of cases about the articles of these URIs, of which the folder's set has one."""
    asked = {"id": "0", "question": "Who?", "answers": [], "is_impossible": True}
    paragraph = {"context": "Rates rose on Friday. Nobody knew why.", "qas": [asked]}
    (folder / "bank.json").write_text(json.dumps({"data": [{"title": "Bank", "paragraphs": [paragraph]}]}))
    (there, _), *_ = datasets.load(folder / "bank.json", "squad").articles
    golds = [{"uri": uri or there, "start": 0, "end": 21} for uri in uris]
    cases = [{"id": str(n), "question": "When?", "gold": [gold]} for n, gold in enumerate(golds)]
    (folder / "mine.jsonl").write_text("\n".join(map(json.dumps, cases)))
    return [
        "examples",
        f"{folder}/mine.jsonl",
        "--articles",
        f"{folder}/bank.json:squad",
        "--out",
        f"{folder}/out.json",
    ]


def test_it_is_said_how_many_examples_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(asked_of(tmp_path, "", "elsewhere", "nowhere"))
    *_, last = capsys.readouterr().err.splitlines()
    assert last == "1 examples of 3 cases: 1 answerable, 2 left out since their gold is not in the library"


def test_another_library_than_the_cases_are_about_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match=r"Is it the right --library or --articles\?"):
        main(asked_of(tmp_path, "elsewhere"))
    assert not (tmp_path / "out.json").exists()
    with pytest.raises(SystemExit):
        main([*asked_of(tmp_path, ""), "--limit=-1"])


def test_progress_in_odd_steps_is_said_once_beyond_each_500(capsys: pytest.CaptureFixture[str]) -> None:
    progress = _progress("stored")
    for done in (300, 499, 500, 700, 1024, 1100, 1499):
        progress(done)
    assert capsys.readouterr().err == "500 stored\n1,024 stored\n"
