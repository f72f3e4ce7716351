"""The sample articles and their cases: what the loaders make of them, and what is promised about them."""

import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from evals.cases import from_row
from ingest.loaders import kind_of, load
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.sentences import split
from samples.build import ARTICLES, FLOOD, build

CASES = ARTICLES.parent / "cases.jsonl"
NAMES = sorted(path.name for path in ARTICLES.iterdir())

COURIER, POST, GAZETTE = "The Elvern Courier", "Tarnshire Post", "Merrowick Gazette"
NOBODY: tuple[str, ...] = ()

BILL, TRUST = "harbour-bridge-repair-bill.md", "harbour-bridge-trust-estimate.html"
VOTE, SAVED = "hospital-merger-vote.txt", "hospital-emergency-unit-saved.html"
STORY, COPY = "museum-silver-theft.html", "museum-silver-theft-wire.md"
FLOOD_PDF, PHONES_DOCX = "skelby-flood-inquiry.pdf", "school-phone-trial.docx"


@dataclass(frozen=True, slots=True)
class Expected:
    title: str
    publisher: str = ""
    authors: tuple[str, ...] = NOBODY
    published: str | None = None


EXPECTED = {
    BILL: Expected("Council engineers put harbour bridge repair at £52m", POST, ("Priya Lenthall",), "2025-11-04"),
    TRUST: Expected(
        "Harbour trust insists bridge can be mended for £38m", COURIER, ("Tobias Wrenfield",), "2025-11-06"
    ),
    VOTE: Expected(
        "Hospital boards vote to merge and close Merrowick emergency unit",
        authors=("Joan Hesketh",),
        published="2025-09-18",
    ),
    SAVED: Expected(
        "Merrowick to keep its emergency unit as minister rewrites merger",
        POST,
        ("Joan Hesketh",),
        "2026-01-22",
    ),
    STORY: Expected(
        "Thieves take Ferrymen's silver from Port Elvern museum in four minutes",
        COURIER,
        ("Ida Corrigan",),
        "2025-10-29",
    ),
    COPY: Expected("Police fear stolen ferrymen's cups will be melted down", GAZETTE, ("Ida Corrigan",), "2025-10-30"),
    FLOOD_PDF: Expected("Skelby flood could have been halved, inquiry finds", "", ("Harriet Mossop",), "2026-02-05"),
    PHONES_DOCX: Expected(
        "Phones out of sight: what six Tarnshire schools learned in a term",
        "",
        ("Noor Castellane",),
        "2026-04-02",
    ),
    "grain-cooperative-results.md": Expected(
        "Wendvale Growers posts first loss in 41 years after flooded harvest",
        POST,
        ("Callum Ostrey",),
        "2025-12-11",
    ),
    "herring-stock-science.md": Expected(
        "Herring have not left the Sound, they have gone deeper, say scientists",
        COURIER,
        ("Signe Halloran",),
        "2026-03-12",
    ),
    "hollin-cross-recount.txt": Expected(
        "Third count in Hollin Cross hands council seat to bridge campaigner by two votes", published="2026-05-14"
    ),
    "larkspur-satellite-launch.md": Expected(
        "Larkspur Orbital loses contact with one of its first two satellites",
        GAZETTE,
        ("Noor Castellane", "Wilf Arden"),
        "2026-02-19",
    ),
    "rovers-sell-hallgren.html": Expected(
        "Rovers sell Hallgren for club record £4.6m", COURIER, ("Bex Tranmere",), "2026-01-30"
    ),
    "tram-drivers-strike.txt": Expected("Port Elvern trams to stop for four days as drivers reject pay offer"),
}
WITHOUT_PUBLISHER = (".txt", ".pdf", ".docx")
"""Formats with no place of their own for the publisher."""


class TestArticles:
    def test_every_file_is_expected(self) -> None:
        assert sorted(EXPECTED) == NAMES

    def test_formats(self) -> None:
        suffixes = Counter(Path(name).suffix for name in NAMES)
        assert suffixes == {".html": 4, ".md": 5, ".txt": 3, ".pdf": 1, ".docx": 1}

    @pytest.mark.parametrize("name", NAMES)
    def test_says_of_itself_what_it_should(self, name: str) -> None:
        article, expected = article_of(name), EXPECTED[name]
        assert article.title == expected.title
        assert (article.authors, article.published) == (expected.authors, expected.published)
        if not name.endswith(WITHOUT_PUBLISHER):
            assert article.publisher == expected.publisher

    @pytest.mark.parametrize("name", NAMES)
    def test_is_as_long_as_a_news_article(self, name: str) -> None:
        assert 350 <= len(article_of(name).text.split()) <= 700

    @pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".html")])
    def test_page_furniture_stays_out(self, name: str) -> None:
        text = article_of(name).text.lower()
        for words in ("cookie", "most read", "privacy", "advertisement", "subscribe", "all rights reserved"):
            assert words not in text

    @pytest.mark.parametrize("name", NAMES)
    def test_refers_to_the_others(self, name: str) -> None:
        threads = ("Strand Bridge", "Skelby", "Wendvale Growers", "Hugh Tarrant")
        assert any(thread in article_of(name).text for thread in threads)

    def test_three_publishers(self) -> None:
        publishers = {e.publisher for e in EXPECTED.values() if e.publisher}
        assert publishers == {COURIER, POST, GAZETTE}


