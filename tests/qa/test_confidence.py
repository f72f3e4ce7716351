import json
import math
from pathlib import Path

import numpy as np
import pytest

from qa.confidence import NAMES, Confidence, features
from qa.domain import ArticleRef, PassageVectors, RankedPassage, Reading, Span, StoredPassage
from qa.errors import ModelError


def ranked(text: str, score: float, near: float, article_id: int = 1, title: str = "Harbour news") -> RankedPassage:
    article = ArticleRef(article_id, 1, f"file:///{article_id}", title, "", None, "")
    vectors = PassageVectors(np.ones(1, np.float32), np.ones((1, 1), np.float32))
    passage = StoredPassage(article_id, article, 0, len(text), text, (Span(0, len(text)),), vectors)
    return RankedPassage(passage, score, {"cosine": near, "nearest_sentence": near, "words": 4.0, "article_words": 6.0})


PASSAGES = [ranked("The bridge opened in May.", 2.0, 0.8), ranked("The tram stood still.", 1.5, 0.5, 2)]
READINGS = [Reading((1.0,)), Reading((0.4,))]


def test_features_by_hand() -> None:
    found = features("When did the bridge vanish?", PASSAGES, READINGS, {"bridge": 1, "vanish": 3}, 8)
    assert found["nearest_sentence"] == 0.8
    assert found["nearest_margin"] == pytest.approx(0.3)  # 0.8 - 0.5, the second being the last there is
    assert found["fused_margin"] == 0.5
    assert found["sentence_margin"] == pytest.approx(0.6)
    assert found["terms"] == 2.0
    assert found["words_per_term"] == 2.0  # 4 over two terms
    assert found["same_article"] == 0.5
    # "bridge" occurs, weight log(1 + 8/2); "vanish" does not, weight log(1 + 8/4)
    bridge, vanish = math.log(5), math.log(3)
    assert found["covered_by_sentence"] == pytest.approx(bridge / (bridge + vanish))
    assert found["rarest_missing"] == pytest.approx(vanish)


def test_a_reader_that_knows_not_here_adds_how_far_it_is_above_it() -> None:
    readings = [Reading((1.0,), null_score=0.2), Reading((0.4,), null_score=0.9)]
    # the best of 1.0 - 0.2 and 0.4 - 0.9
    assert features("bridge", PASSAGES, readings, {}, 8)["answers"] == pytest.approx(0.8)


def test_without_it_there_is_no_such_feature() -> None:
    assert "answers" not in features("bridge", PASSAGES, READINGS, {}, 8)


def test_probability_is_the_logistic_of_the_weighted_sum() -> None:
    confidence = Confidence(0.5, {"x": (2.0, 1.0, 4.0)}, 0.3)
    # 0.5 + 2 * (3 - 1) / 4 = 1.5; 1 / (1 + e^-1.5) = 0.8176
    assert confidence.probability({"x": 3.0}) == pytest.approx(0.8176, abs=1e-4)


def test_probability_stays_within_bounds() -> None:
    assert 0 < Confidence(0, {"x": (1.0, 0.0, 1.0)}, 0.5).probability({"x": -1e9}) < 1e-9


def test_the_shipped_calibration_knows_every_feature() -> None:
    shipped = Confidence.load()
    assert set(shipped.weights) <= set(features("bridge", PASSAGES, READINGS, {}, 8))
    assert 0 < shipped.threshold < 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"weights": {"x": [1]}, "intercept": 0, "threshold": 0}'])
def test_a_malformed_calibration_names_its_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "confidence.json"
    file.write_text(content)
    with pytest.raises(ModelError, match=r"confidence\.json"):
        Confidence.load(file)


def test_a_missing_calibration_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nothing\.json"):
        Confidence.load(tmp_path / "nothing.json")


def test_a_calibration_is_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "confidence.json"
    file.write_text(json.dumps({"intercept": 1, "weights": {"terms": [1, 2, 3]}, "threshold": 0.25, "made": "by hand"}))
    assert Confidence.load(file) == Confidence(1.0, {"terms": (1.0, 2.0, 3.0)}, 0.25)


def test_a_calibration_that_weighs_what_there_is_not_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "confidence.json"
    file.write_text(json.dumps({"intercept": 1, "weights": {"term": [1, 2, 3]}, "threshold": 0.25}))
    with pytest.raises(ModelError, match="there is no feature term"):
        Confidence.load(file)


def test_a_calibration_for_another_reader_is_said_to_be_one() -> None:
    of_a_trained_reader = Confidence(0.0, {"answers": (1.0, 0.0, 1.0)}, 0.5)
    with pytest.raises(ModelError, match="weighs answers, which this reader does not give") as caught:
        of_a_trained_reader.probability(features("bridge", PASSAGES, READINGS, {}, 8))
    assert "footnote eval calibrate" in caught.value.remedy


def test_the_words_that_count_are_those_of_the_best_sentence() -> None:
    readings = [Reading((0.4,), span_score=9.0), Reading((1.0,), span_score=-2.0)]
    assert features("bridge", PASSAGES, readings, {}, 8)["span"] == -2.0
    assert "span" not in features("bridge", PASSAGES, READINGS, {}, 8)


def test_every_feature_is_named() -> None:
    readings = [Reading((1.0,), null_score=0.2, span_score=1.0), Reading((0.4,), null_score=0.9)]
    assert set(features("bridge", PASSAGES, readings, {}, 8)) == set(NAMES)
