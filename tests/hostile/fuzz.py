"""`make fuzz`: atheris looks for bytes that break a loader, or a question that breaks the way to an answer.

    python -m tests.hostile.fuzz files|questions [libFuzzer's options, e.g. -max_total_time=600]

It goes on until it is stopped or something is raised that is no typed error; the input is then left in the folder it
was started from, and its name given as an option runs it again.
"""

import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest", "qa", "feedparser", "pypdf"], enable_loader_override=False):
    from ingest.loaders import SANDBOXED, kind_of, load
    from ingest.loaders.feed import load_all
    from ingest.sources import RawFile
    from qa.library import Library
    from qa.prompt import harmless
    from qa.rewriter import rewrite
    from qa.terms import content

from qa.errors import IngestError
from tests.torture.workload import STAMP, article

NAMES = ("a.txt", "a.md", "a.xml", "a.html", "a.pdf", "")


def files(data: bytes) -> None:
    """As in `test_fuzz`: what is read behind the sandbox is only told apart."""
    given = atheris.FuzzedDataProvider(data)
    name = NAMES[given.ConsumeIntInRange(0, len(NAMES) - 1)]
    raw = RawFile("file:///x", given.ConsumeBytes(len(data)), name=name)
    with suppress(IngestError):
        kind = kind_of(raw)
        if kind == "feed":
            load_all(raw)
        elif kind not in SANDBOXED:
            load(kind, raw)


def questions(library: Library) -> Callable[[bytes], None]:
    known = article("a/0", "Rates rose on Friday.\nNobody knew why.")
    library.add_many([known])

    def ask(data: bytes) -> None:
        question = atheris.FuzzedDataProvider(data).ConsumeUnicode(2_000)
        harmless(rewrite(question))
        library.candidates(known.vectors[0].passage, content(question), limit=5)

    return ask


def main() -> None:
    what, options = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    if what not in ("files", "questions"):
        sys.exit(__doc__)
    with (
        tempfile.TemporaryDirectory() as folder,
        Library.open(Path(folder) / "library", STAMP, index="exact") as library,
    ):
        atheris.Setup([sys.argv[0], *options], files if what == "files" else questions(library))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
