"""`footnote doctor`: the installation, the settings and the library, each finding with its remedy."""

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from qa.confidence import Confidence
from qa.domain import Finding, RankedPassage, Reading, Vector
from qa.embedder import Embedder, EmbeddingStamp
from qa.errors import ChatFailed, FootnoteError, LibraryNotFound, ModelError, SettingsError
from qa.generator import ChatGenerator
from qa.prompt import Prompt
from qa.settings import Settings
from ui.caller import loopback
from ui.plain import printable

LEAST_FREE_MB = 500
_USERS = "Make users (footnote users add NAME, FOOTNOTE_USERS=FILE), or leave FOOTNOTE_HOST at 127.0.0.1."
_ON_PURPOSE = "To open it on purpose: footnote serve --open-to-everyone, or FOOTNOTE_OPEN_TO_EVERYONE=true."


def examine(
    settings: Settings, make: Callable[[Settings], Embedder] | None = None, *, chat: bool = False
) -> list[Finding]:
    """Everything that can be wrong before a question is asked, in the order in which it would be met.

    `make` loads the embedding model; raises ModelError. `chat`: the chat model is asked for a word.
    """
    stamp, model = _model(settings, make)
    before = [_python(), _full_text(), model, _disk(settings)]
    return [*before, *_library(settings, stamp), _reader(settings), *_chat(settings, chat), _network(settings)]


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


class _Unasked:
    """Stands where similarity would be read, so that a reader can be loaded without a library."""

    def read(self, question: str, vector: Vector, passages: Sequence[RankedPassage]) -> list[Reading]:  # noqa: ARG002
        return []


def _reader(settings: Settings) -> Finding:
    """It is loaded, with what its confidence is computed from."""
    from qa.bootstrap import FIT_AGAIN, STALE, calibration, calibration_beside, reader_beside, reader_file

    weighed, beside = calibration(settings), calibration_beside(settings)
    try:
        reader_beside(_Unasked(), settings)
        Confidence.load(weighed)
    except ModelError as error:
        return Finding("reader", "error", error.message, error.remedy)
    if weighed != beside and beside.exists():
        return Finding("reader", "warning", STALE.format(beside), FIT_AGAIN)
    return Finding("reader", "ok", f"{reader_file(settings) or 'similarity alone'}, calibrated by {weighed.name}")


def _chat(settings: Settings, asked: bool) -> Iterator[Finding]:
    """Nothing is sent, and nothing said, unless a chat model is set; it is asked on request only."""
    name = settings.chat_model
    if not name:
        if asked:
            yield Finding("chat model", "warning", "None is set.", "Set FOOTNOTE_CHAT_MODEL.")
        return
    if not asked:
        yield Finding("chat model", "ok", f"{name} is set; footnote doctor --chat asks it")
        return
    started = time.monotonic()
    try:
        words = "".join(ChatGenerator(settings).stream(Prompt("Answer in one word.", "Are you there?", ())))
    except ChatFailed as failed:
        yield Finding("chat model", "error", failed.message, failed.remedy)
    else:
        seconds = time.monotonic() - started
        yield Finding("chat model", "ok", f"{name} answered {printable(words[:40])!r} after {seconds:.1f} seconds")


def _network(settings: Settings) -> Finding:
    """What `footnote serve` would make of it."""
    host = settings.host
    if settings.users:
        return _signing_in(settings.users, host)
    if loopback(host):
        return Finding("network", "ok", f"The page answers on {host} only")
    if settings.open_to_everyone:
        return Finding(
            "network", "warning", f"The page answers on {host}, and who reaches it reads everything.", _USERS
        )
    return Finding(
        "network",
        "error",
        f"footnote serve does not listen on {host}: nobody has to sign in.",
        f"{_USERS} {_ON_PURPOSE}",
    )


def _signing_in(file: Path, host: str) -> Finding:
    from ui.users import Users

    try:
        names = Users(file).names()
    except SettingsError as error:
        return Finding("network", "error", error.message, error.remedy)
    if not names:
        return Finding("network", "error", f"{file} has no users.", "Make one with: footnote users add NAME")
    return Finding("network", "ok", f"The page answers on {host}, to those who sign in: {len(names):,}")
