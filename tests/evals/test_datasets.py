"""Every format from a small file written here, and the files of the shared data where they are at hand."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest

from evals.cases import Dataset
from evals.datasets import FORMATS, load, named
from evals.datasets.answer_places import answered
from evals.datasets.csv_cases import COLUMNS
from evals.gold import Resolver
from qa.errors import CaseError
from tests.evals.makers import FakeShelf, article
from tests.shared_data import shared_data
from ui.eval_commands import Form

TEXT = "Rates rose on Friday, the bank said. Nobody knew why.  Prices fell."


def written(path: Path, *rows: Any) -> Path:
    body = "\n".join(json.dumps(row) for row in rows).encode()
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


def missing_of(dataset: Dataset) -> list[str]:
    """Gold that the data set's own articles do not hold."""
    shelf = FakeShelf(*(article(n, uri, loaded.text) for n, (uri, loaded) in enumerate(dataset.articles)))
    resolver = Resolver(shelf)
    return [gold.quote for case in dataset.cases for gold in resolver.resolve(case).missing]


def test_case_lines(tmp_path: Path) -> None:
    path = written(tmp_path / "dev.jsonl.gz", {"id": "a", "question": "Why?"}, {"id": "b", "question": "Who?"})

    dataset = load(path)

    assert (dataset.name, [case.id for case in dataset.cases], dataset.articles) == ("dev", ["a", "b"], ())


def test_a_line_that_is_not_json_is_named(tmp_path: Path) -> None:
    path = tmp_path / "dev.jsonl"
    path.write_text('{"question": "Why?"}\n\n{"question": \n')

    with pytest.raises(CaseError, match=r"dev\.jsonl:3"):
        load(path)


def squad(*questions: dict[str, Any]) -> dict[str, Any]:
    return {"data": [{"title": "Bank_rates", "paragraphs": [{"context": TEXT, "qas": list(questions)}]}]}


def asked(question: str, *answers: str, **more: Any) -> dict[str, Any]:
    found = [{"text": answer, "answer_start": TEXT.index(answer)} for answer in answers]
    return {"id": question, "question": question, "answers": found, **more}


def test_squad(tmp_path: Path) -> None:
    path = written(tmp_path / "tiny.json.gz", squad(asked("In what week and when?", "Friday", "Rates rose on Friday")))

    dataset = load(path, "squad")

    ((uri, loaded),) = dataset.articles
    (case,) = dataset.cases
    assert (dataset.name, loaded.title, loaded.text) == ("tiny", "Bank rates", TEXT)
    assert [(gold.quote, gold.part, gold.uri) for gold in case.gold] == [
        ("Rates rose on Friday, the bank said.", 0, uri)
    ]
    assert (case.answers, case.kind, case.about) == (("Friday", "Rates rose on Friday"), "what", uri)
    assert missing_of(dataset) == []


def test_squad_answer_across_sentences_has_all_those_it_touches_as_alternatives(tmp_path: Path) -> None:
    path = written(tmp_path / "tiny.json", squad(asked("Why?", "why.  Prices", "said")))

    (case,) = load(path, "squad").cases

    assert {gold.quote for gold in case.gold} == {
        "Rates rose on Friday, the bank said.",
        "Nobody knew why.",
        "Prices fell.",
    }
    assert {gold.part for gold in case.gold} == {0}


def test_squad_impossible_question_has_no_gold(tmp_path: Path) -> None:
    rows = squad(asked("How much?", "Friday", is_impossible=True), asked("How many?"))

    cases = load(written(tmp_path / "tiny.json", rows), "squad").cases

    assert [(case.answerable, case.kind, case.answers) for case in cases] == [(False, "unanswerable", ())] * 2


