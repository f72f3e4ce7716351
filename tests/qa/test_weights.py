"""The file of weights: what is shipped, and what a broken one says."""

import json
from pathlib import Path

import pytest

from qa.confidence import Confidence
from qa.errors import ModelError
from qa.features import NAMES
from qa.retriever import SIDES
from qa.weights import Weights


def test_what_is_shipped_has_a_weight_for_everything_and_nothing_else() -> None:
    shipped = Weights.load()
    assert set(shipped.passages) == set(SIDES)
    assert set(shipped.sentences) == set(NAMES)


def test_a_heading_never_speaks_for_a_sentence() -> None:
    assert Weights.load().sentences["heading"] < 0


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"passages": {}}',
        '{"passages": [], "sentences": {}}',
        '{"passages": {"words": "much"}, "sentences": {}}',
        '{"passages": {"words": null}, "sentences": {}}',
        "\x00",
    ],
)
def test_a_broken_file_is_named_with_the_command_that_makes_it(tmp_path: Path, content: str) -> None:
    (tmp_path / "ranking.json").write_text(content)
    with pytest.raises(ModelError, match=r"ranking\.json") as caught:
        Weights.load(tmp_path / "ranking.json")
    assert "footnote eval fit-ranking" in caught.value.remedy


@pytest.mark.parametrize(
    ("passages", "sentences", "odd"),
    [
        (SIDES[1:], NAMES, "passages have a weight too many or too few: nearest_sentence"),
        (SIDES, (*NAMES, "luck"), "sentences have a weight too many or too few: luck"),
        (SIDES, (*NAMES[1:], "meanin"), "meanin, meaning"),
    ],
)
def test_names_that_are_missing_or_unknown_are_told(
    tmp_path: Path, passages: tuple[str, ...], sentences: tuple[str, ...], odd: str
) -> None:
    content = {"passages": dict.fromkeys(passages, 1), "sentences": dict.fromkeys(sentences, 1)}
    (tmp_path / "ranking.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=odd):
        Weights.load(tmp_path / "ranking.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="none"):
        Weights.load(tmp_path / "none.json")


@pytest.mark.parametrize("weights", [[], "x", None, {"x": 1}, {"x": [1, 2]}, {"x": [1, 2, "y"]}])
def test_a_calibration_with_weights_of_another_shape(tmp_path: Path, weights: object) -> None:
    content = {"intercept": 0, "threshold": 0.5, "weights": weights}
    (tmp_path / "confidence.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match=r"confidence\.json") as caught:
        Confidence.load(tmp_path / "confidence.json")
    assert "footnote eval calibrate" in caught.value.remedy
