"""How a command ends when something goes wrong in it: in one line, with a traceback only on request."""

import tomllib
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from qa.errors import NotInLibrary
from ui.cli import app as footnote
from ui.exits import Explained

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
FAILURES = {
    "unforeseen": ValueError("the index is\nbroken\x1b[31m"),
    "wordless": KeyError(),
    "foreseen": NotInLibrary("There is no article 7."),
    "system": FileNotFoundError(2, "No such file or directory", "news.txt"),
    "usage": typer.BadParameter("Name one article."),
    "exit": typer.Exit(1),
}
app = typer.Typer(cls=Explained, pretty_exceptions_enable=False)


@app.callback()
def options(debug: bool = False) -> None: ...


@app.command()
def fail(how: str) -> None:
    raise FAILURES[how]


@pytest.mark.parametrize(
    ("how", "code", "told"),
    [
        (
            "unforeseen",
            2,
            "footnote: something went wrong that Footnote did not foresee (ValueError: the index is broken[31m). "
            "What was reported as done is kept. To see where: footnote --debug COMMAND...\n",
        ),
        (
            "wordless",
            2,
            "footnote: something went wrong that Footnote did not foresee (KeyError). "
            "What was reported as done is kept. To see where: footnote --debug COMMAND...\n",
        ),
        ("foreseen", 2, "footnote: There is no article 7.\n"),
        ("system", 2, "footnote: news.txt: No such file or directory.\n"),
        ("exit", 1, ""),
    ],
)
def test_it_is_told_in_one_line(how: str, code: int, told: str) -> None:
    done = CliRunner().invoke(app, ["fail", how])
    assert (done.exit_code, done.stdout, done.stderr) == (code, "", told)


def test_wrong_use_is_shown_with_the_usage() -> None:
    done = CliRunner().invoke(app, ["fail", "usage"])
    assert done.exit_code == 2
    assert "Name one article." in done.stderr
    assert "Usage" in done.stderr


def test_debug_shows_where_and_the_line_all_the_same() -> None:
    done = CliRunner().invoke(app, ["--debug", "fail", "unforeseen"])
    assert done.exit_code == 2
    assert "raise FAILURES[how]" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("footnote: something went wrong")


def test_debug_adds_nothing_to_what_is_explained() -> None:
    assert "Traceback" not in CliRunner().invoke(app, ["--debug", "fail", "foreseen"]).stderr


def test_the_version_is_that_of_the_project() -> None:
    version = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"]
    done = CliRunner().invoke(footnote, ["--version"])
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"footnote {version}\n", "")
