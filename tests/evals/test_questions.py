"""The questions that the reader is trained on: none of them may be about what is reported on."""

from collections import Counter
from pathlib import Path

import pytest

import evals
from evals import datasets
from tests.shared_data import shared_data

FILE = Path(evals.__file__).parent / "questions" / "news.jsonl.gz"


def test_they_are_cases_with_places_and_without_the_articles_words() -> None:
    cases = datasets.load(FILE).cases
    kinds = Counter(case.kind for case in cases)
    assert len(cases) == 12_374
    assert kinds["unanswerable-near"] == sum(not case.answerable for case in cases) > 2_000
    assert all(gold.quote == "" and gold.near is not None and gold.end for case in cases for gold in case.gold)
    assert max(len(answer.split()) for case in cases for answer in case.answers) <= 8


@pytest.mark.parametrize("name", ["dev", "test"])
def test_none_is_about_an_article_that_is_kept_apart(name: str) -> None:
    reported = datasets.load(shared_data(f"newsqa/{name}.jsonl")).cases
    kept = {named for case in reported for named in (case.about, *(gold.uri for gold in case.gold))}
    asked = {named for case in datasets.load(FILE).cases for named in (case.about, *(g.uri for g in case.gold))}
    assert len(kept) > 100
    assert not kept & asked
