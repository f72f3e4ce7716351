"""The loss against its numeric gradient, and fits whose right answer is known by construction."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from evals import fit_ranking
from evals.cases import Case, Gold
from evals.command import ranking_lists
from evals.fit_ranking import FIXED, Listed, collect, fit, write
from evals.gold import Resolver
from evals.temporary import store
from qa.domain import LoadedArticle
from qa.errors import CaseError
from qa.features import NAMES
from qa.library import Library
from qa.retriever import SIDES
from qa.settings import load
from qa.weights import Weights
from tests.evals.makers import WordEmbedder

GENERATOR = np.random.default_rng(11)


def listed(rows: list[list[float]], *gold: int) -> Listed:
    return Listed(np.array(rows, dtype=np.float64), np.isin(np.arange(len(rows)), gold))


def random_lists(count: int, width: int = 3) -> list[Listed]:
    """Gold is where the first feature is largest; the others mean nothing."""
    found = []
    for _ in range(count):
        rows = GENERATOR.normal(size=(6, width))
        found.append(Listed(rows, np.arange(6) == rows[:, 0].argmax()))
    return found


def test_the_loss_by_hand() -> None:
    # Scores log 3 and 0, so exp(score) is 3 and 1: gold takes three quarters.
    loss, slope = fit_ranking._loss(listed([[math.log(3)], [0.0]], 0), np.array([1.0]))

    assert loss == pytest.approx(-math.log(0.75))
    # (share - share among gold) @ features: (3/4 - 1) * log 3.
    assert slope == pytest.approx([-0.25 * math.log(3)])


@pytest.mark.parametrize("gold", [(0,), (1, 4), (0, 2, 5)])
def test_the_slope_is_the_numeric_one(gold: tuple[int, ...]) -> None:
    one = listed(GENERATOR.normal(size=(6, 4)).tolist(), *gold)
    weights, step = GENERATOR.normal(size=4), 1e-6
    _, slope = fit_ranking._loss(one, weights)

    for place in range(4):
        moved = np.eye(4)[place] * step
        up, down = fit_ranking._loss(one, weights + moved)[0], fit_ranking._loss(one, weights - moved)[0]
        assert slope[place] == pytest.approx((up - down) / (2 * step), abs=1e-5)


def test_where_everything_is_gold_nothing_is_to_be_gained() -> None:
    loss, slope = fit_ranking._loss(listed([[1.0], [5.0]], 0, 1), np.array([2.0]))

    assert (loss, slope) == (pytest.approx(0), pytest.approx([0]))


def test_huge_scores_do_not_overflow() -> None:
    loss, slope = fit_ranking._loss(listed([[1e4], [-1e4]], 1), np.array([1.0]))

    assert math.isfinite(loss)
    assert loss > 600
    assert np.isfinite(slope).all()


def test_gold_is_pulled_up_by_what_tells_it() -> None:
    weights = fit(random_lists(60), ["telling", "noise", "more noise"])

    assert weights["telling"] > 2
    assert max(abs(weights["noise"]), abs(weights["more noise"])) < weights["telling"] / 4


def test_what_speaks_against_gold_weighs_below_zero() -> None:
    weights = fit([Listed(-one.features, one.gold) for one in random_lists(60)], ["a", "b", "c"])

    assert weights["a"] < -2


def test_lists_that_a_weight_tells_apart_wholly_do_not_run_away() -> None:
    weights = fit([listed([[1.0], [0.0]], 0)] * 20, ["telling"])

    assert 1 < weights["telling"] < 20


def test_without_a_difference_there_is_no_weight() -> None:
    assert fit([listed([[2.0], [2.0], [2.0]], 1)], ["same"]) == {"same": 0.0}


def test_without_a_question_there_is_nothing_to_fit() -> None:
    with pytest.raises(CaseError, match="nothing to fit") as caught:
        fit([], ["telling"])
    assert caught.value.remedy


def test_a_fixed_feature_keeps_its_weight_whatever_the_data_say() -> None:
    assert fit(random_lists(30), ["heading", "noise", "more"])["heading"] == FIXED["heading"]
    assert set(FIXED) <= set(NAMES)


def test_a_fixed_feature_is_taken_into_account_for_the_others() -> None:
    """Gold has a heading's shape: its weight of -1 is to be made up for by the other feature."""
    rows = [[1.0, 1.0], [0.0, 0.0]]
    with_heading, without = fit([listed(rows, 0)], ["heading", "x"]), fit([listed(rows, 0)], ["y", "x"])

    assert with_heading["x"] > without["x"]


