"""Sources -> library, one Outcome an item. `ingest` names the steps.

    source -> Item -> RawFile -> LoadedArticle -> sentences -> passages -> vectors -> library

An item that fails is an outcome like any other; the rest goes on. An outcome is yielded only once its article
is committed, so whoever stops halfway (Ctrl-C, a closed generator) keeps everything that was reported.
"""

import hashlib
import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal

from ingest.feeds import expand, filled, stand_in
from ingest.fetch import Fetcher
from ingest.loaders import SANDBOXED, VERSION, Kind, kind_of, load, looks_like_feed
from ingest.passages import passages
from ingest.sandbox import Sandbox, unreadable
from ingest.sources import Fetch, Item, RawFile, Source, items
from qa import sentences
from qa.domain import LoadedArticle, Passage, PassageVectors
from qa.embedder import Embedder, PassageInput
from qa.errors import IngestError, NoText, Unreadable
from qa.library import Added, Library, NewArticle
from qa.settings import Settings

WINDOW = 256
"""Passages that are embedded and written together: enough to sort by length, little to lose."""

Status = Literal["added", "updated", "unchanged", "failed"]
Step = Literal["reading", "replaced", "embedding"]
"""What happens to an item before its outcome. One that is replaced has none: others stand in its place, a feed's
entries or the address that it leads to, and have theirs."""
Moved = Callable[[str, Step], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: `reason` and `remedy` of a failure, `notes` where it was read only in part."""

    uri: str
    status: Status
    article_id: int | None = None
    version: int | None = None
    title: str = ""
    sentences: int = 0
    passages: int = 0
    reason: str = ""
    remedy: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article cut into passages, waiting for its vectors."""

    uri: str
    loaded: LoadedArticle
    passages: tuple[Passage, ...]
    source_hash: str


def ingest(
    sources: Sequence[Source],
    library: Library,
    embedder: Embedder,
    settings: Settings,
    *,
    fetch: Fetch | None = None,
    stdin: BinaryIO | None = None,
    found: Callable[[int], None] = lambda _: None,
    moved: Moved = lambda _uri, _step: None,
    window: int = WINDOW,
) -> Iterator[Outcome]:
    """One outcome an item, in the order of `sources`; failures and unchanged items come at once.

    `found` is told how many items a source turned out to hold before they are read: a progress bar's total.
    `moved` is told which item takes which step; what it raises ends the run.
    """
    with Sandbox(settings.loader_timeout, settings.loader_max_mb) as sandbox:
        fetch = fetch or Fetcher(settings.fetch_timeout, settings.fetch_max_mb)
        named = _items(sources, fetch, stdin or _standard_input(), settings.file_max_mb, found)
        prepared = _prepare(_read(named, sandbox, fetch, found, moved), library, sandbox)
        yield from _write(prepared, library, embedder, window, moved)


# --------------------------------------------------------------------------------------------------


def _standard_input() -> BinaryIO:
    """Empty where the process was started without one."""
    return sys.stdin.buffer if sys.stdin else io.BytesIO()


def _items(
    sources: Sequence[Source],
    fetch: Fetch,
    stdin: BinaryIO,
    max_mb: float,
    found: Callable[[int], None],
) -> Iterator[Item]:
    for source in sources:
        batch = list(items(source, fetch, stdin, max_mb))
        found(len(batch))
        yield from batch


def _read(
    named: Iterable[Item], sandbox: Sandbox, fetch: Fetch, found: Callable[[int], None], moved: Moved
) -> Iterator[RawFile | Outcome]:
    """The bytes of every item; a feed's entries in the feed's place."""
    for item in named:
        moved(item.uri, "reading")
        try:
            raw = item.read()
            entries = [] if raw.given or not looks_like_feed(raw) else sandbox.load("feed", raw)
        except IngestError as error:
            yield _failed(item.uri, error)
            continue
        if entries:
            found(len(entries) - 1)
            moved(item.uri, "replaced")
            yield from _read(expand(entries, fetch), sandbox, fetch, found, moved)
            continue
        if raw.uri != item.uri:
            moved(item.uri, "replaced")
            moved(raw.uri, "reading")
        yield raw


def _prepare(raws: Iterable[RawFile | Outcome], library: Library, sandbox: Sandbox) -> Iterator[Prepared | Outcome]:
    for raw in raws:
        yield raw if isinstance(raw, Outcome) else _prepared(raw, library, sandbox)


def _prepared(raw: RawFile, library: Library, sandbox: Sandbox) -> Prepared | Outcome:
    try:
        if library.source_hash(raw.uri) == _source_hash(raw):
            return _unchanged(raw.uri, library)
        loaded = _load(raw, sandbox)
        if library.content_hash(raw.uri) == loaded.content_hash:
            return _unchanged(raw.uri, library)
        return _cut(raw, loaded)
    except IngestError as error:
        return _failed(raw.uri, error)


def _unchanged(uri: str, library: Library) -> Outcome:
    article = library.article(library.find(uri))
    return Outcome(uri, "unchanged", article.article_id, article.version, article.title)


def _source_hash(raw: RawFile) -> str:
    """Of the bytes and of what reads them, code and encoding: any one changed, and the file is loaded again."""
    body = raw.body or (raw.given.text.encode() if raw.given else b"")
    charset = f"{raw.charset}:" if raw.charset else ""
    return f"{VERSION}:{charset}{hashlib.sha256(body).hexdigest()}"


def _load(raw: RawFile, sandbox: Sandbox) -> LoadedArticle:
    """The article in `raw`; with a feed's word on it, gaps are filled from there, or it stands in."""
    if raw.given is None:
        return _article(raw, sandbox)
    if not raw.body:
        return raw.given
    try:
        return filled(_article(raw, sandbox), raw.given)
    except IngestError as error:
        return stand_in(raw.given, error)


def _article(raw: RawFile, sandbox: Sandbox) -> LoadedArticle:
    kind = kind_of(raw)
    if kind == "feed":
        raise Unreadable(f"{raw.uri} is a feed itself.", "Ingest that feed by its own address.")
    if kind not in SANDBOXED:
        return _loaded(kind, raw)
    (article,) = sandbox.load(kind, raw)
    return article


def _loaded(kind: Kind, raw: RawFile) -> LoadedArticle:
    """Read here. What nobody thought of is that item's trouble, as it is in the sandbox."""
    try:
        return load(kind, raw)
    except IngestError:
        raise
    except Exception as error:
        raise unreadable(raw.name or raw.uri, error) from error


def _cut(raw: RawFile, loaded: LoadedArticle) -> Prepared:
    spans = sentences.split(loaded.text, loaded.language)
    if not spans:
        raise NoText(f"{raw.name or raw.uri} holds no text.", "Check that it is the file you meant.")
    return Prepared(raw.uri, loaded, tuple(passages(loaded.text, spans)), _source_hash(raw))


def _write(
    prepared: Iterable[Prepared | Outcome], library: Library, embedder: Embedder, window: int, moved: Moved
) -> Iterator[Outcome]:
    waiting: list[Prepared] = []
    for item in prepared:
        if isinstance(item, Outcome):
            yield item
            continue
        if any(other.uri == item.uri for other in waiting):
            yield from _commit(waiting, library, embedder)
            waiting = []
        waiting.append(item)
        moved(item.uri, "embedding")
        if sum(len(article.passages) for article in waiting) >= window:
            yield from _commit(waiting, library, embedder)
            waiting = []
    yield from _commit(waiting, library, embedder)


def _commit(waiting: Sequence[Prepared], library: Library, embedder: Embedder) -> Iterator[Outcome]:
    vectors = iter(embedder.passages([_input(item, passage) for item in waiting for passage in item.passages]))
    articles = [_new(item, [next(vectors) for _ in item.passages]) for item in waiting]
    for item, added in zip(waiting, library.add_many(articles), strict=True):
        yield _outcome(item, added)


def _input(item: Prepared, passage: Passage) -> PassageInput:
    return PassageInput.of(item.loaded.title, item.loaded.text[passage.start : passage.end], passage)


def _new(item: Prepared, vectors: list[PassageVectors]) -> NewArticle:
    return NewArticle(item.uri, item.loaded, item.passages, tuple(vectors), item.source_hash)


def _outcome(item: Prepared, added: Added) -> Outcome:
    return Outcome(
        item.uri,
        "added" if added.change == "new" else added.change,
        added.article_id,
        added.version,
        item.loaded.title,
        sum(len(passage.sentences) for passage in item.passages),
        len(item.passages),
        notes=item.loaded.notes,
    )


def _failed(uri: str, error: IngestError) -> Outcome:
    return Outcome(uri, "failed", reason=error.message, remedy=error.remedy)