def test_squad_pages_are_whole_articles(tmp_path: Path) -> None:
    rows = {
        "data": [
            {
                "title": title,
                "paragraphs": [
                    {"context": f"{TEXT} {n}.", "qas": [{**asked("When?", "Friday"), "id": f"{title}-{n}"}]}
                    for n in range(3)
                ],
            }
            for title in ("Bank_rates", "Rates")
        ]
    }

    dataset = load(written(tmp_path / "tiny.json", rows), "squad-pages")

    texts = dict(dataset.articles)
    assert [article.title for article in texts.values()] == ["Bank rates", "Rates"]
    assert {article.text for article in texts.values()} == {"\n\n".join(f"{TEXT} {n}." for n in range(3))}
    assert len({(gold.uri, gold.near) for case in dataset.cases for gold in case.gold}) == 6
    for case in dataset.cases:
        assert all(texts[g.uri].text[g.near or 0 :].startswith(g.quote) and g.uri == case.about for g in case.gold)
    assert missing_of(dataset) == []


@pytest.mark.parametrize("content", [[], {}, {"data": [{}]}, {"data": [{"paragraphs": [{"context": TEXT}]}]}])
def test_what_is_not_squad_is_refused(tmp_path: Path, content: Any) -> None:
    with pytest.raises(CaseError, match="not a SQuAD-format file"):
        load(written(tmp_path / "tiny.json", content), "squad")


def test_selqa(tmp_path: Path) -> None:
    row = {"article": "Bank", "section": "Rates", "question": "Why?", "candidates": ["One.", "Two.", "Two."]}
    rows = [{**row, "answers": [2], "q_types": ["why"]}, {**row, "answers": [0, 1], "q_types": []}]

    dataset = load(written(tmp_path / "selqa.json", rows), "selqa")

    ((_, loaded),) = dataset.articles
    assert (loaded.title, loaded.text) == ("Bank: Rates", "One. Two. Two.")
    assert [[(gold.quote, gold.near) for gold in case.gold] for case in dataset.cases] == [
        [("Two.", 10)],
        [("One.", 0), ("Two.", 5)],
    ]
    assert [case.kind for case in dataset.cases] == ["why", "other"]
    assert missing_of(dataset) == []


def test_qed(tmp_path: Path) -> None:
    row = {
        "example_id": 7,
        "title_text": "Bank",
        "url": "https://example.org/",
        "question_text": "when did rates rise",
        "paragraph_text": "Rates rose on Friday . Nobody knew why . ",
        "sentence_starts": [0, 23],
        "original_nq_answers": [[{"start": 14, "end": 20, "string": "Friday"}]],
        "annotation": {"explanation_type": "single_sentence", "selected_sentence": {"start": 23, "end": 41}},
    }
    again = {**row, "example_id": 8, "annotation": {}}

    dataset = load(written(tmp_path / "qed.jsonlines.gz", row, again), "qed")

    assert len(dataset.articles) == 1
    one, other = dataset.cases
    assert [gold.quote.strip() for gold in one.gold] == ["Nobody knew why .", "Rates rose on Friday ."]
    assert [gold.quote.strip() for gold in other.gold] == ["Rates rose on Friday ."]
    assert (one.answers, one.kind, other.kind) == (("Friday",), "single_sentence", "none")
    assert missing_of(dataset) == []


def test_longdocs(tmp_path: Path) -> None:
    (tmp_path / "rates.md.gz").write_bytes(gzip.compress(TEXT.encode()))
    parts = [{"content": "Nobody knew why.", "start_index": 37}, {"content": "Prices fell.", "start_index": 55}]
    body = json.dumps(parts).replace('"', '""')
    (tmp_path / "questions.csv").write_text(f'question,references,corpus_id\n"Why, then?","{body}",rates\n')

    dataset = load(tmp_path, "longdocs")

    (case,) = dataset.cases
    assert (case.question, case.kind) == ("Why, then?", "rates")
    assert [(gold.part, gold.near) for gold in case.gold] == [(0, 37), (1, 55)]
    assert missing_of(dataset) == []


def test_longdocs_without_a_text(tmp_path: Path) -> None:
    (tmp_path / "questions.csv").write_text('question,references,corpus_id\nWhy?,"[]",rates\n')

    with pytest.raises(CaseError, match=r"rates\.md: no such file"):
        load(tmp_path, "longdocs")


