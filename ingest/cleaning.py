"""Bytes -> text that holds what people see, and nothing else: every loader's text goes through `clean`."""

import re
import sys
import unicodedata
from functools import cache

from qa.errors import OverLimit

SAMPLE_BYTES = 200_000
MAX_CHARACTERS = 5_000_000
"""Of one article: a long book. More is an archive, and one article's footnotes would all look alike."""

_JOINERS = "\u200c\u200d"
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


def decode(body: bytes) -> str:
    """Text of `body`: by its byte order mark, as UTF-8, else as whatever it most looks like."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    try:
        return body.decode(_wide(body) or "utf-8")
    except UnicodeDecodeError:
        return body.decode(_guessed(body[:SAMPLE_BYTES]), errors="replace")


def looks_binary(head: bytes) -> bool:
    """Whether a file's first bytes hold more control characters than any text does."""
    if not head or head.startswith(tuple(mark for mark, _ in _BOMS)) or _wide(head):
        return False
    return len(_CONTROL_BYTES.findall(head)) > len(head) // 50


def clean(text: str, name: str = "The text") -> str:
    """`text` without control, tag, bidi and zero-width characters, lines ended one way, blank ones single.

    Joiners that shape a word stay. Raises OverLimit beyond MAX_CHARACTERS.
    """
    text = text.replace("\r\n", "\n").replace("\x0b", "\n").replace("\x0c", "\n")
    text = text.translate(_unseen()) if not text.isascii() or _CONTROL.search(text) else text
    text = _TRAILING.sub("\n", text)
    text = _BLANK_LINES.sub("\n\n", text).strip()
    if len(text) > MAX_CHARACTERS:
        raise OverLimit(f"{name} holds more than {MAX_CHARACTERS:,} characters.", "Split it into articles.")
    return text


def one_line(text: str) -> str:
    """For titles, names and the like: cleaned, every run of white space a single space."""
    return " ".join(text.translate(_unseen()).split())


# --------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\r]")
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_TRAILING = re.compile(r"(?<![^\S\n])[^\S\n]++\n")
_BLANK_LINES = re.compile(r"\n{3,}")


@cache
def _unseen() -> dict[int, str | None]:
    """For str.translate: what is dropped (None) and what becomes plain white space."""
    table: dict[int, str | None] = {
        code: None
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs", "Co") and chr(code) not in _JOINERS + "\n\t"
    }
    spaces = [code for code in range(128, 0x3001) if unicodedata.category(chr(code)) == "Zs"]
    return table | dict.fromkeys(spaces, " ") | dict.fromkeys(map(ord, "\r\x85\u2028\u2029"), "\n")


def _wide(body: bytes) -> str:
    """UTF-16 without a mark, told by where its zero bytes are: "" where it is not."""
    sample = body[:2_000]
    half = len(sample) // 2
    if half and len(body) % 2 == 0:
        if sample[1::2].count(0) > 0.4 * half and sample[::2].count(0) < 0.05 * half:
            return "utf-16-le"
        if sample[::2].count(0) > 0.4 * half and sample[1::2].count(0) < 0.05 * half:
            return "utf-16-be"
    return ""


def _guessed(sample: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"
