import io
import re
import time
import zipfile
from datetime import datetime

import docx
import pytest

from ingest.loaders import load
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit, Unreadable

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def article(body: bytes) -> LoadedArticle:
    return load("docx", RawFile("file:///rate-rise.docx", body, name="rate-rise.docx"))


def saved(document: "docx.document.Document") -> bytes:
    packed = io.BytesIO()
    document.save(packed)
    return packed.getvalue()


def with_body(body: str, head: str = "") -> bytes:
    """A DOCX whose main part is this markup."""
    packed, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(saved(docx.Document())))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in source.namelist():
            main = f'<?xml version="1.0"?>{head}<w:document {W}><w:body>{body}</w:body></w:document>'
            archive.writestr(name, main if name == "word/document.xml" else source.read(name))
    return packed.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_properties_headings_and_tables() -> None:
    document = docx.Document()
    document.core_properties.title = "Rates rise"
    document.core_properties.author = "Jane Doe; John Roe"
    document.core_properties.created = datetime(2024, 5, 3)
    document.core_properties.language = "en-GB"
    document.add_heading("Rates rise", 0)
    document.add_paragraph("The bank acted.")
    document.add_heading("Why", 1)
    table = document.add_table(2, 2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ("Year", "Rate", "2023", "5.0"), strict=True):
        cell.text = text
    document.add_paragraph("It rained.", style="List Bullet")
    assert article(saved(document)) == LoadedArticle(
        "Rates rise",
        "The bank acted.\n\nWhy\n\nYear | Rate\n\n2023 | 5.0\n\nIt rained.",
        authors=("Jane Doe", "John Roe"),
        published="2024-05-03",
        language="en",
    )


def test_a_file_that_says_nothing_of_itself() -> None:
    document = docx.Document()
    document.add_paragraph("The bank acted.")
    assert article(saved(document)) == LoadedArticle("rate rise", "The bank acted.")


def test_a_file_without_properties_has_none_made_up() -> None:
    """python-docx calls such a file "Word Document"."""
    packed, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(with_body(f"<w:p>{run('The bank acted.')}</w:p>")))
    with zipfile.ZipFile(packed, "w") as archive:
        for name in source.namelist():
            if name == "_rels/.rels":
                relations = re.sub(rb"<Relationship [^>]*core-properties[^>]*/>", b"", source.read(name))
                archive.writestr(name, relations)
            elif name != "docProps/core.xml":
                archive.writestr(name, source.read(name))
    assert docx.Document(packed).core_properties.title == "Word Document"
    assert article(packed.getvalue()) == LoadedArticle("rate rise", "The bank acted.")


def test_the_first_heading_is_the_title() -> None:
    document = docx.Document()
    document.add_heading("Rates rise", 1)
    document.add_paragraph("The bank acted.")
    assert article(saved(document)) == LoadedArticle("Rates rise", "The bank acted.")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        (f"<w:p>{run('One ')}<w:ins>{run('two')}</w:ins></w:p>", "One two"),
        (f"<w:p><w:hyperlink>{run('Linked')}</w:hyperlink></w:p>", "Linked"),
        (f"<w:p>{run('One')}<w:del><w:r><w:delText>gone</w:delText></w:r></w:del></w:p>", "One"),
        (f"<w:p>{run('One')}{run('hidden', '<w:vanish/>')}</w:p>", "One"),
        (f"<w:sdt><w:sdtContent><w:p>{run('Inside')}</w:p></w:sdtContent></w:sdt>", "Inside"),
        (f"<w:p>{run('One')}<w:r><w:tab/><w:br/></w:r>{run('two')}</w:p>", "One\ntwo"),
    ],
)  # fmt: skip
def test_what_a_reader_sees(body: str, seen: str) -> None:
    assert article(with_body(body)).text == seen


def test_no_text() -> None:
    with pytest.raises(NoText, match=r"rate-rise\.docx"):
        article(saved(docx.Document()))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_document_types_are_refused(encoding: str) -> None:
    head = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    body = with_body(f"<w:p>{run('&b;')}</w:p>", head)
    if encoding == "utf-16":
        body = _recoded(body)
    with pytest.raises(Unreadable, match="document type"):
        article(body)


def _recoded(body: bytes) -> bytes:
    packed, source = io.BytesIO(), zipfile.ZipFile(io.BytesIO(body))
    with zipfile.ZipFile(packed, "w") as archive:
        for name in source.namelist():
            data = source.read(name)
            archive.writestr(name, data.decode().encode("utf-16") if name == "word/document.xml" else data)
    return packed.getvalue()


def bomb(members: int, size: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"word/{number}.xml", bytes(size))
    return packed.getvalue()


@pytest.mark.parametrize(("members", "size"), [(1, 60_000_000), (3, 40_000_000), (200, 1_000_000)])
def test_bombs_are_refused_at_once(members: int, size: int) -> None:
    body = bomb(members, size)
    started = time.monotonic()
    with pytest.raises(OverLimit, match="unpacks to"):
        article(body)
    assert time.monotonic() - started < 1


def test_too_many_parts_are_said_to_be_that() -> None:
    with pytest.raises(OverLimit, match="2,001 parts, more than 2,000"):
        article(bomb(2_001, 1))


@pytest.mark.parametrize("body", [b"PK\x03\x04word/document", b"PK\x03\x04", saved(docx.Document())[:3_000]])
def test_broken_archives(body: bytes) -> None:
    with pytest.raises(Unreadable, match="broken archive"):
        article(body)
