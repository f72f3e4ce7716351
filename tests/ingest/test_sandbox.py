"""The child's own code is tried through `tests.ingest.misbehaving`, a loader that does what its file says."""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sandbox import Sandbox
from ingest.sources import RawFile
from qa.domain import LoadedArticle
from qa.errors import NoText, OverLimit, Unreadable


class TrialSandbox(Sandbox):
    """The same child, with a loader in place of the HTML one that hangs, dies or swells as it is told."""

    def _command(self) -> list[str]:
        return [sys.executable, "-P", str(Path(__file__).with_name("misbehaving.py")), *super()._command()[-2:]]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with TrialSandbox(timeout=3, max_mb=400) as trial:
        yield trial


def load(sandbox: Sandbox, what: str, name: str = "page.html") -> LoadedArticle:
    (article,) = sandbox.load("html", RawFile("file:///page.html", what.encode(), name=name))
    return article


def test_an_article_comes_back_whole(sandbox: Sandbox) -> None:
    assert load(sandbox, "echo Grüße 😀") == LoadedArticle(
        "page.html", "Grüße 😀", "Pub", ("A", "B"), "2024-05-03", "en", "https://x", ("a note",)
    )


def test_what_is_known_of_the_file_goes_along() -> None:
    """The real loader: a page in an encoding that only its server declared."""
    page = f"<html><body><article><p>{'Zażółć gęślą jaźń, rzekł bank. ' * 9}</p></article></body></html>"
    raw = RawFile("https://daily.test/a", page.encode("iso8859_2"), "text/html", "a", charset="iso-8859-2")
    with Sandbox(timeout=20, max_mb=1_000) as sandbox:
        (article,) = sandbox.load("html", raw)
    assert article.text.startswith("Zażółć gęślą jaźń")
    assert (article.publisher, article.url) == ("daily.test", "https://daily.test/a")


def test_the_child_is_kept(sandbox: Sandbox) -> None:
    assert load(sandbox, "pid").text == load(sandbox, "pid").text != str(os.getpid())


def test_its_errors_are_ours(sandbox: Sandbox) -> None:
    with pytest.raises(NoText) as failed:
        load(sandbox, "notext")
    assert (failed.value.message, failed.value.remedy) == ("page.html is empty.", "Fill it.")


def test_whatever_a_parser_raises_is_unreadable(sandbox: Sandbox) -> None:
    with pytest.raises(Unreadable, match=r"page\.html cannot be read \(KeyError: 'x'\)"):
        load(sandbox, "keyerror")


@pytest.mark.parametrize("trouble", ["hang", "spin"])
def test_what_hangs_is_ended(trouble: str) -> None:
    with TrialSandbox(timeout=1.5, max_mb=400) as sandbox:
        started = time.monotonic()
        with pytest.raises(OverLimit, match=r"page\.html took longer than 1.5 s"):
            load(sandbox, trouble)
        assert time.monotonic() - started < 6
        assert load(sandbox, "echo next").text == "next"


@pytest.mark.parametrize("trouble", ["die", "exit", "junk", "flood"])
def test_what_breaks_the_child_is_unreadable(sandbox: Sandbox, trouble: str) -> None:
    with pytest.raises(Unreadable, match=r"page\.html broke the program"):
        load(sandbox, trouble)
    assert load(sandbox, "echo next").text == "next"


def test_what_swells_is_over_the_limit_and_costs_the_parent_nothing(sandbox: Sandbox) -> None:
    load(sandbox, "echo warm")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(OverLimit, match=r"page\.html takes too much memory"):
        load(sandbox, "swell")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
    assert load(sandbox, "echo next").text == "next"


def test_nothing_is_written_and_no_secret_is_there(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with pytest.raises(Unreadable, match="OSError"):
        load(sandbox, f"write {tmp_path / 'x'}")
    assert "OPENAI_API_KEY" not in load(sandbox, "environment").text


def test_what_a_library_prints_does_not_reach_the_answer(sandbox: Sandbox) -> None:
    assert load(sandbox, "print").text == "printed"


def test_a_closed_sandbox_leaves_no_child() -> None:
    with TrialSandbox(3, 400) as trial:
        pid = int(load(trial, "pid").text)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_child_ends_with_its_parent() -> None:
    script = (
        "from tests.ingest.test_sandbox import TrialSandbox, load\nimport os\n"
        "s = TrialSandbox(3, 400)\nprint(load(s, 'pid').text, flush=True)\nos._exit(9)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=".", check=False)
    assert ended.returncode == 9
    pid = int(ended.stdout)
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            break
        time.sleep(0.05)
    assert not Path(f"/proc/{pid}").exists()


def test_a_real_page_goes_through_the_real_child() -> None:
    body = b"<html><title>Rates rise</title><article><p>The bank acted on Monday, it said.</p></article></html>"
    with Sandbox(30, 1024) as real:
        (article,) = real.load("html", RawFile("file:///a.html", body, name="a.html"))
    assert (article.title, article.text) == ("Rates rise", "The bank acted on Monday, it said.")
