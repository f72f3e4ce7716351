"""What is printed, to the character; a terminal is played by a pair of pseudo-terminal ends."""

import io
import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from ingest.pipeline import Outcome
from qa import contract
from qa.counts import Stats
from qa.domain import Answer, Article, ArticleRef, Citation, Claim, Evidence, Finding, PassageText, Refusal, ShortAnswer
from ui import terminal

ROOT = Path(__file__).parents[2]
QUOTE = "Rates rose to 5% on Friday."
ARTICLE = ArticleRef(3, 2, "file:///a.txt", "Rates rise", "The Paper", "2025-01-02", "")
EVIDENCE = Evidence(ARTICLE, 100, 100 + len(QUOTE), QUOTE, PassageText(100, 127, QUOTE), {"sentence": 1.0})
ANSWER = Answer("When?", "When?", (Claim(QUOTE, (Citation(1, 1.0), Citation(2, 1.0))),), (EVIDENCE, EVIDENCE), 0.9)
REFUSAL = Refusal("When?", "When?", "Nothing answers.", "3 articles", (EVIDENCE,), 0.1)
HOSTILE = "Ra\x1b[31mtes\u202e rose\x07."
WHOLE = Article(
    3,
    2,
    "file:///a.txt",
    "Rates rise",
    "The Paper",
    ("A. Writer", "B. Editor"),
    "2025-01-02",
    "en",
    "",
    "One.\n\nTwo.",
    "0" * 64,
    "2025-01-03T00:00:00+00:00",
    "superseded",
)

Printed = pytest.CaptureFixture[str]


class TestReply:
    def test_an_answer_then_its_footnotes(self, capsys: Printed) -> None:
        terminal.reply(ANSWER, as_json=False)
        assert capsys.readouterr().out.splitlines() == [
            "Rates rose to 5% on Friday. [1][2]",
            "",
            "[1] “Rates rose to 5% on Friday.”",
            "    “Friday”: as of 2025-01-02",
            "    Rates rise, The Paper, 2025-01-02",
            "    file:///a.txt (100-127)",
            "[2] “Rates rose to 5% on Friday.”",
            "    “Friday”: as of 2025-01-02",
            "    Rates rise, The Paper, 2025-01-02",
            "    file:///a.txt (100-127)",
        ]

    def test_only_what_is_cited_is_a_footnote(self, capsys: Printed) -> None:
        terminal.reply(replace(ANSWER, claims=(Claim(QUOTE, (Citation(2, 1.0),)),)), as_json=False)
        shown = capsys.readouterr().out
        assert "[2] “" in shown
        assert "[1]" not in shown

    def test_a_refusal_says_why_what_and_what_came_closest(self, capsys: Printed) -> None:
        terminal.reply(REFUSAL, as_json=False)
        shown = capsys.readouterr().out.splitlines()
        assert shown[:5] == ["Nothing answers.", "Searched: 3 articles.", "", "Closest:", f"[1] “{QUOTE}”"]

    def test_a_question_that_was_understood_in_another_way_is_shown(self, capsys: Printed) -> None:
        terminal.reply(replace(ANSWER, standalone_question="When? (rates)", notice="The model is away."), as_json=False)
        shown = capsys.readouterr().out.splitlines()
        assert (shown[0], shown[-1]) == ("Understood as: When? (rates)", "The model is away.")

    def test_an_article_cannot_steer_the_terminal(self, capsys: Printed) -> None:
        article = replace(ARTICLE, title=HOSTILE, publisher=HOSTILE, uri=HOSTILE)
        evidence = replace(EVIDENCE, quote=HOSTILE, article=article)
        answer = Answer(
            HOSTILE, HOSTILE + "?", (Claim(HOSTILE, (Citation(1, 1.0),)),), (evidence,), 0.9, notice=HOSTILE
        )
        terminal.reply(answer, as_json=False)
        terminal.reply(replace(REFUSAL, evidence=(evidence,), searched=HOSTILE), as_json=False)
        shown = capsys.readouterr().out
        assert "Ra[31mtes rose." in shown
        assert not set(shown) & set("\x1b\x07\u202e")

    def test_marks_of_a_text_are_no_markup(self, capsys: Printed) -> None:
        text = "[bold]Rates[/bold] [link=x]rose[/link] :smile: [1]"
        evidence = replace(EVIDENCE, quote=text)
        terminal.reply(Answer("?", "?", (Claim(text, (Citation(1, 1.0),)),), (evidence,), 0.9), as_json=False)
        assert f"{text} [1]" in capsys.readouterr().out

    def test_for_programs(self, capsys: Printed) -> None:
        terminal.reply(ANSWER, as_json=True)
        jsonschema.validate(json.loads(capsys.readouterr().out), contract.schema("reply"))


