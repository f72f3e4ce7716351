import pytest

from evals.cases import Case, Gold
from evals.gold import Place, Resolver, parts_at, parts_of_article
from tests.evals.makers import FakeShelf, article

RATES = article(1, "/news/business/rates.txt", "Rates rose.\n\nNobody  knew\nwhy. Rates rose.")
STRIKE = article(2, "/news/sport/rates.txt", "Players went on strike.")
SHELF = FakeShelf(RATES, STRIKE)


def resolved(*gold: Gold):
    return Resolver(SHELF).resolve(Case("q", "Why?", gold))


def test_a_quote_is_found_with_white_space_folded() -> None:
    found = resolved(Gold("/news/business/rates.txt", " Nobody knew  why. "))

    assert found.parts == ((Place(1, 13, 30),),)
    assert " ".join(RATES.text[13:30].split()) == "Nobody knew why."


def test_the_end_of_a_uri_will_do() -> None:
    assert resolved(Gold("business/rates.txt", "Nobody knew why.")).parts == ((Place(1, 13, 30),),)
    assert resolved(Gold("ness/rates.txt", "Nobody knew why.")).parts == ((Place(1, 13, 30),),)


def test_of_several_articles_that_a_uri_names_those_that_hold_the_quote_count() -> None:
    assert resolved(Gold("rates.txt", "Players went on strike.")).parts == ((Place(2, 0, 23),),)


def test_a_sentence_that_stands_twice_counts_at_both_places() -> None:
    assert resolved(Gold("business/rates.txt", "Rates rose.")).parts == ((Place(1, 0, 11), Place(1, 31, 42)),)


def test_an_offset_tells_two_sentences_apart_that_read_alike() -> None:
    assert resolved(Gold("business/rates.txt", "Rates rose.", near=29)).parts == ((Place(1, 31, 42),),)


def test_gold_of_one_part_is_alternative_of_several_is_all_wanted() -> None:
    one, other = Gold("business/rates.txt", "Nobody knew why."), Gold("sport/rates.txt", "Players went on strike.")
    together = resolved(one, other)
    apart = resolved(one, Gold(other.uri, other.quote, part=1))

    assert together.parts == ((Place(1, 13, 30), Place(2, 0, 23)),)
    assert apart.parts == ((Place(1, 13, 30),), (Place(2, 0, 23),))


def test_gold_without_a_quote_is_the_whole_article() -> None:
    assert resolved(Gold("sport/rates.txt", "")).parts == ((Place(2, 0, 23),),)


def test_gold_that_the_library_does_not_hold_is_reported_with_the_reason() -> None:
    found = resolved(
        Gold("business/rates.txt", "Rates fell.", part=0), Gold("gone.txt", "Rates rose.", 1), Gold("strike", "", 2)
    )

    assert found.parts == ()
    assert [(gold.case_id, gold.uri, gold.reason) for gold in found.missing] == [
        ("q", "business/rates.txt", "the article does not hold this sentence"),
        ("q", "gone.txt", "no such article"),
        ("q", "strike", "no such article"),
    ]


def test_a_part_with_one_alternative_left_is_still_wanted() -> None:
    found = resolved(Gold("gone.txt", "Rates rose."), Gold("sport/rates.txt", ""))

    assert len(found.parts) == len(found.missing) == 1


def test_signs_in_a_quote_mean_themselves() -> None:
    shelf = FakeShelf(article(1, "a", "It cost $5 (or 5.0*2?)."))

    assert Resolver(shelf).resolve(Case("q", "?", (Gold("a", "$5 (or 5.0*2?)."),))).parts == ((Place(1, 8, 23),),)


GOLD = ((Place(1, 100, 120),), (Place(1, 200, 300), Place(2, 0, 50)))


def test_a_text_holds_gold_when_either_lies_in_the_other() -> None:
    assert parts_at(GOLD, 1, 100, 120) == (0,)
    assert parts_at(GOLD, 1, 90, 150) == (0,)
    assert parts_at(GOLD, 1, 105, 110) == (0,)
    assert parts_at(GOLD, 2, 0, 400) == (1,)
    assert parts_at(GOLD, 1, 0, 400) == (0, 1)


def test_half_of_the_shorter_one_must_be_shared() -> None:
    # Gold 100-120 is the shorter. 110-150 shares 10 of its 20 characters, 111-150 only 9.
    assert parts_at(GOLD, 1, 110, 150) == (0,)
    assert parts_at(GOLD, 1, 111, 150) == ()
    # Against gold 200-300 the text 190-210 is the shorter: 10 of 20. 189-209 shares 9.
    assert parts_at(GOLD, 1, 190, 210) == (1,)
    assert parts_at(GOLD, 1, 189, 209) == ()


def test_neighbours_and_other_articles_hold_nothing() -> None:
    assert parts_at(GOLD, 1, 120, 200) == ()
    assert parts_at(GOLD, 3, 100, 120) == ()
    assert parts_at((), 1, 0, 10) == ()


def test_parts_of_an_article() -> None:
    assert parts_of_article(GOLD, 1) == (0, 1)
    assert parts_of_article(GOLD, 2) == (1,)
    assert parts_of_article(GOLD, 3) == ()


def test_gold_without_words_is_what_stands_at_its_place() -> None:
    """ "Nobody knew why." stands at 13 to 30 of the first article."""
    assert resolved(Gold("business/rates.txt", "", 0, 13, 30)).parts == ((Place(1, 13, 30),),)


@pytest.mark.parametrize(("start", "end"), [(13, 10_000), (30, 13), (-1, 4), (5, 5)])
def test_a_place_that_the_article_does_not_have_is_missing(start: int, end: int) -> None:
    found = resolved(Gold("business/rates.txt", "", 0, start, end))
    assert found.parts == ()
    assert len(found.missing) == 1
