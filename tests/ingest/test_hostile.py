"""Broken and odd files of other projects' tests: each is an article, a feed's entries or a typed error, soon."""

import tarfile
import time
from collections.abc import Iterator

import pytest

from ingest.loaders import SANDBOXED, kind_of, load
from ingest.sandbox import Sandbox
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import IngestError
from tests.shared_data import shared_data

ARCHIVES = ["pdf-pypdf", "pdf-sample-files", "docx", "html-tika", "feeds"]


@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_sample(archive: str) -> None:
    tried(archive, every=40 if archive == "feeds" else 8)


@pytest.mark.slow
@pytest.mark.parametrize("archive", ARCHIVES)
def test_all_of_them(archive: str) -> None:
    assert tried(archive, every=1) > 30


def tried(archive: str, every: int) -> int:
    """How many files were tried; fails where one raises anything else, or takes longer than the limit."""
    count = 0
    with Sandbox(timeout=30, max_mb=1024) as sandbox:
        for raw in files(archive, every):
            started = time.monotonic()
            try:
                articles, reason = loaded(sandbox, raw), raw.name
            except IngestError as error:
                articles, reason = [], error.message
            assert raw.name in reason
            assert all(article.text or article.url for article in articles), raw.name
            assert time.monotonic() - started < 35, raw.name
            count += 1
    return count


def loaded(sandbox: Sandbox, raw: RawFile) -> list[LoadedArticle]:
    kind = kind_of(raw)
    return sandbox.load(kind, raw) if kind in SANDBOXED else [load(kind, raw)]


def files(archive: str, every: int) -> Iterator[RawFile]:
    with tarfile.open(shared_data(f"hostile/{archive}.tar.gz")) as packed:
        for member in [m for m in packed if m.isfile()][::every]:
            body = packed.extractfile(member)
            assert body
            yield RawFile(f"file:///{member.name}", body.read(), name=member.name.rsplit("/", 1)[-1])