def test_beir(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t2\nq2\td2\t0\n")
    written(tmp_path / "queries.jsonl", {"_id": "q1", "text": "Why?"}, {"_id": "q2", "text": "Who?"})
    written(tmp_path / "corpus.jsonl", *({"_id": f"d{n}", "title": "Bank", "text": TEXT} for n in (1, 2)))

    dataset = load(tmp_path, "beir")

    (case,) = dataset.cases
    assert (case.id, [gold.uri for gold in case.gold], {gold.part for gold in case.gold}) == ("q1", ["d1", "d2"], {0})
    assert [uri for uri, _ in dataset.articles] == ["d1", "d2"]
    assert missing_of(dataset) == []


def test_beir_with_a_broken_judgement(tmp_path: Path) -> None:
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\n")

    with pytest.raises(CaseError, match="is not query, article and score"):
        load(tmp_path, "beir")


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(
        "Question,URI,quote,answers,kind\n"
        '"Why, then?",a.txt,"Nobody knew, it said.",nobody|no one,why\n'
        '"Why, then?",b.txt,Prices fell.,,\n'
        "Where?,,,,\n",
        encoding="utf-8-sig",
    )

    one, other = load(path, "csv").cases

    assert [(gold.uri, gold.quote, gold.part) for gold in one.gold] == [
        ("a.txt", "Nobody knew, it said.", 0),
        ("b.txt", "Prices fell.", 1),
    ]
    assert (one.answers, one.kind, other.answerable) == (("nobody", "no one"), "why", False)


@pytest.mark.parametrize("heading", ["quote,uri", "question,colour", ""])
def test_csv_with_other_columns_is_refused(tmp_path: Path, heading: str) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text(f"{heading}\nx,y\n")

    with pytest.raises(CaseError, match="its columns are"):
        load(path, "csv")


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_that_is_not_there(tmp_path: Path, form: str) -> None:
    with pytest.raises(CaseError, match="nowhere"):
        load(tmp_path / "nowhere", form)


def test_every_format_is_in_the_help_and_described_with_the_samples() -> None:
    said = str(Form.__metadata__[0].help)
    described = (Path(__file__).parents[2] / "samples" / "README.md").read_text(encoding="utf-8")
    for form in FORMATS:
        assert re.search(rf"\b{form}\b", said)
        assert f"| `{form}` |" in described
    assert "samples/README.md" in said
    assert all(f"`{column}`" in described for column in COLUMNS)


def test_a_format_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no format 'xml'"):
        load(tmp_path, "xml")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl.gz").write_bytes(b"\x1f\x8bnot gzip")
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe\x00")

    for name in ("a.jsonl.gz", "b.jsonl"):
        with pytest.raises(CaseError, match=name):
            load(tmp_path / name)


@pytest.mark.parametrize(
    ("form", "name", "cases"),
    [
        pytest.param("squad", "squad/new_wiki-a.json.gz", 3_717, marks=pytest.mark.slow),
        ("selqa", "selqa/selqa-ass-dev.json.gz", 785),
        pytest.param("qed", "qed/qed-dev.jsonlines.gz", 1_355, marks=pytest.mark.slow),
        ("longdocs", "longdocs", 472),
    ],
)
def test_all_gold_of_the_shared_data_is_in_its_articles(form: str, name: str, cases: int) -> None:
    dataset = load(shared_data(name), form)

    assert len(dataset.cases) == cases
    assert missing_of(dataset) == []


def test_sentence_pairs(tmp_path: Path) -> None:
    rows = [
        "rates rose -lrb- by 2 % -rrb- , the bank said .",
        "rates rose -lrb- by 2 % -rrb- , the bank said .",
        "it 's `` fair '' .",
    ]
    path = written_lines(tmp_path / "src-tiny.txt", *rows)
    written_lines(tmp_path / "tgt-tiny.txt", "who said so ?", "by how much did rates rise ?", "what is it ?")

    dataset = load(path, "pairs")

    [(uri, held)] = dataset.articles
    assert (uri, held.text) == ("src-tiny/0", 'Rates rose (by 2%), the bank said. It\'s "fair".')
    assert [
        (case.question, held.text[g.near or 0 :].startswith(g.quote)) for case in dataset.cases for g in case.gold
    ] == [
        ("Who said so?", True),
        ("By how much did rates rise?", True),
        ("What is it?", True),
    ]
    assert missing_of(dataset) == []


def test_places_of_short_answers_are_those_of_the_sentence_that_answers(tmp_path: Path) -> None:
    written_lines(tmp_path / "tgt-tiny.txt", "who said so ?", "by how much ?", "why ?")
    dataset = load(written_lines(tmp_path / "src-tiny.txt", *["rates rose by 2 % , the bank said ."] * 3), "pairs")
    places = written_lines(tmp_path / "places.txt", "src-tiny-0 18 26", "src-tiny-2")

    cases = answered(dataset, places).cases

    assert [(case.question, case.answers) for case in cases] == [("Who said so?", ("the bank",)), ("By how much?", ())]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("src-tiny-0 one two", ":1: not a line"),
        ("src-tiny-0 3", ":1: not a line"),
        ("src-tiny-0 900 910", "has no words"),
    ],
)
def test_places_that_do_not_fit_are_named(tmp_path: Path, line: str, said: str) -> None:
    written_lines(tmp_path / "tgt-tiny.txt", "who said so ?")
    dataset = load(written_lines(tmp_path / "src-tiny.txt", "rates rose ."), "pairs")
    with pytest.raises(CaseError, match=said):
        answered(dataset, written_lines(tmp_path / "places.txt", line))


