"""Opening a file or a folder so that what is read is what was looked at, whoever swaps links in the meantime.

Nothing is opened by a name twice: the kind of a file is asked of the open descriptor, and what must lie below a root
is walked to from there, one part at a time, none of which may be a link.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_BY_PARTS = os.open in os.supports_dir_fd and bool(_NO_LINK)


class Outside(Exception):
    """The place does not really lie below its root."""


class NotAFile(Exception):
    """There is something else: a folder, a pipe, a device."""


@contextmanager
def opened(path: Path, root: Path | None = None) -> Iterator[BinaryIO]:
    """A regular file, for reading; a pipe is not waited for. Raises NotAFile, Outside, OSError."""
    descriptor = _open(path, root, _READ)
    if not S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFile(path)
    with os.fdopen(descriptor, "rb") as stream:
        yield stream


def names(folder: Path, root: Path | None = None) -> list[str]:
    """What a folder holds, sorted. Raises OSError, Outside."""
    if not _BY_PARTS:
        return sorted(entry.name for entry in os.scandir(_inside(folder, root)))
    descriptor = _open(folder, root, _READ | _FOLDER)
    try:
        return sorted(entry.name for entry in os.scandir(descriptor))
    finally:
        os.close(descriptor)


# --------------------------------------------------------------------------------------------------


def _open(path: Path, root: Path | None, flags: int) -> int:
    if root is None or not _BY_PARTS:
        return os.open(_inside(path, root), flags)
    base = Path(os.path.realpath(root))
    parts = _inside(path, base).relative_to(base).parts
    at = os.open(base, _READ | _FOLDER | _NO_LINK) if parts else os.open(base, flags | _NO_LINK)
    for number, part in enumerate(parts, 1):
        at = _step(at, part, flags if number == len(parts) else _READ | _FOLDER)
    return at


def _step(at: int, part: str, flags: int) -> int:
    """The descriptor of `part` in the folder `at`, which is closed; a link there raises OSError."""
    try:
        return os.open(part, flags | _NO_LINK, dir_fd=at)
    finally:
        os.close(at)


def _inside(path: Path, root: Path | None) -> Path:
    """Where `path` really lies. Raises Outside where that is not below `root`."""
    if root is None:
        return path
    place = Path(os.path.realpath(path))
    if not place.is_relative_to(os.path.realpath(root)):
        raise Outside(path)
    return place