class TestRelations:
    def test_two_disagree_on_a_figure_and_say_so(self) -> None:
        bill, trust = folded_text(BILL), folded_text(TRUST)
        assert "will cost £52m" in bill
        assert "£14m above the £38m that the Elvern Harbour Trust" in bill
        assert "reopened for £38m, not the £52m" in trust
        assert article_of(BILL).publisher != article_of(TRUST).publisher

    def test_one_updates_another(self) -> None:
        voted, ruled = article_of(VOTE).published, article_of(SAVED).published
        assert voted is not None
        assert ruled is not None
        assert ruled > voted
        assert "would lose 60 of its 110 beds" in folded_text(VOTE)
        assert "from 60 to 24" in folded_text(SAVED)

    def test_two_are_copies_of_one_story_with_small_edits(self) -> None:
        story, copy = set(sentences_of(STORY)), set(sentences_of(COPY))
        shared = story & copy
        assert 0.8 <= len(shared) / len(story) < 1
        assert article_of(STORY).title != article_of(COPY).title
        assert article_of(STORY).publisher != article_of(COPY).publisher


class TestBuild:
    def test_is_the_same_each_time(self, tmp_path: Path) -> None:
        first, second = tmp_path / "1", tmp_path / "2"
        first.mkdir()
        second.mkdir()
        assert [p.read_bytes() for p in build(first)] == [p.read_bytes() for p in build(second)]

    def test_makes_what_is_committed(self, tmp_path: Path) -> None:
        """By content, not by byte: another zlib packs the same words otherwise."""
        for path in build(tmp_path):
            assert loaded(path) == article_of(path.name)

    def test_pdf_has_two_pages_and_no_broken_paragraph(self) -> None:
        from pypdf import PdfReader

        assert len(PdfReader(ARTICLES / FLOOD_PDF).pages) == 2
        text = folded_text(FLOOD_PDF)
        for block in FLOOD.blocks:
            assert folded(block.removeprefix("# ")) in text

    def test_table_of_the_docx_is_read(self) -> None:
        text = folded_text(PHONES_DOCX)
        for cell in ("Late arrivals per 100 pupils a week", "Fights reported in the term", "71", "44"):
            assert cell in text


class TestCases:
    def test_ids_are_unique(self) -> None:
        assert max(Counter(case["id"] for case in cases()).values()) == 1

    def test_about_forty_of_which_ten_cannot_be_answered(self) -> None:
        kinds = Counter(case["kind"] for case in cases())
        assert 38 <= len(cases()) <= 46
        assert kinds["unanswerable-near"] == 10
        assert kinds["follow-up"] == 3

    @pytest.mark.parametrize("case_id", [json.loads(line)["id"] for line in CASES.open(encoding="utf-8")])
    def test_gold_is_a_sentence_of_its_article(self, case_id: str) -> None:
        case = next(case for case in cases() if case["id"] == case_id)
        for gold in case["gold"]:
            assert gold["quote"] in sentences_of(gold["uri"])

    def test_evaluation_reads_them_as_they_stand(self) -> None:
        for row in cases():
            case = from_row(row, "cases.jsonl")
            assert case.answerable == (row["kind"] != "unanswerable-near")
            assert case.about in NAMES

    def test_only_these_kinds_want_several_sentences(self) -> None:
        for row in cases():
            parts = {gold.part for gold in from_row(row, "cases.jsonl").gold}
            assert row["kind"] in ("multi", "list") or len(parts) <= 1
            assert row["kind"] != "multi" or len(parts) == 2

    def test_no_gold_and_no_answers_exactly_where_unanswerable(self) -> None:
        for case in cases():
            unanswerable = case["kind"] == "unanswerable-near"
            assert (not case["gold"], not case["answers"]) == (unanswerable, unanswerable)

    def test_answers_stand_in_a_gold_sentence(self) -> None:
        for case in cases():
            for answer in case["answers"]:
                assert any(answer in gold["quote"] for gold in case["gold"])

    def test_history_goes_with_follow_ups(self) -> None:
        for case in cases():
            assert bool(case["history"]) == (case["kind"] == "follow-up")
            assert all(set(turn) == {"question", "answer"} for turn in case["history"])

    def test_questions_share_few_words_with_their_gold(self) -> None:
        """A reader who has not seen the sentence asks in other words: on average under half are in it."""
        assert mean([best_overlap(case) for case in cases() if case["gold"]]) < 0.5

    def test_every_article_is_asked_about(self) -> None:
        asked = {gold["uri"] for case in cases() for gold in case["gold"]}
        assert asked == set(NAMES)


@cache
def article_of(name: str) -> LoadedArticle:
    return loaded(ARTICLES / name)


def loaded(path: Path) -> LoadedArticle:
    raw = RawFile(path.as_uri(), path.read_bytes(), name=path.name)
    return load(kind_of(raw), raw)


@cache
def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


def folded(text: str) -> str:
    return " ".join(text.split())


def folded_text(name: str) -> str:
    return folded(article_of(name).text)


@cache
def sentences_of(name: str) -> list[str]:
    text = article_of(name).text
    return [folded(span.of(text)) for span in split(text)]


def best_overlap(case: dict[str, Any]) -> float:
    """Largest share of the question's words of four letters and more that one gold sentence holds."""
    asked = words(case["question"])
    return max(len(asked & words(gold["quote"])) / len(asked) for gold in case["gold"])


def words(text: str) -> set[str]:
    return {word for word in "".join(c if c.isalnum() else " " for c in text.lower()).split() if len(word) > 3}


def mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)
