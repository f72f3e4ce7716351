"""Kill a process that works on a library, again and again, and see that nothing is lost, doubled or wrong.

    python -m tests.torture.kill --kills 200 [--seed 1]

Every second kill is aimed at the moment at which Chroma's HNSW files change; the others come at a random one.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue

from qa.library import Library
from tests.torture.workload import STAMP, article, operation

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
"""Seconds until a child must have been killed."""


@dataclass
class Model:
    """What must be in the library: URI -> text, from the operations that were acknowledged."""

    texts: dict[str, str] = field(default_factory=dict)

    def after(self, seed: int, number: int) -> "Model":
        what = operation(seed, number)
        return Model({uri: text for uri, text in {**self.texts, **dict(what.puts)}.items() if uri != what.uri})


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
        self._model = Model()
        self._next = 0

    def once(self) -> None:
        """A kill that cut nothing off does not count, and is done again."""
        cut = None
        while cut is None:
            ended, cut = self._kill(aimed=self.tally.kills % 2 == 0)
            for number in ended:
                self._model = self._model.after(self._seed, number)
            self._next += len(ended)
            self.tally.operations += len(ended)
        self._next += 1
        self.tally.kills += 1
        self._verify(cut)

    def _kill(self, aimed: bool) -> tuple[list[int], int | None]:
        """The operations that were acknowledged, and the one that was in flight, if one was."""
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.workload", str(self._folder), str(self._seed), str(self._next)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        lines: Queue[str] = Queue()
        reader = threading.Thread(target=_pump, args=(child, lines))
        reader.start()
        heard = [_first(lines, child)]
        hit = _wait_for_change(self._folder) if aimed else time.sleep(self._dice.uniform(0, 1.5))
        child.kill()
        reader.join()
        assert child.wait() == -9, f"the child ended by itself: {child.stderr and child.stderr.read()}"
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
        started = time.monotonic()
        with Library.open(self._folder, STAMP) as library:
            self.tally.dirty += library.stats().index_bytes > 0 and _is_dirty(self._folder)
            library.candidates(article("x", "river").vectors[0].passage, ["river"], limit=3)
            self.tally.slowest_start = max(self.tally.slowest_start, time.monotonic() - started)
            found = {item.uri: item.text for item in library.export()}
            either = (self._model, self._model.after(self._seed, cut))
            assert found in [model.texts for model in either], f"after {cut}: {_difference(found, self._model.texts)}"
            self._model = Model(found)
            wrong = [f for f in library.check() if f.severity != "ok"]
            assert not wrong, f"after {cut}: {wrong}"
            for uri, text in found.items():
                wanted = [(p.start, p.end, p.sentences) for p in article(uri, text).passages]
                stored = library.passages_of(library.find(uri))
                assert [(p.start, p.end, p.sentences) for p in stored] == wanted, uri


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="footnote-torture-"))
    torture = Torture(folder, given.seed)
    for _ in range(given.kills):
        torture.once()
        sys.stderr.write(f"\r{torture.tally.kills} of {given.kills} kills")
    shutil.rmtree(folder)
    sys.stdout.write(f"\nNothing lost, doubled or wrong.\n{torture.tally}\n")


# --------------------------------------------------------------------------------------------------


def _pump(child: "subprocess.Popen[str]", lines: "Queue[str]") -> None:
    assert child.stdout is not None
    for line in child.stdout:
        if line.endswith("\n"):
            lines.put(line)


def _first(lines: "Queue[str]", child: "subprocess.Popen[str]") -> str:
    try:
        return lines.get(timeout=PATIENCE)
    except Empty:
        child.kill()
        raise AssertionError("the child never began") from None


def _rest(lines: "Queue[str]") -> list[str]:
    found = []
    while not lines.empty():
        found.append(lines.get())
    return found


def _wait_for_change(folder: Path) -> bool:
    """Until one of Chroma's HNSW files changes; False when none does for a while."""
    before = _hnsw(folder)
    until = time.monotonic() + 6
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


def _is_dirty(folder: Path) -> bool:
    import json
    import sqlite3

    connection = sqlite3.connect(folder / "catalog.db")
    row = connection.execute("SELECT value FROM setting WHERE key = 'index'").fetchone()
    connection.close()
    return bool(row and json.loads(row[0])["dirty"])


def _difference(found: dict[str, str], wanted: dict[str, str]) -> str:
    return ", ".join(sorted(uri for uri in {*found, *wanted} if found.get(uri) != wanted.get(uri)))


if __name__ == "__main__":
    main()
