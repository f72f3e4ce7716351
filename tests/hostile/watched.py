"""How much memory loading takes: the sandbox's child's, at its most, and this process's, now."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

from ingest.loaders import Kind
from ingest.sandbox import Sandbox
from ingest.sources import RawFile


class WatchedSandbox(Sandbox):
    """`peak_mb`: the most memory that any of its children held; of one that was ended, as far as it was seen."""

    peak_mb = 0.0

    def _ask(self, child: subprocess.Popen[bytes], kind: Kind, raw: RawFile) -> tuple[dict[str, Any] | None, bool]:
        answer = super()._ask(child, kind, raw)
        self.peak_mb = max(self.peak_mb, _peak_mb(child.pid))
        return answer


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _peak_mb(pid: int) -> float:
    """0 for a process that has ended."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1_000 if found else 0.0