def test_sentences_without_as_many_questions(tmp_path: Path) -> None:
    path = written_lines(tmp_path / "src-tiny.txt", "rates rose .", "rates fell .")
    with pytest.raises(CaseError, match="no file of questions"):
        load(path, "pairs")

    written_lines(tmp_path / "tgt-tiny.txt", "what rose ?")
    with pytest.raises(CaseError, match="2 sentences, but 1 questions"):
        load(path, "pairs")


def written_lines(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("source", "path", "form"),
    [
        ("dev.jsonl", "dev.jsonl", "cases"),
        ("dev.json:squad", "dev.json", "squad"),
        ("C:/dev.json:squad", "C:/dev.json", "squad"),
        ("odd:name.jsonl", "odd:name.jsonl", "cases"),
    ],
)
def test_a_source_with_and_without_its_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, path: str, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("odd:name.jsonl").touch()
    assert named(source) == (Path(path), form)


def test_articles_with_their_own_questions(tmp_path: Path) -> None:
    path = tmp_path / "tiny.jsonl"
    row = {
        "title": "Bank",
        "sentences": ["Rates rose on Friday.", "Nobody knew why.", "Prices fell."],
        "cases": [
            {"question": "When, and then?", "gold": [[0, 1], 2], "answers": ["Friday"], "kind": "two-part"},
            {"question": "By how much?", "gold": []},
        ],
    }
    path.write_text(json.dumps(row))

    dataset = load(path, "articles")

    [(uri, held)] = dataset.articles
    assert (uri, held.title, held.text) == ("tiny/0", "Bank", "Rates rose on Friday. Nobody knew why. Prices fell.")
    first, second = dataset.cases
    assert [(g.part, held.text[g.near or 0 :].startswith(g.quote)) for g in first.gold] == [(0, True)] * 2 + [(1, True)]
    assert (first.answers, first.kind, second.answerable, second.cluster) == (("Friday",), "two-part", False, uri)
    assert missing_of(dataset) == []


@pytest.mark.parametrize("gold", [[7], [-1], "none", [["a"]], 4])
def test_an_article_whose_gold_is_not_the_number_of_a_sentence_is_named(tmp_path: Path, gold: Any) -> None:
    path = tmp_path / "tiny.jsonl"
    path.write_text(json.dumps({"title": "", "sentences": ["A."], "cases": [{"question": "Q?", "gold": gold}]}))
    with pytest.raises(CaseError, match=r"tiny.jsonl:1: not an article with cases"):
        load(path, "articles")
