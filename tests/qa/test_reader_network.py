"""What a reader's file holds, and which files are refused."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from qa.errors import ModelError
from qa.reader_network import Network, fingerprint, freeze, from_base, load_weights, restore, restore_training, save
from qa.trained_reader import MODEL
from tests import tiny_reader

LAYER = "encoder.encoder.layer.0.output.dense.weight"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_reader.make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture
def saved(base: Path, tmp_path: Path) -> Path:
    """A reader whose weights are all as at the beginning, but for "not here", which is 3."""
    network = made(base)
    with torch.no_grad():
        network.heads["null"].weight.fill_(3.0)
    save(network, tmp_path / "reader.safetensors", {})
    return tmp_path / "reader.safetensors"


def made(base: Path, frozen: int = 0) -> Network:
    network = from_base(base)
    freeze(network, frozen)
    return network


def rewritten(path: Path, changed: dict[str, torch.Tensor], without: str = "-") -> Path:
    held = {name: weight for name, weight in load_file(path).items() if not name.startswith(without)}
    save_file({**held, **changed}, path)
    return path


class TestSaving:
    def test_a_frozen_layer_as_the_base_has_it_is_left_out(self, base: Path, tmp_path: Path) -> None:
        save(made(base, frozen=1), tmp_path / "reader.safetensors", {})
        assert not [name for name in load_file(tmp_path / "reader.safetensors") if name.startswith("encoder")]

    def test_a_frozen_layer_that_differs_from_the_base_is_kept(self, base: Path, tmp_path: Path) -> None:
        """Such as that of a reader which training began from."""
        network = made(base, frozen=1)
        layer = network.get_parameter(LAYER)
        with torch.no_grad():
            layer.add_(0.5)
        save(network, tmp_path / "reader.safetensors", {})
        again, _ = restore(tmp_path / "reader.safetensors", base)
        assert torch.equal(again.get_parameter(LAYER), layer.half().float())
        assert [n for n in load_file(tmp_path / "reader.safetensors") if n.startswith("encoder")] == [LAYER]

    def test_frozen_heads_are_kept_since_no_base_has_them(self, base: Path, tmp_path: Path) -> None:
        network = made(base).requires_grad_(False)
        save(network, tmp_path / "reader.safetensors", {})
        again, _ = restore(tmp_path / "reader.safetensors", base)
        assert torch.equal(again.heads["span"].weight, network.heads["span"].weight.half().float())

    @pytest.mark.parametrize("mask", [0o022, 0o077])
    def test_both_files_have_the_mode_of_the_umask(self, base: Path, tmp_path: Path, mask: int) -> None:
        before = os.umask(mask)
        try:
            save(made(base), tmp_path / "reader.safetensors", {})
        finally:
            os.umask(before)
        assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o666 & ~mask}


class TestBeginning:
    """`load_weights`, and what it leaves alone where it refuses."""

    def test_from_a_reader(self, base: Path, saved: Path) -> None:
        network = made(base)
        load_weights(network, saved)
        assert network.heads["null"].weight.unique().tolist() == [3.0]

    def test_no_description_is_needed(self, base: Path, saved: Path) -> None:
        saved.with_suffix(".json").unlink()
        network = made(base)
        load_weights(network, saved)
        assert network.heads["null"].weight.unique().tolist() == [3.0]

    def refused(self, base: Path, path: Path, why: str) -> None:
        network = made(base)
        before = {name: weight.clone() for name, weight in network.state_dict().items()}
        with pytest.raises(ModelError, match=why) as error:
            load_weights(network, path)
        assert str(path) in error.value.message
        assert "train-reader publish" in error.value.remedy
        assert all(weight.equal(before[name]) for name, weight in network.state_dict().items())

    def test_not_from_weights_of_other_names(self, base: Path, saved: Path) -> None:
        self.refused(base, rewritten(saved, {"lm_head.weight": torch.ones(2)}), r"no reader has: lm_head\.weight")

    def test_not_from_a_file_without_heads(self, base: Path, saved: Path) -> None:
        self.refused(base, rewritten(saved, {}, without="heads.span"), r"lacks weights: heads\.span\.bias")

    def test_not_from_weights_of_another_shape(self, base: Path, saved: Path) -> None:
        self.refused(base, rewritten(saved, {LAYER: torch.ones(3, 3)}), "another shape: encoder")

    def test_not_from_a_reader_of_another_base(self, saved: Path, tmp_path: Path) -> None:
        self.refused(tiny_reader.make_base(tmp_path / "other", seed=1), saved, "another model")

    def test_not_with_a_damaged_description(self, base: Path, saved: Path) -> None:
        saved.with_suffix(".json").write_text("{}")
        self.refused(base, saved, "base")

    def test_not_from_what_is_no_safetensors(self, base: Path, tmp_path: Path) -> None:
        (tmp_path / "best.pt").write_bytes(b"PK\x03\x04 and so on")
        self.refused(base, tmp_path / "best.pt", "begun from")
        self.refused(base, tmp_path / "none here.safetensors", "begun from")


def test_a_reader_of_other_names_is_not_read_with_either(base: Path, saved: Path) -> None:
    with pytest.raises(ModelError, match="no reader has"):
        restore(rewritten(saved, {"other": torch.ones(2)}), base)


def test_what_was_trained_from_another_base_is_not_published(base: Path, tmp_path: Path) -> None:
    trained = made(tiny_reader.make_base(tmp_path / "other", seed=1))
    torch.save({"network": trained.state_dict(), "about": {"frozen": 0}}, tmp_path / "best.pt")
    with pytest.raises(ModelError, match=r"best\.pt cannot be used: it was trained from another model"):
        restore_training(tmp_path / "best.pt", base)


def test_the_reader_that_is_shipped_can_be_begun_from() -> None:
    from qa.embedder import bundled

    network = from_base(bundled())
    load_weights(network, MODEL)
    assert fingerprint(network) == json.loads(MODEL.with_suffix(".json").read_text())["base"]
    assert torch.equal(network.heads["null"].weight.detach().half(), load_file(MODEL)["heads.null.weight"])
