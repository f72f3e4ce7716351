"""What may be ingested by who is not at this machine's keyboard: web addresses, and places below allowed roots."""

from pathlib import Path

from ingest.sources import Below, Source, is_url
from qa.errors import UsageError
from qa.settings import Settings

LONGEST = 2_000
"""Characters of a source."""


def named(source: str, settings: Settings) -> Source:
    """The source that was meant. Raises UsageError where it may not be ingested from here."""
    source = source.strip()
    if not source or len(source) > LONGEST or not source.isprintable():
        raise UsageError("That is no address.", "Give one that begins with https://")
    if is_url(source):
        return source
    path = Path(source)
    roots = [root for root in _roots(settings) if path.is_absolute() and path.resolve().is_relative_to(root)]
    if not roots:
        raise UsageError(
            f"{source} is no web address, and lies below no folder that may be ingested from.",
            "Give an address that begins with https://; FOOTNOTE_INGEST_ROOTS names the folders.",
        )
    return Below(path, roots[0])


def _roots(settings: Settings) -> list[Path]:
    given = settings.ingest_roots.split(",")
    return [Path(root.strip()).expanduser().resolve() for root in given if root.strip()]
