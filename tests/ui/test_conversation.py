from dataclasses import replace

from qa.domain import Citation, Claim, Turn
from tests.ui.pages import answer, article, evidence, refusal
from ui.conversation import Exchange, Failure, Pending, cited, turns

FOUND = [evidence(article(), q) for q in ("The repair will cost £41 million.", "Ferries will run instead.")]


def test_only_exchanges_that_ended_in_a_reply_are_turns() -> None:
    conversation = (
        Exchange("Cost?", answer(FOUND[0])),
        Exchange("Who?", refusal(FOUND[1])),
        Exchange("Broken?", Failure("no")),
        Exchange("Stopped?", Pending()),
    )
    assert turns(conversation) == (Turn("Cost?", "The repair will cost £41 million. [1]"), Turn("Who?", ""))


def test_an_answer_shows_the_evidence_that_its_claims_cite_in_the_order_of_reading() -> None:
    claims = (Claim("a", (Citation(2, 1.0),)), Claim("b", (Citation(1, 1.0), Citation(2, 1.0))))
    assert cited(replace(answer(*FOUND), claims=claims)) == (2, 1)


def test_numbers_that_name_nothing_are_left_out() -> None:
    claims = (Claim("a", (Citation(0, 1.0), Citation(-1, 1.0), Citation(3, 1.0), Citation(1, 1.0))),)
    assert cited(replace(answer(*FOUND), claims=claims)) == (1,)


def test_evidence_beyond_the_claims_is_not_shown() -> None:
    assert cited(replace(answer(*FOUND), claims=(Claim("a", (Citation(1, 1.0),)),))) == (1,)


def test_a_refusal_shows_all_its_sentences() -> None:
    assert cited(refusal(*FOUND)) == (1, 2)
    assert cited(refusal()) == ()
