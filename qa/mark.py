"""What the catalog knows of the index's folder; `qa.keeper` says what the words mean."""

import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path

from qa.catalog import put_setting, setting

FOLDERS = "vectors-*"
_MARK = "index"


@dataclass(frozen=True, slots=True)
class Mark:
    """What the catalog knows of the index folder: whether it may be opened, and what is in it."""

    generation: int = 0
    dirty: bool = True
    sequence: int = 0
    embedding: int = 0
    deleted: int = 0
    boot: str = ""
    seal: str = ""


def read_mark(connection: sqlite3.Connection) -> Mark:
    """Dirty and empty where there never was a folder."""
    return Mark(**setting(connection, _MARK, {}))


def write_mark(connection: sqlite3.Connection, mark: Mark) -> None:
    put_setting(connection, _MARK, asdict(mark))


def forget_mark(connection: sqlite3.Connection) -> None:
    """No folder is trusted: the vectors are made anew."""
    put_setting(connection, _MARK, None)


def boot_id() -> str:
    """Changes with every start of the machine; "" where the system has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def newest(folder: Path) -> int:
    """The highest generation of which there is a folder; 0 without one."""
    return max((_number(place) for place in folder.glob(FOLDERS)), default=0)


def leftovers(folder: Path, mark: Mark) -> list[Path]:
    """Folders of generations that the mark does not name."""
    return [place for place in sorted(folder.glob(FOLDERS)) if _number(place) != mark.generation]


# ----------------------------------------------------------------------------------------------------------------


def _number(place: Path) -> int:
    digits = place.name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0
