"""`footnote eval ...` and `footnote speed`: how far to trust it, and how fast it is."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

LibraryFolder = Annotated[
    Path | None,
    typer.Option("--library", metavar="DIR", help="Folder of the library (without: $FOOTNOTE_LIBRARY or your own)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else on standard output.")]
Form = Annotated[
    str, typer.Option("--format", help="cases, squad, selqa, qed, longdocs, pairs, beir or csv; see docs/quality.md.")
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
    with _staged() as step:
        found, records = evaluate_file(
            dataset,
            settings,
            form=form,
            system="baseline" if baseline else "footnote",
            asking=Asking(withheld, own_article, limit, kept_apart),
            runs=runs_of(settings.library) if keep else runs,
            progress=step,
            judged=judge,
        )
    if html:
        html.write_text(page(found, records), encoding="utf-8")
    terminal.report(found, report.as_text(found), as_json)
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
        made = drafted(shelf, count, seed, store.known() if out is None else ())
    if out is not None:
        _write_cases(made, out)
    else:
        store.add(made)
    if str(out) != "-":
        waiting = {} if out else {"waiting": store.counts()["draft"]}
        where = f"Written to {out}." if out else "Accept them on the evals page of footnote serve."
        said = f"{number(len(made), 'case')} drafted{', all there are' if len(made) < count else ''}. {where}"
        terminal.report({"drafted": len(made), **waiting}, said, as_json)


@eval_app.command()
def cases(
    library: LibraryFolder = None,
    waiting: Annotated[bool, typer.Option("--drafts", help="Those that wait to be accepted instead.")] = False,
) -> None:
    """Print the accepted cases as JSON lines: footnote eval cases > mine.jsonl."""
    from evals.case_store import CaseStore

    with _shelf(library) as (folder, _):
        _write_cases(CaseStore(folder).cases("draft" if waiting else "accepted"), Path("-"))


@eval_app.command()
def calibrate(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE[:FORMAT]...", help="Cases to fit on; cases without a format name.")
    ],
    library: LibraryFolder = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the calibration.")] = Path(
        "confidence.json"
    ),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases of each file.")] = None,
    wrong: Annotated[float, typer.Option(help="Cost of an answer that is not right.")] = 1.0,
    refused: Annotated[float, typer.Option(help="Cost of refusing where there was a right answer.")] = 1.0,
    sizes: Annotated[
        list[int] | None,
        typer.Option("--size", metavar="N", min=2, help="Fit for libraries of N articles as well; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit the confidence and its threshold on FILEs; report on other ones with footnote eval."""
    from evals import calibrate as calibration
    from evals.command import examples
    from qa.settings import load
    from ui import terminal

    named = [_named(source) for source in sources]
    with _staged() as step:
        settings = load(library=library)
        seen = [e for path, form in named for e in examples(path, settings, form, limit, step, sizes=sizes or ())]
    costs = calibration.Costs(wrong, refused)
    names = [path.name for path, _ in named]
    fitted = calibration.fit(seen, costs, names, datetime.now(UTC).date().isoformat(), sizes or ())
    calibration.write(fitted, out)
    shown = dict(fitted.provenance)
    terminal.report(shown, f"{json.dumps(shown, indent=1)}\nWritten to {out}.", as_json)


@eval_app.command("fit-ranking")
def fit_ranking(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE[:FORMAT]...", help="Cases to fit on; cases without a format name.")
    ],
    library: LibraryFolder = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the weights.")] = Path("ranking.json"),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases of each file.")] = None,
    as_json: Json = False,
) -> None:
    """Fit the weights of retrieving and reading on FILEs; report on other ones with footnote eval."""
    from evals import fit_ranking as fitting
    from evals.command import ranking_lists
    from qa.features import NAMES
    from qa.retriever import SIDES
    from qa.settings import load
    from ui import terminal

    named = [_named(source) for source in sources]
    with _staged() as step:
        lists = [ranking_lists(path, load(library=library), form, limit, step) for path, form in named]
    of_passages = fitting.fit([one for passages, _ in lists for one in passages], SIDES)
    of_sentences = fitting.fit([one for _, sentences in lists for one in sentences], NAMES)
    counts = {path.name: len(passages) for (path, _), (passages, _) in zip(named, lists, strict=True)}
    made = {"fitted_on": counts, "date": datetime.now(UTC).date().isoformat()}
    fitting.write(out, of_passages, of_sentences, made)
    shown = {"passages": of_passages, "sentences": of_sentences, **made}
    terminal.report(shown, f"{json.dumps(shown, indent=1)}\nWritten to {out}.", as_json)


@eval_app.command("calibrate-support")
def calibrate_support(
    fitting: Annotated[Path, typer.Argument(metavar="FILE", help="Cases whose gold sentences are fitted on.")],
    reporting: Annotated[Path, typer.Argument(metavar="OTHER", help="Other cases, for the figures.")],
    library: LibraryFolder = None,
    form: Form = "cases",
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the thresholds.")] = Path("support.json"),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases of each file.")] = None,
    as_json: Json = False,
) -> None:
    """Fit when a statement counts as borne out, on claims made from FILE; figures on those made from OTHER."""
    from evals import fit_support as fitting_support
    from evals.command import support_pairs
    from qa.settings import load
    from ui import terminal

    with _staged() as step:
        seen, others = (support_pairs(path, load(library=library), form, limit, step) for path in (fitting, reporting))
    weights = fitting_support.fit(seen)
    figures = {"fitted": fitting_support.figures(seen, weights), "reported": fitting_support.figures(others, weights)}
    made = {"fitted_on": fitting.name, "reported_on": reporting.name, "date": datetime.now(UTC).date().isoformat()}
    fitting_support.write(weights, {**made, **figures}, out)
    shown = {"meaning": weights.meaning, "unsupported": weights.unsupported, **made, **figures}
    terminal.report(shown, f"{json.dumps(shown, indent=1)}\nWritten to {out}.", as_json)


def train_reader(context: typer.Context) -> None:
    """Train the reader on your own questions: examples, train, average, publish. Each step has its own --help."""
    from evals.train_reader import main

    main(context.args)


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


def _named(source: str) -> tuple[Path, str]:
    path, colon, form = source.rpartition(":")
    return (Path(path), form) if colon and not Path(source).exists() else (Path(source), "cases")


@contextmanager
def _staged() -> Iterator[Any]:
    """Progress that says what is being done: a bar on a terminal, a line now and then otherwise."""
    from ui import terminal

    with terminal.stages() as step:
        yield step
