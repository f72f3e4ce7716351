"""An article that is purged while something is made of it: what was made of it goes with it.

Whoever purges erases the text, and then what is kept of it. What is written after that must be looked at by who wrote
it: written first and then looked at, it is found by one of the two.
"""

from collections.abc import Iterable
from dataclasses import replace

from evals.case_store import CaseStore
from evals.cases import Case, names
from evals.gold import Resolved, Shelf
from evals.records import Record
from qa.errors import NotInLibrary

ERASED = "(made from an article that was purged)"


def erased(record: Record, uri: str) -> Record:
    """Without the answers and quotes of a record that names the article; without its question, if made from it."""
    # Runs of before 0.1 do not say whose their gold is.
    uris = record.gold_uris or ("",) * len(record.gold)
    gold = tuple("" if not of or names(of, uri) else quote for of, quote in zip(uris, record.gold, strict=False))
    shown = tuple(one for one in record.shown if one.uri != uri)
    if any(names(one, uri) for one in (record.cluster, *record.gold_uris)):
        record = replace(record, question=ERASED, standalone_question="", answers=())
    elif shown == record.shown and gold == record.gold:
        return record
    return replace(record, gold=gold, shown=shown, text="", short_answer="")


class Watch:
    """Knows the articles of a shelf from now on, and which of them are purged since."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._uris = {listed.article_id: listed.uri for listed in shelf.articles()}
        self._ids = {uri: article_id for article_id, uri in self._uris.items()}
        self._purged: set[str] = set()

    def purged(self, resolved: Iterable[Resolved], records: Iterable[Record]) -> list[str]:
        """The URIs of articles that are purged and yet named or quoted in these records of these cases.

        One that came after the start counts as purged when it is removed, too.
        """
        made = list(records)
        shown = {one.uri for record in made for one in record.shown}
        ids = {place.article_id for one in resolved for places in one.parts for place in places}
        ids |= {self._ids[uri] for uri in (shown | {record.cluster for record in made}) & self._ids.keys()}
        self._purged |= {self._uris[i] for i in ids & self._uris.keys() if self._erased(i)}
        if came := shown - self._ids.keys():
            self._purged |= came - {listed.uri for listed in self._shelf.articles()}
        return sorted(uri for uri in self._purged if any(erased(record, uri) != record for record in made))

    def _erased(self, article_id: int) -> bool:
        """Not even there for old answers, as a removed one is."""
        try:
            self._shelf.article(article_id)
        except NotInLibrary:
            return True
        return False


def keep_drafts(store: CaseStore, drafts: Iterable[Case], shelf: Shelf) -> int:
    """Those of articles that the shelf still has; how many were new."""
    made = list(drafts)
    added = store.add(made)
    gone = {case.about for case in made} - {listed.uri for listed in shelf.articles()}
    return added - sum(store.forget(uri) for uri in gone)
