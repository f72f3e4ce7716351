"""The lines between two `---` at the top of a file: YAML that says who wrote it and when."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from ingest.cleaning import one_line

MAX_CHARACTERS = 5_000
MAX_BRACKETS = 50
"""Deep nesting takes YAML seconds; front matter is short and flat."""

_BRACKETS = re.compile(r"[\[{]|- -")
_BLOCK = re.compile(r"---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What was said, as far as it makes sense; the fields of LoadedArticle."""

    title: str = ""
    publisher: str = ""
    authors: tuple[str, ...] = ()
    published: str | None = None
    language: str = ""
    url: str = ""


def take(text: str) -> tuple[FrontMatter, str]:
    """Front matter and the text after it; what is no front matter stays text."""
    found = _BLOCK.match(text)
    if not found or len(found[1]) > MAX_CHARACTERS or len(_BRACKETS.findall(found[1])) > MAX_BRACKETS:
        return FrontMatter(), text
    fields = _mapping(found[1])
    return (_front(fields), text[found.end() :].lstrip()) if fields else (FrontMatter(), text)


# --------------------------------------------------------------------------------------------------


_TAG = re.compile(r"!|tag:yaml\.org,2002:[a-z]+")
"""Of YAML's own types. Whatever they say, values are read as strings."""
_NULL = ("", "~", "null", "Null", "NULL")
_NOBODY = frozenset({"null", "true", "false"})


def _mapping(block: str) -> dict[str, Any]:
    """The block's top level, of strings, lists, mappings and None.

    {} where it is no YAML mapping, uses anchors, which can blow up, or types that are not YAML's own.
    """
    import yaml

    try:
        events = list(yaml.parse(block, Loader=yaml.BaseLoader))
        if any(isinstance(event, yaml.AliasEvent) or _foreign(event) for event in events):
            return {}
        loaded = yaml.load(block, Loader=yaml.BaseLoader)  # noqa: S506  # nosec B506 # it makes strings alone
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(loaded, dict):
        return {}
    return {str(key).lower(): None if value in _NULL else value for key, value in loaded.items()}


def _foreign(event: Any) -> bool:
    return not _TAG.fullmatch(getattr(event, "tag", None) or "!")


def _front(fields: dict[str, Any]) -> FrontMatter:
    url = _first(fields, "url", "link", "canonical_url", "source_url")
    return FrontMatter(
        title=_first(fields, "title", "headline"),
        publisher=_first(fields, "publisher", "source", "site", "outlet"),
        authors=_names(fields.get("authors", fields.get("author", fields.get("by")))),
        published=iso_date(fields.get("published", fields.get("date", fields.get("pubdate")))),
        language=_first(fields, "language", "lang")[:2].lower(),
        url=url if url.startswith(("http://", "https://")) else "",
    )


def _first(fields: dict[str, Any], *names: str) -> str:
    found = (one_line(fields[name]) for name in names if isinstance(fields.get(name), str))
    return next(found, "")


def _names(value: object) -> tuple[str, ...]:
    """A list's, or those that semicolons separate; a number or a yes or no is nobody."""
    values = value if isinstance(value, list) else value.split(";") if isinstance(value, str) else []
    names = (one_line(value) for value in values if isinstance(value, str))
    return tuple(name for name in names if any(map(str.isalpha, name)) and name.casefold() not in _NOBODY)


def iso_date(value: object) -> str | None:
    """ "2024-05-03" of a string that starts with a date or is one in words; else None."""
    if not isinstance(value, str) or not any(c.isdigit() for c in value[:60]):
        return None
    return _parsed(value.strip()[:60])


_OTHERS = (datetime(2000, 1, 1), datetime(2001, 2, 2))
"""What fills the parts that a date leaves out; nothing of them is the same."""


_DIGITS = re.compile(r"(?:[^\W\d_]+\.?,?\s+)?(\d{1,2})([./-])(\d{1,2})\2(?:\d{4}|\d{1,2})(?!\d)")


def _parsed(value: str) -> str | None:
    """None for part of a date ("May 2024"), and for digits that could be anything: "240503", "3/5/2024".

    With full stops the day comes first, everywhere.
    """
    if value.isdigit() and len(value) != len("20240503"):
        return None
    digits = _DIGITS.match(value)
    dotted = digits is not None and digits[2] == "."
    if digits and _is_unclear(int(digits[1]), int(digits[3]), dotted):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        pass
    from dateutil import parser

    try:
        one, other = (parser.parse(value, default=default, dayfirst=dotted).date() for default in _OTHERS)
    except (ValueError, OverflowError):
        return None
    return one.isoformat() if one == other else None


def _is_unclear(first: int, second: int, dotted: bool) -> bool:
    """Whether day and month cannot be told apart; with full stops, whether the second is no month."""
    return second > 12 if dotted else first <= 12 and second <= 12 and first != second
