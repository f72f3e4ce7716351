"""Keeps the vector index in step with the catalog, and the questions away from it while it is not.

Chroma's files are damaged by a kill while they are written, and opening damaged files can end the process. So:

    lock       one process at a time has Chroma open; any other compares exactly with the catalog's own vectors
    mark       the catalog says "dirty" before Chroma is opened or written, and "clean" after
    seal       a random word, new with every clean mark, in the folder too: a folder that went on while the catalog was
               restored from an older copy, or came from elsewhere, is not the one that the mark speaks of
    generation a folder found dirty is never opened again: the vectors go into a new folder, then the pointer moves
    sequence   the catalog numbers its changes; the clean mark says how many of them the folder has

Whatever goes wrong with Chroma, the question is answered exactly and the folder is made anew.
"""

import logging
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from qa import probe, stored
from qa.catalog import Catalog, changes_since, last_change
from qa.domain import Vector
from qa.embedder import EmbeddingStamp
from qa.errors import FootnoteError, LibraryError
from qa.following import follow
from qa.index import BATCH, ChromaIndex
from qa.lock import Lock
from qa.mark import Mark, boot_id, leftovers, newest, read_mark, write_mark
from qa.steps import reached

Progress = Callable[[int, int], None]

FAR_BEHIND = 500
"""Passages: more of them are caught up with in the background."""
MOST_DELETED = 0.3
"""Share of a folder's vectors that were deleted; past it the folder is made anew."""

SEAL = "seal"
"""The file in the folder that holds the mark's word."""

_log = logging.getLogger(__name__)


