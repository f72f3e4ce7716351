"""`footnote doctor`: the installation, the settings and the library, each finding with its remedy."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from qa.domain import Finding
from qa.errors import FootnoteError, LibraryNotFound
from qa.settings import Settings

LEAST_FREE_MB = 500


def examine(settings: Settings) -> list[Finding]:
    """Everything that can be wrong before a question is asked, in the order in which it would be met."""
    return [finding for look in (_python, _full_text, _model, _disk, _library, _network) for finding in look(settings)]


Look = Callable[[Settings], Iterator[Finding]]


def _python(settings: Settings) -> Iterator[Finding]:  # noqa: ARG001
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding("python", "ok", f"Python {version}")


def _full_text(settings: Settings) -> Iterator[Finding]:  # noqa: ARG001
    try:
        sqlite3.connect(":memory:").execute("CREATE VIRTUAL TABLE probe USING fts5(body)")
        yield Finding("full text", "ok", f"SQLite {sqlite3.sqlite_version} with FTS5")
    except sqlite3.OperationalError:
        yield Finding("full text", "error", "This Python's SQLite has no FTS5.", "Install Python from python.org.")


def _model(settings: Settings) -> Iterator[Finding]:
    from qa.bootstrap import make_embedder

    try:
        stamp = make_embedder(settings).stamp
        yield Finding("embedding model", "ok", f"{stamp.model}, {stamp.dimension} dimensions")
    except FootnoteError as error:
        yield Finding("embedding model", "error", error.message, error.remedy)


def _disk(settings: Settings) -> Iterator[Finding]:
    place = next(folder for folder in (settings.library, *settings.library.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free // 1_000_000
    if not os.access(place, os.W_OK):
        yield Finding("disk", "error", f"{place} cannot be written.", "Change its permissions or FOOTNOTE_LIBRARY.")
    elif free < LEAST_FREE_MB:
        yield Finding("disk", "warning", f"{free:,} MB free at {place}.", "Make room before you ingest more.")
    else:
        yield Finding("disk", "ok", f"{free:,} MB free at {place}")


def _library(settings: Settings) -> Iterator[Finding]:
    from qa.library import Library

    from qa.bootstrap import make_embedder

    folder: Path = settings.library
    try:
        with Library.open(folder, make_embedder(settings).stamp, index=settings.index, create=False) as library:
            yield Finding("library", "ok", f"{library.stats().articles:,} articles in {folder}")
            yield from library.check()
    except LibraryNotFound as error:
        yield Finding("library", "warning", error.message, "Make one with footnote ingest FOLDER.")
    except FootnoteError as error:
        yield Finding("library", "error", error.message, error.remedy)


def _network(settings: Settings) -> Iterator[Finding]:
    if settings.host in ("127.0.0.1", "localhost", "::1"):
        yield Finding("network", "ok", f"The page answers on {settings.host} only")
    else:
        yield Finding(
            "network", "warning", f"The page would answer on {settings.host}.", "Put it behind a proxy with sign-in."
        )
