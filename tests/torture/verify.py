"""Is a library exactly what it must be? Every article, sentence, row of full text and vector is compared."""

import json
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qa.library import Library
from tests.torture.workload import STAMP, article

Texts = dict[str, str]
"""URI -> text of every current article."""


@dataclass(frozen=True)
class Seen:
    """`dirty`: Chroma's mark was set, so the folder was made anew; `start`: seconds until a question was answered."""

    texts: Texts
    dirty: bool
    start: float


def verify(folder: Path, either: Sequence[Texts]) -> Seen:
    """Raises AssertionError unless the library holds one of these, wholly and soundly."""
    dirty = _is_dirty(folder)
    started = time.monotonic()
    with Library.open(folder, STAMP) as library:
        library.candidates(article("x", "river").vectors[0].passage, ["river"], limit=3)
        start = time.monotonic() - started
        found = {item.uri: item.text for item in library.export()}
        assert found in list(either), f"lost, doubled or phantom: {_difference(found, either[0])}"
        wrong = [f"{f.name}: {f.message}" for f in library.check() if f.severity != "ok"]
        assert not wrong, f"wrong: {wrong}"
        for uri, text in found.items():
            _same(library, uri, text)
        return Seen(found, dirty, start)


# --------------------------------------------------------------------------------------------------


def _same(library: Library, uri: str, text: str) -> None:
    """Cuts, quotes and vectors are those of the text; its first passage is found by its own vector."""
    wanted, stored = article(uri, text), library.passages_of(library.find(uri))
    assert [(p.start, p.end, p.sentences) for p in stored] == [(p.start, p.end, p.sentences) for p in wanted.passages]
    for passage, vectors in zip(stored, wanted.vectors, strict=True):
        assert [passage.quote(s) for s in passage.sentences] == [s.of(text) for s in passage.sentences], uri
        np.testing.assert_allclose(passage.vectors.passage, vectors.passage, atol=1e-3)
        np.testing.assert_allclose(passage.vectors.sentences, vectors.sentences, atol=1e-3)
    nearest = library.candidates(wanted.vectors[0].passage, [], limit=1)[0]
    assert nearest.cosine > 0.999, f"wrong neighbour of {uri}: {nearest.passage.article.uri}"


def _is_dirty(folder: Path) -> bool:
    """False where the process died before the catalog had tables."""
    if not (folder / "catalog.db").exists():
        return False
    with closing(sqlite3.connect(folder / "catalog.db")) as connection:
        try:
            row = connection.execute("SELECT value FROM setting WHERE key = 'index'").fetchone()
        except sqlite3.OperationalError:
            return False
    return bool(row and json.loads(row[0])["dirty"])


def _difference(found: Texts, wanted: Texts) -> str:
    return ", ".join(sorted(uri for uri in {*found, *wanted} if found.get(uri) != wanted.get(uri)))
