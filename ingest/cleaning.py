"""Bytes -> text that holds what people see, and nothing else: every loader's text goes through `clean`."""

import codecs
import re
import sys
import unicodedata
from functools import cache

from qa.errors import OverLimit
from qa.sentences import language_of

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


def decode(body: bytes, declared: str = "", stated: str = "") -> str:
    """Text of `body`: by its byte order mark, as its server declared, as UTF-8, as it states itself, else by its look.

    `declared` and `stated` are names of encodings, or "". Either is passed over where it is none that the web knows or
    most of what is not ASCII breaks under it. Bytes that are good UTF-8 are that, whatever an old `<meta>` states.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    own = _encoding(stated)
    for encoding in (_encoding(declared), own if body.isascii() else "", _wide(body) or "utf-8", own):
        text = _read(body, encoding) if encoding else None
        if text is not None:
            return text
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


def _read(body: bytes, encoding: str) -> str | None:
    """`body` in `encoding`, unless more than a fourth of what is not ASCII breaks; a cut-off character costs itself."""
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        text = body.decode(encoding, errors="replace")
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return text if 4 * text.count("\ufffd") <= beyond else None


_WEB = re.compile(
    r"utf-(?:8|16(?:-[lb]e)?)|cp(?:866|874|932|949|125\d)|iso8859-\d+|koi8-[rtu]|mac-(?:cyrillic|roman)"
    r"|big5(?:hkscs)?|euc_(?:jp|kr)|gb(?:k|2312|18030)|iso2022_jp|shift_jis|ascii|tis-620"
)
_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
"""What browsers read under a name that says less (encoding.spec.whatwg.org)."""


def _encoding(name: str) -> str:
    """Python's name of an encoding that the web uses, "" for any other."""
    try:
        known = codecs.lookup(name.strip(" '\"\t").lower().removeprefix("x-")).name
    except (LookupError, ValueError):
        return ""
    return _WIDER.get(known, known) if _WEB.fullmatch(known) else ""


def _guessed(sample: bytes) -> str:
    """Windows-1252 where the bytes make Western text under it: other guesses take its few signs for other scripts."""
    from charset_normalizer import from_bytes

    if _western(sample):
        return "cp1252"
    best = from_bytes(sample).best()
    return best.encoding if best else "cp1252"


_ACCENTED = re.compile(r"[À-ÖØ-öø-ÿŒœŠšŽžŸ]")
_LETTER = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿŒœŠšŽžŸ]")
_ODD = re.compile(r"[a-zß-öø-ÿ][À-ÖØ-Þ]|[A-Za-zÀ-ÿ][¡-³µ¶¸-¿×÷ƒˆ˜‚„†‡•‰‹›€™](?=[A-Za-zÀ-ÿ])")
"""What Windows-1252 makes of Polish, Greek or a Macintosh's quotation marks: capitals and signs within words."""
_ALPHABETS = tuple(
    map(
        frozenset,
        (
            "àâæçèéêëîïôœùûüÿ",  # French
            "äöüßéà",  # German
            "áéíóúñüç",  # Spanish
            "áàâãçéêíóôõúü",  # Portuguese
            "àèéìíîòóùú",  # Italian
            "áâèéêëíîïóôöúûü",  # Dutch, Welsh
            "åäöéàü",  # Swedish, Finnish
            "æøåéèêóòôäöü",  # Danish, Norwegian
            "áéíóúýþæöð",  # Icelandic
            "àçèéíïòóúü",  # Catalan
            "áéíóúàìùòè",  # Irish, Gaelic
        ),
    )
)


def _western(sample: bytes) -> bool:
    """Whether Windows-1252 makes of the bytes what Western Europe writes: signs, few accents or one alphabet's own."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return False
    accented, letters = _ACCENTED.findall(text.lower()), len(_LETTER.findall(text))
    beyond = sum(not c.isascii() for c in text)
    if 2 * beyond > len(text) or 3 * len(accented) > letters or 10 * len(_ODD.findall(text)) > beyond:
        return False
    few = 100 * len(accented) <= letters
    return few or any(alphabet.issuperset(accented) for alphabet in _ALPHABETS) or bool(language_of(text))