def test_what_is_written_is_what_the_program_reads(tmp_path: Path) -> None:
    passages, sentences = dict.fromkeys(SIDES, 0.5), dict.fromkeys(NAMES, -0.25)
    write(tmp_path / "ranking.json", passages, sentences, {"date": "2026-01-01"})

    assert Weights.load(tmp_path / "ranking.json") == Weights(passages, sentences)
    assert json.loads((tmp_path / "ranking.json").read_text())["provenance"] == {"date": "2026-01-01"}


TEXT = "Rates rose on Friday, the bank said. Nobody at the bank knew why. The players went on strike."
ARTICLES = (
    ("rates.txt", LoadedArticle("Rates", TEXT)),
    ("zoo.txt", LoadedArticle("Zoo", "The zoo was shut that day.")),
)


def collected(tmp_path: Path, *cases: Case) -> tuple[list[Listed], list[Listed], list[int]]:
    told: list[int] = []
    with Library.open(tmp_path, WordEmbedder.stamp, index="exact") as library:
        list(store(ARTICLES, library, WordEmbedder()))
        resolver = Resolver(library)
        found = collect([resolver.resolve(case) for case in cases], library, WordEmbedder(), told.append)
    return *found, told


def test_candidates_and_sentences_of_a_question_with_their_gold(tmp_path: Path) -> None:
    case = Case("q", "Who knew why?", (Gold("rates.txt", "Nobody at the bank knew why."),))
    passages, sentences, told = collected(tmp_path, case)

    (of_passages,), (of_sentences,) = passages, sentences
    assert of_passages.features.shape == (2, len(SIDES))
    assert of_passages.gold.sum() == 1
    # Three sentences about rates and one about the zoo; one of them is gold.
    assert of_sentences.features.shape == (4, len(NAMES))
    assert of_sentences.gold.sum() == 1
    assert told == [1]


def test_gold_stands_where_its_features_are_best(tmp_path: Path) -> None:
    case = Case("q", "Who knew why?", (Gold("rates.txt", "Nobody at the bank knew why."),))
    _, (one,), _ = collected(tmp_path, case)

    meaning = one.features[:, NAMES.index("meaning")]
    assert one.gold.argmax() == meaning.argmax()


def test_a_question_whose_gold_was_not_found_teaches_nothing(tmp_path: Path) -> None:
    lost = Case("lost", "Who knew why?", (Gold("gone.txt", "Nothing."),))
    passages, sentences, told = collected(tmp_path, lost)

    assert (passages, sentences, told) == ([], [], [1])


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    def paragraph(number: int) -> dict:
        answers = [{"text": f"day {number}", "answer_start": 14}] if number % 2 else []
        question = {"id": f"q{number}", "question": f"When was day {number}?", "answers": answers}
        return {"context": f"Rates rose on day {number}. Nobody knew.", "qas": [question]}

    path = tmp_path / "days.json"
    path.write_text(json.dumps({"data": [{"title": "Days", "paragraphs": [paragraph(n) for n in range(12)]}]}))
    return path


def test_only_answerable_cases_are_asked(squad: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    settings = load(library=tmp_path / "library", index="exact")
    passages, _ = ranking_lists(
        squad, settings, "squad", progress=lambda *step: steps.append(step), embedder=WordEmbedder()
    )

    assert len(passages) <= 6
    assert steps[-1] == ("asking", 6, 6)


def test_a_limit_takes_cases_from_all_over_the_file(squad: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    settings = load(library=tmp_path / "library", index="exact")
    ranking_lists(squad, settings, "squad", 3, lambda *step: steps.append(step), embedder=WordEmbedder())

    assert steps[-1] == ("asking", 3, 3)


def test_a_file_without_cases_is_said(tmp_path: Path) -> None:
    (tmp_path / "none.jsonl").write_text("\n")
    with pytest.raises(CaseError, match="holds no case"):
        ranking_lists(tmp_path / "none.jsonl", load(library=tmp_path / "library"), embedder=WordEmbedder())


def test_follow_ups_are_left_out(tmp_path: Path) -> None:
    """Their question is not the one that is searched for."""
    settings = load(library=tmp_path / "library", index="exact")
    with Library.open(settings.library, WordEmbedder.stamp, index="exact") as library:
        list(store(ARTICLES, library, WordEmbedder()))
    gold = [{"uri": "rates.txt", "quote": "Nobody at the bank knew why."}]
    rows = [
        {"id": "a", "question": "Who knew why?", "gold": gold},
        {"id": "b", "question": "Why?", "gold": gold, "history": [{"question": "Who knew?", "answer": "Nobody."}]},
        {"id": "c", "question": "Where is the lost city?"},
    ]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, rows)))

    passages, sentences = ranking_lists(tmp_path / "cases.jsonl", settings, embedder=WordEmbedder())
    assert (len(passages), len(sentences)) == (1, 1)
