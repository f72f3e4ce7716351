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
_SMALL = re.compile("al|ap|bin|d[aeiou]|das|del|della|den|der|dos|el|ibn|la|le|of|san|ten|ter|van|von|y|zu")
"""Words that a name may write small."""
_JOBS = frozenset({"correspondent", "editor", "reporter", "staff", "writer"})
_JOB_WORDS = 3
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
    authors, days = [_authors(line) for line in lines], [_day(line) for line in lines]
    if not all(by or on for by, on in zip(authors, days, strict=True)):
        return FrontMatter(), text
    names = tuple(name for by in authors for name in by)
    return FrontMatter(authors=names, published=next(filter(None, days), None)), rest.lstrip()


# --------------------------------------------------------------------------------------------------


def _authors(line: str) -> list[str]:
    """Those whom a line names that does nothing else; none where its words make a sentence."""
    found = _BY.fullmatch(line)
    if not found or (line.endswith(".") and line.rsplit(maxsplit=1)[-1].islower()):
        return []
    first, *others = filter(None, _BETWEEN.split(found[1].strip()))
    names = [first, *(other for other in others if not _is_job(other))]
    return names if all(map(_is_name, names)) else []


def _is_name(words: str) -> bool:
    """Whether no word is written small but those of names and "staff"."""
    return all(word in _JOBS or _SMALL.fullmatch(word) or not word.islower() for word in words.split())


def _is_job(words: str) -> bool:
    """ "science correspondent", after a name and a comma."""
    each = words.casefold().split()
    return each[-1] in _JOBS and len(each) <= _JOB_WORDS


def _day(line: str) -> str | None:
    found = _DATE.fullmatch(line)
    return iso_date(found[1]) if found else None
