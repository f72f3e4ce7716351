from pathlib import Path

from evals.case_store import CaseStore
from evals.cases import Case, Gold
from evals.gold import Place, Resolved
from evals.purged import Watch, keep_drafts
from evals.records import Shown
from tests.evals.makers import FakeShelf, article, record

RATES, STRIKE = article(1, "file:///rates.txt", "Rates rose."), article(2, "file:///strike.txt", "Players struck.")


def draft(case_id: str, uri: str) -> Case:
    return Case(case_id, "When?", (Gold(uri, "Rates rose."),), about=uri)


def test_what_is_gone_is_told_where_it_is_quoted_or_asked_for() -> None:
    shelf = FakeShelf(RATES, STRIKE)
    watch = Watch(shelf)
    quoting = record(1, shown=(Shown(RATES.uri, "", 0, 11, "Rates rose.", ()),), text="Rates rose. [1]")
    asked = Resolved(draft("a", "rates.txt"), ((Place(1, 0, 11),),))
    resting = record(2, gold=("Rates rose.",), gold_uris=("rates.txt",))
    other = record(3, shown=(Shown(STRIKE.uri, "", 0, 15, "Players struck.", ()),))
    assert watch.purged([asked], [quoting, resting, other]) == []
    del shelf._articles[1]
    assert watch.purged([], [quoting]) == [RATES.uri]
    assert watch.purged([asked], [resting]) == [RATES.uri]
    assert watch.purged([asked], [other]) == []


def test_drafts_of_an_article_that_went_while_they_were_made_are_not_kept(tmp_path: Path) -> None:
    store = CaseStore(tmp_path)
    drafts = [draft("rates", RATES.uri), draft("strike", STRIKE.uri)]
    assert keep_drafts(store, drafts, FakeShelf(STRIKE)) == 1
    assert store.known() == {"strike"}
    assert keep_drafts(store, drafts, FakeShelf(RATES, STRIKE)) == 1
    assert keep_drafts(store, iter(drafts), FakeShelf(RATES, STRIKE)) == 0
    assert store.known() == {"rates", "strike"}
