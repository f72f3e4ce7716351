import io
from datetime import UTC, datetime

import pytest
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import LimitReachedError

from ingest.loaders import load
from ingest.loaders.pdf import MAX_PAGES, paragraphs, without_running_heads
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit, Unreadable

FIRST = (
    "The bank raised its rate on Tuesday to 5.25 per cent, the highest for years, and said that it might do so again."
)
SECOND = "Mortgages will cost more from June. The governor said that she was sorry about it, and then that she was not."


def printed(*pages: str, title: str = "", author: str = "", password: str = "") -> bytes:
    """A PDF of A5 pages; an empty page has a line drawn on it and no text."""
    from fpdf import FPDF

    pdf = FPDF(format="A5")
    pdf.set_font("Helvetica", size=11)
    pdf.set_creation_date(datetime(2024, 5, 3, tzinfo=UTC))
    if title:
        pdf.set_title(title)
    if author:
        pdf.set_author(author)
    if password:
        pdf.set_encryption(owner_password="owner", user_password=password)
    for page in pages:
        pdf.add_page()
        if page:
            pdf.multi_cell(0, text=page)
        else:
            pdf.line(10, 10, 50, 50)
    return bytes(pdf.output())


def article(body: bytes) -> LoadedArticle:
    return load("pdf", RawFile("file:///rate-rise.pdf", body, name="rate-rise.pdf"))


def test_metadata_and_mended_lines() -> None:
    loaded = article(printed(f"Rates rise\n\n{FIRST}\n\n{SECOND}", title="Rates rise", author="Jane Doe; John Roe"))
    assert loaded == LoadedArticle(
        "Rates rise", f"{FIRST}\n\n{SECOND}", authors=("Jane Doe", "John Roe"), published="2024-05-03"
    )


def test_without_metadata_the_headline_is_the_title() -> None:
    loaded = article(printed(f"Rates rise\n\n{FIRST}", author="anonymous"))
    assert (loaded.title, loaded.text, loaded.authors) == ("Rates rise", FIRST, ())


@pytest.mark.parametrize("title", ["Microsoft Word - a.doc", "untitled", "report.docx", "..."])
def test_a_title_that_a_program_made_up_is_none(title: str) -> None:
    assert article(printed(f"{FIRST} {SECOND}", title=title)).title == "rate rise"


def test_pages_without_a_text_layer_are_named() -> None:
    assert article(printed(FIRST, "", SECOND, "")).notes == ("pages 2, 4 have no text layer",)
    assert article(printed(FIRST, "")).notes == ("page 2 has no text layer",)


def test_no_text_layer_at_all() -> None:
    with pytest.raises(NoText, match=r"No page of rate-rise\.pdf has a text layer \(2 looked at\)") as failed:
        article(printed("", ""))
    assert "OCR" in failed.value.remedy


def test_encrypted() -> None:
    with pytest.raises(Unreadable, match=r"rate-rise\.pdf is encrypted"):
        article(printed(FIRST, password="secret"))


def test_locked_for_changes_only() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(printed(FIRST))))
    writer.encrypt("", "owner", algorithm="AES-256")
    locked = io.BytesIO()
    writer.write(locked)
    assert article(locked.getvalue()).text == FIRST


def test_too_many_pages() -> None:
    writer = PdfWriter()
    for _ in range(MAX_PAGES + 1):
        writer.add_blank_page(10, 10)
    large = io.BytesIO()
    writer.write(large)
    with pytest.raises(OverLimit, match="2001 pages"):
        article(large.getvalue())


@pytest.mark.parametrize(
    ("raised", "told"),
    [(LimitReachedError("75 MB"), OverLimit), (MemoryError(), MemoryError), (ValueError("broken"), NoText)],
)
def test_a_page_that_unpacks_to_too_much_is_not_called_a_page_without_text(
    raised: Exception, told: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract_text(page: PageObject) -> str:
        raise raised

    monkeypatch.setattr(PageObject, "extract_text", extract_text)
    with pytest.raises(told):
        article(printed(FIRST))


def test_a_paragraph_goes_on_over_the_page() -> None:
    assert article(printed(FIRST[:60].rsplit(" ", 1)[0], FIRST[len(FIRST[:60].rsplit(" ", 1)[0]) + 1 :])).text == FIRST


def test_running_heads_and_page_numbers_go() -> None:
    pages = [["The Daily 3 May", f"Text {word}.", f"- {n} -"] for n, word in enumerate(("one", "two", "three"), 1)]
    assert without_running_heads(pages) == [["Text one."], ["Text two."], ["Text three."]]


@pytest.mark.parametrize("number", ["2", "- 2 -", "–2–", "Page 2", "page 2 of 9", "2 / 9", "| 2 |"])
@pytest.mark.parametrize("before", ["The end.", "It was seen in the year"])
def test_what_is_a_page_s_number(number: str, before: str) -> None:
    assert without_running_heads([["First."], ["Text", before, number], ["Third."]])[1] == ["Text", before]
    assert without_running_heads([["First", before], [number, "Text"], ["Third."]])[1] == ["Text"]


@pytest.mark.parametrize("line", ["1998.", "$500.", "$2", "2%", "£2", "(1998)", "2.", "*2"])
def test_what_only_looks_like_a_page_s_number(line: str) -> None:
    pages = [["First."], ["It was in", line], [line, "Third."]]
    assert without_running_heads(pages) == pages


def test_a_number_that_a_sentence_goes_on_with_stays() -> None:
    pages = [["It was the highest since", "1998"], ["1990", "and fell."], ["1970", "Then.", "1960"], ["Its end"]]
    assert without_running_heads(pages) == [*pages[:2], ["Then."], ["Its end"]]


def test_numbers_may_count_from_anywhere_and_stand_below_a_running_foot() -> None:
    pages = [[f"In {word}", "1998", f"{n}", "The Daily"] for n, word in enumerate(("one", "two", "three"), 57)]
    assert without_running_heads(pages) == [["In one", "1998"], ["In two", "1998"], ["In three", "1998"]]


def test_lines_that_do_not_repeat_stay() -> None:
    pages = [["First.", "A."], ["Second.", "B."], ["Third.", "C."]]
    assert without_running_heads(pages) == pages


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The govern-", "ment acted on it."], "The government acted on it."),
        (["A well-known well-", "known thing."], "A well-known well-known thing."),
        (["In 2004-", "2005 it fell."], "In 2004-2005 it fell."),
        (["A full line of words that go", "on here. Short end.", "A next paragraph of some length"],
         "A full line of words that go on here. Short end.\n\nA next paragraph of some length"),
        (["One.", "", "Two."], "One.\n\nTwo."),
        (["Items of a list that is long:", "• the first one", "• the second"],
         "Items of a list that is long:\n\n• the first one\n\n• the second"),
        (["Why it did", "The bank raised its rate on Tuesday, it said"],
         "Why it did\n\nThe bank raised its rate on Tuesday, it said"),
        ([], ""),
        ([""], ""),
        (["One line"], "One line"),
    ],
)  # fmt: skip
def test_lines_become_paragraphs(lines: list[str], text: str) -> None:
    assert paragraphs(lines) == text
