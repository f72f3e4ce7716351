"""Figures, dates and names of a claim are looked for where it says they are."""

import pytest

from qa.domain import ArticleRef, Evidence, PassageText
from qa.support import degree, figures_of, missing, names_of


def evidence(quote: str, passage: str = "", title: str = "Rates", published: str | None = "2004-06-11") -> Evidence:
    article = ArticleRef(1, 1, "a", title, "Post", published, "")
    return Evidence(article, 0, len(quote), quote, PassageText(0, len(quote), passage or quote), {})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("13 thousand", [13_000]),
        ("13,000 and 13000", [13_000, 13_000]),
        ("£1.2bn or $1,200m", [1.2e9, 1.2e9]),
        ("twenty-five men", [25]),
        ("two hundred and fifty", [250]),
        ("three million two hundred thousand", [3_200_000]),
        ("a dozen eggs", [12]),
        ("a hundred", [100]),
        ("two dozen", [24]),
        ("4% and 4 per cent", [4, 4]),
        ("in 2004", [2004]),
        ("one of them", []),
        ("no figure", []),
        ("0.5 points, 3-1", [0.5, 3, 1]),
        ("half a million, half a dozen, half the town", [500_000, 6]),
        ("a quarter of a million, three quarters of a million", [250_000, 750_000]),
        ("three and a half million; after five and a half years", [3_500_000, 5.5]),
        ("3½ million, ½ a cup", [3_500_000, 0.5]),
        ("2 bln, 3 mln", [2e9, 3e6]),
    ],
)
def test_figures_are_values_however_they_are_written(text: str, values: list[float]) -> None:
    assert [value for _, value in figures_of(text)] == pytest.approx(values)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Rates rose in Spain.", ["Spain"]),
        ("Tony Blair said so.", ["Tony", "Blair"]),
        ("He told the BBC in May.", ["BBC", "May"]),
        ("IBM fell. Then it rose.", ["IBM"]),
        ("See http://evil.example now.", ["http://evil.example"]),
        ("Nothing here. Nor here.", []),
    ],
)
def test_names_are_words_with_a_capital_that_no_sentence_begins_with(text: str, names: list[str]) -> None:
    assert list(names_of(text)) == names


@pytest.mark.parametrize(
    ("claim", "quote", "absent"),
    [
        ("The firm has 13 thousand workers.", "It has 13,000 workers.", ()),
        ("The firm has 14,000 workers.", "It has 13,000 workers.", ("14,000",)),
        ("It rose 4% on 11 June 2004.", "It rose 4 per cent.", ()),
        ("It rose 4% in 2003.", "It rose 4 per cent.", ("2003",)),
        ("Some 500,000 homes lost power.", "Half a million homes lost power.", ()),
        ("Some 1 million homes lost power.", "Half a million homes lost power.", ("1 million",)),
        ("They say that O'Brien and Beyonce resigned.", "O’Brien and Beyoncé resigned.", ()),
        ("According to Post, Spain won.", "Spain won.", ()),
        ("Then Italy won.", "Spain won.", ("Italy",)),
        ("The U.S. won.", "The US won.", ()),
        ("Blair's plan and Mr Blair fell.", "Mr Blair's plan fell.", ()),
    ],
)
def test_what_the_cited_sentence_does_not_hold_is_missing(claim: str, quote: str, absent: tuple[str, ...]) -> None:
    assert missing(claim, [evidence(quote)]) == absent


def test_a_name_may_stand_beside_the_sentence_but_a_figure_may_not() -> None:
    """ "He said so" cites Blair where the passage names him; 5 in the sentence before proves nothing."""
    item = evidence("He would stay.", "Tony Blair met 5 men. He would stay.")
    assert missing("Then Tony Blair would stay.", [item]) == ()
    assert missing("Five would stay.", [item]) == ("Five",)


def test_the_sentences_cited_support_a_claim_together() -> None:
    both = [evidence("Spain won in 1999."), evidence("Italy lost by 3 points.")]
    assert missing("Then Spain won and Italy lost by 3.", both) == ()
    assert missing("Then Spain won and Italy lost by 3.", both[:1]) == ("3", "Italy")


def test_the_sentence_itself_is_supported_wholly_and_the_rest_by_degrees() -> None:
    item = evidence("Rates rose sharply.")
    assert degree("Rates rose sharply", item, 0.2) == 1.0
    # Two of the three weighty words of the claim are there: 0.5 * 2/3 + 0.5 * 0.9.
    assert degree("Rates rose slowly.", item, 0.9) == pytest.approx(0.5 * 2 / 3 + 0.45)
    assert degree("Foxes hunt.", item, -0.2) == 0.0
