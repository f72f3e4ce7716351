"""`footnote eval ...` and `footnote speed`: how far to trust it, and how fast it is."""

import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

LibraryFolder = Annotated[
    Path | None,
    typer.Option("--library", metavar="DIR", help="Folder of the library (without: $FOOTNOTE_LIBRARY or your own)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
Form = Annotated[
    str,
    typer.Option(
        "--format",
        help="cases, csv, squad, squad-pages, selqa, qed, longdocs, beir, pairs or articles; see samples/README.md.",
    ),
]


def to_write(path: Path | None) -> Path | None:
    """The path as it is given. Raises UsageError where no file can be written there: before the work, not after it."""
    from qa.errors import UsageError

    if path is None or str(path) == "-":
        return path
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", "Name a file in it.")
    if not path.parent.is_dir():
        raise UsageError(f"{path} cannot be written: there is no folder {path.parent}.", "Make it, or name another.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"{path} cannot be written: no permission.", "Name a file in a folder that you may write to.")
    return path


def bars(given: list[str] | None) -> list[str] | None:
    """What --fail-under says, as it is. Raises UsageError for what is no bar, or of no metric that there is."""
    from evals import compare

    compare.check(given or ())
    return given


class DatasetOrCommand(TyperGroup):
    """`footnote eval FILE` is `footnote eval run FILE`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        known = args and args[0] in self.commands
        return super().resolve_command(ctx, args if known else ["run", *args])

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Options before the file belong to `run` too."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = ["run", *args]
        return super().parse_args(ctx, args)


eval_app = typer.Typer(
    cls=DatasetOrCommand,
    no_args_is_help=True,
    help="Ask questions with known answers: footnote eval FILE. Also: draft, cases, compare, calibrate.",
)


@eval_app.command("run")
def evaluate(
    dataset: Annotated[Path, typer.Argument(metavar="FILE", help="Cases: JSON lines, or what --format names.")],
    library: LibraryFolder = None,
    form: Form = "cases",
    as_json: Json = False,
    baseline: Annotated[bool, typer.Option("--baseline", help="Ask the usual tutorial RAG instead.")] = False,
    against: Annotated[
        Literal["extractive", "baseline"] | None,
        typer.Option(
            help="Ask Footnote without its chat model, or the usual tutorial RAG, too: what is better, worse."
        ),
    ] = None,
    withheld: Annotated[
        bool, typer.Option("--withheld", help="Ask each answerable case again with its articles left out.")
    ] = False,
    own_article: Annotated[
        bool, typer.Option("--own-article", help="Ask each case of the articles with its gold alone: reading, apart.")
    ] = False,
    kept_apart: Annotated[
        int | None, typer.Option(min=1, max=10, metavar="N", help="Only what train-reader --keep-apart N left out.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many cases.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", callback=to_write, help="Write the report as a page, too.")
    ] = None,
    runs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the run here; one that was stopped goes on.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the run with the library, where the page shows it.")
    ] = False,
    judge: Annotated[
        bool, typer.Option("--judge", help="Let the chat model judge each answer, beside what is measured.")
    ] = False,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="METRIC=VALUE", callback=bars, help="Exit 1 when a metric is below (repeatable)."),
    ] = None,
) -> None:
    """Ask the cases of FILE and report what came of them."""
    from evals import compare, report
    from evals.choices import runs_of
    from evals.command import evaluate_file
    from evals.evaluate import Asking
    from evals.html import page
    from qa.settings import load
    from ui import terminal

    if keep and runs:
        raise typer.BadParameter("Give --runs DIR or --keep, not both.")
    settings = load(library=library)
    asking = Asking(withheld, own_article, limit, kept_apart)
    kept = runs_of(settings.library) if keep else runs
    with terminal.stages() as step:
        ask = partial(evaluate_file, dataset, settings, form, asking=asking, runs=kept, progress=step, judged=judge)
        found, records = ask(system="baseline" if baseline else "footnote")
        other = ask(system=against)[1] if against else []
    text = report.as_text(found)
    if against:
        found["against"] = {"system": against, **compare.compare(other, records)}
        text += f"\nFirst {against}, then {found['system']}:\n{compare.as_text(found['against'])}"
    terminal.report(found, text, as_json)
    if html:
        html.write_text(page(found, records), encoding="utf-8")
    short = compare.below(found["metrics"], fail_under or ())
    for line in short:
        terminal.say(line)
    raise typer.Exit(1 if short or found["failures"] else 0)


@eval_app.command("compare")
def compare_runs(before: Path, after: Path, as_json: Json = False) -> None:
    """Say what changed between two runs that were kept with --runs."""
    from evals import compare, runs
    from ui import terminal

    changed = compare.compare(runs.read(before)[1], runs.read(after)[1])
    terminal.report(changed, compare.as_text(changed), as_json)


@eval_app.command()
def cases(
    library: LibraryFolder = None,
    waiting: Annotated[bool, typer.Option("--drafts", help="Those that wait to be accepted instead.")] = False,
) -> None:
    """Print the accepted cases as JSON lines: footnote eval cases > mine.jsonl."""
    from evals.case_store import CaseStore

    with shelf_of(library) as (folder, _):
        write_cases(CaseStore(folder).cases("draft" if waiting else "accepted"), Path("-"))


def speed(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE...", help="Articles to ingest [default: made-up ones].")
    ] = None,
    questions: Annotated[Path | None, typer.Option(metavar="FILE", help="Cases whose questions are asked.")] = None,
    as_json: Json = False,
) -> None:
    """Measure ingesting against the bare model, asking by step, memory and size."""
    from evals import speed as measured
    from evals.datasets import load as load_cases
    from qa.settings import load
    from ui import terminal

    asked = [case.question for case in load_cases(questions).cases] if questions else []
    with measured.sources_or_samples(sources or []) as named:
        found = measured.measure(named, load(), asked)
    terminal.report(found, measured.as_text(found), as_json)


@contextmanager
def shelf_of(library: Path | None) -> Iterator[tuple[Path, Any]]:
    """The library's folder, and the library without a model."""
    from qa.bootstrap import stay_quiet
    from qa.library import Library
    from qa.settings import load

    stay_quiet()
    settings = load(library=library)
    with Library.open(settings.library, None, index="exact", create=False) as shelf:
        yield settings.library, shelf


def write_cases(made: Iterable[Any], out: Path) -> None:
    from evals.cases import to_row
    from ui import terminal

    if str(out) == "-":
        for case in made:
            terminal.json_line(to_row(case))
    else:
        lines = (json.dumps(to_row(case), ensure_ascii=False) for case in made)
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