class Keeper:
    """Has Chroma, or has not: `nearest` says None when the caller must compare exactly."""

    index_class: ClassVar[type[ChromaIndex]] = ChromaIndex

    def __init__(self, folder: Path, catalog: Catalog) -> None:
        self._folder = folder
        self._catalog = catalog
        self._lock = Lock(folder)
        self._work = threading.RLock()
        self._index: ChromaIndex | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._asked = 0

    def nearest(self, vector: Vector, k: int) -> list[tuple[int, float]] | None:
        """From Chroma when it is open and in step or nearly so; the rest is left to a background thread."""
        self._asked += 1
        if not self._in_step():
            return None
        index = self._index
        try:
            return index.nearest(vector, k) if index else None
        except Exception:
            if self._index is index:  # else it was closed for a new one
                self._give_up()
            return None

    def catch_up(self, progress: Progress | None = None) -> bool:
        """Open the folder and bring it up to date, here and now; False when another process has it."""
        with self._work:
            if not self._lock.take():
                return False
            try:
                self._advance(progress)
            except FootnoteError:
                raise
            except Exception:
                _log.warning("The vector index failed and is made anew.", exc_info=True)
                self._give_up()
                with self._explained():
                    self._advance(progress)
            return True

    def rebuild(self, progress: Progress | None = None) -> bool:
        """Make a new folder; False when another process has the index."""
        with self._work:
            if not self._lock.take():
                return False
            with self._explained():
                self._build(progress)
            return True

    def behind(self) -> int:
        """Changed passages that the folder has not seen yet."""
        with self._catalog.reading() as connection:
            mark = read_mark(connection)
            return sum(len(ids) for _, _, ids in changes_since(connection, mark.sequence))

    @property
    def index(self) -> ChromaIndex | None:
        """Chroma, while this process has it open."""
        return self._index

    def close(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()
        with self._work:
            self._drop()
            self._lock.release()

    # ----------------------------------------------------------------------------------------------

    def _advance(self, progress: Progress | None) -> None:
        self._open(progress)
        if not self._follow(progress):
            self._build(progress)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except FootnoteError:
            raise
        except Exception as error:
            raise LibraryError(
                f"The vector index in {self._folder} could not be made: {error}.",
                "Questions are answered without it. Free some disk space, or set FOOTNOTE_INDEX=exact.",
            ) from error

    def _in_step(self) -> bool:
        """Catch up if that is quick; start the background thread if not. Never waits for another thread."""
        if not self._work.acquire(blocking=False):
            return False
        try:
            if self._index is None:
                return self._start()
            if self.behind() > FAR_BEHIND or not self._follow(None):
                return self._start()
            return self._index is not None
        except Exception:
            self._give_up()
            return False
        finally:
            self._work.release()

    def _start(self) -> bool:
        """From the second question on: a command that asks one is done before Chroma is open."""
        if self._asked > 1 and (self._thread is None or not self._thread.is_alive()) and self._lock.take():
            self._thread = threading.Thread(target=self._background, name="footnote-index", daemon=True)
            self._thread.start()
        return False

    def _background(self) -> None:
        with suppress(_Stopped):
            try:
                self.catch_up(self._stoppable)
            except FootnoteError as error:
                _log.warning("%s", error)

    def _stoppable(self, done: int, total: int) -> None:  # noqa: ARG002
        if self._stop.is_set():
            raise _Stopped

    def _open(self, progress: Progress | None) -> None:
        """Chroma, open on a folder that is safe to open."""
        if self._index is not None:
            return
        with self._catalog.reading() as connection:
            mark, stamp = read_mark(connection), stored.stamp(connection)
            embedding = stored.active_generation(connection)
        if stamp is None:
            return
        self._tidy(mark)
        if mark.embedding != embedding or not self._usable(mark, stamp):
            self._build(progress)
            return
        with self._dirty(mark) as finish:
            self._index = self.index_class(self._place(mark.generation), stamp)
            self._warm(self._index)
            finish(mark)

    def _usable(self, mark: Mark, stamp: EmbeddingStamp) -> bool:
        if mark.dirty or not mark.seal or mark.seal != self._sealed(mark):
            return False
        if mark.boot == boot_id():
            return True
        with self._catalog.reading() as connection:
            known = dict(stored.sample(connection, mark.embedding, probe.VECTORS, before=mark.sequence))
        with self._dirty(mark) as finish:
            sound = probe.sound(self._place(mark.generation), stamp, known)
            finish(mark if sound else replace(mark, dirty=True))
        return sound

    def _build(self, progress: Progress | None) -> None:
        """All vectors into a new folder, then the pointer to it, then the old folders away."""
        self._drop()
        with self._catalog.reading() as connection:
            generation = 1 + max(newest(self._folder), read_mark(connection).generation)
            stamp = stored.stamp(connection)
            mark = Mark(generation, False, last_change(connection), stored.active_generation(connection))
            vectors = list(stored.passage_vectors(connection, mark.embedding))
        if stamp is None:
            return
        index = self.index_class(self._place(generation), stamp)
        try:
            for at in range(0, len(vectors), BATCH):
                ids, packed = zip(*vectors[at : at + BATCH], strict=True)
                index.add(ids, stored.unpack_rows(packed))
                if progress:
                    progress(min(at + BATCH, len(vectors)), len(vectors))
            self._warm(index)
            self._seal(mark)
        except BaseException:
            index.close()
            raise
        self._index = index
        self._tidy(mark)

    def _follow(self, progress: Progress | None) -> bool:
        """Apply the catalog's changes, a batch at a time, each between the two marks; False: make the folder anew."""
        while True:
            if self._index is None:
                return True
            with self._catalog.reading() as connection:
                mark = read_mark(connection)
                thin = mark.deleted > MOST_DELETED * (len(self._index) + mark.deleted)
                if thin or stored.active_generation(connection) != mark.embedding:
                    return False
                step = follow(connection, mark.embedding, mark.sequence, BATCH)
            if step is None:
                return True
            with self._dirty(mark) as finish:
                step.apply(self._index)
                mark = replace(mark, sequence=step.sequence, deleted=mark.deleted + len(step.removed))
                finish(mark)
            if progress:
                progress(step.done, step.done + step.left)

    @contextmanager
    def _dirty(self, mark: Mark) -> Iterator[Callable[[Mark], None]]:
        """Committed before the folder is touched; stays so unless the body calls what it is given."""
        self._write(replace(mark, dirty=True))
        (self._place(mark.generation) / SEAL).unlink(missing_ok=True)
        reached("after the seal was broken")
        yield self._seal

    def _seal(self, mark: Mark) -> None:
        """The same new word in the folder and in the mark."""
        word = secrets.token_hex(8)
        (self._place(mark.generation) / SEAL).write_text(word)
        reached("after the folder was sealed")
        self._write(replace(mark, seal=word, boot=boot_id()))

    def _sealed(self, mark: Mark) -> str:
        try:
            return (self._place(mark.generation) / SEAL).read_text()
        except (OSError, UnicodeDecodeError):
            return ""

    def _write(self, mark: Mark) -> None:
        with self._catalog.writing() as connection:
            write_mark(connection, mark)

    def _give_up(self) -> None:
        """Chroma failed: mark the folder, so that it is never opened again."""
        with self._work, suppress(FootnoteError):
            self._drop()
            if self._lock.take():
                with self._catalog.reading() as connection:
                    mark = read_mark(connection)
                self._write(replace(mark, dirty=True))

    def _drop(self) -> None:
        if self._index is not None:
            with suppress(Exception):
                self._index.close()
            self._index = None

    def _tidy(self, mark: Mark) -> None:
        """Folders that the pointer does not name."""
        for place in leftovers(self._folder, mark):
            shutil.rmtree(place, ignore_errors=True)
            reached("after an old folder was removed")

    def _place(self, generation: int) -> Path:
        return self._folder / f"vectors-{generation}"

    def _warm(self, index: ChromaIndex) -> None:
        """The first read after opening writes files too: make it here, under the dirty mark."""
        with self._catalog.reading() as connection:
            known = list(stored.sample(connection, stored.active_generation(connection), 1))
        if len(index) and known:
            index.nearest(stored.unpack_rows([known[0][1]])[0], 1)


# --------------------------------------------------------------------------------------------------


class _Stopped(BaseException):
    """The library is being closed."""
