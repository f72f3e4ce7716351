"""When two articles differ on a figure, and when they only seem to. Most sentences are the samples'."""

import pytest

from qa import composer, disagreement
from qa.disagreement import difference, figures
from qa.domain import Answer, ArticleRef, Considered, Difference, Evidence, PassageText, Said, Span

POST = "Mending the Strand Bridge in Port Elvern will cost £52m, according to a report by Tarnshire County Council's own engineers that was handed to councillors on Monday evening."  # noqa: E501
COURIER = "The owners of the Strand Bridge published their sums on Wednesday and said that the crossing could be made safe and reopened for £38m, not the £52m that the county council's engineers told councillors on Monday."  # noqa: E501
TRAFFIC = "About 11,000 vehicles a day used the bridge before it was shut."
COUNTERS = "Its counters recorded 8,600 vehicles on an average day in September, well under the 11,000 in the council's report."  # noqa: E501
PLAN = "Under the plan, which was carried by 13 votes to 6, Merrowick would lose 60 of its 110 beds and all overnight surgery."  # noqa: E501
RULING = "It also cuts the number of beds to go at Merrowick from 60 to 24."


def said(quote: str, published: str | None, number: int, score: float = 1.0) -> Evidence:
    article = ArticleRef(number, 1, f"a{number}", "Title", "", published, "")
    return Evidence(article, 0, len(quote), quote, PassageText(0, len(quote), quote), {"sentence": score})


def differ(first: str, second: str, days: tuple[str | None, str | None] = ("2025-11-04", "2025-11-06")) -> object:
    return difference(said(first, days[0], 1), said(second, days[1], 2))


class TestWhatDiffers:
    @pytest.mark.parametrize(
        ("first", "second", "found"),
        [
            (POST, COURIER, ("£52m", "£38m")),
            (COURIER, POST, ("£38m", "£52m")),
            (TRAFFIC, COUNTERS, ("11,000", "8,600")),
            (PLAN, RULING, ("60", "24")),
            (
                "The fire at Skelby mill destroyed 40 homes and a chapel.",
                "The Skelby mill fire destroyed 55 homes and the chapel, too.",
                ("40", "55"),
            ),
        ],
    )
    def test_plain_words_say_so(self, first: str, second: str, found: tuple[str, str]) -> None:
        assert differ(first, second) == found

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            (POST, POST),
            (POST, "The figure is £14m above the £52m that mending the Strand Bridge will cost."),
            ("Sales at Elvern Foods were £38m.", "Sales at Elvern Foods rose from £38m to £52m."),
            ("The shop in Elvern sold 40 cakes on Monday.", "The shop in Elvern sold 55 cakes on Tuesday."),
            ("The flood reached 312 homes in Skelby town.", "The flood reached 310 homes in Skelby town."),
            ("The Skelby mill fire destroyed 40 homes.", "The Skelby mill fire destroyed £55m of homes."),
            ("Elvern Rovers beat Skelby Town 2-1 at home.", "Elvern Rovers beat Skelby Town 4-1 at home."),
            ("The Elvern bridge opened to traffic in 1967.", "The Elvern bridge opened to traffic in 1998."),
            ("A ferry carries 60 cars.", "The prize was 24, not the 60 that was promised."),
            ("Merrowick lost 60 beds.", "It cuts the beds at Merrowick from 60 and 24 nurses go."),
        ],
    )
    def test_what_only_looks_like_it_is_none(self, first: str, second: str) -> None:
        assert differ(first, second) is None
        assert differ(second, first) is None

    def test_one_article_does_not_differ_from_itself(self) -> None:
        assert difference(said(TRAFFIC, "2025-11-04", 1), said(COUNTERS, "2025-11-04", 1)) is None

    def test_the_same_words_months_later_are_another_matter(self) -> None:
        fires = ("The fire at Skelby mill destroyed 40 homes and a chapel.", "The Skelby mill fire destroyed 55 homes.")
        assert differ(*fires, ("2025-01-04", "2025-01-08"))
        assert differ(*fires, ("2025-01-04", "2025-06-04")) is None

    def test_figures_know_their_units_and_dates_are_none(self) -> None:
        text = "On 3 May 2024 at 10am, 40 homes, £5m and 7% of 1,200 were lost 2-1 in 1998."
        assert [(f.written, f.unit) for f in figures(text)] == [("40", "home"), ("£5m", "£"), ("7", "%"), ("1,200", "")]


def answered(*evidence: Evidence, most: int = 3, answer: Span | None = None) -> Answer:
    return composer.answer(Considered("Q?", "Q?", (), evidence, 0.9, answer), most)


class TestTheAnswer:
    OTHER = said("Shops in Southgate lose a third of their trade.", "2025-11-04", 3, 0.9)

    def test_both_are_said_the_newer_first(self) -> None:
        reply = answered(said(POST, "2025-11-04", 1), self.OTHER, said(COURIER, "2025-11-06", 2, -2.0))
        assert [claim.text for claim in reply.claims] == [COURIER, POST, self.OTHER.quote]
        assert reply.difference == Difference(Said("£38m", 1, "2025-11-06"), Said("£52m", 2, "2025-11-04"))
        assert disagreement.sentence(reply.difference) == (
            "Two articles differ: £38m [1] (6 November 2025), £52m [2] (4 November 2025)."
        )

    def test_every_claim_still_quotes_what_it_cites(self) -> None:
        reply = answered(said(POST, "2025-11-04", 1), self.OTHER, said(COURIER, "2025-11-06", 2, -2.0), most=2)
        assert [claim.text for claim in reply.claims] == [COURIER, POST]
        assert [reply.evidence[claim.citations[0].number - 1].quote for claim in reply.claims] == [COURIER, POST]

    def test_the_short_answer_stays_with_its_sentence(self) -> None:
        at = POST.index("£52m")
        reply = answered(said(POST, "2025-11-04", 1), said(COURIER, "2025-11-06", 2), answer=Span(at, at + 4))
        assert reply.short_answer is not None
        assert (reply.short_answer.text, reply.short_answer.number) == ("£52m", 2)

    @pytest.mark.parametrize(("published", "most"), [(None, 3), ("soon", 3), ("2025-11-06", 1)])
    def test_without_a_date_or_room_nothing_is_said(self, published: str | None, most: int) -> None:
        reply = answered(said(POST, "2025-11-04", 1), said(COURIER, published, 2, -2.0), most=most)
        assert [claim.text for claim in reply.claims] == [POST]
        assert reply.difference is None


def test_a_figure_stands_where_it_is_written_and_not_within_a_word() -> None:
    text = "The often delayed talks would last ten days."
    assert [(found.written, found.start, found.unit) for found in figures(text)] == [("ten", 35, "dai")]
