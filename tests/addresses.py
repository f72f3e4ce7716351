"""Where a `footnote serve` that was started listens."""

import re
import subprocess


def address_of(service: "subprocess.Popen[str]") -> str:
    """What it prints once it answers; its standard output is a pipe."""
    assert service.stdout is not None
    for line in service.stdout:
        if found := re.search(r"http://\S+", line):
            return found[0].rstrip("/.")
    raise SystemExit("The service does not start.")
