"""`footnote eval ...` and `footnote speed`: how far to trust it, and how fast it is."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
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
        help="cases, csv, squad, selqa, qed, longdocs, beir, pairs or articles; samples/README.md describes them.",
    ),
]


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
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as a page, too.")] = None,
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
        list[str] | None, typer.Option(metavar="METRIC=VALUE", help="Exit 1 when a metric is below (repeatable).")
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
    with staged() as step:
        ask = partial(evaluate_file, dataset, settings, form, asking=asking, runs=kept, progress=step, judged=judge)
        found, records = ask(system="baseline" if baseline else "footnote")
        other = ask(system=against)[1] if against else []
    if html:
        html.write_text(page(found, records), encoding="utf-8")
    text = report.as_text(found)
    if against:
        found["against"] = {"system": against, **compare.compare(other, records)}
        text += f"\nFirst {against}, then {found['system']}:\n{compare.as_text(found['against'])}"
    terminal.report(found, text, as_json)
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
def draft(
    library: LibraryFolder = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="How many cases.")] = 20,
    seed: Annotated[int, typer.Option(help="Another number, other questions.")] = 0,
    by_model: Annotated[
        bool, typer.Option("--written", help="Let the chat model write them, which is nearer to what people ask.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write them here instead; - for standard output.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Make questions from your own articles; on the page you say which of them count."""
    from evals.case_store import CaseStore
    from evals.drafts import draft as drafted
    from ui import terminal
    from ui.markup import count as number

    with _shelf(library) as (folder, shelf):
        store = CaseStore(folder)
        known = store.known() if out is None else ()
        make = _written_by_model(library) if by_model else drafted
        made = list(make(shelf, count, seed, known))
    if out is not None:
        _write_cases(made, out)
    else:
        store.add(made)
    if str(out) != "-":
        waiting = {} if out else {"waiting": store.counts()["draft"]}
        where = f"Written to {out}." if out else "Accept them on the evals page of footnote serve."
        fewer = ", all there are" if len(made) < count and not by_model else ""
        said = f"{number(len(made), 'case')} drafted{fewer}. {where}"
        terminal.report({"drafted": len(made), **waiting}, said, as_json)


def _written_by_model(library: Path | None) -> Callable[..., Iterator[Any]]:
    """What the chat model of the settings writes; where it fails, what it wrote until then, and a line that says so."""
    from evals.written_drafts import written
    from qa.bootstrap import make_generator
    from qa.errors import ChatFailed, UsageError
    from qa.settings import load
    from ui import terminal

    generator = make_generator(load(library=library))
    if generator is None:
        raise UsageError("There is no chat model that could write.", "Set FOOTNOTE_CHAT_MODEL, or leave out --written.")

    def make(shelf: Any, count: int, seed: int, known: Collection[str]) -> Iterator[Any]:
        made = 0
        try:
            for case in written(shelf, generator, count, seed, known):
                made += 1
                yield case
        except ChatFailed as failure:
            if not made:
                raise
            terminal.say(f"{failure.message} {failure.remedy}")

    return make


@eval_app.command()
def cases(
    library: LibraryFolder = None,
    waiting: Annotated[bool, typer.Option("--drafts", help="Those that wait to be accepted instead.")] = False,
) -> None:
    """Print the accepted cases as JSON lines: footnote eval cases > mine.jsonl."""
    from evals.case_store import CaseStore

    with _shelf(library) as (folder, _):
        _write_cases(CaseStore(folder).cases("draft" if waiting else "accepted"), Path("-"))


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
def _shelf(library: Path | None) -> Iterator[tuple[Path, Any]]:
    """The library's folder, and the library without a model."""
    from qa.bootstrap import stay_quiet
    from qa.library import Library
    from qa.settings import load

    stay_quiet()
    settings = load(library=library)
    with Library.open(settings.library, None, index="exact", create=False) as shelf:
        yield settings.library, shelf


def _write_cases(made: Iterable[Any], out: Path) -> None:
    from evals.cases import to_row
    from ui import terminal

    if str(out) == "-":
        for case in made:
            terminal.json_line(to_row(case))
    else:
        lines = (json.dumps(to_row(case), ensure_ascii=False) for case in made)
        out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


@contextmanager
def staged() -> Iterator[Any]:
    """Progress that says what is being done: a bar on a terminal, a line now and then otherwise."""
    from ui import terminal

    with terminal.stages() as step:
        yield step
