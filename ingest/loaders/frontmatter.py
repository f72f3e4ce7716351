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


def _mapping(block: str) -> dict[str, Any]:
    """The block's top level; {} where it is no YAML mapping or uses anchors, which can blow up."""
    import yaml

    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(block, Loader=yaml.SafeLoader)):
            return {}
        loaded = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return {str(key).lower(): value for key, value in loaded.items()} if isinstance(loaded, dict) else {}


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
    found = (one_line(str(fields[name])) for name in names if isinstance(fields.get(name), str | int | float))
    return next(found, "")


def _names(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list) else str(value).split(";") if isinstance(value, str) else []
    return tuple(name for name in (one_line(str(v)) for v in values) if name)


def iso_date(value: object) -> str | None:
    """ "2024-05-03" of a date, or of a string that starts with one or is one in words; else None."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str) or not any(c.isdigit() for c in value[:60]):
        return None
    return _parsed(value.strip()[:60])


def _parsed(value: str) -> str | None:
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        pass
    from dateutil import parser

    try:
        return str(parser.parse(value).date())
    except (ValueError, OverflowError):
        return None
