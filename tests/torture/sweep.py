"""Die at each named step of a workload in turn (`qa.steps`), and see each time that nothing is lost, doubled or wrong.

The driver imports everything once and forks: it never opens a library itself.
"""

import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from qa import steps
from qa.library import Library
from tests.torture.processes import ended_with, forked
from tests.torture.verify import Texts, verify
from tests.torture.workload import STAMP, Kind, Operation, made, run, write_often

KINDS: tuple[Kind, ...] = (
    *("put", "catch up", "put", "remove", "catch up", "ask", "purge", "put", "put"),
    *("rebuild", "put", "remove", "catch up", "purge", "ask"),
)


class Sweep:
    """`counts`: how often the process died at each kind of step."""

    def __init__(self, folder: Path, seed: int) -> None:
        import chromadb  # noqa: F401

        self.counts: Counter[str] = Counter()
        self._folder = folder
        dice = random.Random(f"sweep {seed}")
        self._operations = [made(kind, dice) for kind in KINDS]

    def steps(self) -> list[str]:
        """The names of all steps, in order, from a run that is not killed."""
        library, names = self._folder / "whole", self._folder / "names"
        code = ended_with(forked(lambda: self._work(library, 0, names)))
        assert code == 0, f"the workload ended with {code}"
        shutil.rmtree(library)
        return names.read_text().splitlines()

    def die(self, number: int) -> None:
        """At that step, on a new library. Raises AssertionError for the first thing wrong."""
        library, notes = self._folder / f"library-{number}", self._folder / "notes"
        notes.write_text("")
        code = ended_with(forked(lambda: self._work(library, number, notes)))
        assert code == -signal.SIGKILL, f"step {number}: the process ended with {code}, it was not killed"
        done = len(notes.read_text().splitlines())
        either = list(_states(self._operations))[done : done + 2]
        assert ended_with(forked(lambda: _verified(library, either))) == 0, f"step {number}: see above"
        shutil.rmtree(library)

    def _work(self, library: Path, number: int, notes: Path) -> None:
        """Notes a line an operation that ended; with 0, the steps instead."""
        os.environ[steps.DIE_AT] = str(number)
        write_often()
        with Library.open(library, STAMP) as opened, notes.open("a", buffering=1) as told:
            for what in self._operations:
                run(opened, what)
                if number:
                    told.write("end\n")
        if not number:
            notes.write_text("\n".join(steps.passed))


# --------------------------------------------------------------------------------------------------


def _states(operations: list[Operation]) -> Iterator[Texts]:
    texts: Texts = {}
    yield texts
    for what in operations:
        texts = what.after(texts)
        yield texts
    yield texts


def _verified(library: Path, either: list[Texts]) -> None:
    write_often()
    verify(library, either)
