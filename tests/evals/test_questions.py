"""The questions that the reader is trained on: none of them may be about what is reported on."""

from collections import Counter
from pathlib import Path

import pytest

import evals
from evals import datasets
from evals.cases import Case, kept_apart
from evals.datasets.answer_places import answered
from tests.shared_data import shared_data

FOLDER = Path(evals.__file__).parent / "questions"
NEWS, BROAD, DEV, WIKIPEDIA = (FOLDER / f"{name}.jsonl.gz" for name in ("news", "news-broad", "news-dev", "wikipedia"))
CONTRAST, MADE_UP = FOLDER / "news-contrast.jsonl.gz", FOLDER / "made_up.jsonl.gz"
PAIRS = FOLDER / "pairs-near.jsonl.gz"


def about(cases: tuple[Case, ...]) -> set[str]:
    """The articles that cases are about, or rest on."""
    return {named for case in cases for named in (case.about, *(gold.uri for gold in case.gold))}


@pytest.mark.parametrize(
    ("file", "count", "near"),
    [
        (NEWS, 12_374, 0.17),
        (BROAD, 2_391, 0.18),
        (DEV, 1_626, 0.39),
        (CONTRAST, 6_455, 0.49),
        (WIKIPEDIA, 4_766, 0.14),
        (PAIRS, 6_230, 0.53),
    ],
)
def test_they_are_cases_with_places_and_without_the_articles_words(file: Path, count: int, near: float) -> None:
    cases = datasets.load(file).cases
    kinds = Counter(case.kind for case in cases)
    assert len(cases) == count
    assert kinds["unanswerable-near"] == sum(not case.answerable for case in cases) > near * count
    assert all(gold.quote == "" and gold.near is not None and gold.end for case in cases for gold in case.gold)
    assert max(len(answer.split()) for case in cases for answer in case.answers) <= 8


def test_those_about_made_up_articles_bring_them() -> None:
    made_up = datasets.load(MADE_UP, "articles")
    texts = dict(made_up.articles)
    assert (len(texts), len(made_up.cases)) == (360, 2_546)
    assert all(a.text[g.near or 0 :].startswith(g.quote) for c in made_up.cases for g in c.gold for a in [texts[g.uri]])
    assert all(any(word in g.quote for g in c.gold) for c in made_up.cases for word in c.answers)


@pytest.mark.parametrize("name", ["dev", "test"])
@pytest.mark.parametrize("file", [NEWS, BROAD, CONTRAST])
def test_none_that_is_trained_on_is_about_an_article_that_is_kept_apart(file: Path, name: str) -> None:
    kept = about(datasets.load(shared_data(f"newsqa/{name}.jsonl")).cases)
    assert len(kept) > 100
    assert not kept & about(datasets.load(file).cases)


def test_those_for_the_confidence_are_about_dev_and_not_about_test() -> None:
    asked = about(datasets.load(DEV).cases)
    assert asked <= about(datasets.load(shared_data("newsqa/dev.jsonl")).cases)
    assert not asked & about(datasets.load(shared_data("newsqa/test.jsonl")).cases)


def test_none_about_wikipedia_is_about_what_is_reported_on() -> None:
    asked = about(datasets.load(WIKIPEDIA).cases)
    titles = {uri.split("/")[1].casefold() for uri in asked}
    qed = datasets.load(shared_data("qed/qed-dev.jsonlines.gz"), "qed").cases
    tested = about(datasets.load(shared_data("selqa/selqa-ass-test.json.gz"), "selqa").cases)
    squad = datasets.load(shared_data("squad/new_wiki-a.json.gz"), "squad").articles
    assert not asked & {case.about for case in qed if kept_apart(case, 3)}
    assert not {uri.split("/", 1)[1] for uri in asked} & {uri.split("/", 1)[1] for uri in tested}
    assert not titles & {article.title.casefold().replace("_", " ") for _, article in squad}


@pytest.mark.parametrize(("name", "asked", "short"), [("dev", 10_489, 10_489), ("test", 11_663, 11_663)])
def test_places_of_short_answers_fit_the_sentence_pairs(name: str, asked: int, short: int) -> None:
    cases = answered(
        datasets.load(shared_data(f"nqg/src-{name}.txt.gz"), "pairs"), FOLDER / f"pairs-{name}.txt.gz"
    ).cases
    assert (len(cases), sum(bool(case.answers) for case in cases)) == (asked, short)
    assert sum(len(case.answers[0].split()) for case in cases) / asked < 4


def test_those_about_sentence_pairs_name_their_articles_and_ask_what_the_pairs_do_not() -> None:
    cases = datasets.load(PAIRS).cases
    sets = [datasets.load(shared_data(f"nqg/src-{name}.txt.gz"), "pairs") for name in ("dev", "test")]
    texts = {uri: article.text for held in sets for uri, article in held.articles}
    assert about(cases) <= texts.keys()
    assert not {case.question.casefold() for case in cases} & {
        c.question.casefold() for held in sets for c in held.cases
    }
    spans = [(case, [texts[g.uri][g.near or 0 : g.end] for g in case.gold]) for case in cases]
    assert all(any(answer in said for said in quotes) for case, quotes in spans for answer in case.answers)
