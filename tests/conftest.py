"""What several tests share and is made once a session: the bundled model, and a small library embedded with it.

One thread of torch a process: pytest runs a process a core, and threads that wait for each other on a busy core cost
more than they bring. It must be said before torch is imported. Questions are read by similarity, which takes a fiftieth
of the time; tests of the trained reader name it. A process loads a model once, whichever command or page asks for it.
"""

import atexit
import gc
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from filelock import FileLock
from hypothesis import settings

from ingest.pipeline import ingest
from qa import bootstrap
from qa.bootstrap import make_embedder, stay_quiet
from qa.embedder import SentenceTransformerEmbedder
from qa.library import Library
from qa.settings import load
from tests import network

network.watch()
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["FOOTNOTE_READER"] = "none"
stay_quiet()
bootstrap.SentenceTransformerEmbedder = cache(SentenceTransformerEmbedder)  # type: ignore[misc, attr-defined]
gc.set_threshold(20_000, 20, 50)
if "FOOTNOTE_FUZZ" not in os.environ:  # the same made-up inputs every time; others only where they are asked for
    settings.register_profile("same", derandomize=True)
    settings.load_profile("same")

SAMPLES = Path(__file__).parents[1] / "samples" / "articles"


def pytest_configure(config: pytest.Config) -> None:
    """The processes of tests are watched; pytest's own workers watch themselves."""
    if config.getoption("dist", "no") == "no":
        network.watch_children(folder := Path(mkdtemp(prefix="footnote-watching-")))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


def pytest_collection_finish() -> None:
    """What torch, Gradio and thousands of tests are made of stays: nobody looks through it again for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def stays_here() -> Iterator[None]:
    """Fails the test that tried to reach another machine, even where the error was caught."""
    network.taken()
    yield
    assert network.taken() == [], "tried to leave this machine"


@pytest.fixture(scope="session")
def model() -> SentenceTransformerEmbedder:
    """The bundled model, really loaded."""
    made = make_embedder(load())
    assert isinstance(made, SentenceTransformerEmbedder)
    return made


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory, model: SentenceTransformerEmbedder) -> Path:
    """The folder of a library of the text and Markdown samples. Read it only; `own_library` is to be changed.

    Whichever of pytest's processes wants it first makes it, for all of them.
    """
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "sample-library"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            _make(made := tmp_path_factory.mktemp("samples") / "library", model)
            made.rename(folder)
    return folder


def _make(folder: Path, model: SentenceTransformerEmbedder) -> None:
    files = sorted(str(path) for path in SAMPLES.iterdir() if path.suffix in {".txt", ".md"})
    with Library.open(folder, model.stamp, index="exact") as library:
        failed = [outcome for outcome in ingest(files, library, model, load()) if outcome.status == "failed"]
    assert not failed


@pytest.fixture
def own_library(sample_library: Path, tmp_path: Path) -> Path:
    """A copy of `sample_library` of the test's own."""
    return Path(shutil.copytree(sample_library, tmp_path / "library"))
