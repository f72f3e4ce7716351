"""Words -> what may stand in HTML. The only place that escapes: what articles, people and models say passes here."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from html import escape
from urllib.parse import unquote, urlsplit

from qa.domain import Span

WIDEST = 120
"""Characters: a text with a longer line was not broken to a width."""


def text(value: str) -> str:
    """Escaped for element and attribute alike, without characters that hide or reorder what is read."""
    return escape(visible(value), quote=True)


def tag(name: str, inner: str, **attributes: str | int) -> str:
    """An element around `inner`, which is HTML. Attributes are escaped: `cls` is class, `aria_label` aria-label."""
    given = "".join(f' {_attribute(key)}="{text(str(value))}"' for key, value in attributes.items())
    return f"<{name}{given}>{inner}</{name}>"


def button(inner: str, **attributes: str | int) -> str:
    return tag("button", inner, type="button", **attributes)


def paragraphs(whole: str) -> Iterator[Span]:
    """Where an article's paragraphs stand: between blank lines; its lines, where those are not broken to a width."""
    lines = whole.split("\n")
    broken = re.search(r"\n\s*\n", whole.strip()) and max(map(len, lines)) <= WIDEST
    start = 0
    for gap in [*re.finditer(r"\n\s*\n\s*" if broken else r"\n\s*", whole), None]:
        end = gap.start() if gap else len(whole)
        if whole[start:end].strip():
            yield Span(start, end)
        start = gap.end() if gap else end


def visible(value: str) -> str:
    """`value` as it is shown: no control, bidi, tag or zero-width characters, lone surrogates replaced."""
    if value.isascii():
        return value.translate(_CONTROLS)
    return _STRAY_JOINERS.sub("", "".join(map(_shown, value)))


def web_link(url: str) -> str:
    """`url` when it is a plain http(s) address that a browser may open, else ""."""
    if any(c.isspace() or not c.isprintable() or c in '\\"<>`' for c in url):
        return ""
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:
        return ""


def lang(language: str) -> str:
    """The lang attribute, for an ISO 639 code only."""
    return f' lang="{language}"' if re.fullmatch("[a-z]{2,3}", language) else ""


def file_name(uri: str) -> str:
    """The last part of a URI, not escaped."""
    return unquote(uri.rstrip("/").rsplit("/", 1)[-1])


def day(iso: str) -> str:
    """An ISO date as people write it; anything else as it is."""
    try:
        parsed = date.fromisoformat(iso)
    except ValueError:
        return text(iso)
    return f"{parsed.day} {parsed:%B %Y}"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def words(value: float, scale: Iterable[tuple[float, str]]) -> str:
    """The word for the step that `value` reaches; `scale` goes from high to low."""
    return next((word for least, word in scale if value >= least), "")


_CONTROLS = dict.fromkeys(code for code in (*range(32), 127) if chr(code) not in "\n\t")


def _attribute(key: str) -> str:
    return "class" if key == "cls" else key.replace("_", "-")


def _shown(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cs":
        return "\ufffd"
    hidden = category in ("Cc", "Cf") and char not in "\n\t\u200c\u200d"
    return "" if hidden or _IGNORED.match(char) else char


_IGNORED = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u2065\u3164\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]")
"""Letters and marks that are drawn as nothing, but for those that a script or an emoji needs."""


_STRAY_JOINERS = re.compile(r"(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f\u200c\u200d])")
"""Joiners that no script needs: beside ASCII, or doubled. Inside Persian, Hindi or an emoji they carry meaning."""
