import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from qa import contract
from qa.domain import Filters, Refusal, Reply, Turn
from qa.errors import NotInLibrary, QuestionError, UsageError
from qa.library import Library
from tests.shelves import STAMP, new
from ui import batch


@dataclass
class Echo:
    """Refuses every question by repeating it; "bad" is no question."""

    asked: list[tuple[str, tuple[Turn, ...], Filters]] = field(default_factory=list)

    def answer(self, question: str, turns: Sequence[Turn] = (), filters: Filters = Filters()) -> Reply:  # noqa: B008
        self.asked.append((question, tuple(turns), filters))
        if question == "bad":
            raise QuestionError("The question is bad.", "Ask better.")
        return Refusal(question, question, f"I do not know {question}", "nothing", (), 0.0)


def run(lines: str, folder: Path, echo: Echo | None = None, filters: Filters | None = None) -> tuple[int, list[Any]]:
    path = folder / "questions.jsonl"
    path.write_text(lines, encoding="utf-8")
    emitted: list[Mapping[str, Any]] = []
    failed = batch.run(echo or Echo(), path, filters or Filters(), emitted.append)
    return failed, json.loads(json.dumps(emitted))


class TestRun:
    def test_replies_come_in_the_order_of_the_questions_with_their_ids(self, tmp_path: Path) -> None:
        lines = [
            {"id": "b", "question": "B?"},
            {"id": 7, "question": "A?"},
            {"question": "C?"},
            {"id": [1], "question": "D?"},
        ]
        failed, emitted = run("\n".join(map(json.dumps, lines)), tmp_path)
        assert failed == 0
        assert [(item["id"], item["question"]) for item in emitted] == [
            ("b", "B?"),
            (7, "A?"),
            (None, "C?"),
            ([1], "D?"),
        ]
        for item in emitted:
            jsonschema.validate(item, contract.schema("reply"))

    def test_history_is_turns(self, tmp_path: Path) -> None:
        echo = Echo()
        history = [{"question": "Who?", "answer": "He."}, {"question": "Why?"}]
        run(json.dumps({"id": 1, "question": "When?", "history": history}), tmp_path, echo)
        assert echo.asked == [("When?", (Turn("Who?", "He."), Turn("Why?", "")), Filters())]

    def test_filters_hold_for_every_question(self, tmp_path: Path) -> None:
        echo, only = Echo(), Filters(publishers=frozenset({"Post"}))
        run('{"question": "A?"}\n{"question": "B?"}\n', tmp_path, echo, only)
        assert [filters for _, _, filters in echo.asked] == [only, only]

    @pytest.mark.parametrize(
        "line",
        [
            "not json",
            "[" * 100_000,
            "[1]",
            '"text"',
            '{"id": 3}',
            '{"id": 3, "question": 4}',
            '{"question": null}',
            '{"id": 3, "question": "A?", "history": 3}',
            '{"question": "A?", "history": [{"answer": "x"}]}',
            '{"question": "A?", "history": ["x"]}',
            '{"id": 3, "question": "bad"}',
        ],
    )
    def test_a_line_that_fails_says_so_in_its_place_and_the_rest_goes_on(self, line: str, tmp_path: Path) -> None:
        failed, emitted = run(f'{{"id": 1, "question": "A?"}}\n\n{line}\n{{"id": 2, "question": "B?"}}\n', tmp_path)
        assert failed == 1
        assert [item["id"] for item in emitted] == [1, json.loads(line).get("id") if line.startswith("{") else None, 2]
        jsonschema.validate(emitted[1], contract.schema("failed_question"))
        assert emitted[1]["line"] == 3
        assert emitted[1]["remedy"]

    def test_no_questions_are_no_replies(self, tmp_path: Path) -> None:
        assert run("\n \n", tmp_path) == (0, [])

    def test_the_mark_that_some_programs_begin_a_file_with_is_no_question(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        lines = '\ufeff{"id": 1, "question": "A?"}\n{"id": 2, "question": "B?"}\n'
        failed, emitted = run(lines, tmp_path)
        assert (failed, [item["id"] for item in emitted]) == (0, [1, 2])
        assert run("\ufeff\n", tmp_path) == (0, [])
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        assert batch.run(Echo(), Path("-"), Filters(), emitted.append) == 0

    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO('{"id": 1, "question": "A?"}\n'))
        emitted: list[Mapping[str, Any]] = []
        assert batch.run(Echo(), Path("-"), Filters(), emitted.append) == 0
        assert [item["id"] for item in emitted] == [1]

    def test_a_file_that_is_not_there_or_no_text(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="nothing"):
            batch.run(Echo(), tmp_path / "nothing.jsonl", Filters(), print)
        (tmp_path / "latin.jsonl").write_bytes('{"question": "é"}'.encode("latin-1"))
        with pytest.raises(UsageError, match="latin"):
            batch.run(Echo(), tmp_path / "latin.jsonl", Filters(), print)

    def test_standard_input_that_is_no_text(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe?"), encoding="utf-8"))
        with pytest.raises(UsageError, match="not UTF-8"):
            batch.standard_input()


class TestFilters:
    @pytest.fixture
    def library(self, tmp_path: Path) -> Iterator[Library]:
        with Library.open(tmp_path, STAMP, index="exact") as opened:
            opened.add_many(
                [new("file:///a.txt", "One.", publisher="The Post"), new("file:///b.txt", "Two.", publisher="Écho")]
            )
            yield opened

    def test_none_is_none(self, library: Library) -> None:
        assert not batch.filters(library, None, None, None, None)

    def test_publishers_in_any_letter_case(self, library: Library) -> None:
        found = batch.filters(library, ["the post", "ÉCHO"], None, None, None)
        assert found.publishers == {"The Post", "Écho"}

    def test_of_publishers_that_differ_in_letter_case_the_exact_one_is_meant_or_else_all(
        self, library: Library
    ) -> None:
        library.add_many([new("file:///c.txt", "Three.", publisher="THE POST")])
        wanted = {"The Post": {"The Post"}, "THE POST": {"THE POST"}, "the post": {"The Post", "THE POST"}}
        assert {name: batch.filters(library, [name], None, None, None).publishers for name in wanted} == wanted

    def test_an_unknown_publisher_is_refused_with_the_known_ones(self, library: Library) -> None:
        with pytest.raises(UsageError, match="Times") as refused:
            batch.filters(library, ["The Post", "Times"], None, None, None)
        assert "The Post" in refused.value.remedy

    def test_dates(self, library: Library) -> None:
        found = batch.filters(library, None, "2025-01-31", "2025-02-28", None)
        assert (found.published_from, found.published_to) == (date(2025, 1, 31), date(2025, 2, 28))

    @pytest.mark.parametrize("text", ["yesterday", "2025-02-30", "31.01.2025", "2025"])
    def test_what_is_no_date(self, text: str, library: Library) -> None:
        with pytest.raises(UsageError, match=text):
            batch.filters(library, None, text, None, None)

    def test_articles_by_the_end_of_their_uri(self, library: Library) -> None:
        assert batch.filters(library, None, None, None, ["b.txt", "1"]).article_ids == {1, 2}
        with pytest.raises(NotInLibrary, match="c"):
            batch.filters(library, None, None, None, ["c.txt"])
