"""Where bytes come from: a path, a folder, standard input, a URL -> items, each read when its turn comes.

A feed is found out only after it is read; `ingest.feeds` turns it into further items.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import BinaryIO
from urllib.parse import quote, unquote, urlsplit

from ingest import fence
from qa.domain import LoadedArticle
from qa.errors import OverLimit, SourceNotFound, Unreadable

STDIN = "-"
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class RawFile:
    """Bytes and what is known of them before they are looked into.

    `media_type` and `charset` are what a server said, "" where nobody did; `name` the file's name, for its suffix
    and as the title of last resort; `given` what a feed says of the article, to fill gaps or to stand in for the page.
    """

    uri: str
    body: bytes = field(repr=False)
    media_type: str = ""
    name: str = ""
    given: LoadedArticle | None = None
    charset: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to ingest, not read yet. `read` raises IngestError."""

    uri: str
    read: Callable[[], RawFile]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a browser or a program sent: its own name, which is also its identity, and where it lies now."""

    name: str
    path: Path

    @property
    def uri(self) -> str:
        """`upload:report.pdf`: the same name again is a new version of the same article."""
        return f"upload:{quote(self.name)}"


@dataclass(frozen=True, slots=True)
class Below:
    """A file or folder on this machine of which nothing is read that does not really lie below `root`."""

    path: Path
    root: Path

    @property
    def uri(self) -> str:
        return file_uri(self.path)


Source = str | Upload | Below
Fetch = Callable[[str], RawFile]


def items(source: Source, fetch: Fetch, stdin: BinaryIO, max_mb: float) -> Iterator[Item]:
    """What `source` names, in a fixed order; a source that is not there is one item whose reading fails."""
    if isinstance(source, Upload):
        yield Item(source.uri, lambda: _read_file(source.path, source.uri, source.name, max_mb))
    elif isinstance(source, Below):
        yield from _places(source.path, max_mb, source.root)
    elif source == STDIN:
        yield Item("stdin:", lambda: _read_stdin(stdin, max_mb))
    elif is_url(source):
        yield Item(source, lambda: fetch(source))
    else:
        yield from _places(Path(source), max_mb)


def is_url(source: str) -> bool:
    """Whether to fetch rather than open: only these schemes; `C:\\news.txt` and `a:b.txt` are files."""
    return source.lower().startswith(("http://", "https://", "ftp://", "gopher://"))


def host_of(url: str) -> str:
    """The host that a web address names, for people: without "www."; "" of any other URI."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.") if is_url(url) else ""
    except ValueError:
        return ""


def file_uri(path: Path) -> str:
    """`file:///...`, percent-encoded as pathlib does; symbolic links keep the name they go by."""
    return Path(os.path.abspath(path)).as_uri()  # noqa: PTH100 (resolve() would follow links)


def file_path(uri: str) -> Path:
    """The path behind a `file:///...` of `file_uri`."""
    return Path(unquote(urlsplit(uri).path, errors="surrogateescape"))


# --------------------------------------------------------------------------------------------------


def _places(path: Path, max_mb: float, root: Path | None = None) -> Iterator[Item]:
    if not _is_folder(path):
        yield _file(path, max_mb, root)
        return
    files = [_file(inside, max_mb, root) for inside in _walk(path, root)]
    yield from files or [Item(file_uri(path), lambda: _nothing(path))]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _walk(folder: Path, root: Path | None, above: frozenset[str] = frozenset()) -> Iterator[Path]:
    """Files below `folder`, sorted by name, folders in their turn; nothing hidden, no loops.

    A folder that does not really lie below `root` is not looked into: it comes itself, as one that cannot be read.
    `above` holds the real places of the folders above, so that a link back up ends there.
    """
    place = os.path.realpath(folder)
    if place in above:
        return
    try:
        names = fence.names(folder, root)
    except (OSError, fence.Outside):
        yield folder
        return
    for path in (folder / name for name in names if not name.startswith(".")):
        yield from _walk(path, root, above | {place}) if _is_folder(path) else (path,)


def _nothing(folder: Path) -> RawFile:
    raise SourceNotFound(f"{folder} holds no file to ingest.", "Hidden files are skipped; give another folder.")


def _file(path: Path, max_mb: float, root: Path | None = None) -> Item:
    uri = file_uri(path)
    return Item(uri, lambda: _read_file(path, uri, str(path), max_mb, root))


def _read_file(path: Path, uri: str, shown: str, max_mb: float, root: Path | None = None) -> RawFile:
    """`shown` is what messages call the file; its last part is the article's title of last resort."""
    try:
        with fence.opened(path, root) as stream:
            return RawFile(uri, _capped(stream, shown, max_mb), name=PurePath(shown).name)
    except FileNotFoundError as error:
        raise SourceNotFound(f"{shown} does not exist.", "Check the path.") from error
    except fence.Outside as error:
        raise SourceNotFound(
            f"{shown} lies outside {root}.", "Only what is below it may be ingested from here."
        ) from error
    except fence.NotAFile as error:
        raise Unreadable(f"{shown} is not a regular file.", "Give a file or a folder that can be opened.") from error
    except OSError as error:
        raise Unreadable(f"{shown} cannot be read: {error.strerror}.", "Check its permissions.") from error
    except ValueError as error:
        raise SourceNotFound(f"{str(path)!r} is not a path: {error}.", "Check the path.") from error


def _read_stdin(stream: BinaryIO, max_mb: float) -> RawFile:
    body = _capped(stream, "Standard input", max_mb)
    return RawFile(f"stdin:{hashlib.sha256(body).hexdigest()[:16]}", body)


def _capped(stream: BinaryIO, name: str, max_mb: float) -> bytes:
    limit = int(max_mb * MEGABYTE)
    body = stream.read(limit + 1)
    if len(body) > limit:
        raise OverLimit(
            f"{name} is larger than {max_mb:g} MB.",
            "Split it, or raise FOOTNOTE_FILE_MAX_MB if it is one article.",
        )
    return body
