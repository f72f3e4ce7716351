"""The library: the only user of catalog and index. Adds, removes and finds articles; finds candidates for a question.

    qa.catalog      the SQLite file: transactions, settings, the log of changes      (the truth)
    qa.articles     articles and versions in it       qa.stored   passages and vectors       qa.fulltext   words
    qa.adding       one article into it: new, changed or known
    qa.keeper       Chroma, kept in step with it by one process at a time            (can be thrown away)
    qa.candidates   both sides of a question           qa.checks   is everything as it should be?
    qa.reembedding  every vector anew, with another model

Several processes may add, remove and ask at once; within one, any thread may use the same `Library`.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from sqlite3 import Connection
from types import TracebackType
from typing import Self

from qa import adding, articles, candidates, checks, counts, fulltext, purges, reembedding, stored
from qa.adding import Added, NewArticle
from qa.candidates import Asked
from qa.catalog import Catalog
from qa.counts import Holdings, Stats
from qa.domain import (
    Article,
    ArticleOrder,
    ArticleRef,
    Candidate,
    Filters,
    Finding,
    LoadedArticle,
    Passage,
    PassageVectors,
    Standing,
    StoredPassage,
    Vector,
)
from qa.embedder import Embedder, EmbeddingStamp
from qa.errors import EmbeddingMismatch, LibraryError, NotInLibrary
from qa.exact import ExactFollower
from qa.keeper import Keeper
from qa.purges import Forget

__all__ = ["Added", "Holdings", "Library", "NewArticle", "Stats"]

Progress = Callable[[int, int], None]


class Library:
    """Open one with `Library.open`, and close it: it is a context manager."""

    def __init__(self, folder: Path, catalog: Catalog, stamp: EmbeddingStamp | None, index: str) -> None:
        self._folder = folder
        self._catalog = catalog
        self._given = stamp
        self._kind = index
        self._parts = threading.Lock()
        self._keeper: Keeper | None = None
        self._exact: ExactFollower | None = None

    @classmethod
    def open(cls, folder: Path, stamp: EmbeddingStamp | None, *, index: str = "auto", create: bool = True) -> "Library":
        """`stamp` names the model of the vectors that will be added and asked with; None where none will be.

        `index`: "auto" (Chroma, or exact where another process has it) or "exact". Raises LibraryNotFound,
        LibraryTooNew, LibraryUnwritable, EmbeddingMismatch.
        """
        catalog = Catalog(folder, create=create)
        library = cls(folder, catalog, stamp, index)
        try:
            library._agree()
        except BaseException:
            catalog.close()
            raise
        return library

    def add(
        self,
        uri: str,
        loaded: LoadedArticle,
        passages: Sequence[Passage],
        vectors: Sequence[PassageVectors],
        source_hash: str = "",
    ) -> Added:
        """One article in one transaction. Raises EmbeddingMismatch, LibraryUnwritable."""
        return self.add_many([NewArticle(uri, loaded, passages, vectors, source_hash)])[0]

    def add_many(self, items: Sequence[NewArticle]) -> list[Added]:
        """All of them in one transaction, or none."""
        with self._catalog.writing() as connection:
            stamp = self._checked_stamp(connection)
            for item in items:
                adding.check_vectors(item, stamp)
            return [adding.add(connection, item) for item in items]

    def content_hash(self, uri: str) -> str | None:
        """Of the current version."""
        return self._hash(uri, 0)

    def content_hashes(self) -> dict[str, str]:
        """Of all current versions, by URI."""
        with self._catalog.reading() as connection:
            return articles.content_hashes(connection)

    def source_hash(self, uri: str) -> str | None:
        """Of the raw bytes that the current version came from."""
        return self._hash(uri, 1)

    def remove(self, article_id: int, *, purge: bool = False) -> None:
        """Gone from questions at once; its texts stay for old answers, unless purged. Raises NotInLibrary."""
        if purge:
            purges.erase(self._catalog, article_id)
            return
        with self._catalog.writing() as connection:
            if articles.state(connection, article_id) == "removed":
                raise NotInLibrary(f"Article {article_id} has been removed already.")
            stored.delete_passages(connection, article_id)
            articles.retire(connection, article_id)

    def purge(self, article_id: int, forget: Forget) -> None:
        """`remove` with its texts, in step with what is kept beside the library, which `forget` takes it out of.

        Raises NotInLibrary, LibraryError, and whatever `forget` raises while nothing is erased.
        """
        purges.purge(self._catalog, article_id, forget)

    def finish_purges(self, forget: Forget) -> dict[int, str]:
        """Those that failed, or were killed, after the texts were erased; ids and URIs. Raises LibraryError."""
        return purges.finish(self._catalog, forget)

    def article(self, article_id: int, version: int | None = None) -> Article:
        """Any version, or the newest; with its state. Raises NotInLibrary."""
        with self._catalog.reading() as connection:
            return articles.article(connection, article_id, version)

    def find(self, uri_or_id: str) -> int:
        """Article id from an id, a URI or the unique end of one. Raises NotInLibrary, naming near matches."""
        with self._catalog.reading() as connection:
            known = articles.current(connection, uri_or_id)
            return known[0] if known else articles.find(connection, uri_or_id)

    def articles(
        self,
        *,
        search: str = "",
        filters: Filters = Filters(),  # noqa: B008
        limit: int | None = None,
        offset: int = 0,
        order: ArticleOrder = "newest",
    ) -> list[ArticleRef]:
        """Current articles."""
        with self._catalog.reading() as connection:
            return articles.listed(connection, search, filters, limit, offset, order)

    def count(self, search: str = "", filters: Filters = Filters()) -> int:  # noqa: B008
        """How many current articles there are of that kind."""
        with self._catalog.reading() as connection:
            return articles.counted(connection, search, filters)

    def passages_of(self, article_id: int) -> list[StoredPassage]:
        """In the order of the text; none for a removed article, nor one whose vectors are gone. Raises NotInLibrary."""
        with self._catalog.reading() as connection:
            articles.state(connection, article_id)
            ids = stored.ids_of(connection, article_id)
            found = stored.load(connection, ids)
            return [found[i] for i in ids if i in found]

    def publishers(self) -> list[str]:
        with self._catalog.reading() as connection:
            return articles.publishers(connection)

    def export(self) -> Iterator[Article]:
        """The current version of every article, as the library stood at the first; take them all, or close this."""
        with self._catalog.reading() as connection:
            yield from articles.everything(connection)

    def holdings(self) -> Holdings:
        """What a question is asked of; unlike `stats`, it looks at no file."""
        with self._catalog.reading() as connection:
            return counts.holdings(connection)

    def stats(self) -> Stats:
        with self._catalog.reading() as connection:
            return counts.stats(connection, self._folder, self._kind)

    @property
    def size(self) -> int:
        """Passages."""
        with self._catalog.reading() as connection:
            return counts.size(connection)

    def candidates(
        self,
        vector: Vector,
        terms: Sequence[str],
        *,
        limit: int,
        filters: Filters = Filters(),  # noqa: B008
    ) -> list[Candidate]:
        """The best `limit` by cosine united with the best `limit` by BM25, each with both scores.

        Terms are plain words. Raises EmbeddingMismatch.
        """
        exact = self._exact_index()
        nearest = None if filters else self._approximately(vector, limit)
        with self._catalog.reading() as connection:
            self._checked_stamp(connection)
            return candidates.find(connection, Asked(vector, terms, limit, filters), exact, nearest)

    def standings(self, vector: Vector, terms: Sequence[str], article_id: int) -> tuple[Standing, Standing]:
        """Where an article stands by cosine and by BM25, among all passages. Raises EmbeddingMismatch."""
        exact = self._exact_index()
        with self._catalog.reading() as connection:
            self._checked_stamp(connection)
            return candidates.standings(connection, Asked(vector, terms, 0, Filters()), exact, article_id)

    def sentence_bm25(self, terms: Sequence[str], passage_ids: Sequence[int]) -> dict[tuple[int, int], float]:
        """(passage id, ordinal of the sentence) -> BM25; sentences without a term are not in it."""
        with self._catalog.reading() as connection:
            return fulltext.sentences(connection, terms, passage_ids)

    def document_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """How many passages hold each term, after stemming."""
        with self._catalog.reading() as connection:
            return fulltext.frequencies(connection, terms)

    def catch_up(self, progress: Progress | None = None) -> None:
        """Bring the index up to date now; left to the process that has it, if another one does."""
        if keeper := self._keep():
            keeper.catch_up(progress)

    def rebuild(self, progress: Progress | None = None) -> None:
        """A new index generation from the catalog. Raises LibraryError when another process has the index."""
        keeper = self._keep()
        if keeper and not keeper.rebuild(progress):
            raise LibraryError(
                f"Another process has the index of {self._folder}.", "Stop it (footnote serve?) and try again."
            )

    def reembed(self, embedder: Embedder, progress: Progress | None = None) -> None:
        """Every vector anew. Until the swap at the end, the old ones serve; killed half-way, it goes on from there."""
        reembedding.reembed(self._catalog, embedder, progress)
        self._close_indexes()
        self._given = embedder.stamp

    def check(self, progress: Progress | None = None) -> list[Finding]:
        """Verify everything, from the file to the vectors: a finding for each thing that was looked at."""
        return checks.run(self._catalog, self._keep(), self._folder, progress)

    def close(self) -> None:
        self._close_indexes()
        self._catalog.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ----------------------------------------------------------------------------------------------

    def _agree(self) -> None:
        """An empty library takes the stamp it is given; any other must have it."""
        with self._catalog.reading() as connection:
            if self._given is None or stored.stamp(connection) == self._given:
                return
        with self._catalog.writing() as connection:
            if stored.stamp(connection) is not None and counts.size(connection):
                self._checked_stamp(connection)
            stored.activate(connection, self._given)

    def _checked_stamp(self, connection: Connection) -> EmbeddingStamp:
        """Of the library; it may have been made anew with another model since this was opened."""
        found = stored.stamp(connection)
        if found is None:
            raise LibraryError(f"{self._folder} has no vectors yet.", "Ingest something first.")
        if self._given not in (None, found):
            raise EmbeddingMismatch(
                f"{self._folder} was embedded with {_named(found)}, not with {_named(self._given)}.",
                "Make its vectors again with: footnote reindex --embed, or set FOOTNOTE_EMBEDDING_MODEL.",
            )
        return found

    def _hash(self, uri: str, which: int) -> str | None:
        with self._catalog.reading() as connection:
            found = articles.current(connection, uri)
            return None if found is None or found[1] is None else (found[2], found[3])[which]

    def _approximately(self, vector: Vector, limit: int) -> list[tuple[int, float]] | None:
        """None where there is no Chroma to ask now."""
        with self._catalog.reading() as connection:
            self._checked_stamp(connection)
        keeper = self._keep()
        return keeper.nearest(vector, limit) if keeper else None

    def _keep(self) -> Keeper | None:
        """None where questions are answered exactly."""
        with self._parts:
            if self._keeper is None and self._kind != "exact":
                self._keeper = Keeper(self._folder, self._catalog)
            return self._keeper

    def _exact_index(self) -> ExactFollower:
        with self._parts:
            if self._exact is None:
                self._exact = ExactFollower()
            return self._exact

    def _close_indexes(self) -> None:
        with self._parts:
            if self._keeper:
                self._keeper.close()
            self._keeper = self._exact = None


# --------------------------------------------------------------------------------------------------


def _named(stamp: EmbeddingStamp | None) -> str:
    return f"{stamp.model} ({stamp.dimension} dimensions)" if stamp else "no model"
