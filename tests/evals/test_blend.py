"""What is fitted after training, on tables made by hand; and that publishing replaces a reader wholly or not at all."""

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from evals import train_reader
from evals.cases import Case, Gold
from evals.reading import blend
from evals.reading.aside import LOCK
from evals.reading.blend import (
    NEVER,
    UNSURE,
    best_clear,
    best_enough,
    best_margin,
    best_scale,
    best_weight,
    fit,
    fitted_on,
    reciprocal_rank,
)
from evals.reading.training import BEST
from evals.temporary import store
from qa.composer import MARGIN
from qa.domain import LoadedArticle, Vector
from qa.errors import CaseError, LibraryNotFound
from qa.library import Library
from qa.model_reader import USUAL
from qa.reader_network import freeze, from_base, restore
from tests import tiny_reader
from tests.fakes import FakeEmbedder


def test_the_rank_of_the_first_gold_sentence_counts() -> None:
    # By the network alone gold is third; with similarity at weight 1 the scores are 3, 2, 4.
    table = np.array([[3.0, 0.0, 0], [2.0, 0.0, 0], [1.0, 3.0, 1]])
    assert reciprocal_rank([table], 0.0) == pytest.approx(1 / 3)
    assert reciprocal_rank([table], 1.0) == 1.0


def test_without_gold_there_is_no_rank() -> None:
    table = np.array([[3.0, 0.0, 0], [2.0, 0.0, 0]])
    assert reciprocal_rank([table, np.array([[1.0, 0.0, 1]])], 0.5) == 0.5


def test_the_smallest_weight_that_does_best_is_chosen() -> None:
    # Gold comes first where 1 + 3w > 3, from 0.67 on: 0.8 is the first of the weights beyond it.
    gold_near = np.array([[3.0, 0.0, 0], [1.0, 3.0, 1]])
    assert best_weight([gold_near]) == 0.8
    assert best_weight([np.array([[3.0, 0.0, 1], [1.0, 3.0, 0]])]) == 0.0


def test_against_each_other_the_more_wins() -> None:
    near, far = np.array([[3.0, 0.0, 0], [1.0, 3.0, 1]]), np.array([[3.0, 0.0, 1], [1.0, 3.0, 0]])
    assert best_weight([near, near, far]) == 0.8
    assert best_weight([near, far, far]) == 0.0


def test_the_margin_is_where_showing_a_span_begins_to_pay() -> None:
    # Gains in order: +0.5, +0.3, -0.5, +0.1. Most after two: what is above the third's margin is shown.
    assert best_margin([(5.0, 1.0), (4.0, 0.8), (3.0, 0.0), (2.0, 0.6)]) == 3.0


def test_where_no_span_pays_none_is_above_the_margin() -> None:
    assert best_margin([(5.0, 0.0), (4.0, 0.2)]) == 5.0
    assert best_margin([]) == 0.0


def test_where_every_span_pays_all_are_above_it() -> None:
    assert best_margin([(5.0, 1.0), (4.0, 0.9)]) < 4.0


def test_the_scale_puts_the_claims_that_pay_within_the_composer_s_margin() -> None:
    # Below the first stand, of the first table, gold at 1 and none at 2; of the second none at 3 and at 4.
    # Gains in order: +0.88, -0.12, -0.12, -0.12. Most after one: a gap of 1 is the widest that pays.
    first, second = holding((5.0, 0b1), (4.0, 0b10), (3.0, 0)), holding((5.0, 0b1), (2.0, 0), (1.0, 0))
    assert best_scale([first, second], 0.0) == pytest.approx(1 / MARGIN)
    # With similarity the gold of the first table stands 2 below: (5 + 1) - (4 + 0).
    first[0, 1] = 1.0
    assert best_scale([first, second], 1.0) == pytest.approx(2 / MARGIN)


def test_a_further_sentence_that_says_the_same_does_not_pay() -> None:
    # The second holds the first's part again: -0.12. Without any that pays, the least that can be is within the margin.
    assert best_scale([holding((5.0, 0b1), (4.0, 0b1))], 0.0) == pytest.approx(1 / MARGIN)
    assert best_scale([holding((5.0, 0b1), (4.9, 0b1), (4.0, 0b11))], 0.0) == pytest.approx(1 / MARGIN)
    assert best_scale([holding((5.0, 0b1), (4.9, 0b1), (4.0, 0b1))], 0.0) == pytest.approx(0.1 / MARGIN)


