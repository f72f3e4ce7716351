"""A copy of a library, made while it is used, and back again.

    FILE.db   the catalog: every article
    FOLDER    the catalog and the other databases beside it: what people asked

The index is in neither: it is made from the catalog. A copy is put in its place only when it was found sound.
"""

import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from qa import checks, counts
from qa.catalog import NAME, Catalog, explained
from qa.errors import LibraryError, UsageError
from qa.lock import Lock
from qa.mark import forget_mark
from qa.steps import reached

SUFFIX = ".db"
PATIENCE = 2.0
"""Seconds that a restore waits for other processes to let go of the library."""


@dataclass(frozen=True, slots=True)
class Copied:
    """`files` are names of databases; the counts are of current articles."""

    place: str
    files: tuple[str, ...]
    articles: int
    sentences: int
    size: int


def backup(folder: Path, target: Path, *, overwrite: bool = False) -> Copied:
    """The library as it stands now. Raises UsageError, LibraryError."""
    Catalog(folder, create=False).close()
    if target.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{target} lies in the library itself.", "Name a place outside of it.")
    _refuse(target, target, overwrite)
    alone = target.suffix == SUFFIX
    with explained(target), _made_beside(target) as part:
        for place in [folder / NAME] if alone else sorted(folder.glob(f"*{SUFFIX}")):
            _copy(place, part / place.name)
        reached("after a backup was copied")
        copied = _checked(part, target)
        reached("after a backup was checked")
        _settle(part)
        _put(part / NAME if alone else part, target)
        reached("after a backup was put in place")
    return copied


def restore(source: Path, folder: Path, *, overwrite: bool = False) -> Copied:
    """What `backup` made, into a library that nothing uses. Raises UsageError, LibraryError."""
    places = sorted(source.glob(f"*{SUFFIX}")) if source.is_dir() else [source]
    names = [NAME] if not source.is_dir() else [place.name for place in places]
    if NAME not in names or not places[names.index(NAME)].is_file():
        raise UsageError(f"{source} is no backup of a library.", "Name what footnote library backup made.")
    _refuse(folder / NAME, folder, overwrite)
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _made_beside(folder / "restored") as part, _held(folder):
            for place, name in zip(places, names, strict=True):
                _copy(place, part / name, frozen=True)
            copied = _checked(part, folder)
            reached("before a backup is restored")
            for name in sorted(names, key=lambda name: name != NAME):
                _overwrite(part / name, folder / name)
                reached("after a database was restored")
    return copied


# --------------------------------------------------------------------------------------------------


def _refuse(found: Path, named: Path, overwrite: bool) -> None:
    if found.exists() and not overwrite:
        raise UsageError(f"{named} is there already.", "Name another place, or say --overwrite.")


@contextmanager
def _made_beside(target: Path) -> Iterator[Path]:
    """A folder on the same disk, gone in the end; what an earlier run that was killed left there goes first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.glob(f".{target.name}.part-*"):
        shutil.rmtree(old, ignore_errors=True)
    part = target.with_name(f".{target.name}.part-{secrets.token_hex(4)}")
    part.mkdir(mode=0o700)
    try:
        yield part
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _copy(source: Path, target: Path, *, frozen: bool = False) -> None:
    """One state of a database that others may write to; `frozen` where nobody does, and nothing may be left beside."""
    target.touch(mode=0o600)
    mode = "ro&immutable=1" if frozen or not os.access(source.parent, os.W_OK) else "rw"
    with closing(_connected(source, mode)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)


def _connected(place: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{place.absolute().as_uri()}?mode={mode}", uri=True, timeout=PATIENCE, isolation_level=None)


def _checked(part: Path, told: Path) -> Copied:
    """Brought up to today's tables, without the index's mark, and sound. Raises LibraryError."""
    catalog = Catalog(part, create=False)
    with closing(catalog):
        with catalog.writing() as connection:
            forget_mark(connection)
        wrong = [found for found in checks.run(catalog, None, part) if found.severity == "error"]
        with catalog.reading() as connection:
            held = counts.holdings(connection)
    for place in part.glob(f"*{SUFFIX}"):
        with closing(_connected(place, "rw")) as connection:
            wrong_pages = [line for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
            connection.execute("PRAGMA journal_mode = DELETE")
        if wrong_pages:
            raise LibraryError(f"The copy of {place.name} is not sound: {wrong_pages[0]}.", _LOOK)
    if wrong:
        raise LibraryError(f"The copy is not sound: {wrong[0].name}: {wrong[0].message}.", _LOOK)
    files = sorted(place.name for place in part.glob(f"*{SUFFIX}"))
    size = sum((part / name).stat().st_size for name in files)
    return Copied(str(told), tuple(files), held.articles, held.sentences, size)


_LOOK = "Nothing was changed. Look at it with: footnote library check"


def _settle(part: Path) -> None:
    """On the disk, not only on its way there."""
    for place in [*part.iterdir(), part]:
        _sync(place)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _put(made: Path, target: Path) -> None:
    """In one rename; a folder that is there is moved aside first and then deleted."""
    if made.is_dir() and target.exists():
        aside = target.with_name(f".{target.name}.part-old")
        target.rename(aside)
        made.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
    else:
        made.replace(target)
    _sync(target.parent)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """The index's lock, so that nobody opens it meanwhile."""
    lock = Lock(folder)
    if not lock.take():
        raise _in_use(folder)
    try:
        yield
    finally:
        lock.release()


def _overwrite(source: Path, target: Path) -> None:
    """One transaction: killed half-way, what was there is still there. Refused while anybody has it open."""
    if not target.exists() and target.name != NAME:
        target.touch(mode=0o600)
    with closing(_connected(source, "ro&immutable=1")) as copy, closing(_connected(target, "rwc")) as live:
        try:
            live.execute("PRAGMA locking_mode = EXCLUSIVE")
            live.execute("BEGIN EXCLUSIVE")
            live.execute("COMMIT")
            copy.backup(live)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise _in_use(target.parent) from error


def _in_use(folder: Path) -> LibraryError:
    return LibraryError(f"{folder} is in use by another process.", "Stop it (footnote serve?) and try again.")