class TestShortAnswer:
    """Of "to 5%, or to 5%": the second one, which begins at offset 10, is the answer."""

    TEXT = "to 5%, or to 5%"

    @pytest.mark.parametrize(
        ("start", "end", "bold"),
        [(100, 105, ["to 5%"]), (110, 115, ["to 5%"]), (103, 104, ["5"])],
    )
    def test_it_is_marked_where_it_stands(self, start: int, end: int, bold: list[str]) -> None:
        short = ShortAnswer(self.TEXT[start - 100 : end - 100], 1, start, end)
        marked = terminal._marked(Claim(self.TEXT, (Citation(1, 1.0),)), self.answer(short))
        assert marked.plain == self.TEXT
        assert [marked.plain[span.start : span.end] for span in marked.spans] == bold
        assert [span.start for span in marked.spans] == [start - 100]

    def test_what_is_left_out_before_it_does_not_move_it(self) -> None:
        text = "\u200b\x1bto 5%"
        evidence = replace(EVIDENCE, quote=text)
        answer = replace(ANSWER, evidence=(evidence,), short_answer=ShortAnswer("5%", 1, 105, 107))
        marked = terminal._marked(Claim(text, (Citation(1, 1.0),)), answer)
        assert [marked.plain[span.start : span.end] for span in marked.spans] == ["5%"]

    @pytest.mark.parametrize(
        "claim",
        [Claim("Other words.", (Citation(1, 1.0),)), Claim(TEXT, (Citation(2, 1.0),)), Claim(TEXT, ())],
    )
    def test_a_claim_that_is_not_its_sentence_is_left_plain(self, claim: Claim) -> None:
        assert terminal._marked(claim, self.answer(ShortAnswer("5%", 1, 103, 105))).spans == []

    def answer(self, short: ShortAnswer) -> Answer:
        evidence = replace(EVIDENCE, quote=self.TEXT)
        return replace(ANSWER, evidence=(evidence, evidence), short_answer=short)


class TestIngestReport:
    def report(self, *outcomes: Outcome, as_json: bool = False) -> terminal.IngestReport:
        with terminal.IngestReport(as_json) as report:
            report.found(len(outcomes))
            for outcome in outcomes:
                report.add(outcome)
        report.close()
        return report

    def test_failures_and_notes_are_lines_and_the_rest_is_counted(self, capsys: Printed) -> None:
        report = self.report(
            Outcome("file:///a", "added", 1, 1),
            Outcome("file:///b", "failed", reason="It is torn.", remedy="Mend it."),
            Outcome("file:///c", "updated", 2, 2, notes=("Page 3 has no text.",)),
        )
        printed = capsys.readouterr()
        assert printed.out == ""
        assert printed.err.splitlines() == [
            "failed: file:///b: It is torn. Mend it.",
            "note: file:///c: Page 3 has no text.",
            "Done: 1 added, 1 updated, 1 failed.",
        ]
        assert report.failed == 1

    def test_for_programs_every_outcome_is_a_line(self, capsys: Printed) -> None:
        self.report(Outcome("a", "added", 1, 1), Outcome("b", "failed", reason="It is torn."), as_json=True)
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        for line in lines:
            jsonschema.validate(line, contract.schema("outcome"))
        assert [line["status"] for line in lines] == ["added", "failed"]

    def test_quiet_lines_where_nobody_watches(self, capsys: Printed) -> None:
        outcome = Outcome("a", "added", 1, 1)
        self.report(*[outcome] * (2 * terminal.QUIET_EVERY + 1))
        assert capsys.readouterr().err.splitlines() == ["200 of 401", "400 of 401", "Done: 401 added."]

    def test_nothing_found(self, capsys: Printed) -> None:
        self.report()
        assert capsys.readouterr().err == "Done: nothing found.\n"

    def test_stopped_half_way_it_says_how_far(self, capsys: Printed) -> None:
        with suppress(KeyboardInterrupt), terminal.IngestReport(as_json=False) as report:
            report.add(Outcome("a", "added", 1, 1))
            raise KeyboardInterrupt
        assert capsys.readouterr().err == "Done: 1 added.\n"

    def test_a_file_name_cannot_steer_the_terminal(self, capsys: Printed) -> None:
        self.report(Outcome(f"file:///{HOSTILE}", "failed", reason=HOSTILE))
        assert not set(capsys.readouterr().err) & set("\x1b\x07\u202e")


