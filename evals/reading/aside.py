"""A hidden folder beside the file that is made in it. What a process that was killed left goes at the next."""

import glob
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from qa.lock import Lock

LOCK = "publish.lock"
"""In every such folder, and held while it is used; no other folder is touched."""


@contextmanager
def made_aside(out: Path) -> Iterator[Path]:
    """The folder, on the same disk, gone in the end."""
    out.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{out.stem}-"
    for left in out.parent.glob(f"{glob.escape(prefix)}*/{LOCK}"):
        _remove_unless_used(left.parent)
    with TemporaryDirectory(dir=out.parent, prefix=prefix, ignore_cleanup_errors=True) as folder:
        lock = Lock(Path(folder), LOCK)
        lock.take()
        try:
            yield Path(folder)
        finally:
            lock.release()


# ----------------------------------------------------------------------------------------------------------------


def _remove_unless_used(folder: Path) -> None:
    lock = Lock(folder, LOCK)
    if lock.take():
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()
