"""`footnote eval calibrate` and `fit-ranking` over the samples: from cases to a file that the program reads."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from evals.calibrate import Example
from qa.confidence import Confidence
from qa.features import NAMES
from qa.retriever import SIDES
from qa.weights import Weights
from ui.cli import app

CASES = Path(__file__).parents[2] / "samples" / "cases.jsonl"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOOTNOTE_INDEX", "exact")
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(tmp_path / "none"))


def footnote(*args: object) -> Result:
    done = CliRunner().invoke(app, [str(arg) for arg in args])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


@pytest.mark.slow
def test_weights_are_fitted_written_and_read(sample_library: Path, tmp_path: Path) -> None:
    done = footnote("eval", "fit-ranking", CASES, "--library", sample_library, "--out", "new.json", "--json")
    told = json.loads(done.stdout)
    read = Weights.load(tmp_path / "new.json")

    assert done.exit_code == 0
    assert (dict(read.passages), dict(read.sentences)) == (told["passages"], told["sentences"])
    assert (set(read.passages), set(read.sentences)) == (set(SIDES), set(NAMES))
    assert read.passages["nearest_sentence"] > 0
    assert told["fitted_on"]["cases.jsonl"] > 10


@pytest.mark.slow
def test_a_confidence_is_fitted_written_and_read(sample_library: Path, tmp_path: Path) -> None:
    done = footnote("eval", "calibrate", CASES, "--library", sample_library, "--out", "new.json", "--wrong", "2")
    made = json.loads((tmp_path / "new.json").read_text())

    assert done.exit_code == 0
    assert "Written to new.json." in done.stdout
    assert made["provenance"]["costs"] == {"wrong": 2.0, "refused": 1.0}
    assert made["provenance"]["fitted_on"] == ["cases.jsonl"]
    assert 0 <= Confidence.load(tmp_path / "new.json").threshold <= 1


def test_a_confidence_names_the_trained_reader_that_it_was_fitted_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.safetensors").write_bytes(b"weights")
    monkeypatch.setenv("FOOTNOTE_READER", "mine.safetensors")
    found = [Example({"terms": float(n)}, n % 2 == 0, True, f"{n}.txt", b"%06d" % n) for n in range(20)]
    monkeypatch.setattr("evals.command.examples", lambda *_, **__: (found, 0))
    done = footnote("eval", "calibrate", CASES, "--out", "mine.confidence.json")

    assert done.exit_code == 0, done.stderr
    assert (
        json.loads((tmp_path / "mine.confidence.json").read_text())["reader"] == hashlib.sha256(b"weights").hexdigest()
    )


@pytest.mark.slow
def test_too_few_cases_are_said_and_nothing_is_written(sample_library: Path, tmp_path: Path) -> None:
    done = footnote("eval", "calibrate", CASES, "--library", sample_library, "--out", "new.json", "--limit", 2)

    assert done.exit_code != 0
    assert "too few to fit" in done.stderr
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("command", ["calibrate", "fit-ranking"])
def test_a_file_that_is_not_there(command: str, tmp_path: Path) -> None:
    done = footnote("eval", command, "none.jsonl", "--out", "new.json")

    assert done.exit_code != 0
    assert "none.jsonl: no such file" in done.stderr
    assert not (tmp_path / "new.json").exists()


@pytest.mark.parametrize("command", ["calibrate", "fit-ranking"])
def test_a_format_that_is_not_there(command: str, tmp_path: Path) -> None:
    (tmp_path / "cases").write_text("")
    done = footnote("eval", command, "cases:colour")

    assert done.exit_code != 0
    assert "no format 'colour'" in done.stderr


def test_as_many_limits_as_files_or_one() -> None:
    done = footnote("eval", "calibrate", CASES, "--limit", 2, "--limit", 3)
    assert done.exit_code == 2
    assert "2 limits for 1 files" in done.stderr


def test_an_output_that_cannot_be_written_is_said_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    fits = (["calibrate", "none.jsonl"], ["fit-ranking", "none.jsonl"], ["calibrate-support", "none.jsonl", "b.jsonl"])
    commands = [*([*fit, "--out"] for fit in fits), ["draft", "--out"], ["run", "none.jsonl", "--html"]]
    for command in commands:
        nowhere, folder = (footnote("eval", *command, path) for path in ("no/new.json", "folder"))
        assert (nowhere.exit_code, folder.exit_code) == (2, 2)
        assert nowhere.stderr.startswith("footnote: no/new.json cannot be written: there is no folder no. Make it")
        assert folder.stderr == "footnote: folder is a folder. Name a file in it.\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir(mode=0o500)
    done = footnote("eval", "calibrate", "none.jsonl", "--out", "theirs/new.json")
    assert done.exit_code == 2
    assert "theirs/new.json cannot be written: no permission. Name a file" in done.stderr


@pytest.mark.parametrize("bar", ["0.7", "=0.7", "hit@1", "hit@1=high", "hit@1="])
def test_a_malformed_bar_is_said_before_anything_is_read(bar: str) -> None:
    done = footnote("eval", "none.jsonl", "--fail-under", "mrr=0.5", "--fail-under", bar)
    assert (done.exit_code, done.stderr) == (2, f"footnote: {bar!r} is not a bar. Write it like hit@1=0.7.\n")


def test_a_bar_of_no_metric_is_said_before_anything_is_read() -> None:
    done = footnote("eval", "none.jsonl", "--fail-under", "hit@=0.7")
    assert done.exit_code == 2
    assert done.stderr.startswith("footnote: There is no metric 'hit@'. Did you mean hit@")


def test_a_metric_that_the_run_lacks_is_said_after_its_report(sample_library: Path, tmp_path: Path) -> None:
    done = footnote(
        "eval",
        CASES,
        "--library",
        sample_library,
        "--limit",
        1,
        "--fail-under",
        "judge_relevance=1",
        "--html",
        "page.html",
    )
    assert done.exit_code == 2
    assert "no metric 'judge_relevance'" in done.stderr
    assert "hit@1" in done.stdout
    assert (tmp_path / "page.html").exists()


def test_a_page_that_fails_in_the_end_leaves_the_report(sample_library: Path) -> None:
    done = footnote("eval", CASES, "--library", sample_library, "--limit", 1, "--html", "/dev/full")
    assert done.exit_code == 2
    assert "hit@1" in done.stdout


def cases_with_gold(uri: str) -> str:
    row = {"id": uri, "question": "Who paid?", "gold": [{"uri": uri, "quote": "Nobody paid."}]}
    return json.dumps(row) + "\n"


def test_gold_that_is_nowhere_in_the_library_names_the_library(sample_library: Path, tmp_path: Path) -> None:
    (tmp_path / "lost.jsonl").write_text(cases_with_gold("a.txt") + cases_with_gold("b.txt"))
    done = footnote("eval", "calibrate", "lost.jsonl", "--library", sample_library, "--out", "new.json")

    assert done.exit_code == 2
    assert f"The library {sample_library} holds the gold of none of the 2 cases" in done.stderr
    assert "with --library." in done.stderr
    assert not (tmp_path / "new.json").exists()


@pytest.mark.slow
def test_gold_that_is_missing_is_counted(sample_library: Path, tmp_path: Path) -> None:
    (tmp_path / "some.jsonl").write_text(CASES.read_text() + cases_with_gold("a.txt"))
    done = footnote("eval", "calibrate", "some.jsonl", "--library", sample_library, "--out", "new.json")

    # The library is of the samples that are text or Markdown.
    golds = [{gold["uri"] for gold in json.loads(line)["gold"]} for line in CASES.read_text().splitlines()]
    lost = 1 + sum(bool(uris) and not any(uri.endswith((".md", ".txt")) for uri in uris) for uris in golds)
    assert done.exit_code == 0
    assert f"Left out: {lost} cases whose gold the library does not hold." in done.stderr
    assert json.loads((tmp_path / "new.json").read_text())["provenance"]["without_gold"] == lost
