import io
from datetime import UTC, datetime

import pytest
from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.filters import ZLIB_MAX_OUTPUT_LENGTH
from pypdf.generic import DecodedStreamObject, NameObject

from ingest.loaders import load
from ingest.loaders.pdf import MAX_PAGES
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


def bombed(body: bytes, *numbers: int) -> bytes:
    """The file with pages, from 1, whose stream unpacks to more than pypdf unpacks."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(body)))
    stream = DecodedStreamObject()
    stream.set_data(bytes(ZLIB_MAX_OUTPUT_LENGTH + 1))
    packed = writer._add_object(stream.flate_encode(1))
    for number in numbers:
        writer.pages[number - 1][NameObject("/Contents")] = packed
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def test_a_page_that_unpacks_to_too_much_is_left_out_and_named() -> None:
    loaded = article(bombed(printed(FIRST, "A bomb.", SECOND, ""), 2))
    assert loaded.text == f"{FIRST}\n\n{SECOND}"
    assert loaded.notes == ("page 2 unpacks to too much and is left out", "page 4 has no text layer")
    assert article(bombed(printed("", FIRST, ""), 1, 3)).notes == ("pages 1, 3 unpack to too much and are left out",)


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        (("A bomb.",), "rate-rise.pdf: page 1 unpacks to too much."),
        (("A bomb.", ""), "rate-rise.pdf: page 1 unpacks to too much, and no other page has a text layer."),
    ],
)
def test_a_file_without_text_but_on_such_pages(pages: tuple[str, ...], told: str) -> None:
    with pytest.raises(OverLimit) as failed:
        article(bombed(printed(*pages), 1))
    assert failed.value.message == told


@pytest.mark.parametrize(("raised", "told"), [(MemoryError(), MemoryError), (ValueError("broken"), NoText)])
def test_a_page_that_takes_all_memory_is_not_called_a_page_without_text(
    raised: Exception, told: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def extract_text(page: PageObject) -> str:
        raise raised

    monkeypatch.setattr(PageObject, "extract_text", extract_text)
    with pytest.raises(told):
        article(printed(FIRST))


def test_a_paragraph_goes_on_over_the_page() -> None:
    assert article(printed(FIRST[:60].rsplit(" ", 1)[0], FIRST[len(FIRST[:60].rsplit(" ", 1)[0]) + 1 :])).text == FIRST