class TestLists:
    def test_articles(self, capsys: Printed) -> None:
        terminal.articles([ARTICLE, replace(ARTICLE, article_id=12, published=None, title=HOSTILE)], as_json=False)
        printed = capsys.readouterr()
        lines = [line.split() for line in printed.out.splitlines()]
        assert lines[0] == ["Id", "Published", "Publisher", "Title"]
        assert lines[1] == ["3", "2025-01-02", "The", "Paper", "Rates", "rise"]
        assert lines[2] == ["12", "The", "Paper", "Ra[31mtes", "rose."]
        assert printed.err == "2 articles.\n"

    def test_one_article_with_what_is_known_of_it(self, capsys: Printed) -> None:
        terminal.article(WHOLE, as_json=False)
        shown = capsys.readouterr().out
        assert "Authors:   A. Writer, B. Editor\n" in shown
        assert "Version:   2 (superseded), ingested 2025-01-03T00:00:00+00:00\n" in shown
        assert "URL:" not in shown
        assert shown.endswith("\nOne.\n\nTwo.\n")
        terminal.article(WHOLE, as_json=True)
        jsonschema.validate(json.loads(capsys.readouterr().out), contract.schema("whole_article"))

    def test_removals(self, capsys: Printed) -> None:
        items = [("a", ""), ("b", "There is no b.")]
        assert terminal.removals(items, as_json=False) == 1
        assert capsys.readouterr().err == "Removed a.\nThere is no b.\n"
        assert terminal.removals(items, as_json=True) == 1
        for line in capsys.readouterr().out.splitlines():
            jsonschema.validate(json.loads(line), contract.schema("removal"))

    def test_findings(self, capsys: Printed) -> None:
        fine, poor, bad = (
            Finding("a", "ok", "A."),
            Finding("b", "warning", "B.", "Do."),
            Finding("c", "error", "C.", "Go."),
        )
        assert terminal.findings([fine, poor], as_json=False) == 0
        assert terminal.findings([fine, bad], as_json=False) == 1
        assert "ERROR    c: C.\n         -> Go.\n" in capsys.readouterr().out
        assert terminal.findings([bad], as_json=True) == 1
        jsonschema.validate(json.loads(capsys.readouterr().out), contract.schema("finding"))

    def test_stats(self, capsys: Printed) -> None:
        item = Stats(1_234, 2_000, 5, 6, 7, 8, 9, "exact", 0, "MiniLM", 384)
        terminal.stats(item, as_json=False)
        shown = capsys.readouterr().out
        assert "Articles:         1,234\n" in shown
        assert "Model:            MiniLM\n" in shown
        terminal.stats(item, as_json=True)
        jsonschema.validate(json.loads(capsys.readouterr().out), contract.schema("stats"))

    def test_a_report(self, capsys: Printed) -> None:
        terminal.report({"a": 1}, "text\n\n", as_json=False)
        terminal.report({"a": 1}, "text\n\n", as_json=True)
        assert capsys.readouterr().out == 'text\n{"a": 1}\n'


