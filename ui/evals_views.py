"""What the evals page shows, as data: the start, a run, a case of it, two runs compared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from evals import compare, html, runs
from evals.cases import Case, Gold
from evals.choices import Choice
from evals.gold import Resolver
from evals.records import Record, Shown
from qa.domain import Article, ArticleRef, Evidence, PassageText, Refusal
from qa.errors import CaseError
from ui.conversation import Conversation, Exchange, Failure

PAGE = 50
"""Cases of a run that are shown at once."""


class Shelf(Protocol):
    """Where sentences are looked up: `qa.library.Library`, or a fake."""

    def articles(self) -> Iterable[ArticleRef]: ...

    def article(self, article_id: int, version: int | None = None) -> Article: ...


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence, its article's name, and where the source view finds it ("turn:number"; "" where it does not)."""

    text: str
    article: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    case: Case
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A kept run as the list shows it."""

    name: str
    when: datetime
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Home:
    """The start. `model` is the chat model that can write drafts, "" for none; `busy` while something is under way."""

    choices: Sequence[Choice]
    folder: Path
    counts: Mapping[str, int]
    drafts: Sequence[Draft]
    runs: Sequence[KeptRun]
    busy: bool = False
    failure: Failure | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """`records` are those of page `at` (from 0) of `pages`; `shown` of `total` match. `drawings` is SVG."""

    run: KeptRun
    records: Sequence[Record]
    drawings: str
    only_wrong: bool
    at: int
    pages: int
    wrong: int


@dataclass(frozen=True, slots=True)
class CaseView:
    run: KeptRun
    record: Record
    gold: Sequence[Quote]
    evidence: Sequence[tuple[Shown, Quote]]


@dataclass(frozen=True, slots=True)
class CompareView:
    before: KeptRun
    after: KeptRun
    found: Mapping[str, Any]


View = Home | RunView | CaseView | CompareView


def kept_runs(folder: Path) -> list[KeptRun]:
    """Newest first; what cannot be read is left out."""
    found = (_kept(path) for path in runs.kept(folder))
    return [run for run in found if run]


def run_named(folder: Path, name: str) -> KeptRun:
    """Raises CaseError for anything that is not the name of a kept run."""
    path = next((path for path in runs.kept(folder) if path.name == name), None)
    run = _kept(path) if path else None
    if run is None:
        raise CaseError("There is no such run.", "It may have been deleted: see the list.")
    return run


def run_view(folder: Path, name: str, only_wrong: bool, at: int) -> RunView:
    run = run_named(folder, name)
    report, records = runs.read(folder / run.name)
    wrong = [record for record in records if not compare.right(record)]
    listed = wrong if only_wrong else records
    pages = max(1, -(-len(listed) // PAGE))
    at = min(max(at, 0), pages - 1)
    drawings = html.drawings(report, records)
    return RunView(run, listed[at * PAGE : (at + 1) * PAGE], drawings, only_wrong, at, pages, len(wrong))


def case_view(folder: Path, name: str, case_id: str, shelf: Shelf) -> tuple[CaseView, Conversation]:
    """The case, and what its citations open."""
    run = run_named(folder, name)
    record = next((record for record in runs.read(folder / run.name)[1] if record.id == case_id), None)
    if record is None:
        raise CaseError("This run has no such case.", "See the list of its cases.")
    finder = _Finder(shelf)
    uris = record.gold_uris or (record.cluster,) * len(record.gold)
    gold = tuple(finder.quote(0, Gold(uri, quote)) for uri, quote in zip(uris, record.gold, strict=False))
    evidence = tuple((s, finder.quote(0, Gold(s.uri, s.quote, near=s.start), s.title)) for s in record.shown)
    return CaseView(run, record, gold, evidence), finder.opened()


def compare_view(folder: Path, before: str, after: str) -> CompareView:
    """The older run is `before`, whichever was named first."""
    one, other = sorted((run_named(folder, before), run_named(folder, after)), key=lambda run: run.when)
    return CompareView(one, other, compare.compare(runs.read(folder / one.name)[1], runs.read(folder / other.name)[1]))


def drafts(cases: Sequence[Case], shelf: Shelf) -> tuple[tuple[Draft, ...], Conversation]:
    """The cases with their gold, and what its sentences open."""
    finder = _Finder(shelf)
    made = tuple(Draft(case, tuple(finder.quote(turn, gold) for gold in case.gold)) for turn, case in enumerate(cases))
    return made, finder.opened()


# ----------------------------------------------------------------------------------------------------------------


def _kept(path: Path) -> KeptRun | None:
    try:
        when = datetime.strptime(f"{path.name.rsplit('-', 2)[-2]}+0000", "%Y%m%dT%H%M%S%f%z")
        report = runs.report(path)
        return KeptRun(path.name, when, report) if report.keys() >= _NEEDED else None
    except (CaseError, IndexError, ValueError):
        return None


_NEEDED = {"dataset", "system", "cases", "metrics", "intervals", "counts", "by_kind", "failures", "settings"}


class _Finder:
    """Looks gold up in the library, and numbers what it finds by turn, as the source view wants it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._resolver: Resolver | None = None
        self._turns: dict[int, list[Evidence]] = {}

    def quote(self, turn: int, gold: Gold, title: str = "") -> Quote:
        """As text alone where the library does not hold the sentence (any more)."""
        evidence = self._found(gold)
        if evidence is None:
            return Quote(gold.quote, title or gold.uri)
        held = self._turns.setdefault(turn, [])
        if evidence not in held:
            held.append(evidence)
        number = held.index(evidence) + 1
        return Quote(gold.quote, evidence.article.title, f"{turn}:{number}")

    def opened(self) -> Conversation:
        """A conversation in which every turn shows the evidence that was found for it."""
        turns = range(max(self._turns, default=-1) + 1)
        return tuple(Exchange("", Refusal("", "", "", "", tuple(self._turns.get(t, ())), 0.0)) for t in turns)

    def _found(self, gold: Gold) -> Evidence | None:
        if not gold.quote.strip():
            return None
        self._resolver = self._resolver or Resolver(self._shelf)
        parts = self._resolver.resolve(Case("", "?", (gold,))).parts
        if not parts:
            return None
        place = parts[0][0]
        of = self._shelf.article(place.article_id)
        quote = of.text[place.start : place.end]
        return Evidence(of.ref, place.start, place.end, quote, PassageText(place.start, place.end, quote), {})
