"""Examples from a library that one can look over: what is retrieved, where gold and answers are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.cases import Case, Gold, kept_apart
from evals.datasets import load
from evals.reading import blend, examples
from evals.reading.examples import Example
from evals.reading.recipe import Recipe, Stage, steps
from evals.reading.training import Trainer
from evals.temporary import temporary_library
from qa.domain import LoadedArticle, Span
from qa.library import Library
from qa.reader import SimilarityReader
from qa.retriever import HybridRetriever
from qa.trained_reader import TrainedReader
from tests import tiny_reader
from tests.fakes import FakeEmbedder, FakeReader

BRIDGE = "The Thun bridge closes for repairs in May. The toll will be 4 francs after that. Drivers are angry."
RATES = "The central bank raised its rate to 3 per cent. Savers were glad. Borrowers were not."


@pytest.fixture
def library() -> Iterator[Library]:
    articles = [("bridge", LoadedArticle("Thun bridge", BRIDGE)), ("rates", LoadedArticle("Rates", RATES))]
    with temporary_library(articles, FakeEmbedder(), "exact") as made:
        yield made


def made(case: Case, library: Library) -> list[Example]:
    return list(examples.build([case], library, FakeEmbedder()))


def toll(**changed: str) -> Case:
    quote = "The toll will be 4 francs after that."
    return Case("1", "What does the bridge cost?", (Gold("bridge", quote),), answers=("4 Francs",), **changed)


def test_gold_and_the_answer_are_marked_where_they_stand(library: Library) -> None:
    (example,) = made(toll(), library)
    assert example.answerable
    assert not example.spanless
    (held,) = [held for held in example.passages if held.gold]
    assert held.parts == ((), (0,), ())
    assert held.answer == Span(BRIDGE.index("4 francs"), BRIDGE.index("4 francs") + 8)
    assert len(example.passages) == 2


@pytest.mark.parametrize("kind", ["why-how", "yesno", "list", "broad"])
def test_kinds_without_a_short_answer_have_no_span(kind: str, library: Library) -> None:
    (example,) = made(toll(kind=kind), library)
    assert example.spanless
    assert not any(held.answer for held in example.passages)


def test_another_article_may_answer_a_broad_question_and_so_is_no_negative(library: Library) -> None:
    (example,) = made(toll(kind="broad"), library)
    assert [held.text.title for held in example.passages] == ["Thun bridge"]
    (near,) = made(Case("1", "What about the bridge?", kind="broad"), library)
    assert len(near.passages) == 2


def test_the_unanswerable_has_passages_and_no_gold(library: Library) -> None:
    (example,) = made(Case("1", "Who built the bridge?"), library)
    assert not example.answerable
    assert example.passages
    assert not any(held.gold for held in example.passages)


def test_gold_that_is_not_in_the_library_makes_no_example(library: Library) -> None:
    assert made(Case("1", "Who?", (Gold("elsewhere", "Nobody."),)), library) == []


COPIED = "On the bridge that is old: The toll will be 4 francs after that."
OTHERWISE = "A toll of 4 francs was asked by the town. Snow fell."
OTHER = "The toll was much discussed. Snow fell."


def test_a_twin_of_gold_is_gold_and_what_may_answer_is_no_negative() -> None:
    articles = [(text, LoadedArticle("News", text)) for text in (BRIDGE, COPIED, OTHERWISE, OTHER)]
    quote = "The toll will be 4 francs after that."
    case = Case("1", "What does the bridge cost?", (Gold(BRIDGE, quote),), answers=("4 francs",))
    with temporary_library(articles, FakeEmbedder(), "exact") as shelf:
        (example,) = made(case, shelf)
    found = {held.text.text: held.gold for held in example.passages}
    assert found == {BRIDGE: True, COPIED: True, OTHER: False}


def test_progress_is_told(library: Library) -> None:
    told: list[int] = []
    list(examples.build([toll(), Case("2", "Who?")], library, FakeEmbedder(), told.append))
    assert told == [1, 2]


def test_what_is_kept_apart_is_left_out() -> None:
    cases = [Case(str(n), "q") for n in range(200)]

    def left(digits: int) -> set[str]:
        return {case.id for case in cases if not kept_apart(case, digits)}

    assert 100 < len(left(3)) < 180
    assert left(10) < left(5) < left(3) < left(0)
    assert len(left(0)) == 200


def test_what_is_published_can_be_read_with(library: Library, tmp_path: Path) -> None:
    base = tiny_reader.make_base(tmp_path / "base")
    recipe = Recipe((Stage("made up", 3, 8),), frozen=0, every=1)
    trainer = Trainer(base, tmp_path / "run", recipe, mixed=False)
    list(trainer.run(steps(recipe, [tiny_reader.examples(8)]), tiny_reader.examples(4)))
    out = tmp_path / "models" / "reader.safetensors"
    weight = blend.publish(tmp_path / "run" / "best.pt", base, out, [toll()], library, FakeEmbedder())
    assert weight in blend.WEIGHTS
    assert '"made up"' in out.with_suffix(".json").read_text()
    reader = TrainedReader(FakeReader(), out, base=base)
    assert reader.read("Who?", FakeEmbedder().question("Who?"), []) == []
    # Of a broad question no words are the answer, so any that are shown count as wrong.
    cases = [Case("2", "What about the toll?", toll().gold, kind="broad"), Case("3", "How much?", toll().gold)]
    reader = TrainedReader(SimilarityReader(library), out, base=base)
    read = blend.read_all(cases, library, FakeEmbedder(), HybridRetriever(library), reader)
    assert [[f1 for _, f1 in spans] for _, spans in read] == [[0.0], []]


def test_files_of_every_format_can_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    path.write_text(
        '{"data": [{"title": "T", "paragraphs": [{"context": "Anna won. Bert lost.", "qas": [{"id": "1", '
        '"question": "Who won?", "answers": [{"text": "Anna", "answer_start": 0}]}]}]}]}'
    )
    dataset = load(path, "squad")
    with temporary_library(dataset.articles, FakeEmbedder(), "exact") as library:
        (example,) = examples.build(dataset.cases, library, FakeEmbedder())
    assert [held.answer for held in example.passages if held.gold] == [Span(0, 4)]
