import json
from pathlib import Path

import jsonschema
import pytest

from qa import contract
from qa.domain import Answer, ArticleRef, Citation, Claim, Evidence, PassageText, Refusal, ShortAnswer

ARTICLE = ArticleRef(3, 2, "file:///a.txt", "A title", "The Paper", "2025-01-02", "https://paper.example/a")
EVIDENCE = Evidence(ARTICLE, 10, 15, "quote", PassageText(0, 20, "0123456789quote56789"), {"sentence": 1.23456})
TIMES = {"rewrite": 0.1, "retrieve": 12.34567, "read": 1.0, "generate": 0.0, "total": 13.5}
ANSWER = Answer(
    "Q?",
    "Q? (it)",
    (Claim("quote", (Citation(1, 1.0),)),),
    (EVIDENCE,),
    0.87654,
    ShortAnswer("quo", 1, 10, 13),
    ("[9]",),
    timings_ms=TIMES,
)
REFUSAL = Refusal("Q?", "Q?", "No sentence answers.", "3 articles", (EVIDENCE,), 0.1, timings_ms=TIMES)


@pytest.mark.parametrize("item", [ANSWER, REFUSAL])
def test_a_reply_fits_the_schema(item: Answer | Refusal) -> None:
    jsonschema.validate(contract.reply(item), contract.schema("reply"))


def test_an_answer_says_what_it_rests_on() -> None:
    document = contract.reply(ANSWER)
    assert document["refused"] is False
    assert document["answer"] == "quote [1]"
    assert document["short_answer"] == "quo"
    assert document["dropped_citations"] == ["[9]"]
    assert document["evidence"][0]["number"] == 1
    assert document["evidence"][0]["quote"] == "quote"
    assert document["timings_ms"]["retrieve"] == 12.346


def test_a_refusal_has_no_answer() -> None:
    document = contract.reply(REFUSAL)
    assert (document["refused"], document["answer"], document["claims"]) == (True, "", [])
    assert document["reason"] == "No sentence answers."
    assert document["searched"] == "3 articles"


def test_the_schema_rejects_what_the_contract_does_not_know() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**contract.reply(ANSWER), "mood": "good"}, contract.schema("reply"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**contract.reply(REFUSAL), "answer": "x"}, contract.schema("reply"))


def test_an_article_fits_the_schema() -> None:
    jsonschema.validate(contract.article(ARTICLE), contract.schema("article"))


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(contract.schema("reply"))
    assert Path(contract.SCHEMA).is_file()


@pytest.mark.parametrize("name", list(json.loads(contract.SCHEMA.read_text(encoding="utf-8"))["$defs"]))
def test_every_document_has_a_schema_that_demands_something(name: str) -> None:
    schema = contract.schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({}, schema)
