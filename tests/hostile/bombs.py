"""Files that are made to be too much, or to be something else than their name says. The same ones every time."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.sources import RawFile

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
WORDS = "The bank raised its rate on Tuesday. It said that it might do so again."
RSS = '<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>T</title>{items}</channel></rss>'
SHOWN = b"BT /F1 9 Tf (The bank acted.) Tj ET"


@dataclass(frozen=True, slots=True)
class Bomb:
    name: str
    body: bytes

    @property
    def raw(self) -> RawFile:
        return RawFile(f"file:///{self.name}", self.body, name=self.name)


def quick() -> Iterator[Bomb]:
    """Those that take a moment to make and to refuse: first the small ones."""
    yield Bomb("doctype.docx", docx(f"<!DOCTYPE x [{_laughs()}]>", "&i;"))
    yield Bomb("nested.docx", docx("", "<w:sdt><w:sdtContent>" * 5_000))
    yield Bomb("lies.docx", _lying(zipped({"word/document.xml": bytes(5_000_000)})))
    yield Bomb("loop.pdf", pdf(kids="2 0 R"))
    yield Bomb("count.pdf", pdf(count=10**9))
    yield Bomb("deep.pdf", pdf(content=b"[" * 50_000))
    yield Bomb("cut.pdf", pdf()[:200])
    outside = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'
    yield Bomb("outside.xml", RSS.format(head=outside, items=_item("&i;")).encode())
    yield Bomb("path.xml", b"/etc/hostname")
    yield Bomb("deep.xml", RSS.format(head="", items="<item>" * 5_000).encode())
    yield Bomb("deep.html", b"<html><body>" + b"<div>" * 100_000 + WORDS.encode())
    yield Bomb("attributes.html", b"<html><p " + b"a=b " * 200_000 + b">" + WORDS.encode())
    yield from encodings()
    yield Bomb("ratio.docx", zipped({"word/document.xml": bytes(60_000_000)}))
    yield Bomb("sum.docx", zipped({f"word/document{n}.xml": bytes(2_000_000) for n in range(20)}))
    yield Bomb("members.docx", zipped({f"word/document{n}.xml": b"" for n in range(3_000)}))
    yield Bomb("zip-in-zip.docx", zipped({"word/document.xml": zipped({"a": zipped({"b": bytes(9_000_000)})})}))
    yield Bomb("laughs.xml", RSS.format(head=f"<!DOCTYPE x [{_laughs()}]>", items=_item("&i;")).encode())
    yield Bomb("long.html", b"<html><p>" + b"x" * 11_000_000)


def heavy() -> Iterator[Bomb]:
    """Those that take the loaders' whole time or memory."""
    yield Bomb("flate.pdf", pdf(content=bytes(1_000_000_000)))
    yield Bomb("shared.pdf", pdf(content=b"BT /F1 9 Tf (words) Tj ET\n" * 300_000, pages=40))
    yield Bomb("operators.pdf", pdf(content=b"q Q " * 3_000_000))
    yield Bomb("items.xml", RSS.format(head="", items=_item(WORDS) * 100_000).encode())
    paragraph = f"<w:p><w:r><w:t>{WORDS}</w:t></w:r></w:p>"
    yield Bomb("paragraphs.docx", docx("", paragraph * 80_000, zipfile.ZIP_STORED))
    yield Bomb("divs.html", b"<html><body>" + b"<div>" * 900_000 + WORDS.encode())


def encodings() -> Iterator[Bomb]:
    text = "Grüße aus Köln. " * 20
    for mark, body in {
        "utf-8-cut": text.encode()[:-3] + b"\xc3",
        "utf-16-cut": text.encode("utf-16")[:-1],
        "utf-8-as-16": b"\xff\xfe" + text.encode(),
        "utf-16-as-8": b"\xef\xbb\xbf" + text.encode("utf-16-le"),
        "utf-32-cut": text.encode("utf-32")[:-2],
        "nul": text.replace(" ", "\0 ").encode(),
        "surrogates": b"\xed\xa0\x80 words " * 20,
        "latin-1": text.encode("latin-1"),
        "overlong": b"\xc0\xaf words " * 20,
        "only-mark": b"\xff\xfe",
    }.items():
        for suffix in ("txt", "md", "html"):
            yield Bomb(f"{mark}.{suffix}", body)


def mislabelled() -> Iterator[tuple[str, Bomb]]:
    """What each of a hundred files really is, and the file under ten names."""
    real = {
        "pdf": pdf(),
        "docx": docx("", f"<w:p><w:r><w:t>{WORDS}</w:t></w:r></w:p>"),
        "html": f"<!doctype html><title>T</title><article><p>{WORDS}</p></article>".encode(),
        "feed": RSS.format(head="", items=_item(WORDS)).encode(),
        "a PNG image": b"\x89PNG\r\n\x1a\n" + bytes(50),
        "a Windows program": b"MZ\x90\x00" + bytes(50),
        "a program": b"\x7fELF" + bytes(50),
        "a gzip archive": b"\x1f\x8b" + bytes(50),
        "a zip archive": zipped({"a.txt": b"words"}),
        "an old Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50),
    }
    for what, body in real.items():
        for suffix in ("txt", "md", "html", "pdf", "docx", "xml", "rss", "png", "exe", "json"):
            yield what, Bomb(f"file.{suffix}", body)


def zipped(parts: dict[str, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", packing, compresslevel=1) as archive:
        for name, body in parts.items():
            archive.writestr(zipfile.ZipInfo(name), body, packing)
    return packed.getvalue()


def docx(head: str, body: str, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    import docx as library

    made = io.BytesIO()
    library.Document().save(made)
    with zipfile.ZipFile(made) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    main = f'<?xml version="1.0"?>{head}<w:document {W}><w:body>{body}</w:body></w:document>'
    return zipped(parts | {"word/document.xml": main.encode()}, packing)


def pdf(
    content: bytes = b"BT /F1 9 Tf (The bank acted.) Tj ET", pages: int = 1, kids: str = "", count: int = 0
) -> bytes:
    """Pages that all share one compressed stream."""
    stream = zlib.compress(content, 1)
    named = " ".join(f"{4 + n} 0 R" for n in range(pages))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 3 0 R/Resources<</Font<</F1<</Type/Font"
    page += b"/Subtype/Type1/BaseFont/Helvetica>>>>>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids or named}]/Count {count or pages}>>".encode(),
        b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        *[page] * pages,
    ]
    made = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return made + end % (size, table, size, len(made))


# --------------------------------------------------------------------------------------------------


def _item(text: str) -> str:
    return f"<item><title>{text}</title><link>https://a.test/{len(text)}</link><description>{text}</description></item>"


def _laughs() -> str:
    """Nine doublings by ten."""
    levels = "".join(f'<!ENTITY {chr(ord(c) + 1)} "{f"&{c};" * 10}">' for c in "abcdefgh")
    return f'<!ENTITY a "ha">{levels}'


def _lying(archive: bytes) -> bytes:
    """The central directory says that the first member unpacks to ten bytes."""
    at = archive.index(b"PK\x01\x02") + 24
    return archive[:at] + struct.pack("<I", 10) + archive[at + 4 :]
