"""What is kept beside the library lets go of a purged article: no answer, case or evaluation run quotes it any more."""

import logging
from pathlib import Path
from typing import Protocol

from evals import runs
from evals.case_store import CaseStore
from evals.choices import RUNS
from qa.catalog import explained
from qa.errors import LibraryError
from qa.purges import Forget
from ui.conversations import Conversations
from ui.feedback import Feedback

_log = logging.getLogger(__name__)


class Purged(Protocol):
    """`qa.library.Library`, or a fake."""

    def finish_purges(self, forget: Forget) -> dict[int, str]: ...


def forget(library: Path, article_id: int, uri: str) -> None:
    """In all that lies in the library's folder. Raises LibraryError."""
    Conversations(library).forget(article_id)
    Feedback(library).forget(article_id)
    CaseStore(library).forget(uri)
    with explained(library / RUNS):
        runs.forget(library / RUNS, uri)


def finish(library: Purged, forget: Forget) -> None:
    """What was cut short, as far as that goes now: asking goes on meanwhile."""
    try:
        for article_id in library.finish_purges(forget):
            _log.info("The purge of article %d, which was cut short, is finished.", article_id)
    except LibraryError as error:
        _log.warning("%s", error)
