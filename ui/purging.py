"""What is kept beside the library lets go of a purged article: no answer, case or evaluation run quotes it any more."""

from pathlib import Path

from evals import runs
from evals.case_store import CaseStore
from evals.choices import RUNS
from ui.conversations import Conversations
from ui.feedback import Feedback


def forget(library: Path, article_id: int, uri: str) -> None:
    """In all that lies in the library's folder. Raises LibraryError; OSError where a kept run cannot be written."""
    Conversations(library).forget(article_id)
    Feedback(library).forget(article_id)
    CaseStore(library).forget(uri)
    runs.forget(library / RUNS, uri)
