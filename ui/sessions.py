"""Who is signed in: sessions on the server, known to the browser by a random token of which only the hash is kept."""

import hashlib
import secrets
from dataclasses import dataclass, replace

IDLE_SECONDS = 12 * 3600
MOST_SECONDS = 7 * 24 * 3600
MOST_SESSIONS = 10_000


@dataclass(frozen=True, slots=True)
class _Session:
    user: str
    stamp: str
    started: float
    used: float


class Sessions:
    """Times are seconds of any clock that only goes forward. The end of the service signs everybody out."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def start(self, user: str, stamp: str, now: float) -> str:
        """The new session's token. `stamp` is what must stay as it is for the session to go on."""
        token = secrets.token_urlsafe(32)
        self._sessions[_key(token)] = _Session(user, stamp, now, now)
        while len(self._sessions) > MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        return token

    def find(self, token: str, now: float) -> tuple[str, str]:
        """(user, stamp) of a session that goes on, else ("", "")."""
        session = self._sessions.get(_key(token))
        if session is None:
            return "", ""
        if now - session.used > IDLE_SECONDS or now - session.started > MOST_SECONDS:
            self.end(token)
            return "", ""
        self._sessions[_key(token)] = replace(session, used=now)
        return session.user, session.stamp

    def end(self, token: str) -> None:
        self._sessions.pop(_key(token), None)


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
