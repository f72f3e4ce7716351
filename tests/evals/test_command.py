"""`evaluate_file` with the real wiring, over the smallest library that makes sense."""

import json
from pathlib import Path

import pytest

from evals import command
from evals.calibrate import Costs, fit, fitted_on, write
from evals.cases import Case, Dataset
from evals.command import evaluate_file, examples
from evals.evaluate import Asking
from evals.temporary import store, temporary_library
from qa.bootstrap import service
from qa.confidence import Confidence
from qa.domain import LoadedArticle
from qa.errors import CaseError, LibraryNotFound, UsageError
from qa.library import Library
from qa.settings import Settings, load
from tests.chat_server import chat_server, says
from tests.evals.makers import WordEmbedder

TEXT = "Rates rose on Friday, the bank said. Nobody at the bank knew why. The players of the town went on strike."
ARTICLES = (("rates.txt", LoadedArticle("Rates", TEXT)), ("empty.txt", LoadedArticle("Nothing", " \n")))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(library=tmp_path / "library", index="exact")


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    qas = [
        {"id": "a", "question": "When did rates rise?", "answers": [{"text": "Friday", "answer_start": 14}]},
        {"id": "b", "question": "Which towns have a zoo?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps({"data": [{"title": "Rates", "paragraphs": [{"context": TEXT, "qas": qas}]}]}))
    return path


def test_a_temporary_library_holds_the_articles_that_have_text() -> None:
    told: list[int] = []
    with temporary_library(ARTICLES, WordEmbedder(), "exact", told.append) as library:
        (held,) = library.articles()
        article = library.article(held.article_id)
        (passage,) = library.passages_of(held.article_id)
        folder = Path(library._folder)

    assert (article.uri, article.text, article.title) == ("rates.txt", TEXT, "Rates")
    assert next(passage.quote(sentence) for sentence in passage.sentences) == "Rates rose on Friday, the bank said."
    assert told == [1]
    assert not folder.exists()


def test_many_articles_are_written_in_several_goes(tmp_path: Path) -> None:
    many = ((f"{number}.txt", LoadedArticle(str(number), TEXT)) for number in range(300))
    with Library.open(tmp_path, WordEmbedder.stamp, index="exact") as library:
        assert list(store(many, library, WordEmbedder())) == [256, 300]
        assert library.size == 300


def test_squad_from_file_to_report(squad: Path, settings: Settings) -> None:
    steps: list[tuple[str, int, int]] = []
    report, records = evaluate_file(
        squad, settings, form="squad", progress=lambda *step: steps.append(step), embedder=WordEmbedder()
    )

    assert (report["dataset"], report["cases"], report["failures"], report["missing_gold"]) == ("tiny", 2, [], [])
    assert report["metrics"]["hit@1"] == report["metrics"]["passage_hit@1"] == 1
    assert report["metrics"]["quote_exactness"] == 1
    assert report["settings"]["confidence_fitted_on_these"] is False
    assert steps == [("ingesting", 1, 1), ("asking", 1, 2), ("asking", 2, 2)]
    json.dumps(report)
    assert [record.answerable for record in records] == [True, False]


@pytest.mark.slow
def test_squad_with_the_bundled_model(squad: Path, settings: Settings) -> None:
    report, _ = evaluate_file(squad, settings, form="squad")

    assert report["failures"] == []
    assert report["metrics"]["hit@1"] == report["metrics"]["quote_exactness"] == 1


def test_the_baseline_answers_the_same_file(squad: Path, settings: Settings) -> None:
    report, _ = evaluate_file(
        squad, settings, form="squad", system="baseline", asking=Asking(limit=1), embedder=WordEmbedder()
    )

    assert (report["system"], report["cases"], report["metrics"]["hit@1"]) == ("baseline", 1, 1)


def test_cases_are_asked_of_the_library_of_the_settings(tmp_path: Path, settings: Settings) -> None:
    wired = service(settings, create=True, embedder=WordEmbedder())
    with wired.library as library:
        list(store(ARTICLES, library, wired.embedder))
    gold = [{"uri": "rates.txt", "quote": "Nobody at the bank  knew why."}, {"uri": "gone.txt", "quote": "No."}]
    cases = tmp_path / "cases.jsonl"
    cases.write_text(json.dumps({"id": "q", "question": "Who at the bank knew why?", "gold": gold}))

    report, _ = evaluate_file(cases, settings, runs=tmp_path / "runs", embedder=WordEmbedder())

    assert report["metrics"]["recall@10"] == 1
    assert [gold["uri"] for gold in report["missing_gold"]] == ["gone.txt"]
    assert Path(report["run"]).parent == tmp_path / "runs"


def test_without_a_library_there_is_a_clear_error(tmp_path: Path, settings: Settings) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"question": "Why?"}')

    with pytest.raises(LibraryNotFound):
        evaluate_file(cases, settings, embedder=WordEmbedder())


def test_a_file_that_is_not_there(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(CaseError, match="no such file"):
        evaluate_file(tmp_path / "none.jsonl", settings)


def test_a_confidence_is_fitted_on_files_and_used(tmp_path: Path, settings: Settings) -> None:
    def paragraph(number: int) -> dict[str, object]:
        question = {"id": f"q{number}", "question": f"When was day {number}?"}
        context = f"Rates rose on day {number}. Nobody knew."
        return {"context": context, "qas": [{**question, "answers": [{"text": f"day {number}", "answer_start": 14}]}]}

    path, out = tmp_path / "days.json", tmp_path / "confidence.json"
    path.write_text(json.dumps({"data": [{"title": "Days", "paragraphs": [paragraph(n) for n in range(12)]}]}))

    found, missing = examples(path, settings, "squad", 10, embedder=WordEmbedder())
    made = fit(found, Costs(), ["days"], "2026-01-01")
    write(made, out)

    assert missing == 0
    # Ten questions, each also with its article withheld.
    assert made.provenance["fitted_on"] == ["days"]
    assert made.provenance["examples"] == 20
    assert made.provenance["answerable"] == 10
    assert Confidence.load(out) == made.confidence
    assert len(fitted_on(out)) == 10


def test_a_confidence_sees_small_libraries_too(settings: Settings, squad: Path) -> None:
    whole, more = (
        examples(squad, settings, "squad", embedder=WordEmbedder(), sizes=sizes)[0] for sizes in ((), (2, 3))
    )

    without_one, _ = examples(squad, settings, "squad", embedder=WordEmbedder(), but={"b"})

    assert len(without_one) == 1
    # Two cases (with its only article withheld nothing is found), then again in a library of two articles and of three.
    assert [len(whole), len(more)] == [2, 6]


def test_cases_whose_gold_is_not_in_the_library_are_counted(tmp_path: Path, settings: Settings) -> None:
    wired = service(settings, create=True, embedder=WordEmbedder())
    with wired.library as library:
        list(store(ARTICLES, library, wired.embedder))
    held, gone = ({"uri": uri, "quote": "Nobody at the bank knew why."} for uri in ("rates.txt", "gone.txt"))
    golds = {"held": [held], "partly": [held, gone], "lost": [gone], "lost too": [gone], "unanswerable": []}
    rows = [
        {"id": name, "question": f"Who at the bank knew why, {name}?", "gold": gold} for name, gold in golds.items()
    ]
    cases = tmp_path / "cases.jsonl"
    cases.write_text("".join(json.dumps(row) + "\n" for row in rows))

    found, missing = examples(cases, settings, embedder=WordEmbedder())

    assert missing == 2
    assert sum(example.answerable for example in found) == 2


def test_what_was_fitted_and_who_writes_make_another_system(tmp_path: Path) -> None:
    """Both beside their names: another reader under the same name, another server with a model of the same name."""
    reader, confidence = tmp_path / "mine.safetensors", tmp_path / "mine.confidence.json"
    for file in (reader, reader.with_suffix(".json"), confidence):
        file.write_text("old")
    settings = load(reader=str(reader), chat_model="small", chat_base_url="http://localhost:1/v1")
    seen = [command._noted(settings)]
    for file in (reader, reader.with_suffix(".json"), confidence):
        file.write_text("new")
        seen.append(command._noted(settings))
    seen.append(command._noted(settings.model_copy(update={"chat_base_url": "http://localhost:2/v1"})))

    assert len({json.dumps(noted) for noted in seen}) == 5
    assert "localhost" not in json.dumps(seen)


@pytest.mark.parametrize(
    ("reader", "files"),
    [
        ("trained", {"confidence_file", "ranking_file", "support_file", "reader_file", "reader_figures_file"}),
        ("none", {"confidence_file", "ranking_file", "support_file"}),
        ("somebody/a-model-of-the-hub", {"confidence_file", "ranking_file", "support_file"}),
    ],
)
def test_the_files_of_the_reader_in_use_are_noted(reader: str, files: set[str]) -> None:
    noted = command._noted(load(reader=reader))
    assert {name for name in noted if name.endswith("_file")} == files
    assert json.loads(json.dumps(noted)) == noted


def test_a_folder_is_noted_by_what_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    before = command._noted(load(reader=str(folder)))["reader_file"]
    (folder / "weights").write_text("1")

    assert command._noted(load(reader=str(folder)))["reader_file"] != before


def test_answers_without_the_chat_model_are_judged_by_it(squad: Path, settings: Settings) -> None:
    verdict = '{"statements": 1, "supported": 1, "answers_the_question": "full"}'
    with chat_server(says(verdict)) as server:
        given = settings.model_copy(update={"chat_model": "small", "chat_base_url": server.url, "threshold": 0.0})
        report, records = evaluate_file(
            squad, given, form="squad", system="extractive", judged=True, embedder=WordEmbedder()
        )

    assert (report["settings"]["chat_model"], report["settings"]["judged_by"]) == ("", "small")
    assert report["metrics"]["judge_faithfulness"] == 1
    assert records[0].timings_ms.get("generate", 0) == 0


def test_without_a_chat_model_nothing_is_asked_for_a_judge(squad: Path, settings: Settings) -> None:
    steps: list[tuple[str, int, int]] = []
    with pytest.raises(UsageError, match="could judge"):
        evaluate_file(squad, settings, form="squad", judged=True, progress=lambda *step: steps.append(step))
    assert steps == []


def test_it_is_said_when_the_confidence_was_fitted_on_the_cases() -> None:
    assert command._fitted_on_these(Dataset("d", (Case("never seen", "Never asked?"),)), load()) is False
