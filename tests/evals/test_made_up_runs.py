"""Runs and drafts of any words: what is written is read back, torn off is asked again, purged is gone."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.drafts import GAP, draft
from evals.gold import Resolver
from evals.purged import ERASED
from evals.records import Record, Shown, from_row, to_row
from evals.runs import Run, forget
from evals.written_drafts import LONGEST, question_of
from qa.domain import Article
from tests import made_up
from tests.evals.makers import FakeShelf

SOME = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
URIS = st.sampled_from(["file:///news/a.txt", "file:///news/b.txt"])
PARTS = st.lists(st.integers(0, 3), max_size=2).map(tuple)
RANKING = st.lists(PARTS, max_size=3).map(tuple)
SHOWN = st.builds(
    Shown, URIS, made_up.WORDS, st.integers(0, 9), st.integers(9, 20), made_up.SAID, PARTS, st.integers(0, 2)
)


@st.composite
def records(draw: st.DrawFn) -> Record:
    gold = draw(st.lists(st.tuples(made_up.SAID, URIS), max_size=2))
    return Record(
        id=draw(st.sampled_from(["one", "two", "three"])),
        question=draw(made_up.SAID),
        cluster=draw(URIS | st.just("")),
        gold_parts=draw(st.integers(0, 2)),
        answers=tuple(draw(st.lists(made_up.WORDS, max_size=2))),
        gold=tuple(quote for quote, _ in gold),
        gold_uris=tuple(uri for _, uri in gold),
        sentences=draw(RANKING),
        cited=draw(RANKING),
        supports=tuple(draw(st.lists(made_up.SHARES, max_size=2))),
        refused=draw(st.booleans()),
        text=draw(made_up.WORDS),
        shown=tuple(draw(st.lists(SHOWN, max_size=2))),
        timings_ms=draw(st.dictionaries(st.sampled_from(["read", "total"]), st.floats(0, 1e5), max_size=2)),
        cost=draw(st.none() | st.floats(0, 1)),
        error=draw(st.sampled_from(["", "", "ValueError"])),
    )


@SOME
@given(records())
def test_a_record_comes_back_from_its_line(record: Record) -> None:
    assert from_row(json.loads(json.dumps(to_row(record)))) == record


@SOME
@given(st.lists(records(), max_size=5), st.integers(0, 60))
def test_a_run_goes_on_after_the_last_whole_line(kept: list[Record], torn: int) -> None:
    with TemporaryDirectory() as folder:
        run = Run(Path(folder), "news", "key")
        for record in kept:
            run.append(record)
        part = Path(folder) / "news-key.part.jsonl"
        if kept and torn:
            part.write_bytes(part.read_bytes()[:-torn])
        whole = part.read_text(encoding="utf-8").count("\n") if kept else 0
        wanted = {record.id: record for record in kept[:whole] if not record.error}
        assert run.records() == wanted
        assert run.records() == wanted, "dropping what was torn off changes nothing else"
        run.append(replace(kept[0], id="last", error="") if kept else Record("last", "Who?"))
        assert set(run.records()) == {*wanted, "last"}


@SOME
@given(st.lists(records(), min_size=1, max_size=4), URIS)
def test_nothing_of_a_purged_article_is_left_in_a_run(kept: list[Record], uri: str) -> None:
    with TemporaryDirectory() as folder:
        run = Run(Path(folder), "news", "key")
        (place := run.finish({"metrics": {}}, kept)).joinpath("report.json")
        changed = forget(Path(folder), uri)
        after = [from_row(json.loads(line)) for line in (place / "records.jsonl").read_text().splitlines()]
        assert [one.id for one in after] == [one.id for one in kept]
        for one, before in zip(after, kept, strict=True):
            assert all(shown.uri != uri for shown in one.shown)
            assert all(not quote for quote, of in zip(one.gold, one.gold_uris, strict=True) if of == uri)
            assert (one.question == ERASED) is (uri in (before.cluster, *before.gold_uris))
            assert (one.sentences, one.cited, one.refused) == (before.sentences, before.cited, before.refused)
            assert one == before or not one.text, "an answer that may quote it goes with it"
        assert changed == len({one.id for one, before in zip(after, kept, strict=True) if one != before})
        assert forget(Path(folder), uri) == 0, "once is enough"


NEWS = st.sampled_from(
    [
        "The county council closed Skelby Bridge on 3 May after engineers found 14 cracks in it.",
        "Repairs will cost £41 million, said the county's chief engineer, Ines Okafor, on Monday.",
        "He said so again.",
        "Sign up for our newsletter and read more about Skelby Bridge and its 14 famous cracks.",
        "What Skelby pays",
        "Ferries run from Port Elvern to Skelby every 20 minutes until the bridge is open again.",
    ]
)


@SOME
@given(st.lists(NEWS, min_size=1, max_size=6), made_up.WORDS, st.integers(0, 3))
def test_a_draft_asks_about_a_sentence_that_is_there_and_hides_its_answer(
    lines: list[str], title: str, seed: int
) -> None:
    article = replace(BARE, title=title, text="\n\n".join(lines))
    shelf = FakeShelf(article)  # type: ignore[arg-type]
    cases = draft(shelf, 5, seed)
    assert draft(shelf, 5, seed) == cases, "the same for the same seed"
    assert draft(shelf, 5, seed, known={case.id for case in cases}) != cases or not cases
    assert len({case.id for case in cases}) == len(cases)
    for case in cases:
        found = Resolver(shelf).resolve(case)  # type: ignore[arg-type]
        assert found.missing == ()
        (gold,) = case.gold
        assert "newsletter" not in gold.quote
        if case.kind == "cloze":
            (answer,) = case.answers
            assert GAP in case.question
            assert answer not in case.question
            assert case.question.replace(GAP, answer).endswith(f"“{' '.join(gold.quote.split())}”")


BARE = Article(1, 1, "file:///news/a.txt", "", "", (), None, "en", "", "", "0", "2026-04-21T08:00:00Z")


@given(st.text(max_size=400) | st.lists(st.sampled_from(["Who", "Q:", "closed", "it?", '"', "\n", "?"])).map(" ".join))
def test_what_a_model_writes_is_one_short_question_or_nothing(reply: str) -> None:
    asked = question_of(reply)
    assert asked == "" or (
        asked.endswith("?") and asked.count("?") == 1 and len(asked) <= LONGEST and "\n" not in asked
    )
    assert question_of(asked) == asked, "and is that question itself"
