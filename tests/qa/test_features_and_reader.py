import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import features
from qa.domain import ArticleRef, PassageVectors, RankedPassage, Span, StoredPassage
from qa.errors import ModelError
from qa.reader import SimilarityReader
from qa.retriever import SIDES
from qa.weights import Weights

EAST = np.array([1.0, 0.0], np.float32)


def ranked(
    *sentences: str, passage_id: int = 1, score: float = 0.0, title: str = "", near: float = 1.0
) -> RankedPassage:
    """A passage of these sentences, each with its vector at `near` to EAST."""
    text, spans = "", []
    for sentence in sentences:
        spans.append(Span(len(text), len(text) + len(sentence)))
        text += sentence + " "
    row = np.array([near, math.sqrt(1 - near * near)], np.float32)
    vectors = PassageVectors(row, np.tile(row, (len(sentences), 1)))
    article = ArticleRef(passage_id, 1, "file:///a", title, "", None, "")
    return RankedPassage(StoredPassage(passage_id, article, 0, len(text), text, tuple(spans), vectors), score, {})


def column(name: str, question: str, *passages: RankedPassage, rarity: dict[str, float] | None = None) -> list[float]:
    weighed = features.rarity(question, {}, 10) if rarity is None else rarity
    found = features.matrix(question, EAST, passages, {}, weighed)
    return [float(value) for value in found[:, features.NAMES.index(name)]]


def test_one_row_a_sentence_and_one_column_a_name() -> None:
    passages = [ranked("One here.", "Two here."), ranked("Three.", passage_id=2)]
    assert features.matrix("q", EAST, passages, {}, {}).shape == (3, len(features.NAMES))


def test_nothing_to_read_has_no_rows() -> None:
    assert features.matrix("q", EAST, [], {}, {}).shape == (0, len(features.NAMES))


def test_rarity_is_the_inverse_passage_frequency() -> None:
    # log(1 + 8 / (1 + 1)) and log(1 + 8 / (1 + 0))
    found = features.rarity("bridge tolls", {"bridge": 1}, 8)
    assert found == {"bridge": pytest.approx(math.log(5)), "tolls": pytest.approx(math.log(9))}


def test_coverage_is_by_weight_and_by_stem() -> None:
    weights = {"bridge": 3.0, "tolls": 1.0}
    assert features.covered(weights, "The bridges closed.") == 0.75
    assert features.covered(weights, "A toll on both bridges.") == 1.0
    assert features.covered({}, "anything") == 0.0
    assert features.rarest_missing(weights, "A toll.") == 3.0
    assert features.rarest_missing(weights, "The toll bridge.") == 0.0


def test_words_of_the_title_do_not_count_beyond_it() -> None:
    passage = ranked("The bridge has tolls.", "The bridge is old.", title="Bridge news")
    weights = {"bridge": 3.0, "tolls": 1.0}
    assert column("covered", "bridge tolls", passage, rarity=weights) == [1.0, 0.75]
    assert column("covered_beyond_title", "bridge tolls", passage, rarity=weights) == [1.0, 0.0]


def test_the_sentence_before_lends_its_coverage() -> None:
    assert column("covered_before", "bridge", ranked("The bridge.", "It closed.", "So what.")) == [0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("name", "question", "answers", "does_not"),
    [
        ("name_for_who", "who runs the port?", "The port is run by Ada Quill.", "The port is run well."),
        ("name_for_where", "where was it found?", "It was found in Skelby.", "It was found early."),
        ("date_for_when", "when did it close?", "It closed on 3 May.", "It closed for good."),
        ("figure_for_how_many", "how many came?", "Some 400 came.", "Many people came."),
        ("amount_for_how_much", "how much did it cost?", "It cost £3m.", "It cost a lot."),
        ("reason_for_why", "why did it close?", "It closed because of rust.", "It closed early."),
    ],
)
def test_what_is_asked_for_is_looked_for(name: str, question: str, answers: str, does_not: str) -> None:
    assert column(name, question, ranked(answers, does_not)) == [1.0, 0.0]
    assert column(name, "describe the port", ranked(answers, does_not)) == [0.0, 0.0]


def test_a_name_that_the_question_gives_already_is_no_answer() -> None:
    assert column("name_for_who", "who is Ada Quill?", ranked("We met Ada Quill.")) == [0.0]


def test_headings_have_no_end_and_few_words() -> None:
    passage = ranked("The gate at the lock", "It stood open.", "He said:", "“Never again.”")
    assert column("heading", "gate", passage) == [1.0, 0.0, 0.0, 0.0]


def test_pairs_of_words_count_in_order() -> None:
    # "strand bridge repair" has two pairs; the first sentence holds one of them.
    passage = ranked("The Strand Bridge stands.", "A bridge on the strand.")
    assert column("pairs", "strand bridge repair", passage) == [0.5, 0.0]


@given(st.text(max_size=300), st.text(min_size=1, max_size=300))
def test_any_text_has_finite_features(question: str, text: str) -> None:
    weighed = features.rarity(question, {}, 5)
    assert np.isfinite(features.matrix(question, EAST, [ranked(text)], {}, weighed)).all()


class Shelf:
    """The part of a library that the reader asks: BM25 by sentence, frequencies, size."""

    size = 4

    def sentence_bm25(self, terms: list[str], passage_ids: list[int]) -> dict[tuple[int, int], float]:
        return {(passage_id, 0): 1.0 for passage_id in passage_ids}

    def document_frequencies(self, terms: list[str]) -> dict[str, int]:
        return dict.fromkeys(terms, 1)


def reader(**weights: float) -> SimilarityReader:
    return SimilarityReader(Shelf(), {**dict.fromkeys(features.NAMES, 0.0), **weights})  # type: ignore[arg-type]


def test_one_reading_a_passage_one_score_a_sentence() -> None:
    passages = [ranked("One.", "Two."), ranked("Three.", passage_id=2)]
    found = reader(meaning=1.0).read("q", EAST, passages)
    assert [len(reading.sentence_scores) for reading in found] == [2, 1]
    assert all(reading.null_score is None and reading.answer is None for reading in found)


def test_the_weighted_features_are_the_score() -> None:
    passage = ranked("Some 400 came.", "Many came.")
    (reading,) = reader(figure_for_how_many=2.0).read("how many came?", EAST, [passage])
    assert reading.sentence_scores == (2.0, 0.0)


def test_nearer_sentences_score_higher_across_passages() -> None:
    near, far = ranked("One.", near=0.9), ranked("Two.", passage_id=2, near=0.3)
    first, second = reader(meaning=1.0).read("q", EAST, [far, near])
    assert second.sentence_scores > first.sentence_scores


def test_nothing_to_read_gives_no_readings() -> None:
    assert reader().read("q", EAST, []) == []


def test_the_shipped_weights_know_every_feature() -> None:
    shipped = Weights.load()
    assert set(shipped.sentences) == set(features.NAMES)
    assert set(shipped.passages) == set(SIDES)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"passages": {"a": "b"}, "sentences": {}}', '{"passages": 1}'])
def test_malformed_weights_name_their_file(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ranking.json"
    file.write_text(content)
    with pytest.raises(ModelError, match=r"ranking\.json"):
        Weights.load(file)


def test_weights_are_read_as_written(tmp_path: Path) -> None:
    file = tmp_path / "ranking.json"
    passages, sentences = dict.fromkeys(SIDES, 1.0), dict.fromkeys(features.NAMES, 2.0)
    file.write_text(json.dumps({"passages": passages, "sentences": sentences, "provenance": {}}))
    assert Weights.load(file) == Weights(passages, sentences)
