"""What may be asked from the page: what is in the library's own folder, by key and never by path."""

import json
from pathlib import Path

import pytest

from evals.case_store import CaseStore
from evals.cases import Case
from evals.choices import Choice, choices, chosen, runs_of
from qa.errors import CaseError

LINE = json.dumps({"id": "1", "question": "Who?"}) + "\n"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    for name in (
        "dev.jsonl",
        "more.csv",
        "squad.json.gz",
        "notes.txt",
        "selqa/test.json",
        "selqa/.hidden",
        "own/corpus.jsonl",
    ):
        path = tmp_path / "library" / "cases" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(LINE)
    (tmp_path / "outside.jsonl").write_text(LINE)
    return tmp_path / "library"


def test_files_are_read_by_their_ending_or_by_their_folder(library: Path) -> None:
    cases = library / "cases"
    assert choices(library) == [
        Choice("cases/dev.jsonl", "cases", cases / "dev.jsonl"),
        Choice("cases/more.csv", "csv", cases / "more.csv"),
        Choice("cases/own", "beir", cases / "own"),
        Choice("cases/selqa/test.json", "selqa", cases / "selqa" / "test.json"),
        Choice("cases/squad.json.gz", "squad", cases / "squad.json.gz"),
    ]
    assert [case.question for case in chosen(library, "cases/dev.jsonl").cases] == ["Who?"]


def test_accepted_cases_come_first_once_there_are_any(library: Path) -> None:
    store = CaseStore(library)
    store.add([Case("a", "Who?"), Case("b", "When?")])
    assert choices(library)[0].key == "cases/dev.jsonl"
    store.decide("b", "accepted")
    assert choices(library)[0] == Choice("accepted")
    assert chosen(library, "accepted").cases == (Case("b", "When?"),)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "accepted",
        "dev.jsonl",
        "cases/../../outside.jsonl",
        "../outside.jsonl",
        "/etc/passwd",
        "cases/selqa/.hidden",
    ],
)
def test_nothing_else_can_be_named(library: Path, key: str) -> None:
    with pytest.raises(CaseError, match="no such cases"):
        chosen(library, key)


def test_a_library_without_files_offers_nothing(tmp_path: Path) -> None:
    assert choices(tmp_path) == []
    assert runs_of(tmp_path) == tmp_path / "runs"
