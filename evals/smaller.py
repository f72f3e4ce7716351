"""A library -> small ones of its articles, each with cases that it answers.

What a confidence looks at depends on how large a library is: the second-best article of twelve lies further off than
the second-best of two thousand. A calibration should have seen both.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.cases import Case
from evals.gold import Resolved
from qa.domain import Article, LoadedArticle, Passage
from qa.embedder import EmbeddingStamp
from qa.library import Library, NewArticle

SHARE = 0.5
"""Of the articles of a small library at most so many are what its cases were made from."""


def smaller(
    library: Library, stamp: EmbeddingStamp, resolved: Sequence[Resolved], size: int, seed: int = 0
) -> Iterator[tuple[list[Case], Library]]:
    """Libraries of `size` articles in temporary folders, one at a time, with the cases that were made from them.

    `stamp` is of the library's embedding model. Every case comes once. The other articles are drawn from the rest.
    """
    rng = random.Random(seed)  # noqa: S311
    known = {article.uri: article.article_id for article in library.articles()}
    everything = sorted(known.values())
    for cases, wanted in _groups(resolved, known, max(1, int(size * SHARE))):
        others = [one for one in everything if one not in wanted]
        taken = wanted | set(rng.sample(others, min(len(others), max(0, size - len(wanted)))))
        with _library_of(library, stamp, sorted(taken)) as small:
            yield cases, small


# ----------------------------------------------------------------------------------------------------------------


def _groups(
    resolved: Sequence[Resolved], known: dict[str, int], most: int
) -> Iterator[tuple[list[Case], frozenset[int]]]:
    """Cases about one article stay together; a group's cases need `most` articles, or one case that needs more."""
    cases, wanted = list[Case](), frozenset[int]()
    for one in sorted(resolved, key=lambda one: one.case.cluster):
        needed = _articles(one, known)
        if cases and len(wanted | needed) > most:
            yield cases, wanted
            cases, wanted = [], frozenset()
        cases, wanted = [*cases, one.case], wanted | needed
    if cases:
        yield cases, wanted


def _articles(one: Resolved, known: dict[str, int]) -> frozenset[int]:
    """Those that hold its gold, or what an unanswerable question is about."""
    held = {place.article_id for places in one.parts for place in places}
    return frozenset(held or {number for uri, number in known.items() if one.case.rests_on(uri)})


@contextmanager
def _library_of(library: Library, stamp: EmbeddingStamp, articles: Sequence[int]) -> Iterator[Library]:
    """With the passages and vectors that the large one has, so that nothing is embedded again."""
    with (
        TemporaryDirectory(prefix="footnote-eval-") as folder,
        Library.open(Path(folder) / "library", stamp, index="exact") as small,
    ):
        small.add_many([_new(library, number) for number in articles])
        yield small


def _new(library: Library, number: int) -> NewArticle:
    article, held = library.article(number), library.passages_of(number)
    passages = [Passage(one.start, one.end, one.sentences) for one in held]
    return NewArticle(article.uri, _loaded(article), passages, [one.vectors for one in held])


def _loaded(article: Article) -> LoadedArticle:
    names = [one.name for one in fields(LoadedArticle) if one.name != "notes"]
    return LoadedArticle(**{name: getattr(article, name) for name in names})
