"""Whether an index folder can be opened and finds what it holds, tried in a process that may die of it."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from qa.domain import Vector
from qa.embedder import EmbeddingStamp
from qa.index import ChromaIndex, Index
from qa.stored import unpack_rows

VECTORS = 20
SECONDS = 120
NEAR = 0.999
"""Cosine of a vector with itself, as Chroma computes it."""


def sound(folder: Path, stamp: EmbeddingStamp, known: Mapping[int, bytes]) -> bool:
    """Ask a child process for each of the known (passage id, packed vector); False when it fails, dies or hangs."""
    packed = {str(i): base64.b64encode(vector).decode() for i, vector in known.items()}
    try:
        child = subprocess.run(  # nosec B603 # our own interpreter, our own module
            [sys.executable, "-m", "qa.probe"],
            input=json.dumps({"folder": str(folder), "stamp": asdict(stamp), "known": packed}).encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return child.returncode == 0


def finds_itself(index: Index, passage_id: int, vector: Vector) -> bool:
    """Whether the nearest passage is it, or one with the same vector."""
    nearest = index.nearest(vector, 1)
    return bool(nearest) and (nearest[0][0] == passage_id or nearest[0][1] > NEAR)


# --------------------------------------------------------------------------------------------------


def _main() -> int:
    given = json.load(sys.stdin)
    index = ChromaIndex(Path(given["folder"]), EmbeddingStamp(**given["stamp"]))
    found = [
        finds_itself(index, int(i), unpack_rows([base64.b64decode(packed)])[0]) for i, packed in given["known"].items()
    ]
    index.close()
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(_main())
