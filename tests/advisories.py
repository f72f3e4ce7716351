"""`make check`: is any package that is pinned known to be weak? Asks the package index, where it tells.

An index that only hands out packages says of none what is known of it; then, and without a network, this says so.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PINNED = Path(__file__).parents[1] / "constraints.txt"
SECONDS = 180


def asked(lines: Sequence[str]) -> list[dict[str, Any]]:
    """What pip-audit says of each: name, and `vulns` or a `skip_reason`; nothing where the index is out of reach."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(lines))
        file.flush()
        told = ["-r", file.name, "--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        done = subprocess.run(
            [sys.executable, "-m", "pip_audit", *told, "--timeout", "10"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    return json.loads(done.stdout)["dependencies"] if done.stdout.strip() else []


def weaknesses(packages: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each that is known."""
    return [
        f"{one['name']} {one['version']}: {weak['id']}, mended in {', '.join(weak['fix_versions']) or 'no release'}"
        for one in packages
        for weak in one.get("vulns", ())
    ]


def main() -> int:
    pinned = [line for line in PINNED.read_text().splitlines() if "==" in line and not line.startswith("#")]
    first = asked(pinned[:1])
    if not first or "skip_reason" in first[0]:
        sys.stdout.write("What is known of the pinned packages was not asked: this package index does not tell.\n")
        return 0
    found = weaknesses(asked(pinned))
    sys.stdout.write("\n".join([*found, f"{len(pinned)} packages, {len(found)} known weaknesses"]) + "\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
