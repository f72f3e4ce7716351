"""Two sentences of two articles -> the figures in which they differ, where that can be seen from the words. Pure.

Said only where it is plain: one sentence names the other's figure and another in its place ("£38m, not the £52m",
"from 60 to 24"), or both are nearly the same words about the same names with another figure. Figures are compared as
values with their unit; dates, years, times and scores are none. Both articles must say when they were published: it is
for the reader to see which is newer.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from qa import terms
from qa.domain import Difference, Evidence, Said
from qa.features import stems
from qa.support import figures_at, names_of

SHARED = 2
"""Words that a sentence must share with the one whose figure it names."""
ALIKE = 0.5
"""Share of words in common from which two sentences are about the same."""
FEWEST = 4
"""Words in common that this must be, at least."""
ROUNDED = 0.05
"""Figures nearer than this are the same one, rounded."""
DAYS = 60
"""Between two articles that say the same of something with another figure; later it may have changed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure where it stands. `unit` is a currency's sign, "%", a stem, or "" where none is to be seen."""

    written: str
    value: float
    unit: str
    start: int
    end: int


def difference(first: Evidence, second: Evidence) -> tuple[str, str] | None:
    """The figures of both, as written, where they differ about the same; None where that is not plain."""
    if first.article.article_id == second.article.article_id or _near_copies(first, second):
        return None
    ours, theirs = list(figures(first.quote)), list(figures(second.quote))
    if named := _named(first.quote, ours, second.quote, theirs):
        return named
    if named := _named(second.quote, theirs, first.quote, ours):
        return named[1], named[0]
    return _same_but_figure(first, ours, second, theirs)


def dated(first: Evidence, second: Evidence) -> bool:
    return bool(_day(first) and _day(second))


def newest_first(first: Evidence, second: Evidence) -> bool:
    """Whether `first` is not the older of the two."""
    return (_day(first) or date.min) >= (_day(second) or date.min)


def sentence(found: Difference) -> str:
    """ "Two articles differ: £38m [1] (6 November 2025), £52m [2] (4 November 2025)." """
    return f"Two articles differ: {_told(found.newer)}, {_told(found.older)}."


def figures(text: str) -> Iterator[Figure]:
    """Every figure that counts or measures something."""
    for where, value in figures_at(text):
        start, end = where.start, where.end
        sign = text[start - 1] if start and text[start - 1] in "£$€¥" else ""
        if sign or not _no_amount(text, start, end, value):
            yield Figure(sign + where.of(text), value, sign or _unit(text[end:]), start - len(sign), end)


# ----------------------------------------------------------------------------------------------------------------

_MONTH = "(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_BEFORE_DATE = re.compile(rf"\b{_MONTH}\s*$", re.IGNORECASE)
_AFTER_DATE = re.compile(
    rf"\s*(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH}\b|\s*(?:am|pm|a\.m|p\.m|gmt|bst)\b|st|nd|rd|th", re.I
)
_JOINED = "-–—/:.,"
_PERCENT = re.compile(r"\s*(?:%|per ?cent|percentage points?)", re.IGNORECASE)
_COUNTED = re.compile(r"\s+([^\W\d_]{3,})")
_NAMING = re.compile(r"\b(?:not|rather than|instead of|as opposed to|under|above|below|over|short of) the $")
_CHANGE = re.compile(
    r"\b(?:cut|cuts|cutting|reduce[sd]?|lower(?:s|ed)?|raise[sd]?|revise[sd]?|change[sd]?|down|up)\b"
    r"[^.;:]{0,60}?\bfrom $"
)
_NUMBER_OR_WORD = re.compile(r"\w")


