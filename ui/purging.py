"""What is kept beside the library lets go of a purged article: no answer, case or evaluation run quotes it any more."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from evals import runs
from evals.case_store import CaseStore
from evals.choices import RUNS
from qa.domain import Article
from ui.conversations import Conversations
from ui.feedback import Feedback


class Shelf(Protocol):
    """What an article is purged from: `qa.library.Library`, or a fake."""

    def article(self, article_id: int, version: int | None = None) -> Article: ...

    def remove(self, article_id: int, *, purge: bool = False) -> None: ...


def purge(shelf: Shelf, article_id: int, forget: Callable[[int, str], object]) -> None:
    """Forgotten before its text is erased, so that what fails there can be tried again; and after, as somebody may
    have quoted it meanwhile. Raises NotInLibrary, and whatever `forget` raises."""
    uri = shelf.article(article_id).uri
    forget(article_id, uri)
    shelf.remove(article_id, purge=True)
    forget(article_id, uri)


def forget(library: Path, article_id: int, uri: str) -> None:
    """In all that lies in the library's folder. Raises LibraryError; OSError where a kept run cannot be written."""
    Conversations(library).forget(article_id)
    Feedback(library).forget(article_id)
    CaseStore(library).forget(uri)
    runs.forget(library / RUNS, uri)
