"""Files that browsers send: each streams into a file of its own, and waits there until it is ingested.

A request holds one file as it is, its name in the query. The name never becomes a path: it names the article.
"""

import asyncio
import re
import secrets
import shutil
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.cleaning import one_line
from ingest.sources import MEGABYTE, Upload
from qa.errors import FootnoteError, LibraryUnwritable, OverLimit, UsageError

PATH = "/library/upload"
LONGEST_NAME = 200
MOST_WAITING = 2_000
WAIT_SECONDS = 3600
"""That a file waits for its ingest before it is deleted."""
SECONDS = 600
"""That one file may take to come in."""
ROOM = 500 * MEGABYTE
"""Bytes that are left free on the disk."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    upload: Upload
    since: float


class Uploads:
    """`folder` is theirs alone; `max_mb` megabytes a file. May be used from any thread."""

    def __init__(self, folder: Path, max_mb: float) -> None:
        self._folder = folder
        self._max_mb = max_mb
        self._waiting: dict[str, _Waiting] = {}
        self._coming = 0
        self._lock = threading.Lock()

    def route(self) -> Route:
        return Route(PATH, self._handle, methods=["POST"])

    async def receive(self, name: str, pieces: AsyncIterator[bytes]) -> str:
        """A token for the file once it is here. Raises OverLimit, UsageError, LibraryUnwritable."""
        named = safe_name(name)
        self._make_room()
        try:
            return await self._kept(named, pieces)
        finally:
            with self._lock:
                self._coming -= 1

    def take(self, tokens: Sequence[str]) -> list[Upload]:
        """The files behind the tokens, the caller's from now on. Raises UsageError where one is gone."""
        with self._lock:
            missing = [token for token in tokens if token not in self._waiting]
            if missing:
                raise UsageError("An upload has been here for too long and is gone.", "Choose the files again.")
            return [self._waiting.pop(token).upload for token in dict.fromkeys(tokens)]

    @contextmanager
    def taken(self, tokens: Sequence[str]) -> Iterator[list[Upload]]:
        """`take` for a block; where it raises, they wait on."""
        uploads = self.take(tokens)
        try:
            yield uploads
        except BaseException:
            with self._lock:
                self._waiting |= {upload.path.name: _Waiting(upload, time.monotonic()) for upload in uploads}
            raise

    # ----------------------------------------------------------------------------------------------

    async def _handle(self, request: Request) -> Response:
        try:
            if request.headers.get("content-type") != "application/octet-stream":
                raise UsageError("An upload is sent as application/octet-stream.")
            return JSONResponse({"upload": await self.receive(request.query_params.get("name", ""), request.stream())})
        except FootnoteError as error:
            return JSONResponse({"reason": error.message, "remedy": error.remedy}, 413 if _large(error) else 400)
        except (ClientDisconnect, TimeoutError):
            return JSONResponse({"reason": "The file did not come in whole.", "remedy": "Try again."}, 400)

    async def _kept(self, named: str, pieces: AsyncIterator[bytes]) -> str:
        token = secrets.token_hex(8)
        upload = Upload(named, self._folder / token)
        try:
            async with asyncio.timeout(SECONDS):
                await self._write(upload, pieces)
        except BaseException:
            upload.path.unlink(missing_ok=True)
            raise
        with self._lock:
            self._waiting[token] = _Waiting(upload, time.monotonic())
        return token

    async def _write(self, upload: Upload, pieces: AsyncIterator[bytes]) -> None:
        limit, size = int(self._max_mb * MEGABYTE), 0
        try:
            upload.path.touch(mode=0o600, exist_ok=False)
            with upload.path.open("wb") as file:
                async for piece in pieces:
                    size += len(piece)
                    if size > limit:
                        raise OverLimit(
                            f"{upload.name} is larger than {self._max_mb:g} MB.",
                            "Split it, or raise FOOTNOTE_FILE_MAX_MB if it is one article.",
                        )
                    file.write(piece)
        except OSError as error:
            raise _not_kept(upload.name, error) from None

    def _free(self) -> int:
        """Bytes on the disk that uploads lie on."""
        try:
            return shutil.disk_usage(self._folder).free
        except OSError as error:
            raise _not_kept("The upload", error) from None

    def _make_room(self) -> None:
        """Forgets what waited too long, and counts one more as coming in. Raises OverLimit where there is no room."""
        now = time.monotonic()
        with self._lock:
            old = [token for token, waiting in self._waiting.items() if now - waiting.since > WAIT_SECONDS]
            for token in old:
                self._waiting.pop(token).upload.path.unlink(missing_ok=True)
            full = len(self._waiting) + self._coming >= MOST_WAITING
            needed = ROOM + (self._coming + 1) * self._max_mb * MEGABYTE
            if not full and self._free() >= needed:
                self._coming += 1
                return
        raise OverLimit("There is no room for another upload now.", "Wait until what waits is ingested.")


def safe_name(given: str) -> str:
    """The file's own name as an article may be called: parts between slashes, none of which leads elsewhere.

    Raises UsageError where nothing is left of it.
    """
    kept = _parts(_parts(given)[-LONGEST_NAME:])
    if not kept:
        raise UsageError("The file has no name.", "Give it one, with the suffix of its kind.")
    return kept


# --------------------------------------------------------------------------------------------------


def _parts(name: str) -> str:
    parts = [one_line(part).strip() for part in re.split(r"[/\\]+", name)]
    return "/".join(part for part in parts if part.strip("."))


def _not_kept(what: str, error: OSError) -> LibraryUnwritable:
    return LibraryUnwritable(f"{what} could not be kept: {error.strerror}.", "Free some disk space.")


def _large(error: FootnoteError) -> bool:
    return isinstance(error, OverLimit)
