import io
import zipfile

import pytest

from ingest.loaders import kind_of
from ingest.sources import RawFile
from qa.errors import UnsupportedMedia


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "kind"),
    [
        ("a.txt", b"Plain words.", "text"),
        ("a", b"Plain words.", "text"),
        ("", b"", "text"),
        ("Mr. Smith goes", b"Plain words.", "text"),
        ("a.txt", b"5 < 6, he said.", "text"),
        ("a.txt", "Naïve café".encode("latin-1"), "text"),
        ("a.txt", "Words".encode("utf-16"), "text"),
        ("a.txt", "Words and more".encode("utf-16-le"), "text"),
        ("a.md", b"# Title", "markdown"),
        ("a.md", b"<div>words</div>", "markdown"),
        ("a.txt", b"%PDF-1.7 ...", "pdf"),
        ("a.pdf", b"\n\njunk %PDF-1.3", "pdf"),
        ("a.txt", zipped("word/document.xml"), "docx"),
        ("a.bin", b"<!DOCTYPE html><p>x", "html"),
        ("a.txt", b"\xef\xbb\xbf  <!-- c --><HTML><body>", "html"),
        ("a.htm", b"no tags at all", "html"),
        ("a.xhtml", b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "x" "y"><html>', "html"),
        ("a.html", "<html>".encode("utf-16"), "html"),
        ("a.xml", b'<?xml version="1.0"?><rss version="2.0">', "feed"),
        ("a.html", b'<?xml version="1.0"?>\n<!-- c -->\n<feed xmlns="x">', "feed"),
        ("a", b"<rdf:RDF>", "feed"),
    ],
)
def test_the_first_bytes_decide(name: str, body: bytes, kind: str) -> None:
    assert kind_of(RawFile("file:///x", body, name=name)) == kind


@pytest.mark.parametrize(
    ("media_type", "body", "kind"),
    [
        ("text/html", b"words", "html"),
        ("text/plain", b"words", "text"),
        ("text/markdown", b"words", "markdown"),
        ("text/plain", b"%PDF-1.4", "pdf"),
        ("application/pdf", b"<html>an error page", "html"),
    ],
)
def test_the_server_is_believed_only_where_the_bytes_leave_it_open(media_type: str, body: bytes, kind: str) -> None:
    assert kind_of(RawFile("https://x", body, media_type)) == kind


@pytest.mark.parametrize(
    ("name", "body", "what"),
    [
        ("a.txt", b"MZ\x90\x00", "a Windows program"),
        ("a.pdf", b"\x89PNG\r\n", "a PNG image"),
        ("a.txt", b"\x7fELF", "a program"),
        ("a.docx", zipped("xl/workbook.xml"), "a zip archive"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Word"),
        ("a.txt", b"\x00\x01\x02\x03\x04 binary", "not text"),
        ("a.py", b"import os", "text/x-python"),
        ("a.json", b"{}", "application/json"),
        ("a.xml", b'<?xml version="1.0"?><invoice/>', "XML"),
    ],
)
def test_what_is_refused_is_named(name: str, body: bytes, what: str) -> None:
    with pytest.raises(UnsupportedMedia, match=what) as refused:
        kind_of(RawFile("file:///x", body, name=name))
    assert name in refused.value.message
    assert "DOCX" in refused.value.remedy
