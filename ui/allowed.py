"""What may be ingested by who is not at this machine's keyboard: web addresses, and places below allowed roots."""

import os
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
    plain = path.is_absolute() and ".." not in path.parts
    roots = [root for root in _roots(settings) if plain and _real(path).is_relative_to(root)]
    if not roots:
        raise UsageError(
            f"{source} is no web address, and lies below no folder that may be ingested from.",
            "Give an address that begins with https://; FOOTNOTE_INGEST_ROOTS names the folders.",
        )
    return Below(path, roots[0])


def again(path: Path, settings: Settings) -> Source:
    """A file that was ingested before, as long as it lies below a root. Raises UsageError."""
    root = next((root for root in _roots(settings) if _goes_below(path, root)), None)
    if root is None:
        raise UsageError(
            f"{path} lies below no folder that may be ingested from here.",
            "Ingest it on the command line, or name its folder in FOOTNOTE_INGEST_ROOTS.",
        )
    return Below(path, root)


def _goes_below(path: Path, root: Path) -> bool:
    """By the name it goes by; whether it still lies there is looked at when it is read."""
    return path.is_relative_to(root) or any(_real(above) == root for above in path.parents)


def _roots(settings: Settings) -> list[Path]:
    given = settings.ingest_roots.split(",")
    return [_real(Path(root.strip()).expanduser()) for root in given if root.strip()]


def _real(path: Path) -> Path:
    """Where it lies. `Path.resolve` would raise a RuntimeError where links lead round in a circle."""
    return Path(os.path.realpath(path))
