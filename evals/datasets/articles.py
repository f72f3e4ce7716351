"""Articles with their own questions, one JSON object an article; gold is named by the numbers of its sentences.

    {"title", "sentences": ["...", ...], "cases": [{"question", "gold": [[4, 7], 9], "answers": ["..."], "kind"}]}

A list within `gold` holds alternatives; without gold the article does not answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evals.cases import Case, Dataset, Gold, distinct
from evals.datasets.files import json_lines, name_of, starts_of
from qa.domain import LoadedArticle
from qa.errors import CaseError


def load(path: Path) -> Dataset:
    """An article's text is its sentences with a space between. Raises CaseError."""
    name = name_of(path)
    articles, cases = list[tuple[str, LoadedArticle]](), list[Case]()
    for number, (where, row) in enumerate(json_lines(path)):
        uri = f"{name}/{number}"
        try:
            articles.append((uri, LoadedArticle(row["title"], " ".join(row["sentences"]), language="en")))
            cases += _cases(uri, row)
        except (KeyError, TypeError, IndexError) as error:
            raise CaseError(f"{where}: not an article with cases ({type(error).__name__}: {error}).") from error
    return Dataset(name, distinct(cases, str(path)), tuple(articles))


# ----------------------------------------------------------------------------------------------------------------


def _cases(uri: str, row: Mapping[str, Any]) -> Iterator[Case]:
    for number, case in enumerate(row["cases"]):
        gold = tuple(_gold(uri, row["sentences"], case["gold"]))
        answers = tuple(case.get("answers", ()))
        yield Case(f"{uri}-{number}", case["question"], gold, answers=answers, kind=case.get("kind", ""), about=uri)


def _gold(uri: str, sentences: Sequence[str], parts: Sequence[int | Sequence[int]]) -> Iterator[Gold]:
    starts = starts_of(sentences)
    for part, places in enumerate(parts):
        for place in [places] if isinstance(places, int) else places:
            if place < 0:
                raise IndexError(place)
            yield Gold(uri, sentences[place], part, starts[place])
