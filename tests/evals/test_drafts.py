"""Questions made from articles: which sentences, which gaps, which headings; the same again for the same seed."""

import pytest

from evals.cases import Gold
from evals.drafts import GAP, cloze, draft, gaps, heading, headings, telling
from evals.gold import Resolver
from qa.domain import Article, Span
from tests.evals.makers import FakeShelf, article

BRIDGE = """The county will close the Tamar crossing on 3 May for nine months of repairs.

He said that nobody had expected the cracks to be as deep as they are now.

Who pays

The repair of both piers will cost £41 million, according to Ines Okafor of Westhaven County.
Subscribe to our newsletter for more news of Westhaven and of the crossing. Ferries will run."""
TITLED = article(1, "file:///a/bridge.txt", BRIDGE, title="Tamar crossing to close for months")
CLOSING = "The county will close the Tamar crossing on 3 May for nine months of repairs."
COST = "The repair of both piers will cost £41 million, according to Ines Okafor of Westhaven County."


def span_of(quote: str, text: str = BRIDGE) -> Span:
    return Span(text.index(quote), text.index(quote) + len(quote))


def words_of(found: list[Span], text: str) -> list[str]:
    return [span.of(text) for span in found]


def test_only_sentences_that_stand_alone_and_are_no_furniture_are_asked_about() -> None:
    assert words_of(telling(TITLED), BRIDGE) == [CLOSING, COST]


def test_a_sentence_said_twice_is_not_asked_about() -> None:
    twice = f"{CLOSING} Nobody on the east bank of the river was asked about it. {CLOSING}"
    said = telling(article(1, "a", twice))
    assert words_of(said, twice) == ["Nobody on the east bank of the river was asked about it."]


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        (CLOSING, ["Tamar", "3", "May"]),
        (COST, ["£41 million", "Ines Okafor of Westhaven County"]),
        ("Profits at the Bank of the North rose 4.5% to 1,200.50 euros.", ["Bank of the North", "4.5%", "1,200.50"]),
        ("Samuel L Jackson and Chris Penn left Japan's film.", ["Samuel L Jackson", "Chris Penn", "Japan"]),
        ("Boys Don't Cry was seen by O'Brien in 1999 and in 1999.", ["Cry", "O'Brien"]),
        ('Everyone hands in one. Everything "Nobody knows" why.', []),
        ("Mr Tarrant shook hands.", ["Mr Tarrant"]),
        ("a page with COVID-19 and 2nd and x3 of it", []),
    ],
)
def test_gaps_are_whole_numbers_and_names(sentence: str, wanted: list[str]) -> None:
    assert words_of(gaps(sentence, Span(0, len(sentence))), sentence) == wanted


def test_a_cloze_has_the_words_as_its_answer_and_the_sentence_as_its_gold() -> None:
    case = cloze(TITLED, span_of(COST), span_of("£41 million"))
    with_gap = f"The repair of both piers will cost {GAP}, according to Ines Okafor of Westhaven County."
    assert case.question == f"What is missing here: “{with_gap}”"
    assert (case.answers, case.kind, case.about) == (("£41 million",), "cloze", "file:///a/bridge.txt")
    assert case.gold == (Gold("file:///a/bridge.txt", COST, 0, BRIDGE.index(COST)),)


def test_headings_are_the_title_and_short_lines_with_a_sentence_under_them() -> None:
    assert headings(TITLED) == [(TITLED.title, span_of(CLOSING)), ("Who pays", span_of(COST))]
    assert heading(TITLED, "Who pays", span_of(COST)).question == (
        "What is said about “Who pays” in “Tamar crossing to close for months”?"
    )


def test_a_title_that_its_first_sentences_have_nothing_of_is_not_asked_about() -> None:
    other = article(1, "a", CLOSING, title="Weather for the weekend")
    assert headings(other) == []


SHELF = FakeShelf(
    TITLED,
    article(2, "file:///a/empty.txt", "Too short."),
    article(3, "file:///a/cup.txt", "Rovers won the Sound Cup on Saturday by four goals to one.", title="Nothing"),
)


def test_drafts_are_the_same_for_a_seed_and_every_gold_is_in_the_library() -> None:
    made = draft(SHELF, 8, seed=3)
    assert draft(SHELF, 8, seed=3) == made
    assert draft(SHELF, 3, seed=3) == made[:3]
    assert draft(SHELF, 8, seed=4) != made
    assert {case.kind for case in made} == {"cloze", "heading"}
    assert len({case.id for case in made}) == len(made)
    resolver = Resolver(SHELF)
    assert all(not resolver.resolve(case).missing for case in made)


def test_known_drafts_are_not_made_again() -> None:
    first = draft(SHELF, 2, seed=3)
    more = draft(SHELF, 2, seed=3, known=[case.id for case in first])
    assert more
    assert not {case.id for case in first} & {case.id for case in more}


def test_one_article_gives_all_that_can_be_asked_of_it() -> None:
    everything = sum(len(gaps(BRIDGE, span)) for span in telling(TITLED)) + len(headings(TITLED))
    made = draft(FakeShelf(TITLED), 1_000)
    assert len({case.id for case in made}) == len(made) == everything > 6


def test_drafting_goes_on_until_all_there_are_is_known() -> None:
    everything, known = {case.id for case in draft(SHELF, 1_000)}, set[str]()
    while more := draft(SHELF, 2, known=known):
        assert len(more) == min(2, len(everything) - len(known))
        known |= {case.id for case in more}
    assert known == everything


def test_every_article_has_its_turn_and_kinds_take_turns_in_it() -> None:
    shelf = FakeShelf(*(article(n, f"{n}.txt", BRIDGE, title=TITLED.title) for n in range(6)))
    made = draft(shelf, 12)
    assert len({case.about for case in made[:6]}) == len({case.about for case in made[6:]}) == 6
    assert [case.kind for case in made] == ["cloze", "heading"] * 3 + ["heading", "cloze"] * 3


def test_every_sentence_is_asked_about_before_one_a_second_time() -> None:
    clozes = [case for case in draft(FakeShelf(TITLED), 1_000) if case.kind == "cloze"]
    assert {case.gold[0].quote for case in clozes[:2]} == {CLOSING, COST}


def test_an_article_that_has_no_turn_is_not_read() -> None:
    class Counting(FakeShelf):
        read = 0

        def article(self, article_id: int, version: int | None = None) -> Article:
            self.read += 1
            return super().article(article_id, version)

    shelf = Counting(*(article(n, f"{n}.txt", BRIDGE) for n in range(30)))
    assert (len(draft(shelf, 5)), shelf.read) == (5, 5)


def test_half_a_pair_of_a_character_in_a_name_is_no_matter() -> None:
    assert draft(FakeShelf(article(1, "\udce4.txt", BRIDGE)), 3)


def test_a_library_without_a_usable_sentence_gives_none() -> None:
    assert draft(FakeShelf(article(1, "a", "Too short.")), 5) == []
    assert draft(FakeShelf(), 5) == []
