"""The `footnote` command itself: in this process where that will do, as a process of its own where it must be one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from evals.case_store import CaseStore
from evals.cases import Case, Gold
from evals.records import Record
from evals.runs import Run
from qa import contract
from qa.errors import LibraryError
from qa.library import Library
from tests.ui.pages import answer, article, evidence
from ui.cli import app
from ui.conversation import Exchange
from ui.conversations import Conversations
from ui.exchanges import ERASED
from ui.feedback import Feedback, Given

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
BRIDGE = "How much will it cost to mend the Strand Bridge?"
NOBODY_KNOWS = "What is the boiling point of tungsten in kelvin?"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, exact search, and no library but the one that is named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FOOTNOTE_INDEX", "exact")
    monkeypatch.setenv("FOOTNOTE_LIBRARY", str(tmp_path / "none"))


def footnote(*args: object, given: str | bytes = "") -> Result:
    """Runs the command; only an exit is allowed to end it."""
    done = CliRunner().invoke(app, [str(arg) for arg in args], input=given)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done


def documents(done: Result, name: str) -> list[dict[str, Any]]:
    """Standard output, line by line, each line fitting the schema."""
    validator = Draft202012Validator(contract.schema(name))
    found = [json.loads(line) for line in done.stdout.splitlines()]
    for document in found:
        validator.validate(document)
    return found


class TestAsk:
    def test_an_answer_for_people(self, sample_library: Path) -> None:
        done = footnote("ask", BRIDGE, "--library", sample_library)
        assert done.exit_code == 0
        assert "£52m" in done.stdout
        assert "[1] “" in done.stdout
        assert "harbour-bridge-repair-bill.md" in done.stdout
        assert "\x1b" not in done.stdout

    def test_an_answer_for_programs(self, sample_library: Path) -> None:
        (reply,) = documents(footnote("ask", "--json", BRIDGE, "--library", sample_library), "reply")
        assert reply["refused"] is False
        number = reply["claims"][0]["citations"][0]["number"]
        cited = reply["evidence"][number - 1]
        assert cited["quote"] == reply["claims"][0]["text"]
        with Library.open(sample_library, None, index="exact", create=False) as library:
            text = library.article(cited["article_id"], cited["version"]).text
        assert text[cited["start"] : cited["end"]] == cited["quote"]
        assert text[cited["passage"]["start"] : cited["passage"]["end"]] == cited["passage"]["text"]

    def test_a_refusal(self, sample_library: Path) -> None:
        done = footnote("ask", "--json", NOBODY_KNOWS, "--library", sample_library)
        (reply,) = documents(done, "reply")
        assert (reply["refused"], done.exit_code) == (True, 0)
        people = footnote("ask", NOBODY_KNOWS, "--library", sample_library).stdout
        assert "Searched: 8 articles" in people
        assert people.count("“") >= 3

    def test_a_question_from_standard_input(self, sample_library: Path) -> None:
        (reply,) = documents(footnote("ask", "--json", "--library", sample_library, given=BRIDGE + "\n"), "reply")
        assert reply["question"] == BRIDGE

    def test_filters(self, sample_library: Path) -> None:
        done = footnote("ask", "--json", BRIDGE, "--library", sample_library, "--until", "2000-01-01")
        (reply,) = documents(done, "reply")
        assert reply["reason"] == "No article passes the filters."
        done = footnote("ask", "--json", BRIDGE, "--library", sample_library, "--article", "tram-drivers-strike.txt")
        (reply,) = documents(done, "reply")
        assert {item["uri"].rpartition("/")[2] for item in reply["evidence"]} == {"tram-drivers-strike.txt"}

    @pytest.mark.parametrize(
        "options",
        [
            ["--since", "yesterday"],
            ["--publisher", "Nobody's Own"],
            ["--article", "nothing.txt"],
            ["--batch", "nothing.jsonl"],
        ],
    )
    def test_what_cannot_be_done_as_asked(self, options: list[str], sample_library: Path) -> None:
        question = [] if options[0] == "--batch" else [BRIDGE]
        done = footnote("ask", *question, "--library", sample_library, *options)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("footnote: ")
        assert options[1] in done.stderr

    @pytest.mark.parametrize("question", ["", " \n", "when " * 2_000])
    def test_no_question_or_too_much_of_one(self, question: str, sample_library: Path) -> None:
        done = footnote("ask", "--library", sample_library, "--", question)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "question" in done.stderr

    def test_standard_input_that_is_no_text(self, sample_library: Path) -> None:
        done = footnote("ask", "--library", sample_library, given=b"\xff\xfe bridge")
        assert done.exit_code == 2
        assert "not UTF-8" in done.stderr

    def test_a_batch_keeps_order_and_ids(self, sample_library: Path, tmp_path: Path) -> None:
        asked = [{"id": 1, "question": BRIDGE}, {"id": "two", "question": ""}, {"id": 3, "question": NOBODY_KNOWS}]
        (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, asked)))
        done = footnote("ask", "--json", "--library", sample_library, "--batch", "q.jsonl")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        assert [line["id"] for line in lines] == [1, "two", 3]
        assert done.exit_code == 1
        Draft202012Validator(contract.schema("reply")).validate(lines[0])
        Draft202012Validator(contract.schema("failed_question")).validate(lines[1])

    def test_a_batch_from_standard_input_with_half_a_character(self, sample_library: Path) -> None:
        line = '{"id": "\\ud800", "question": "bridge \\udfff"}\n'
        (reply,) = documents(
            footnote("ask", "--json", "--library", sample_library, "--batch", "-", given=line), "reply"
        )
        assert reply["id"] == "\ud800"

    def test_a_question_and_a_batch_are_one_too_many(self) -> None:
        done = footnote("ask", "Who?", "--batch", "q.jsonl")
        assert done.exit_code == 2
        assert "not both" in done.stderr

    def test_no_library_says_how_to_make_one(self) -> None:
        done = footnote("ask", BRIDGE)
        assert done.exit_code == 2
        assert "footnote ingest" in done.stderr


class TestIngest:
    def test_in_again_and_changed(self, tmp_path: Path) -> None:
        (tmp_path / "news").mkdir()
        for name in ("a", "b"):
            (tmp_path / "news" / f"{name}.txt").write_text(f"Headline {name}\n\nThe {name} fox ran into the wood.\n")
        ingest = ("ingest", "--json", "--library", "library", "news")
        added = documents(footnote(*ingest), "outcome")
        assert [item["status"] for item in added] == ["added", "added"]
        (tmp_path / "news" / "b.txt").write_text("Headline b\n\nThe fox came out again.\n")
        again = documents(footnote(*ingest), "outcome")
        assert [(item["status"], item["version"]) for item in again] == [("unchanged", 1), ("updated", 2)]

    def test_what_fails_is_listed_with_its_reason_and_the_rest_is_done(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("Headline\n\nThe fox ran into the wood.\n")
        done = footnote("ingest", "nothing.txt", "a.txt", "--json", "--library", "library")
        failed, added = documents(done, "outcome")
        assert (failed["status"], added["status"], done.exit_code) == ("failed", "added", 1)
        assert "nothing.txt does not exist." in failed["reason"]
        assert failed["remedy"]
        assert "1 added, 1 failed" in done.stderr

    def test_only_a_failure(self) -> None:
        done = footnote("ingest", "nothing.txt", "--library", "library")
        assert (done.exit_code, done.stdout) == (1, "")
        assert "nothing.txt does not exist" in done.stderr

    def test_from_a_list_and_from_standard_input(self, tmp_path: Path) -> None:
        for name in ("a", "b c"):
            (tmp_path / f"{name}.txt").write_text(f"Headline {name}\n\nThe fox of {name} ran.\n")
        (tmp_path / "list").write_text("\ufeffa.txt\n\n  b c.txt  \n")
        listed = documents(footnote("ingest", "--from", "list", "--json", "--library", "library"), "outcome")
        assert [item["title"] for item in listed] == ["Headline a", "Headline b c"]
        by_pipe = footnote("ingest", "--from", "-", "--json", "--library", "library", given="a.txt\n")
        assert [item["status"] for item in documents(by_pipe, "outcome")] == ["unchanged"]

    def test_an_article_from_standard_input(self) -> None:
        given = "Headline\n\nThe fox ran into the wood.\n"
        (added,) = documents(footnote("ingest", "-", "--json", "--library", "library", given=given), "outcome")
        assert (added["status"], added["title"]) == ("added", "Headline")
        assert added["uri"].startswith("stdin:")

    def test_nothing_named(self) -> None:
        done = footnote("ingest")
        assert done.exit_code == 2
        assert "at least one" in done.stderr
        assert footnote("ingest", "--from", "nothing.list").exit_code == 2


class TestLibrary:
    def test_list(self, sample_library: Path) -> None:
        listed = documents(footnote("library", "list", "--json", "--library", sample_library), "article")
        assert len(listed) == 8
        found = documents(footnote("library", "list", "TRAMS", "--json", "--library", sample_library), "article")
        assert [item["uri"].rpartition("/")[2] for item in found] == ["tram-drivers-strike.txt"]
        assert "8 articles." in footnote("library", "list", "--library", sample_library).stderr

    def test_show_by_the_end_of_its_uri(self, sample_library: Path) -> None:
        name = "tram-drivers-strike.txt"
        (shown,) = documents(footnote("library", "show", name, "--json", "--library", sample_library), "whole_article")
        assert shown["uri"].endswith(name)
        people = footnote("library", "show", name, "--library", sample_library).stdout
        assert f"Title:     {shown['title']}" in people
        assert shown["text"].splitlines()[-1] in people

    def test_remove_then_show_then_purge(self, own_library: Path) -> None:
        name = "tram-drivers-strike.txt"
        (removed,) = documents(footnote("library", "remove", name, "--json", "--library", own_library), "removal")
        assert removed == {"article": name, "removed": True, "reason": ""}
        assert len(documents(footnote("library", "list", "--json", "--library", own_library), "article")) == 7
        (shown,) = documents(footnote("library", "show", name, "--json", "--library", own_library), "whole_article")
        assert shown["state"] == "removed"
        again = footnote("library", "remove", name, "nothing.txt", "--json", "--library", own_library)
        assert [item["removed"] for item in documents(again, "removal")] == [False, False]
        assert again.exit_code == 1
        assert footnote("library", "remove", name, "--purge", "--library", own_library).exit_code == 0
        gone = footnote("library", "show", name, "--library", own_library)
        assert (gone.exit_code, gone.stdout) == (2, "")
        assert "footnote library list" in gone.stderr

    def test_purging_erases_the_kept_answers_that_quote_it(self, own_library: Path) -> None:
        name = "tram-drivers-strike.txt"
        (shown,) = documents(footnote("library", "show", name, "--json", "--library", own_library), "whole_article")
        quote = "The repair will cost £41 million."
        quoting = evidence(article(shown["article_id"], uri=shown["uri"]), quote)
        gold = Gold(shown["uri"], quote)
        CaseStore(own_library).add([Case("it", "Cost?", (gold,)), Case("other", "Who?")])
        record = Record("it", "Cost?", gold=(quote,), gold_uris=(gold.uri,))
        run = Run(own_library / "runs", "news", "key").finish({}, [record])
        kept = Conversations(own_library)
        asked = kept.begin("ada", Exchange("Cost?", answer(quoting), key="k"))
        Feedback(own_library).give(kept.open("ada", asked), Given(0, "up", ""), "ada")
        assert footnote("library", "remove", name, "--purge", "--library", own_library).exit_code == 0
        assert kept.open("ada", asked)[0].outcome == ERASED
        assert Feedback(own_library).entries()[0].exchange.outcome == ERASED
        assert CaseStore(own_library).known() == {"other"}
        assert quote not in run.joinpath("records.jsonl").read_text()
        kept.close()

    def test_a_purge_that_was_cut_short_is_finished_by_the_same_command(self, own_library: Path) -> None:
        name = "tram-drivers-strike.txt"
        (shown,) = documents(footnote("library", "show", name, "--json", "--library", own_library), "whole_article")
        gold = Gold(shown["uri"], "The repair will cost £41 million.")
        store = CaseStore(own_library)

        def forget(article_id: int, uri: str) -> None:
            if not store.known():
                store.add([Case("it", "Cost?", (gold,))])
            else:
                raise OSError("No space left on device")

        with Library.open(own_library, None, index="exact") as library, pytest.raises(LibraryError, match="No space"):
            library.purge(shown["article_id"], forget)
        assert store.known() == {"it"}
        assert footnote("library", "remove", name, "nothing.txt", "--library", own_library).exit_code == 1
        again = footnote("library", "remove", name, "nothing.txt", "--purge", "--json", "--library", own_library)
        assert [item["removed"] for item in documents(again, "removal")] == [True, False]
        assert store.known() == set()
        assert footnote("library", "remove", name, "--purge", "--library", own_library).exit_code == 1

    def test_export_is_every_article_whole(self, sample_library: Path) -> None:
        exported = documents(footnote("library", "export", "--library", sample_library), "whole_article")
        assert len(exported) == 8
        assert all(item["text"] for item in exported)
        assert (
            documents(footnote("library", "export", "--json", "--library", sample_library), "whole_article") == exported
        )

    def test_check_and_stats(self, sample_library: Path) -> None:
        done = footnote("library", "check", "--json", "--library", sample_library)
        assert {item["severity"] for item in documents(done, "finding")} == {"ok"}
        assert done.exit_code == 0
        (counted,) = documents(footnote("library", "stats", "--json", "--library", sample_library), "stats")
        assert (counted["articles"], counted["model"]) == (8, "all-MiniLM-L6-v2")
        assert "Articles:         8\n" in footnote("library", "stats", "--library", sample_library).stdout

    def test_a_library_that_is_wrong_is_said_to_be(self, own_library: Path) -> None:
        with Library.open(own_library, None, index="exact") as library, library._catalog.writing() as connection:
            connection.execute("DELETE FROM sentence WHERE id % 2")
        done = footnote("library", "check", "--json", "--library", own_library)
        assert done.exit_code == 1
        assert any(item["severity"] == "error" and item["remedy"] for item in documents(done, "finding"))

    @pytest.mark.parametrize("command", [["list"], ["show", "1"], ["remove", "1"], ["export"], ["check"], ["stats"]])
    def test_no_library(self, command: list[str], tmp_path: Path) -> None:
        done = footnote("library", *command)
        assert done.exit_code == 2
        assert "There is no library" in done.stderr
        assert not (tmp_path / "none").exists()


class TestReindex:
    def test_in_step(self, own_library: Path) -> None:
        done = footnote("reindex", "--library", own_library)
        assert (done.exit_code, done.stdout) == (0, "")

    @pytest.mark.parametrize("embed", [False, True])
    def test_a_document_for_programs(self, embed: bool, own_library: Path) -> None:
        done = footnote("reindex", "--json", *(["--embed"] if embed else []), "--library", own_library)
        told = json.loads(done.stdout)
        Draft202012Validator(contract.schema("reindexed")).validate(told)
        assert (told["embedded"], told["articles"], told["model"]) == (embed, 8, "all-MiniLM-L6-v2")
        assert told["passages"] >= 8

    def test_a_library_of_another_model_is_told_the_command_that_then_helps(self, own_library: Path) -> None:
        with Library.open(own_library, None, index="exact") as library, library._catalog.writing() as connection:
            (row,) = connection.execute("SELECT key, value FROM setting WHERE value LIKE '%MiniLM%'").fetchall()
            connection.execute(
                "UPDATE setting SET value = ? WHERE key = ?", (row[1].replace("all-MiniLM-L6-v2", "older"), row[0])
            )
        refused = footnote("reindex", "--library", own_library)
        assert refused.exit_code == 2
        assert "footnote reindex --embed" in refused.stderr
        assert footnote("ask", BRIDGE, "--library", own_library).exit_code == 2
        helped = footnote("reindex", "--embed", "--library", own_library)
        assert helped.exit_code == 0, helped.stderr
        (reply,) = documents(footnote("ask", BRIDGE, "--json", "--library", own_library), "reply")
        assert not reply["refused"]
        assert footnote("library", "check", "--library", own_library).exit_code == 0


class TestOthers:
    def test_doctor(self, sample_library: Path) -> None:
        done = footnote("doctor", "--json", "--library", sample_library)
        assert done.exit_code == 0
        assert "library" in {item["name"] for item in documents(done, "finding")}
        assert footnote("doctor").exit_code == 0

    def test_eval_and_compare(self, sample_library: Path) -> None:
        cases = SAMPLES / "cases.jsonl"
        options = ("--limit", 3, "--library", sample_library, "--runs", "runs")
        (report,) = documents(footnote("eval", cases, "--json", *options), "evaluation")
        assert (report["cases"], report["failures"]) == (3, [])
        assert 0 <= report["metrics"]["hit@1"] <= 1
        table = footnote("eval", "--html", "report.html", *options, cases)
        assert table.exit_code == 0, table.stderr
        assert "hit@1" in table.stdout
        assert Path("report.html").read_text().startswith("<!")
        runs = sorted(Path("runs").iterdir())
        documents(footnote("eval", "compare", "--json", runs[0], runs[-1]), "comparison")
        (both,) = documents(footnote("eval", cases, "--json", "--against", "extractive", *options), "evaluation")
        # Without a chat model it is the same system.
        assert both["against"]["system"] == "extractive"
        assert both["against"]["metrics"]["hit@1"]["difference"] == 0

    def test_eval_below_a_bar_is_some_items_failed(self, sample_library: Path) -> None:
        done = footnote(
            "eval", SAMPLES / "cases.jsonl", "--limit", 2, "--library", sample_library, "--fail-under", "mrr=1.1"
        )
        assert done.exit_code == 1
        assert "mrr" in done.stderr

    @pytest.mark.parametrize(
        "args", [["eval", "no.jsonl"], ["eval", "compare", "a", "b"], ["eval", "--format", "x", "a"]]
    )
    def test_eval_of_what_is_not_there(self, args: list[str]) -> None:
        done = footnote(*args)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("footnote: ")

    def test_speed(self, tmp_path: Path) -> None:
        (tmp_path / "a.txt").write_text("Headline\n\nThe fox ran into the wood. Nobody saw it again.\n")
        (tmp_path / "q.jsonl").write_text('{"question": "Where did the fox run?"}\n')
        (report,) = documents(footnote("speed", "a.txt", "--questions", "q.jsonl", "--json"), "speed")
        assert (report["articles"], report["sentences"]) == (1, 2)
        assert report["ask"]["questions"] == 1

    @pytest.mark.parametrize("content", ["not json", '{"id": 1}', "[1]"])
    def test_speed_with_questions_that_are_none(self, content: str, tmp_path: Path) -> None:
        (tmp_path / "q.jsonl").write_text(content)
        done = footnote("speed", "a.txt", "--questions", "q.jsonl")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "q.jsonl" in done.stderr

    def test_a_page_that_cannot_be_written(self, sample_library: Path) -> None:
        cases = SAMPLES / "cases.jsonl"
        done = footnote("eval", cases, "--limit", 1, "--library", sample_library, "--html", "no/folder/x.html")
        assert done.exit_code == 2
        assert "no/folder/x.html" in done.stderr


class TestMistyped:
    @pytest.mark.parametrize(
        ("args", "hint"),
        [
            (["asc", "Who?"], "'ask'"),
            (["libary", "list"], "'library'"),
            (["library", "lst"], "'list'"),
            (["ask", "--jsn", "Who?"], "--json"),
            (["ask", "Who?", "and", "why"], "unexpected"),
            (["ingest", "--libary", "x", "y"], "--library"),
            (["serve", "--port", "many"], "--port"),
            (["library", "show"], "article"),
            (["eval", "--limit", "0", "x"], "--limit"),
        ],
    )
    def test_is_explained_with_a_hint(self, args: list[str], hint: str) -> None:
        done = footnote(*args)
        assert (done.exit_code, done.stdout) == (2, "")
        assert hint.casefold() in done.stderr.casefold()

    @pytest.mark.parametrize("args", [[], ["library"], ["eval"]])
    def test_nothing_at_all_is_help(self, args: list[str]) -> None:
        done = footnote(*args)
        assert "Usage" in done.stdout + done.stderr

    def test_a_bad_setting(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FOOTNOTE_PASAGES", "9")
        done = footnote("ask", "Who?")
        assert done.exit_code == 2
        assert "FOOTNOTE_PASAGES" in done.stderr


# ----------------------------------------------------------------------------------------------------------------


def process(*args: object, python: tuple[str, ...] = (), **options: Any) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, *python, "-m", "ui.cli", *map(str, args)],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options},
    )


class TestAsAProcess:
    @pytest.mark.parametrize("args", [["--help"], ["ask", "--help"], ["library", "--help"], ["eval", "run", "--help"]])
    def test_help_loads_nothing_heavy(self, args: list[str]) -> None:
        told = process(*args, python=("-X", "importtime"))
        shown, imports = told.communicate(timeout=60)
        assert told.returncode == 0
        assert "Usage" in shown
        loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in imports.splitlines()}
        assert "typer" in loaded
        heavy = {"torch", "chromadb", "gradio", "sentence_transformers", "numpy", "langchain", "sklearn"}
        assert loaded & heavy == set()

    def test_a_reader_that_leaves_is_no_reason_to_complain(self, sample_library: Path) -> None:
        told = process("library", "export", "--library", sample_library)
        assert told.stdout
        assert told.stderr
        assert json.loads(told.stdout.readline())
        told.stdout.close()
        assert told.stderr.read() == ""
        assert told.wait(60) == 0
        told.stderr.close()

    @pytest.mark.slow
    def test_ctrl_c_keeps_what_was_reported(self, tmp_path: Path) -> None:
        """The signal goes to the whole group, as a terminal sends it; a test run in the background may ignore it."""
        (tmp_path / "news").mkdir()
        for n in range(600):  # more than two windows of the pipeline
            (tmp_path / "news" / f"{n:04}.txt").write_text(f"Headline {n}\n\nFox {n} ran.\n")
        with (tmp_path / "errors").open("w") as complaints:
            told = process(
                *("ingest", "--json", "--library", "library", "news"),
                start_new_session=True,
                stderr=complaints,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )
        assert told.stdout
        lines = [told.stdout.readline()]
        os.killpg(told.pid, signal.SIGINT)
        lines += told.stdout.readlines()
        assert told.wait(60) == 130
        told.stdout.close()
        reported = [json.loads(line) for line in lines]
        errors = (tmp_path / "errors").read_text()
        assert "Traceback" not in errors
        assert "stopped. What was reported as done is kept." in errors
        assert 0 < len(reported) < 600
        with Library.open(tmp_path / "library", None, index="exact", create=False) as library:
            kept = {article.uri for article in library.articles()}
            assert {finding.severity for finding in library.check()} == {"ok"}
        assert {item["uri"] for item in reported} <= kept
