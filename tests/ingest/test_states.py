"""Any order of ingest, update, remove, purge, reindex, reopen, restore and ask, against a dict."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from hypothesis.strategies import lists, sampled_from

from ingest.pipeline import ingest
from qa.backup import backup, restore
from qa.library import Library
from qa.settings import load
from tests.fakes import FakeEmbedder

NAMES = sampled_from(["a.txt", "b.txt", "c.txt", "d.txt"])
SENTENCES = ("Foxes run at night.", "The mayor spoke.", "Storms came late.", "Owls hoot.", "Nobody voted in May.")
TEXTS = lists(sampled_from(SENTENCES), min_size=1, max_size=4).map(" ".join)
WORDS = sampled_from(["fox", "mayor", "storm", "owl", "vote"])


class Shelf(RuleBasedStateMachine):
    index = "exact"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="footnote-states-"))
        self.embedder = FakeEmbedder()
        self.settings = load()
        self.texts: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self.library = self.opened()

    def opened(self) -> Library:
        return Library.open(self.folder / "library", self.embedder.stamp, index=self.index)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    @rule(name=NAMES, text=TEXTS)
    def ingest(self, name: str, text: str) -> None:
        known = self.texts.get(self.uri(name))
        expected = "unchanged" if known == text else "updated" if known else "added"
        (self.folder / name).write_text(text)
        (outcome,) = ingest([str(self.folder / name)], self.library, self.embedder, self.settings)
        assert outcome.status == expected
        self.versions[outcome.uri] = self.versions.get(outcome.uri, 0) + (expected != "unchanged")
        assert outcome.version == self.versions[outcome.uri]
        self.texts[outcome.uri] = text

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        if self.texts.pop(self.uri(name), None):
            self.library.remove(self.library.find(self.uri(name)))

    @rule(name=NAMES)
    def purge(self, name: str) -> None:
        if self.versions.pop(self.uri(name), None):
            self.texts.pop(self.uri(name), None)
            self.library.remove(self.library.find(self.uri(name)), purge=True)

    @rule()
    def reindex(self) -> None:
        self.library.rebuild()

    @rule()
    def reopen(self) -> None:
        self.library.close()
        self.library = self.opened()

    @rule()
    def restore(self) -> None:
        self.library.close()
        backup(self.folder / "library", self.folder / "copy.db", overwrite=True)
        restore(self.folder / "copy.db", self.folder / "library", overwrite=True)
        self.library = self.opened()

    @rule(word=WORDS)
    def ask(self, word: str) -> None:
        """Everything is found, and every quote is a slice of the text."""
        found = self.library.candidates(self.embedder.question(word), [word], limit=20)
        assert sorted(c.passage.article.uri for c in found) == sorted(self.texts)
        for passage in (c.passage for c in found):
            text = self.texts[passage.article.uri]
            assert [passage.quote(s) for s in passage.sentences] == [s.of(text) for s in passage.sentences]

    @invariant()
    def holds_what_it_must(self) -> None:
        assert {item.uri: item.text for item in self.library.export()} == self.texts

    def teardown(self) -> None:
        try:
            assert [f for f in self.library.check() if f.severity != "ok"] == []
        finally:
            self.library.close()
            shutil.rmtree(self.folder)


class ShelfWithChroma(Shelf):
    index = "auto"


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=5, stateful_step_count=10, deadline=None, database=None)
TestShelfLong = pytest.mark.slow(ShelfWithChroma.TestCase)
TestShelfLong.settings = settings(max_examples=100, stateful_step_count=30, deadline=None, database=None)
