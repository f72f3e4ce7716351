from dataclasses import dataclass, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import composer, contract, terms
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
    return Considered("Which bridge?", "Which bridge?", (), evidence, 0.9, answer)


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


def test_a_copy_with_another_figure_does_not_bear_the_claim_out() -> None:
    other = sentence("It cost the council 14 million crowns in all.", 1.9, article_id=2)
    reply = answered(sentence(COST, 2.0), other)
    assert [(claim.text, len(claim.citations)) for claim in reply.claims] == [(COST, 1), (other.quote, 1)]
    assert reply.difference is not None
    assert {reply.difference.newer.figure, reply.difference.older.figure} == {"12 million", "14 million"}
    assert [len(claim.citations) for claim in answered(sentence(COST, 2.0), other, max_claims=1).claims] == [1]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (
            "The company said its annual profits rose by 5% to £10m in the year to March, its best result so far.",
            "The company said its annual profits rose by 9% to £14m in the year to March, its best result so far.",
        ),
        (
            "The council has agreed to close the library in Market Street after the vote on Tuesday.",
            "The council has not agreed to close the library in Market Street after the vote on Tuesday.",
        ),
        (
            "The firm will close its oldest plant in Skelby by the end of the year.",
            "The firm will close its oldest plant in Elvern by the end of the year.",
        ),
    ],
)
def test_what_says_something_else_in_nearly_the_same_words_bears_nothing_out(first: str, second: str) -> None:
    for claim, other in ((first, second), (second, first)):
        reply = answered(sentence(claim, 2.0), sentence(other, 1.9, article_id=2), max_claims=1)
        assert [len(claim.citations) for claim in reply.claims] == [1]


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


QUOTES = st.sampled_from(
    [
        BRIDGE,
        COST,
        MAYOR,
        "The bridge opened in May after four years of hard work.",
        "It cost the council 14 million crowns in all.",
        "Nobody knew why.",
        "£5",
        "…",
    ]
)
DAYS = st.sampled_from([None, "2025-01-02", "2025-01-04", "2025-06-30", "no day"])


@st.composite
def found(draw: st.DrawFn) -> tuple[Evidence, ...]:
    """Of up to three articles, best first, no place twice."""
    dates = draw(st.lists(DAYS, min_size=3, max_size=3))
    items = draw(st.lists(st.tuples(QUOTES, st.floats(0, 2), st.integers(1, 3)), min_size=1, max_size=7))
    ranked = sorted(items, key=lambda item: -item[1])
    made = [sentence(quote, score, number, 100 * place) for place, (quote, score, number) in enumerate(ranked)]
    return tuple(
        replace(one, article=replace(one.article, published=dates[one.article.article_id - 1])) for one in made
    )


@settings(max_examples=80, deadline=None)
@given(found(), st.integers(1, 4))
def test_whatever_was_found_the_answer_keeps_its_promises(evidence: tuple[Evidence, ...], most: int) -> None:
    reply = answered(*evidence, max_claims=most)
    cited = [citation.number for claim in reply.claims for citation in claim.citations]

    assert sorted(reply.evidence, key=id) == sorted(evidence, key=id), "nothing is lost, nothing is made up"
    assert cited == list(range(1, len(cited) + 1)), "what is cited comes first, in the order of the claims, once"
    assert 1 <= len(reply.claims) <= max(most, 2)
    assert len(reply.claims) <= most or reply.difference
    assert evidence[0] in reply.evidence[: len(cited)], "the best sentence is among what is said"
    for claim in reply.claims:
        beside = [reply.evidence[citation.number - 1] for citation in claim.citations]
        assert claim.text == beside[0].quote
        assert len({one.article.article_id for one in beside}) == len(beside), "one copy an article"
        assert all(
            terms.overlap(terms.words(one.quote), terms.words(claim.text)) >= composer.DUPLICATE for one in beside[1:]
        )
    assert contract.reply(reply)["answer"] == reply.text


@settings(max_examples=80, deadline=None)
@given(found())
def test_two_that_differ_are_both_cited_the_newer_first_and_of_two_articles(evidence: tuple[Evidence, ...]) -> None:
    reply = answered(*evidence)
    if reply.difference is None:
        return
    newer, older = (reply.evidence[said.number - 1] for said in (reply.difference.newer, reply.difference.older))
    assert newer.article.article_id != older.article.article_id
    assert reply.difference.newer.published >= reply.difference.older.published
    assert reply.difference.newer.figure != reply.difference.older.figure
    assert {newer.quote, older.quote} <= {claim.text for claim in reply.claims}


@settings(max_examples=40, deadline=None)
@given(found(), st.integers(0, 10**6), st.booleans())
def test_a_refusal_shows_the_closest_as_they_are_ranked(
    evidence: tuple[Evidence, ...], articles: int, narrowed: bool
) -> None:
    filters = Filters(frozenset({"The Paper"})) if narrowed else Filters()
    reply = composer.refusal(considered(*evidence), Shelf(articles, 9), filters)
    assert reply.evidence == evidence[: composer.CLOSEST]
    assert reply.reason.endswith(".")
    assert reply.searched.startswith(f"{articles:,} article")
    assert ("The Paper" in reply.searched) is narrowed