class TestJsonLine:
    def test_is_readable_where_the_stream_can_show_it(self, capsys: Printed) -> None:
        terminal.json_line({"a": "£5 — é"})
        assert capsys.readouterr().out == '{"a": "£5 — é"}\n'

    @pytest.mark.parametrize(("encoding", "text"), [("latin-1", "桥"), ("ascii", "£"), ("utf-8", "\ud800")])
    def test_is_escaped_where_it_cannot(self, encoding: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr("sys.stdout", stream)
        terminal.json_line({"a": text})
        written = stream.buffer.getvalue()  # type: ignore[attr-defined]
        assert written.isascii()
        assert json.loads(written) == {"a": text}


class TestProgress:
    def test_an_index_that_follows_is_said_where_it_takes_a_while(self, capsys: Printed) -> None:
        with terminal.IngestReport(as_json=False) as report:
            for done in range(0, 10_001, 2_500):
                report.indexing(done, 12_000)
        assert capsys.readouterr().err.splitlines() == ["Indexing: 5,000 of 12,000", "Indexing: 10,000 of 12,000"]

    def test_many_items_are_counted_now_and_then(self, capsys: Printed) -> None:
        with terminal.IngestReport(as_json=False) as report:
            report.found(terminal.QUIET_EVERY)
            for number in range(terminal.QUIET_EVERY + 1):
                report.add(Outcome(f"{number}.txt", "added", number + 1, 1))
        assert capsys.readouterr().err.splitlines() == [f"{terminal.QUIET_EVERY} of {terminal.QUIET_EVERY}"]

    def test_says_nothing_where_nobody_watches(self, capsys: Printed) -> None:
        with terminal.progress("Checking") as step:
            step(1, 2)
        assert capsys.readouterr() == ("", "")

    def test_stages_say_a_line_now_and_then(self, capsys: Printed) -> None:
        with terminal.stages() as step:
            for done in range(1, 1_001):
                step("asking", done, 1_000)
        assert capsys.readouterr().err.splitlines() == ["asking: 500 of 1,000", "asking: 1,000 of 1,000"]

    def test_counts_in_odd_steps_are_said_when_they_pass_the_next_500(self, capsys: Printed) -> None:
        with terminal.stages() as step:
            for done in (0, 256, 512, 768, 1_030, 1_100):
                step("ingesting", done, 1_100)
            step("asking", 600, 700)
            # Another file: counted from the beginning.
            for done in (256, 512):
                step("ingesting", done, 512)
        assert capsys.readouterr().err.splitlines() == [
            "ingesting: 512 of 1,100",
            "ingesting: 1,030 of 1,100",
            "asking: 600 of 700",
            "ingesting: 512 of 512",
        ]

    def test_an_index_in_odd_steps_is_said_too(self, capsys: Printed) -> None:
        with terminal.IngestReport(as_json=False) as report:
            for done in range(0, 10_000, 4_096):
                report.indexing(done, 10_000)
        assert capsys.readouterr().err.splitlines() == ["Indexing: 8,192 of 10,000"]

    def test_a_terminal_gets_colour_and_bars(self) -> None:
        shown = on_a_terminal(
            "from tests.ui.test_terminal import *\n"
            "terminal.reply(ANSWER, as_json=False)\n"
            "report = terminal.IngestReport(False)\n"
            "with report:\n"
            "    report.found(2)\n"
            "    report.add(Outcome('a', 'added', 1, 1))\n"
            "    report.add(Outcome('b', 'failed', reason='It is torn.'))\n"
            "with terminal.progress('Checking') as step, terminal.stages() as other:\n"
            "    step(1, 2)\n"
            "    other('asking', 1, 2)\n"
        )
        assert "\x1b[36m" in shown
        assert "Ingesting" in shown
        assert "2/2" in shown
        assert "failed: b: It is torn." in shown
        assert "Checking" in shown


def on_a_terminal(code: str) -> str:
    """What a terminal of 120 columns would have been sent."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    child = subprocess.Popen([sys.executable, "-c", code], stdout=theirs, stderr=theirs, env=environment, cwd=ROOT)
    os.close(theirs)
    received = b""
    while piece := _read(ours):
        received += piece
    os.close(ours)
    assert child.wait(60) == 0, received.decode()
    return received.decode()


def _read(descriptor: int) -> bytes:
    """Linux reports the far end's closing as an error."""
    try:
        return os.read(descriptor, 65_536)
    except OSError:
        return b""