def test_without_further_sentences_the_scale_is_one() -> None:
    assert best_scale([holding((5.0, 0b1))], 0.0) == 1.0


def holding(*rows: tuple[float, int]) -> np.ndarray:
    """(score, the bits of the parts it holds) a sentence."""
    return np.array([(score, 0.0, bits > 0, 1, bits) for score, bits in rows])


def read_in_part(*rows: tuple[float, int, int]) -> np.ndarray:
    """(score, gold, its passage's place) a sentence."""
    return np.array([(score, 0.0, gold, place) for score, gold, place in rows])


def test_the_first_passages_are_clear_where_what_is_not_read_is_not_missed() -> None:
    # Gold of the first table is among what is read first, at 2.2; of the second among the rest, and what is read first
    # stands at 1.3. From 1.5 on the second is read whole, and nothing is lost; below, its gold is not found.
    found = read_in_part((2.2, 1, 1), (1.0, 0, 2))
    missed = read_in_part((1.3, 0, 1), (4.0, 1, 2))
    assert best_clear([found, missed], 0.0) == 1.5


def test_where_the_rest_is_always_needed_the_first_passages_are_never_clear() -> None:
    assert best_clear([read_in_part((50.0, 0, 1), (60.0, 1, 2))], 0.0) == NEVER


def test_the_last_passages_are_read_of_the_questions_whose_usual_ones_are_least_sure() -> None:
    usual = USUAL - 1
    tables = [read_in_part((float(best), 0, 0), (best - 2.0, 0, usual), (99.0, 1, USUAL)) for best in range(11)]
    assert best_enough(tables) == UNSURE * 10
    assert best_enough([]) == NEVER


NEWS = "anna is red . bert likes cake . carl sleeps ."
GOLD = Case("1", "which colour has anna ?", (Gold("news", "anna is red ."),), answers=("red",))
ELSEWHERE = Case("2", "which colour has dora ?", (Gold("elsewhere", "dora is blue ."),))


class Interrupted(FakeEmbedder):
    """Control-C comes while it is fitted."""

    def question(self, text: str) -> Vector:
        raise KeyboardInterrupt


