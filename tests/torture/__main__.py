"""Kill the program at random and at every step, and let processes work together; a table of what was seen.

python -m tests.torture [--kills 200] [--every 1] [--minutes 1] [--commands 1] [--seed 1]
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.torture.commands import commands_together
from tests.torture.kill import Torture
from tests.torture.processes import end_all
from tests.torture.sweep import Sweep
from tests.torture.together import together

Row = tuple[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200, help="at random moments, half of them in Chroma")
    parser.add_argument("--every", type=int, default=1, help="die at every Nth step; 0: at none")
    parser.add_argument("--minutes", type=float, default=1, help="how long processes work on one library; 0: none")
    parser.add_argument("--commands", type=float, default=1, help="minutes of the commands on one library; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="footnote-torture-"))
    try:
        # the sweep forks, so it comes before this process opens a library
        if given.every:
            _table("Died at", lambda: _swept(folder, given.seed, given.every))
        if given.kills:
            _table("Killed", lambda: _killed(folder / "killed", given.seed, given.kills))
        if given.minutes:
            _table("Together", lambda: iter(together(folder / "together", given.minutes * 60).items()))
        if given.commands:
            _table("Commands", lambda: iter(commands_together(folder / "commands", given.commands * 60).items()))
    except KeyboardInterrupt:
        end_all()
        shutil.rmtree(folder)
        sys.stderr.write("\nstopped; what was seen until then was as it must be.\n")
        return 130
    except AssertionError as error:
        sys.stdout.write(f"\nWRONG: {error}\nThe library is in {folder}.\n")
        return 1
    shutil.rmtree(folder)
    sys.stdout.write("Nothing lost, doubled, phantom or wrong.\n")
    return 0


def _table(title: str, rows: Callable[[], Iterator[Row]]) -> None:
    started = time.monotonic()
    sys.stdout.write(f"\n{title}\n")
    for name, value in rows():
        sys.stdout.write(f"  {name:<44}{value:>12}\n")
    sys.stdout.write(f"  {'seconds':<44}{time.monotonic() - started:>12.0f}\n")
    sys.stdout.flush()


def _swept(folder: Path, seed: int, every: int) -> Iterator[Row]:
    sweep = Sweep(folder, seed)
    names = sweep.steps()
    chosen = range(1, len(names) + 1, every)
    for number in chosen:
        sweep.die(number)
        sweep.counts[names[number - 1]] += 1
        _progress(f"step {number} of {len(names)}")
    yield from ((name, f"{count:,}") for name, count in sorted(sweep.counts.items()))
    yield "steps", f"{len(chosen):,} of {len(names):,}"


def _killed(folder: Path, seed: int, kills: int) -> Iterator[Row]:
    torture = Torture(folder, seed)
    tally = torture.tally
    with suppress(KeyboardInterrupt):
        while tally.kills < kills:
            torture.once()
            _progress(f"{tally.kills} of {kills} kills")
    yield "kills, each with rc -9 and work in flight", f"{tally.kills:,}"
    yield "while Chroma rewrote its files", f"{tally.aimed_hits:,}"
    yield "that left the index marked dirty", f"{tally.dirty:,}"
    yield "operations acknowledged", f"{tally.operations:,}"
    yield from ((f"cut off: {kind}", f"{count:,}") for kind, count in sorted(tally.in_flight.items()))
    yield "slowest next answer, s", f"{tally.slowest_start:.2f}"
    if tally.kills < kills:
        raise KeyboardInterrupt


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}   ")


if __name__ == "__main__":
    sys.exit(main())
