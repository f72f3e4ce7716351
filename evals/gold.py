"""Gold quotes -> places in a library's articles, and whether a ranked text lies at one of them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from evals.cases import Case, Gold
from qa.domain import Article


class Listed(Protocol):
    """An article as the library lists it."""

    @property
    def article_id(self) -> int: ...

    @property
    def uri(self) -> str: ...


class Shelf(Protocol):
    """What evaluating needs of a library; `Library` has it."""

    def articles(self) -> Iterable[Listed]: ...

    def article(self, article_id: int, version: int | None = None) -> Article: ...


@dataclass(frozen=True, slots=True)
class Place:
    """A range of code points of one article, in its current version."""

    article_id: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Missing:
    """A gold sentence that the library does not hold."""

    case_id: str
    uri: str
    quote: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A case and where its gold lies: for each part that is wanted, the places any of which will do.

    `missing` is gold that the library lacks. A part with no place left is not among `parts`.
    """

    case: Case
    parts: tuple[tuple[Place, ...], ...]
    missing: tuple[Missing, ...] = ()


class Resolver:
    """Looks gold up in a library as it stood when this was made."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._uris = {article.article_id: article.uri for article in shelf.articles()}
        self._by_ending: dict[str, list[int]] = defaultdict(list)
        for number, uri in self._uris.items():
            for ending in _endings(uri):
                self._by_ending[ending].append(number)

    def resolve(self, case: Case) -> Resolved:
        parts: dict[int, list[Place]] = defaultdict(list)
        missing = []
        for gold in case.gold:
            articles = self._named(gold.uri)
            places = [place for article in articles for place in _places(article, gold)]
            if places:
                parts[gold.part] += places
            else:
                reason = "the article does not hold this sentence" if articles else "no such article"
                missing.append(Missing(case.id, gold.uri, gold.quote, reason))
        return Resolved(case, tuple(tuple(dict.fromkeys(places)) for places in parts.values()), tuple(missing))

    def _named(self, uri: str) -> list[Article]:
        """The articles whose URI is `uri` or ends with it; endings at a "/" before any other."""
        found = self._by_ending.get(uri.strip("/"))
        if found is None:
            found = [number for number, held in self._uris.items() if held.endswith(uri)]
        return [self._shelf.article(number) for number in found]


def parts_at(parts: Sequence[Sequence[Place]], article_id: int, start: int, end: int) -> tuple[int, ...]:
    """Which parts (by their place in `parts`) the text at this place holds.

    It holds a gold sentence when both are of one article and share at least half of the shorter one's characters,
    since gold may have been cut into sentences by other rules than the library's.
    """
    here = Place(article_id, start, end)
    return tuple(number for number, places in enumerate(parts) if any(_same(here, place) for place in places))


def parts_of_article(parts: Sequence[Sequence[Place]], article_id: int) -> tuple[int, ...]:
    """Which parts lie anywhere in this article."""
    return tuple(n for n, places in enumerate(parts) if any(p.article_id == article_id for p in places))


# ----------------------------------------------------------------------------------------------------------------


def _endings(uri: str) -> Iterator[str]:
    """ "a/b/c" -> "a/b/c", "b/c", "c"."""
    uri = uri.strip("/")
    while uri:
        yield uri
        uri = uri.partition("/")[2].lstrip("/")


def _places(article: Article, gold: Gold) -> list[Place]:
    """Every occurrence of the quote, white space folded; the one nearest to `gold.near` where that is given."""
    words = gold.quote.split()
    if not words and gold.near is not None and gold.end is not None:
        inside = 0 <= gold.near < gold.end <= len(article.text)
        return [Place(article.article_id, gold.near, gold.end)] if inside else []
    if not words:
        return [Place(article.article_id, 0, len(article.text))]
    pattern = re.compile(r"\s+".join(map(re.escape, words)))
    found = [Place(article.article_id, hit.start(), hit.end()) for hit in pattern.finditer(article.text)]
    near = gold.near
    if near is None or not found:
        return found
    return [min(found, key=lambda place: abs(place.start - near))]


def _same(one: Place, other: Place) -> bool:
    if one.article_id != other.article_id:
        return False
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0 and 2 * shared >= min(one.end - one.start, other.end - other.start)
