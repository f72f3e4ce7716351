"""What README.md and docs/ say of the program is so: commands, options, paths, settings, the example."""

import importlib.util
import os
import re
import shlex
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperGroup

import qa
from ingest.loaders import load as load_article
from ingest.sources import RawFile
from qa.settings import PREFIX, Settings
from ui.cli import app

ROOT = Path(__file__).parents[1]
ARTICLES = ROOT / "samples" / "articles"
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/decisions.md")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WHOLE = re.compile(r"^ {4}(?:.*\| )?(footnote .*)$", re.MULTILINE)
INLINE = re.compile(r"`(footnote [^`]+)`")
QUOTED = re.compile(r"`([^`\n]+)`|\]\(([^)\s]+)\)")
PATH = re.compile(r"[\w.-]+/[\w./-]*|[\w.-]+\.(?:py|md|txt|toml|json|css|js|example)")
NO_PATHS_OF_OURS = {"footnote/library", "queue/join", "__init__.py"}
EXAMPLE = re.compile(r"```python\n(.*?)```", re.DOTALL)
FOOTNOTE = re.compile(r"^ {4}\[\d\] “(.*)”\n {8}(.*), ([^,\n]*), ([\d-]+)\n {8}file://\S*/(\S+) \((\d+)-(\d+)\)$", re.M)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parse(line: str, *, whole: bool = True) -> str:
    """The command that a line names; raises what the command line would complain with.

    Where a command is only mentioned (not `whole`), it may lack its arguments.
    """
    words = [word for word in shlex.split(line, comments=True)[1:] if word != "--help"]
    command, path = typer.main.get_command(app), "footnote"
    known = {option for param in command.params for option in param.opts if param.is_flag}
    while words and words[0] in known:
        words.pop(0)
    while isinstance(command, TyperGroup) and (words or whole):
        command, words = _inner(command, words)
        path = f"{path} {command.name}"
    if not isinstance(command, TyperGroup):
        command.make_context(path, words if whole else [*words, *_lacking(command, words)])
    return path


def _inner(group: TyperGroup, words: list[str]) -> tuple[Any, list[str]]:
    context = group.make_context("footnote", [], resilient_parsing=True)
    context.resilient_parsing = False
    _, command, rest = group.resolve_command(context, words)
    return command, rest


def _lacking(command: Any, words: list[str]) -> list[str]:
    """One word for each argument that a command has to have and was not given."""
    wanted = [p for p in command.params if p.param_type_name == "argument" and p.required]
    given = [word for word in words if not word.startswith("-")]
    return ["x"] * max(0, len(wanted) - len(given))


def whole_lines() -> list[str]:
    return [line for name in PAGES for line in WHOLE.findall(page(name))]


def mentions() -> list[str]:
    return [line for name in PAGES for line in INLINE.findall(page(name))]


def paths(name: str) -> Iterator[str]:
    for code, link in QUOTED.findall(page(name)):
        if link and not link.startswith(("http://", "https://", "#")):
            yield link
        elif PATH.fullmatch(code) and "://" not in code and "+" not in code:
            yield code


@pytest.mark.parametrize("line", whole_lines())
def test_every_command_line_is_one_that_the_program_takes(line: str) -> None:
    parse(line)


@pytest.mark.parametrize("line", mentions())
def test_every_command_that_is_mentioned_exists_with_its_options(line: str) -> None:
    parse(line, whole=False)


@pytest.mark.parametrize("line", ["footnote ask --loud x", "footnote library burn", "footnote speed --questions"])
def test_a_wrong_line_is_noticed(line: str) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|requires an argument"):
        parse(line)


def test_every_command_is_in_the_readme() -> None:
    shown = {parse(line) for line in WHOLE.findall(page("README.md"))}
    shown |= {parse(line, whole=False) for line in INLINE.findall(page("README.md"))}
    assert set(_leaves(typer.main.get_command(app), "footnote")) <= shown


def _leaves(command: Any, path: str) -> Iterator[str]:
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from _leaves(inner, f"{path} {name}")
    else:
        yield path


@pytest.mark.parametrize("name", PAGES)
def test_every_path_that_is_named_exists(name: str) -> None:
    folder = (ROOT / name).parent
    missing = {path for path in paths(name) if not ((ROOT / path).exists() or (folder / path).exists())}
    assert missing <= NO_PATHS_OF_OURS


@pytest.mark.parametrize("name", PAGES)
def test_every_setting_that_is_named_exists(name: str) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields} | {"FOOTNOTE_DATA"}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", page(name))) <= known


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", page("Makefile"), re.MULTILINE))
    named = {found for name in PAGES for found in re.findall(r"(?:`|^ {4})make ([a-z-]+)", page(name), re.MULTILINE)}
    assert {"demo", "test"} <= named <= targets


def test_the_reading_order_names_modules_that_exist() -> None:
    named = set(re.findall(r"`(\w+)`", qa.__doc__ or ""))
    assert "answerer" in named
    assert {name for name in named if importlib.util.find_spec(f"qa.{name}") is None} == set()


def test_every_dependency_is_explained() -> None:
    everything = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=~!]", wanted)[0] for wanted in everything}
    explained = set(re.findall(r"`([^`]+)`", page("docs/decisions.md").partition("## Embedding")[0]))
    assert names <= explained


def test_the_changelog_has_this_version() -> None:
    assert f"## [{PROJECT['version']}]" in page("CHANGELOG.md")


def test_the_answer_in_the_readme_quotes_the_samples() -> None:
    shown = FOOTNOTE.findall(page("README.md"))
    assert len(shown) == 2
    for quote, title, publisher, published, name, start, end in shown:
        body = (ARTICLES / name).read_bytes()
        article = load_article("html" if name.endswith(".html") else "markdown", RawFile(name, body, name=name))
        assert article.text[int(start) : int(end)] == quote
        assert (article.title, article.publisher, article.published) == (title, publisher, published)


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    some = tmp_path / "samples" / "articles"
    some.mkdir(parents=True)
    for name in ("museum-silver-theft.html", "museum-silver-theft-wire.md", "tram-drivers-strike.txt"):
        shutil.copy(ARTICLES / name, some)
    monkeypatch.chdir(tmp_path)
    (code,) = EXAMPLE.findall(page("README.md"))
    kept = dict(os.environ)
    try:
        exec(compile(code, "README.md", "exec"), {})
    finally:
        os.environ.clear()
        os.environ.update(kept)
    lines = capsys.readouterr().out.splitlines()
    assert len([line for line in lines if line.startswith("added ")]) == len(list(some.iterdir()))
    assert lines[-2].startswith("[1] The silver is insured for £1.9m")
    assert lines[-1].startswith("[2] The silver is insured for £1.9m")
