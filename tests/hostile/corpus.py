"""Broken and odd files of other projects' tests through the real loaders, sandbox and all: what became of each.

    python -m tests.hostile.corpus [--every 1]

prints a table. Each file must end as articles or as an error that names it and says what to do, within the sandbox's
time, without a trace in this process's memory or on the disk. Exit 1 where one does not.
"""

import argparse
import sys
import tarfile
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ingest.loaders import SANDBOXED, kind_of, load
from ingest.sandbox import Sandbox
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import IngestError
from tests.hostile.watched import WatchedSandbox, resident_mb
from tests.shared_data import shared_data

ARCHIVES = ("pdf-pypdf", "pdf-sample-files", "docx", "html-tika", "feeds")
SECONDS = 30
MEGABYTES = 1_024
GROWTH_MB = 64
"""What this process may keep: the libraries that it loads for text, and what the allocator holds on to."""


@dataclass
class Tally:
    """Of one archive: how its files ended, and `faults`: those that ended otherwise than promised."""

    archive: str
    articles: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    child_mb: float = 0.0
    grown_mb: float = 0.0
    left: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def files(self) -> int:
        return self.articles + self.refused.total() + len(self.faults)


def tried(archive: str, every: int = 1) -> Tally:
    """Every `every`th file of the archive, with a temporary folder that must be empty at the end."""
    tally = Tally(archive)
    with tempfile.TemporaryDirectory(prefix="footnote-hostile-") as folder, _temporary(folder):
        before = resident_mb()
        with WatchedSandbox(timeout=SECONDS, max_mb=MEGABYTES) as sandbox:
            for raw in files(archive, every):
                _one(tally, sandbox, raw)
            tally.child_mb = sandbox.peak_mb
        tally.grown_mb = resident_mb() - before
        tally.left = len(list(Path(folder).rglob("*")))
    if tally.grown_mb > GROWTH_MB:
        tally.faults.append(f"this process grew by {tally.grown_mb:.0f} MB")
    if tally.left:
        tally.faults.append(f"{tally.left} temporary files were left")
    return tally


def files(archive: str, every: int = 1) -> Iterator[RawFile]:
    with tarfile.open(shared_data(f"hostile/{archive}.tar.gz")) as packed:
        for member in [m for m in packed if m.isfile()][::every]:
            body = packed.extractfile(member)
            assert body
            yield RawFile(f"file:///{member.name}", body.read(), name=member.name.rsplit("/", 1)[-1])


def loaded(sandbox: Sandbox, raw: RawFile) -> list[LoadedArticle]:
    """As the pipeline does it. Raises IngestError."""
    kind = kind_of(raw)
    return sandbox.load(kind, raw) if kind in SANDBOXED else [load(kind, raw)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, help="take every Nth file only")
    every = parser.parse_args().every
    try:
        tallies = [tried(archive, every) for archive in ARCHIVES]
    except pytest.skip.Exception as absent:
        sys.exit(str(absent))
    head = f"{'archive':18}{'files':>6}{'articles':>9}{'refused':>8}{'slowest':>9}{'child':>9}{'grown':>8}{'left':>5}"
    sys.stdout.write(f"{head}\n{''.join(map(_row, tallies))}")
    faults = [f"{tally.archive}: {fault}\n" for tally in tallies for fault in tally.faults]
    sys.stdout.write("".join(faults) or "Each is an article or a typed error.\n")
    sys.exit(bool(faults))


# --------------------------------------------------------------------------------------------------


@contextmanager
def _temporary(folder: str) -> Iterator[None]:
    """Temporary files of this process and of its children lie in `folder`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        patch.setattr(tempfile, "tempdir", folder)
        yield


def _one(tally: Tally, sandbox: Sandbox, raw: RawFile) -> None:
    started = time.monotonic()
    try:
        articles = loaded(sandbox, raw)
        fault = "" if all(article.text or article.url for article in articles) else "an article without text"
        tally.articles += not fault
    except IngestError as error:
        fault = "" if raw.name in error.message and error.remedy else f"does not name it and a remedy: {error}"
        tally.refused[type(error).__name__] += not fault
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"
    took = time.monotonic() - started
    tally.slowest = max(tally.slowest, (took, raw.name))
    if fault or took > SECONDS + 5:
        tally.faults.append(f"{raw.name} ({took:.0f} s): {fault or 'too late'}")


def _row(tally: Tally) -> str:
    seconds, _ = tally.slowest
    return (
        f"{tally.archive:18}{tally.files:6}{tally.articles:9}{tally.refused.total():8}{seconds:7.1f} s"
        f"{tally.child_mb:6.0f} MB{tally.grown_mb:5.0f} MB{tally.left:5}   {_reasons(tally)}\n"
    )


def _reasons(tally: Tally) -> str:
    return ", ".join(f"{count} {name}" for name, count in tally.refused.most_common())


if __name__ == "__main__":
    main()
