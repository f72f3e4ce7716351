from dataclasses import dataclass, replace
from datetime import date

import pytest

from qa import composer
from qa.domain import Answer, ArticleRef, Considered, Evidence, Filters, PassageText, Span


@dataclass(frozen=True)
class Shelf:
    articles: int = 3
    sentences: int = 30


def sentence(quote: str, score: float, article_id: int = 1, start: int = 0) -> Evidence:
    article = ArticleRef(article_id, 1, f"file:///{article_id}.txt", "Title", "The Paper", "2025-01-02", "")
    passage = PassageText(start, start + len(quote), quote)
    return Evidence(article, start, start + len(quote), quote, passage, {"sentence": score})


def considered(*evidence: Evidence, answer: Span | None = None) -> Considered:
    return Considered("Q?", "Q?", (), evidence, 0.9, answer)


def answered(*evidence: Evidence, max_claims: int = 3) -> Answer:
    return composer.answer(considered(*evidence), max_claims)


BRIDGE = "The bridge opened in May after four years of work."
COST = "It cost the council 12 million crowns in all."
MAYOR = "The mayor cut the ribbon herself."


def test_a_claim_is_the_sentence_itself() -> None:
    reply = answered(sentence(BRIDGE, 2.0))
    assert [claim.text for claim in reply.claims] == [BRIDGE]
    assert reply.text == f"{BRIDGE} [1]"
    assert reply.claims[0].citations[0].support == 1.0


def test_sentences_near_the_best_become_further_claims() -> None:
    reply = answered(sentence(BRIDGE, 2.0), sentence(COST, 2.0 - composer.MARGIN), sentence(MAYOR, 0.1))
    assert [claim.text for claim in reply.claims] == [BRIDGE, COST]


def test_never_more_claims_than_asked_for() -> None:
    assert len(answered(sentence(BRIDGE, 2.0), sentence(COST, 2.0), max_claims=1).claims) == 1


def test_a_copy_in_another_article_is_cited_beside_its_claim() -> None:
    copy = sentence("The bridge opened in May after four years of hard work.", 1.9, article_id=2)
    reply = answered(sentence(BRIDGE, 2.0), sentence(COST, 1.95), copy)
    assert [[c.number for c in claim.citations] for claim in reply.claims] == [[1, 2], [3]]
    assert reply.evidence[1].article.article_id == 2


def test_a_repetition_in_the_same_article_is_passed_over() -> None:
    again = sentence("The bridge opened in May after four years of hard work.", 1.9, start=500)
    reply = answered(sentence(BRIDGE, 2.0), again)
    assert [[c.number for c in claim.citations] for claim in reply.claims] == [[1]]


def test_what_is_cited_comes_first_in_the_evidence() -> None:
    again = sentence("The bridge opened in May after four years of hard work.", 1.95, start=500)
    reply = answered(sentence(BRIDGE, 2.0), again, sentence(COST, 1.9))
    assert [item.quote for item in reply.evidence] == [BRIDGE, COST, again.quote]


def test_the_short_answer_is_cut_from_the_first_sentence() -> None:
    first = replace(sentence(BRIDGE, 2.0, start=100))
    reply = composer.answer(considered(first, answer=Span(118, 124)), 3)
    # "The bridge opened in May ...": 18 characters in, "in May" is 6 long.
    assert reply.short_answer is not None
    assert reply.short_answer.text == "in May"


def test_a_refusal_shows_the_three_closest() -> None:
    reply = composer.refusal(considered(*[sentence(str(n), 1.0) for n in range(5)]), Shelf(), Filters())
    assert [item.quote for item in reply.evidence] == ["0", "1", "2"]
    assert reply.searched == "3 articles with 30 sentences"
    assert "No sentence in the library answers" in reply.reason


def test_a_refusal_says_which_filters_stood_in_the_way() -> None:
    filters = Filters(frozenset({"The Paper"}), date(2025, 1, 1), None, frozenset({4}))
    reply = composer.refusal(considered(), Shelf(), filters)
    assert reply.reason == "No article passes the filters."
    assert reply.searched.endswith(", limited to 1 chosen article published by The Paper from 1 January 2025")


def test_an_empty_library_is_said_to_be_empty() -> None:
    assert composer.refusal(considered(), Shelf(0, 0), Filters()).reason == "The library is empty."


@pytest.mark.parametrize(
    ("filters", "scope"),
    [
        (Filters(), ""),
        (Filters(excluded_ids=frozenset({1})), ""),
        (Filters(article_ids=frozenset({1})), ", limited to 1 chosen article"),
        (Filters(article_ids=frozenset({1, 2})), ", limited to 2 chosen articles"),
        (Filters(frozenset({"Post", "Echo"})), ", limited to articles published by Echo or Post"),
        (Filters(published_to=date(2025, 3, 9)), ", limited to articles to 9 March 2025"),
        (
            Filters(frozenset({"Echo"}), date(2025, 1, 31), date(2025, 12, 1), frozenset({7})),
            ", limited to 1 chosen article published by Echo from 31 January 2025 to 1 December 2025",
        ),
    ],
)
def test_what_was_searched_reads_as_a_sentence(filters: Filters, scope: str) -> None:
    reply = composer.refusal(considered(), Shelf(1_234, 1), filters)
    assert reply.searched == f"1,234 articles with 1 sentence{scope}"


def test_nothing_found_without_filters_is_said_otherwise() -> None:
    reply = composer.refusal(considered(), Shelf(), Filters())
    assert reply.reason == "Nothing in the library comes near this question."
    assert reply.evidence == ()


def test_every_claim_quotes_the_evidence_that_it_numbers() -> None:
    copy = sentence("It cost the council 12 million crowns in total.", 1.7, article_id=3)
    reply = answered(sentence(BRIDGE, 2.0), sentence(COST, 1.9), sentence(MAYOR, 1.8), copy)
    for claim in reply.claims:
        assert claim.text == reply.evidence[claim.citations[0].number - 1].quote
    numbers = [citation.number for claim in reply.claims for citation in claim.citations]
    assert sorted(numbers) == [1, 2, 3, 4]


def test_two_copies_in_one_further_article_are_cited_once() -> None:
    copies = [sentence(BRIDGE, 1.9, article_id=2), sentence(BRIDGE, 1.8, article_id=2, start=900)]
    (claim,) = answered(sentence(BRIDGE, 2.0), *copies).claims
    assert [citation.number for citation in claim.citations] == [1, 2]


def test_a_copy_is_cited_however_far_below_it_was_ranked() -> None:
    reply = answered(sentence(BRIDGE, 2.0), sentence(COST, -5.0), sentence(BRIDGE, -9.0, article_id=2))
    assert [[c.number for c in claim.citations] for claim in reply.claims] == [[1, 2]]
    assert [item.quote for item in reply.evidence] == [BRIDGE, BRIDGE, COST]


def test_without_a_span_there_is_no_short_answer() -> None:
    assert answered(sentence(BRIDGE, 2.0)).short_answer is None