class TestPublishing:
    @pytest.fixture
    def base(self, tmp_path: Path) -> Path:
        base = tiny_reader.make_base(tmp_path / "base")
        network = from_base(base)
        freeze(network, 0)
        (tmp_path / "run").mkdir()
        torch.save({"network": network.state_dict(), "about": {"frozen": 0}}, tmp_path / "run" / BEST)
        return base

    @pytest.fixture
    def library(self, tmp_path: Path) -> Iterator[Library]:
        embedder = FakeEmbedder()
        with Library.open(tmp_path / "library", embedder.stamp, index="exact") as library:
            list(store([("news", LoadedArticle("News", NEWS))], library, embedder))
            yield library

    @pytest.fixture
    def out(self, tmp_path: Path) -> Path:
        """Where a reader is in use."""
        out = tmp_path / "models" / "reader.safetensors"
        out.parent.mkdir()
        out.write_bytes(b"weights")
        out.with_suffix(".json").write_text("figures")
        return out

    def publish(
        self, base: Path, out: Path, library: Library, cases: Sequence[Case], embedder: FakeEmbedder | None = None
    ) -> float:
        return blend.publish(base.parent / "run" / BEST, base, out, cases, library, embedder or FakeEmbedder())

    def untouched(self, out: Path) -> bool:
        held = {path.name: path.read_bytes() for path in out.parent.iterdir()}
        return held == {"reader.safetensors": b"weights", "reader.json": b"figures"}

    def test_the_reader_in_use_is_replaced_when_all_is_fitted(self, base: Path, out: Path, library: Library) -> None:
        before = os.umask(0o022)
        try:
            weight = self.publish(base, out, library, [GOLD, ELSEWHERE])
        finally:
            os.umask(before)
        _, about = restore(out, base)
        assert (about["weight"], about["fitted_on"]) == (weight, 1)
        assert {p.name: p.stat().st_mode & 0o777 for p in out.parent.iterdir()} == {
            "reader.safetensors": 0o644,
            "reader.json": 0o644,
        }

    def test_interrupted_it_leaves_the_reader_in_use(self, base: Path, out: Path, library: Library) -> None:
        with pytest.raises(KeyboardInterrupt):
            self.publish(base, out, library, [GOLD], Interrupted())
        assert self.untouched(out)

    def test_what_a_killed_publish_left_is_gone_after_the_next(self, base: Path, out: Path, library: Library) -> None:
        (out.parent / ".reader-killed").mkdir()
        (out.parent / ".reader-killed" / LOCK).touch()
        (out.parent / ".reader-killed" / out.name).write_bytes(b"half")
        self.publish(base, out, library, [GOLD])
        assert {path.name for path in out.parent.iterdir()} == {"reader.safetensors", "reader.json"}

    def test_the_description_is_replaced_last(self, base: Path, out: Path, library: Library) -> None:
        out.unlink()
        out.mkdir()
        with pytest.raises(OSError, match="reader"):
            self.publish(base, out, library, [GOLD])
        assert out.with_suffix(".json").read_text() == "figures"
        assert len(list(out.parent.iterdir())) == 2

    def test_without_gold_nothing_is_written(self, base: Path, out: Path, library: Library, tmp_path: Path) -> None:
        with pytest.raises(CaseError, match="none has its gold"):
            self.publish(base, out, library, [ELSEWHERE])
        assert self.untouched(out)
        with pytest.raises(CaseError):
            self.publish(base, tmp_path / "new" / "reader.safetensors", library, [])
        assert not (tmp_path / "new").exists()

    def asked(self, folder: Path, library: str, case: Case) -> list[str]:
        """The arguments of `footnote train-reader`."""
        gold = [{"uri": gold.uri, "quote": gold.quote} for gold in case.gold]
        (folder / "cases.jsonl").write_text(json.dumps({"id": case.id, "question": case.question, "gold": gold}))
        places = {
            "--library": folder / library,
            "--folder": folder / "run",
            "--out": folder / "models/reader.safetensors",
        }
        return ["publish", str(folder / "cases.jsonl"), *(str(part) for pair in places.items() for part in pair)]

    @pytest.fixture
    def folder(self, base: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> Path:
        """With a run in it and a library, of the tiny base and the fake embedder."""
        library.close()
        monkeypatch.setattr(train_reader, "bundled", lambda: base)
        monkeypatch.setattr(train_reader, "make_embedder", lambda _: FakeEmbedder())
        return base.parent

    def test_a_library_that_is_not_there_is_not_made(self, folder: Path) -> None:
        with pytest.raises(LibraryNotFound):
            train_reader.main(self.asked(folder, "libary", GOLD))
        assert not (folder / "libary").exists()

    def test_the_library_without_gold_is_named(self, folder: Path) -> None:
        with pytest.raises(CaseError, match=str(folder / "library")) as refused:
            train_reader.main(self.asked(folder, "library", ELSEWHERE))
        assert "ingest" in refused.value.remedy
        assert not (folder / "models").exists()

    @pytest.mark.parametrize("out", ["x.json", "x", "x.safetensors.gz", ".safetensors", ""])
    def test_a_reader_is_named_so_that_its_figures_have_a_file_of_their_own(
        self, out: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Beside x.json the figures would be x.json."""
        with pytest.raises(SystemExit):
            train_reader.main([*self.asked(folder, "library", GOLD), "--out", out])
        assert f"--out: {out!r} does not end in .safetensors" in capsys.readouterr().err

    @pytest.mark.parametrize("limit", ["-5", "0", "few"])
    def test_a_limit_that_cannot_be_is_refused(
        self, limit: str, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit):
            train_reader.main([*self.asked(folder, "library", GOLD), f"--limit={limit}"])
        assert f"--limit: {limit!r} is not a whole number of 1 or more" in capsys.readouterr().err

    def test_the_last_line_says_on_how_many_it_was_fitted(
        self, folder: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        train_reader.main(self.asked(folder, "library", GOLD))
        last = capsys.readouterr().err.splitlines()[-1]
        assert "fitted on 1 question " in last
        assert "warning: fewer than 200" in last


def test_there_is_a_warning_below_two_hundred_questions() -> None:
    assert "warning" in fitted_on(199)
    assert fitted_on(200) == "fitted on 200 questions whose gold is in the library"


def test_nothing_read_is_nothing_to_fit_on() -> None:
    with pytest.raises(CaseError):
        fit([])
