"""Kill a process that works on a library, again and again, and see that nothing is lost, doubled or wrong.

Every second kill is aimed at the moment at which Chroma's HNSW files change; the others come at a random one.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import Empty, Queue

from tests.torture.processes import ended_with, forked
from tests.torture.verify import Seen, Texts, verify
from tests.torture.workload import main as work
from tests.torture.workload import operation

PATIENCE = 60.0
"""Seconds until a child must have been killed."""


@dataclass
class Tally:
    """`in_flight` counts the kinds of operation that were cut off; `dirty` the kills that found Chroma's mark set."""

    kills: int = 0
    aimed_hits: int = 0
    dirty: int = 0
    operations: int = 0
    in_flight: Counter[str] = field(default_factory=Counter)
    slowest_start: float = 0.0


class Torture:
    """One library, killed as often as `once` is called; raises AssertionError at the first thing wrong."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.tally = Tally()
        self._folder = folder
        self._seed = seed
        self._dice = random.Random(seed)
        self._texts: Texts = {}
        self._next = 0
        folder.mkdir(parents=True, exist_ok=True)
        import chromadb  # noqa: F401

    def once(self) -> None:
        """A kill that cut nothing off does not count, and is done again."""
        cut = None
        while cut is None:
            ended, cut = self._kill(aimed=self.tally.kills % 2 == 0)
            for number in ended:
                self._texts = operation(self._seed, number).after(self._texts)
            self._next += len(ended)
            self.tally.operations += len(ended)
        self._next += 1
        self.tally.kills += 1
        self._verify(cut)

    def _kill(self, aimed: bool) -> tuple[list[int], int | None]:
        """The operations that were acknowledged, and the one that was in flight, if one was."""
        told, tell = os.pipe()
        child = forked(lambda: work(str(self._folder), str(self._seed), str(self._next)), out=tell)
        os.close(tell)
        lines: Queue[str] = Queue()
        reader = threading.Thread(target=_pump, args=(told, lines))
        reader.start()
        heard = [_first(lines, child)]
        hit = _wait_for_change(self._folder) if aimed else time.sleep(self._dice.uniform(0, 1.5))
        os.kill(child, signal.SIGKILL)
        reader.join()
        assert ended_with(child) == -signal.SIGKILL, "the child ended by itself, see above"
        heard += _rest(lines)
        ended = [int(words[1]) for words in map(str.split, heard) if words[0] == "end"]
        begun = [words for words in (line.split(maxsplit=2) for line in heard) if words[0] == "begin"]
        cut = int(begun[-1][1])
        if cut in ended:
            return ended, None
        self.tally.aimed_hits += bool(hit)
        self.tally.in_flight[begun[-1][2].strip()] += 1
        return ended, cut

    def _verify(self, cut: int) -> None:
        """The operation in flight happened wholly or not at all; everything else is as acknowledged."""
        either = [self._texts, operation(self._seed, cut).after(self._texts)]
        told, tell = os.pipe()
        child = forked(lambda: sys.stdout.write(json.dumps(asdict(verify(self._folder, either)))), out=tell)
        os.close(tell)
        with os.fdopen(told) as answer:
            said = answer.read()
        assert ended_with(child) == 0, f"after operation {cut}: see above"
        seen = Seen(**json.loads(said))
        self._texts = seen.texts
        self.tally.dirty += seen.dirty
        self.tally.slowest_start = max(self.tally.slowest_start, seen.start)


# --------------------------------------------------------------------------------------------------


def _pump(told: int, lines: "Queue[str]") -> None:
    with os.fdopen(told) as said:
        for line in said:
            if line.endswith("\n"):
                lines.put(line)


def _first(lines: "Queue[str]", child: int) -> str:
    try:
        return lines.get(timeout=PATIENCE)
    except Empty:
        os.kill(child, signal.SIGKILL)
        raise AssertionError("the child never began") from None


def _rest(lines: "Queue[str]") -> list[str]:
    found = []
    while not lines.empty():
        found.append(lines.get())
    return found


def _wait_for_change(folder: Path) -> bool:
    """Until one of Chroma's HNSW files changes; False when none does for a while."""
    before = _hnsw(folder)
    until = time.monotonic() + 3
    while time.monotonic() < until:
        if _hnsw(folder) != before:
            return True
        time.sleep(0.0005)
    return False


def _hnsw(folder: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for place in folder.glob("vectors-*/*/*.bin"):
        try:
            stat = place.stat()
        except FileNotFoundError:
            continue
        found[str(place)] = (stat.st_mtime_ns, stat.st_size)
    return found
