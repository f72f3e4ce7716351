"""Files that are not what they should be, in every format: a CaseError that names the file, never anything else."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.cases import Case, from_row
from evals.datasets import FORMATS, load
from qa.errors import CaseError

TEXT = "Rates rose on Friday. Nobody knew why."
QED = {
    "example_id": 7,
    "title_text": "Bank",
    "url": "https://example.org/",
    "question_text": "when did rates rise",
    "paragraph_text": TEXT,
    "sentence_starts": [0, 22],
    "original_nq_answers": [[{"start": 14, "end": 20, "string": "Friday"}]],
    "annotation": {"explanation_type": "single_sentence", "selected_sentence": {"start": 22, "end": 38}},
}
SELQA = {"article": "Bank", "section": "Rates", "question": "Why?", "candidates": ["One.", "Two."], "answers": [0]}
ASKED = {"id": "a", "question": "When?", "answers": [{"text": "Friday", "answer_start": 14}]}


def refused(path: Path, form: str) -> CaseError:
    with pytest.raises(CaseError) as caught:
        load(path, form)
    assert path.name in caught.value.message
    return caught.value


def written(path: Path, content: Any) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("form", ["cases", "squad", "selqa", "qed"])
@pytest.mark.parametrize("content", ["", "\n\n", "{", "null", "7", '"text"', "[1, 2]", "{}", "[" * 200_000])
def test_what_is_not_of_the_shape(tmp_path: Path, form: str, content: str) -> None:
    refused(written(tmp_path / "odd.json", content), form)


def test_an_empty_list_holds_no_case(tmp_path: Path) -> None:
    assert "holds no case" in refused(written(tmp_path / "none.json", []), "selqa").message
    assert "holds no case" in refused(written(tmp_path / "none.json", {"data": []}), "squad").message


@pytest.mark.parametrize(
    "changed",
    [
        {"answers": "Friday"},
        {"answers": [{"text": "Friday"}]},
        {"answers": [{"text": None, "answer_start": 14}]},
        {"answers": [{"text": "Friday", "answer_start": "at the end"}]},
        {"answers": None},
        {"question": None},
        {"question": 7},
    ],
)
def test_squad_with_a_broken_question(tmp_path: Path, changed: dict[str, Any]) -> None:
    content = {"data": [{"title": "Bank", "paragraphs": [{"context": TEXT, "qas": [{**ASKED, **changed}]}]}]}
    assert "SQuAD" in refused(written(tmp_path / "tiny.json", content), "squad").message


@pytest.mark.parametrize("start", [900, -1, -900, len(TEXT), len(TEXT) - 2, TEXT.index(" Nobody")])
def test_squad_with_an_answer_beside_its_paragraph(tmp_path: Path, start: int) -> None:
    """Within it, but in no sentence, too: the blank between two of them."""
    answers = [{"text": "Friday" if start != TEXT.index(" Nobody") else " ", "answer_start": start}]
    content = {"data": [{"title": "Bank", "paragraphs": [{"context": TEXT, "qas": [{**ASKED, "answers": answers}]}]}]}
    error = refused(written(tmp_path / "tiny.json", content), "squad")
    assert "question 'a'" in error.message
    assert error.remedy


@pytest.mark.parametrize("context", [None, 7, ["a"]])
def test_squad_with_a_context_that_is_no_text(tmp_path: Path, context: Any) -> None:
    content = {"data": [{"title": "Bank", "paragraphs": [{"context": context, "qas": [ASKED]}]}]}
    assert "SQuAD" in refused(written(tmp_path / "tiny.json", content), "squad").message


def test_squad_with_one_id_twice(tmp_path: Path) -> None:
    content = {"data": [{"title": "Bank", "paragraphs": [{"context": TEXT, "qas": [ASKED, ASKED]}]}]}
    assert "two cases have the id 'a'" in refused(written(tmp_path / "tiny.json", content), "squad").message


@pytest.mark.parametrize(
    "changed",
    [{"candidates": None}, {"candidates": [1, 2]}, {"answers": [9]}, {"answers": ["x"]}, {"answers": None}],
)
def test_selqa_with_a_broken_row(tmp_path: Path, changed: dict[str, Any]) -> None:
    assert "SelQA" in refused(written(tmp_path / "s.json", [{**SELQA, **changed}]), "selqa").message


@pytest.mark.parametrize(
    "changed",
    [
        {"paragraph_text": None},
        {"sentence_starts": []},
        {"sentence_starts": 7},
        {"annotation": []},
        {"annotation": None},
        {"original_nq_answers": [[{"start": 1}]]},
        {"original_nq_answers": [7]},
    ],
)
def test_qed_with_a_broken_line(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text(f"{json.dumps(QED)}\n{json.dumps({**QED, 'example_id': 8, **changed})}\n")
    assert "q.jsonl:2" in refused(path, "qed").message


@pytest.mark.parametrize("references", ["", "{", "7", "[7]", '[{"content": "x"}]', "[" * 100_000])
def test_longdocs_with_broken_references(tmp_path: Path, references: str) -> None:
    quoted = references.replace('"', '""')
    (tmp_path / "questions.csv").write_text(f'question,references,corpus_id\nWhy?,"{quoted}",rates\n')
    with pytest.raises(CaseError, match=r"questions\.csv: not a file of questions"):
        load(tmp_path, "longdocs")


def test_longdocs_with_other_columns(tmp_path: Path) -> None:
    (tmp_path / "questions.csv").write_text("question,answer\nWhy?,Because.\n")
    with pytest.raises(CaseError, match="not a file of questions"):
        load(tmp_path, "longdocs")


@pytest.mark.parametrize("score", ["", "x", "--1", "\u00b2", "1.5", "9" * 5_000])
def test_beir_with_a_score_that_is_none(tmp_path: Path, score: str) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\nq1\td1\t{score}\n")
    with pytest.raises(CaseError, match="is not query, article and score"):
        load(tmp_path, "beir")


def test_beir_with_a_judgement_of_a_query_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq9\td1\t1\n")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "Why?"}')
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "d1", "text": TEXT}))
    with pytest.raises(CaseError, match="q9"):
        load(tmp_path, "beir")


@pytest.mark.parametrize("changed", [{"text": None}, {"text": 7}, {"title": ["Bank"]}])
def test_beir_with_an_article_that_is_no_text(tmp_path: Path, changed: dict[str, Any]) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "text": "Why?"}')
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "d1", "title": "Bank", "text": TEXT} | changed))
    with pytest.raises(CaseError, match="not a BEIR folder"):
        load(tmp_path, "beir")


@pytest.mark.parametrize("question", [None, 7, ""])
def test_beir_with_a_query_that_is_no_question(tmp_path: Path, question: Any) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\n")
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": question}))
    (tmp_path / "corpus.jsonl").write_text(json.dumps({"_id": "d1", "text": TEXT}))
    with pytest.raises(CaseError, match="not a BEIR folder"):
        load(tmp_path, "beir")


def test_a_sheet_without_a_question_in_a_row(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "sheet.csv", "question,uri\nWhy?,a\n ,b\n"), "csv")
    assert "sheet.csv:3" in error.message


def test_a_sheet_whose_rows_of_one_id_ask_different_questions(tmp_path: Path) -> None:
    error = refused(written(tmp_path / "sheet.csv", "id,question,uri\n7,Why?,a\n8,When?,a\n7,Who?,b\n"), "csv")
    assert "the id '7' ask 'Why?' and 'Who?'" in error.message


def test_a_sheet_with_a_cell_larger_than_any(tmp_path: Path) -> None:
    refused(written(tmp_path / "sheet.csv", f"question\n{'x' * 200_000}\n"), "csv")


def test_a_sheet_with_more_cells_than_columns_is_read(tmp_path: Path) -> None:
    (case,) = load(written(tmp_path / "sheet.csv", "question\nWhy?,and,more\n"), "csv").cases
    assert case.question == "Why?"


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"longdocs", "beir"}))
def test_a_folder_in_a_file_s_place(tmp_path: Path, form: str) -> None:
    (tmp_path / "folder.json").mkdir()
    refused(tmp_path / "folder.json", form)


@pytest.mark.parametrize("form", ["cases", "squad", "selqa", "qed", "csv"])
def test_a_gzip_file_with_a_hole_in_it(tmp_path: Path, form: str) -> None:
    whole = gzip.compress(bytes(range(256)) * 40)
    holed = whole[:30] + b"\xff" * 20 + whole[50:]
    for body in (holed, whole[:-20], whole[:4], b"\x1f\x8b"):
        (tmp_path / "holed.json.gz").write_bytes(body)
        refused(tmp_path / "holed.json.gz", form)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["uri", "quote", "part"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["id", "question", "gold", "history", "answers", "kind", "about"]), VALUES))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_row_is_a_case_or_a_clear_error(row: dict[str, Any]) -> None:
    found = outcome(row)
    if isinstance(found, CaseError):
        assert found.message.startswith("dev.jsonl:4: ")
    else:
        assert found.question.strip()
        assert all(gold.uri.strip() for gold in found.gold)


def outcome(row: dict[str, Any]) -> Case | CaseError:
    try:
        return from_row(row, "dev.jsonl:4")
    except CaseError as error:
        return error