def _named(named: str, ours: Sequence[Figure], naming: str, theirs: Sequence[Figure]) -> tuple[str, str] | None:
    """(its figure, the naming one's), where the sentence `naming` puts another figure in the place of this one's."""
    if len(_subject(named) & _subject(naming)) < SHARED:
        return None
    for theirs_of_ours in theirs:
        known = [figure for figure in ours if _equal(figure, theirs_of_ours)]
        own = _instead(naming, theirs_of_ours, theirs) if known else None
        if own and not _equal(own, known[0]) and own.value not in {figure.value for figure in ours}:
            return known[0].written, own.written
    return None


def _instead(text: str, other: Figure, figures: Sequence[Figure]) -> Figure | None:
    """The figure that the text puts in the place of `other`."""
    before, at = text[: other.start], figures.index(other)
    if _CHANGE.search(before):
        after = figures[at + 1] if at + 1 < len(figures) else None
        return after if after and text[other.end : after.start].strip() == "to" else None
    cue = _NAMING.search(before)
    if not cue or not at:
        return None
    own = figures[at - 1]
    apart = _NUMBER_OR_WORD.search(text[own.end : cue.start()]) or text[own.end : cue.start()].strip(" ")
    return own if apart and _same_unit(own, other) else None


def _same_but_figure(
    first: Evidence, ours: Sequence[Figure], second: Evidence, theirs: Sequence[Figure]
) -> tuple[str, str] | None:
    if len(ours) != 1 or len(theirs) != 1 or not _about_then(first, second):
        return None
    one, other = ours[0], theirs[0]
    if not one.unit or one.unit != other.unit or _rounded(one, other):
        return None
    left, right = _subject(first.quote), _subject(second.quote)
    alike = len(left & right) >= FEWEST and terms.overlap(left, right) >= ALIKE
    same_names = set(names_of(first.quote)) == set(names_of(second.quote))
    return (one.written, other.written) if alike and same_names else None


def _near_copies(first: Evidence, second: Evidence) -> bool:
    return terms.words(first.quote) == terms.words(second.quote)


def _about_then(first: Evidence, second: Evidence) -> bool:
    one, other = _day(first), _day(second)
    return one is None or other is None or abs((one - other).days) <= DAYS


def _subject(text: str) -> frozenset[str]:
    return stems(word for word in terms.weighty(text) if not any(c.isdigit() for c in word))


def _no_amount(text: str, start: int, end: int, value: float) -> bool:
    """Whether it is a part of a date, a time, a score, a range or a name rather than an amount."""
    joined = (start and text[start - 1] in _JOINED) or (
        text[end : end + 1] in _JOINED and text[end + 1 : end + 2].isdigit()
    )
    hyphened = text[end : end + 1] in "-–" and text[end + 1 : end + 2].isalnum()
    year = text[start:end].isdigit() and 1800 <= value <= 2100 and not _PERCENT.match(text[end:])
    date_like = _BEFORE_DATE.search(text[:start]) or _AFTER_DATE.match(text[end:])
    return bool(joined or hyphened or year or date_like)


def _unit(after: str) -> str:
    if _PERCENT.match(after):
        return "%"
    counted = _COUNTED.match(after)
    return next(iter(stems(terms.weighty(counted.group(1)))), "") if counted else ""


def _equal(one: Figure, other: Figure) -> bool:
    return abs(one.value - other.value) <= 1e-9 * max(one.value, other.value) and _same_unit(one, other)


def _same_unit(one: Figure, other: Figure) -> bool:
    """Whether both may be of one unit: signs must be the same, words may be left out."""
    signs = {unit for unit in (one.unit, other.unit) if unit[:1] in tuple("£$€¥%")}
    return len({one.unit, other.unit}) == 1 if signs else True


def _rounded(one: Figure, other: Figure) -> bool:
    return abs(one.value - other.value) <= ROUNDED * max(one.value, other.value)


def _day(item: Evidence) -> date | None:
    try:
        return date.fromisoformat(item.article.published or "")
    except ValueError:
        return None


def _told(said: Said) -> str:
    day = date.fromisoformat(said.published)
    return f"{said.figure} [{said.number}] ({day.day} {day:%B %Y})"
