"""`footnote doctor`: the installation, the settings and the library, each finding with its remedy."""

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

from qa.domain import Finding
from qa.embedder import Embedder, EmbeddingStamp
from qa.errors import FootnoteError, LibraryNotFound, ModelError
from qa.settings import Settings

LEAST_FREE_MB = 500


def examine(settings: Settings, make: Callable[[Settings], Embedder] | None = None) -> list[Finding]:
    """Everything that can be wrong before a question is asked, in the order in which it would be met.

    `make` loads the embedding model; raises ModelError.
    """
    stamp, model = _model(settings, make)
    return [_python(), _full_text(), model, _disk(settings), *_library(settings, stamp), _network(settings)]


def _python() -> Finding:
    return Finding("python", "ok", f"Python {'.'.join(map(str, sys.version_info[:3]))}")


def _full_text() -> Finding:
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(body)")
    except sqlite3.OperationalError:
        return Finding("full text", "error", "This Python's SQLite has no FTS5.", "Install Python from python.org.")
    return Finding("full text", "ok", f"SQLite {sqlite3.sqlite_version} with FTS5")


def _model(settings: Settings, make: Callable[[Settings], Embedder] | None) -> tuple[EmbeddingStamp | None, Finding]:
    from qa.bootstrap import make_embedder

    try:
        stamp = (make or make_embedder)(settings).stamp
    except ModelError as error:
        return None, Finding("embedding model", "error", error.message, error.remedy)
    return stamp, Finding("embedding model", "ok", f"{stamp.model}, {stamp.dimension} dimensions")


def _disk(settings: Settings) -> Finding:
    place = next(folder for folder in (settings.library, *settings.library.absolute().parents) if folder.exists())
    free = shutil.disk_usage(place).free // 1_000_000
    if not os.access(place, os.W_OK):
        return Finding("disk", "error", f"{place} cannot be written.", "Change its permissions or FOOTNOTE_LIBRARY.")
    if free < LEAST_FREE_MB:
        return Finding("disk", "warning", f"{free:,} MB free at {place}.", "Make room before you ingest more.")
    return Finding("disk", "ok", f"{free:,} MB free at {place}")


def _library(settings: Settings, stamp: EmbeddingStamp | None) -> Iterator[Finding]:
    """Without a model the library is looked into all the same."""
    from qa.library import Library

    folder: Path = settings.library
    try:
        with Library.open(folder, stamp, index=settings.index, create=False) as library:
            yield Finding("library", "ok", f"{library.stats().articles:,} articles in {folder}")
            yield from library.check()
    except LibraryNotFound as error:
        yield Finding("library", "warning", error.message, "Make one with footnote ingest FOLDER.")
    except FootnoteError as error:
        yield Finding("library", "error", error.message, error.remedy)


def _network(settings: Settings) -> Finding:
    if settings.host in ("127.0.0.1", "localhost", "::1"):
        return Finding("network", "ok", f"The page answers on {settings.host} only")
    return Finding(
        "network", "warning", f"The page would answer on {settings.host}.", "Put it behind a proxy with sign-in."
    )
