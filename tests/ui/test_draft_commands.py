"""`footnote eval draft`, `cases` and `--keep` over the samples."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals import runs
from evals.case_store import CaseStore
from evals.datasets import load
from tests.chat_server import chat_server, fails, says
from ui.cli import app

CASES = Path(__file__).parents[2] / "samples" / "cases.jsonl"


def footnote(*args: object) -> Result:
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


@pytest.fixture(autouse=True)
def library(own_library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(own_library))
    monkeypatch.setenv("FOOTNOTE_INDEX", "exact")
    return own_library


def test_drafts_wait_with_the_library_and_are_not_made_twice(library: Path) -> None:
    assert footnote("eval", "draft", "-n", 4).stdout.startswith("4 cases drafted. Accept them on the evals page")
    first = {case.id for case in CaseStore(library).cases("draft")}
    assert json.loads(footnote("eval", "draft", "-n", 3, "--json").stdout) == {"drafted": 3, "waiting": 7}
    assert len(first) == 4
    assert len(CaseStore(library).known()) == 7


def test_drafts_in_a_file_are_cases_that_eval_reads(library: Path, tmp_path: Path) -> None:
    done = footnote("eval", "draft", "-n", 4, "--out", tmp_path / "mine.jsonl")
    assert done.stdout.startswith("4 cases drafted. Written to ")
    assert {case.kind for case in load(tmp_path / "mine.jsonl").cases} == {"cloze", "heading"}
    printed = footnote("eval", "draft", "-n", 4, "--out", "-").stdout
    assert printed == (tmp_path / "mine.jsonl").read_text(encoding="utf-8")
    assert CaseStore(library).known() == frozenset()


def test_only_accepted_cases_are_printed(library: Path) -> None:
    footnote("eval", "draft", "-n", 3)
    one, *_ = CaseStore(library).cases("draft")
    CaseStore(library).decide(one.id, "accepted")
    assert [json.loads(line)["id"] for line in footnote("eval", "cases").stdout.splitlines()] == [one.id]
    assert len(footnote("eval", "cases", "--drafts").stdout.splitlines()) == 2


def test_a_kept_run_is_with_the_library(library: Path) -> None:
    done = footnote("eval", CASES, "--keep", "--limit", 2, "--json")
    (kept,) = runs.kept(library / "runs")
    assert json.loads(done.stdout)["run"] == str(kept)
    assert [record.gold_uris[0] for record in runs.read(kept)[1]] == ["harbour-bridge-repair-bill.md"] * 2


def test_a_run_is_kept_in_one_place(tmp_path: Path) -> None:
    assert footnote("eval", CASES, "--keep", "--runs", tmp_path).exit_code == 2


def test_without_a_library_nothing_is_made(tmp_path: Path) -> None:
    done = footnote("eval", "draft", "--library", tmp_path / "none")
    assert (done.exit_code, (tmp_path / "none").exists()) == (2, False)
    assert "There is no library" in done.stderr


def test_a_chat_model_writes_drafts_and_what_it_wrote_before_it_failed_is_kept(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOOTNOTE_CHAT_RETRIES", "0")
    with chat_server(says("Who will pay for it?"), says("When is it to open?"), fails(500)) as server:
        monkeypatch.setenv("FOOTNOTE_CHAT_MODEL", "small")
        monkeypatch.setenv("FOOTNOTE_CHAT_BASE_URL", server.url)
        done = footnote("eval", "draft", "--written", "-n", 5)
        assert ">>> " in server.prompt()
    assert done.stdout.startswith("2 cases drafted. Accept them")
    assert "failed" in done.stderr
    drafts = CaseStore(library).cases("draft")
    assert {case.question for case in drafts} == {"Who will pay for it?", "When is it to open?"}
    assert {case.kind for case in drafts} == {"written"}


def test_without_a_chat_model_none_are_written(library: Path) -> None:
    done = footnote("eval", "draft", "--written")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "FOOTNOTE_CHAT_MODEL" in done.stderr
    assert CaseStore(library).known() == frozenset()
