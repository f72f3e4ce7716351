"""One process at a time: an OS lock on a file, which the system drops when its holder dies."""

from pathlib import Path

NAME = "library.lock"


class Lock:
    """Never waits. Within one process, too, only one `Lock` of a folder and name holds it."""

    def __init__(self, folder: Path, name: str = NAME) -> None:
        from filelock import FileLock

        self._lock = FileLock(folder / name, thread_local=False, is_singleton=False)

    def take(self) -> bool:
        """Whether this process has it now."""
        from filelock import Timeout

        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(timeout=0)
        except (Timeout, OSError):
            return False
        return True

    def release(self) -> None:
        self._lock.release(force=True)
