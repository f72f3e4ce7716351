"""Words like "yesterday" or "on Monday" mean something only beside the date of the article that says them. Pure."""

import re

_DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_SPAN = "(?:week|weekend|month|quarter|year|decade|century|night|morning|evening|season|spring|summer|autumn|winter)"
_RELATIVE = re.compile(
    rf"\b(?:yesterday|today|tonight|tomorrow|(?:last|this|next) (?:{_SPAN}|{_DAY}|{_MONTH})"
    rf"|{_DAY}(?:'s)?(?! (?:the )?\d|,? {_MONTH}|,? \d| Times| Mirror| Telegraph)"
    rf"|(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|\d+) (?:day|week|month|year)s? ago"
    r"|(?:earlier|later) (?:this|last|next) \w+)\b",
    re.IGNORECASE,
)


def relative_dates(text: str) -> list[str]:
    """Each once, as the text says it."""
    return list(dict.fromkeys(found.group() for found in _RELATIVE.finditer(text)))


def as_of(text: str, day: str) -> str:
    """ "“Monday”, “last year”: as of 4 November 2025"; "" without such words or without a day."""
    found = relative_dates(text) if day else []
    return f"{', '.join(f'“{words}”' for words in found)}: as of {day}" if found else ""
