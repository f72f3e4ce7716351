"""Who may use the page: a file of `name:hash` lines, and whether a password is the right one."""

import base64
import hashlib
import hmac
import logging
import os
import re
import secrets
import unicodedata
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Lock

from qa.errors import SettingsError, UsageError

log = logging.getLogger(__name__)
LONGEST_NAME = 64
NAME = re.compile(rf"\w[\w.@-]{{0,{LONGEST_NAME - 1}}}")
SHORTEST, LONGEST = 8, 200
"""Characters of a password."""

_N, _R, _P = 2**15, 8, 1
"""Cost of scrypt: 32 MiB and about a tenth of a second."""


class Users:
    """The file, read again whenever it has changed. May be used from any thread."""

    def __init__(self, path: Path) -> None:
        """Raises SettingsError where the file cannot be read."""
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._hashes: dict[str, str] = {}
        self._lock = Lock()
        self.names()
        _nobody()

    def names(self) -> list[str]:
        return sorted(self._current())

    def authenticate(self, name: str, password: str) -> str:
        """The user's name as it is kept, or "" for a wrong password. Takes 0.1 s, for an unknown name too."""
        name = plain(name)
        kept = self._current().get(name)
        return name if _matches(password, kept or _nobody()) and kept else ""

    def stamp(self, name: str) -> str:
        """Changes with the user's password; "" for a name that is not a user's (any more)."""
        kept = self._current().get(name, "")
        return hashlib.sha256(kept.encode()).hexdigest() if kept else ""

    def _current(self) -> dict[str, str]:
        """Name -> hash. A file that has become unreadable while the service runs has no users."""
        with self._lock:
            try:
                found = self._path.stat()
                seen = (found.st_mtime_ns, found.st_size, found.st_ino)
                if seen != self._seen:
                    self._hashes, self._seen = read(self._path), seen
            except (OSError, SettingsError) as error:
                if self._seen is None:
                    raise _unreadable(self._path, error) from None
                log.error("nobody can sign in: %s", _unreadable(self._path, error))
                self._hashes, self._seen = {}, (0, 0, 0)
            return self._hashes


def read(path: Path) -> dict[str, str]:
    """Name -> hash. Raises SettingsError for a line that is neither a user nor empty nor a comment, and OSError."""
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        given, _, kept = line.strip().partition(":")
        name = plain(given)
        if not NAME.fullmatch(name) or name in found or _parts(kept) is None:
            raise SettingsError(f"{path}, line {number} is no user.", "Write users with: footnote users add NAME")
        found[name] = kept
    return found


def add(path: Path, name: str, password: str) -> bool:
    """Adds a user, or changes the password of one; whether there was one. Raises UsageError, SettingsError."""
    name = plain(name)
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be a user's name.", "Use up to 64 letters, digits, dots, dashes or @.")
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"A password has {SHORTEST} to {LONGEST} characters.")
    users = _held(path)
    known = name in users
    _write(path, users | {name: hashed(password)})
    return known


def remove(path: Path, name: str) -> None:
    """Raises UsageError where there is no such user."""
    users = _held(path)
    if users.pop(plain(name), None) is None:
        raise UsageError(f"There is no user {name!r} in {path}.")
    _write(path, users)


def listed(path: Path) -> list[str]:
    return sorted(_held(path))


def plain(name: str) -> str:
    """Capitals and composed characters make no other user."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def hashed(password: str) -> str:
    """`scrypt$N$r$p$salt$hash`, with a salt of its own."""
    salt = secrets.token_bytes(16)
    made = _scrypt(password, salt, _N, _R, _P)
    return "$".join(("scrypt", str(_N), str(_R), str(_P), _text(salt), _text(made)))


# --------------------------------------------------------------------------------------------------


def _matches(password: str, kept: str) -> bool:
    parts = _parts(kept)
    if parts is None or len(password) > LONGEST:
        return False
    *cost, salt, wanted = parts
    return hmac.compare_digest(_scrypt(password, salt, *cost), wanted)


@cache
def _nobody() -> str:
    """The hash that an unknown name's password is compared with."""
    return hashed(secrets.token_urlsafe())


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    secret = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)


def _parts(kept: str) -> tuple[int, int, int, bytes, bytes] | None:
    """(N, r, p, salt, hash), or None where it is no hash of ours or would cost too much to compare with."""
    match = re.fullmatch(r"scrypt\$(\d{1,7})\$(\d{1,2})\$(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)", kept, re.ASCII)
    if match is None:
        return None
    n, r, p = (int(match[i]) for i in (1, 2, 3))
    try:
        salt, made = (base64.b64decode(match[i], validate=True) for i in (4, 5))
    except ValueError:
        return None
    affordable = n in (2**power for power in range(10, 21)) and 1 <= r <= 32 and 1 <= p <= 16
    return (n, r, p, salt, made) if affordable and len(salt) >= 8 and len(made) == 32 else None


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _held(path: Path) -> dict[str, str]:
    try:
        return read(path) if path.exists() else {}
    except OSError as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: OSError | SettingsError) -> SettingsError:
    if isinstance(error, SettingsError):
        return error
    return SettingsError(
        f"{path} cannot be read: {error.strerror or error}.",
        "FOOTNOTE_USERS names the file that `footnote users add NAME` writes.",
    )


def _write(path: Path, users: dict[str, str]) -> None:
    """In one step, so that a running service never reads half a file. Only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{name}:{kept}\n" for name, kept in sorted(users.items()))
    with NamedTemporaryFile("w", dir=path.parent, prefix=".users-", delete=False, encoding="utf-8") as made:
        made.write(lines)
        made.flush()
        os.fsync(made.fileno())
    Path(made.name).replace(path)
