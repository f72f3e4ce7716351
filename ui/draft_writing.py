"""Drafts that a chat model writes, as work in the background: each is kept as soon as it is there."""

import secrets
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from evals.background import Step, Work
from evals.case_store import CaseStore
from evals.gold import Shelf
from evals.purged import keep_drafts
from evals.written_drafts import written
from qa.generator import Generator, Pieces
from qa.prompt import Prompt

WRITING = "writing"
"""The step of which such work tells, from its first request on."""


def writing(shelf: Shelf, store: CaseStore, generator: Generator, count: int) -> Work:
    """At most `count` new drafts, of other sentences every time. The work raises ChatFailed, LibraryError."""

    def work(step: Step) -> str:
        made = 0

        def tell() -> None:
            step(WRITING, made, count)

        tell()
        known = store.known()
        for case in written(shelf, _Telling(generator, tell), count, secrets.randbits(32), known):
            made += keep_drafts(store, [case], shelf)
            tell()
        return ""

    return work


# ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Telling:
    """A chat model of which every request and every piece is told, so that whoever is told can end it there."""

    generator: Generator
    tell: Callable[[], None]

    def stream(self, prompt: Prompt) -> Pieces:
        self.tell()
        with closing(self.generator.stream(prompt)) as pieces:
            for piece in pieces:
                self.tell()
                yield piece
        return None
