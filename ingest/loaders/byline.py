"""The lines under a headline of plain text that say who wrote it and when."""

import re

from ingest.loaders.frontmatter import FrontMatter, iso_date

MAX_LINES = 3

_AND = r"(?:,|&|\band\b)"
_BY = re.compile(rf"by[: ]\s*((?:[^\W\d_][\w.'’-]*+\s*+{_AND}?+\s*+){{1,12}})", re.IGNORECASE)
"""Possessive: a word that could be cut in two would be tried in every way."""
_BETWEEN = re.compile(rf"\s*{_AND}\s*", re.IGNORECASE)
_DATE = re.compile(
    r"(?:(?:published|updated|posted)(?:\s+on)?:?\s*)?(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day,?\s+)?"
    r"(\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th)?\s+[a-z]{3,9}\.?,?\s+\d{4}|[a-z]{3,9}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4})",
    re.IGNORECASE,
)


_PLACE = re.compile(r"[A-Z][\w .'’-]{2,40}, ")


def dateline(text: str) -> str | None:
    """The day in "HOLLIN CROSS, 14 May 2026 - A retired driver ...", which stays where it is."""
    place = _PLACE.match(text)
    day = _DATE.match(text, place.end()) if place else None
    return iso_date(day[1]) if day and text[day.end() :].lstrip().startswith(("-", "–", "—")) else None


def take(text: str) -> tuple[FrontMatter, str]:
    """What the first paragraph says if it is nothing but a byline, and the text below; else all is text."""
    first, _, rest = text.partition("\n\n")
    lines = [line.strip() for line in first.split("\n")]
    if not rest or len(lines) > MAX_LINES:
        return FrontMatter(), text
    authors, dates = [_BY.fullmatch(line) for line in lines], [_DATE.fullmatch(line) for line in lines]
    if not all(by or on for by, on in zip(authors, dates, strict=True)):
        return FrontMatter(), text
    names = [name for by in authors if by for name in _BETWEEN.split(by[1].strip())]
    published = next((iso_date(on[1]) for on in dates if on), None)
    return FrontMatter(authors=tuple(filter(None, names)), published=published), rest.lstrip()
