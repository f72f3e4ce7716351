"""`footnote eval draft`, `calibrate ...` and `footnote train-reader`: questions made, and what is fitted to them."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from ui.eval_commands import Form, Json, LibraryFolder, eval_app, shelf_of, to_write, write_cases


@eval_app.command()
def draft(
    library: LibraryFolder = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=10_000, help="How many cases.")] = 20,
    seed: Annotated[int, typer.Option(help="Another number, other questions.")] = 0,
    by_model: Annotated[
        bool, typer.Option("--written", help="Let the chat model write them, which is nearer to what people ask.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", callback=to_write, help="Write them here instead; - for standard output."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Make questions from your own articles; on the page you say which of them count."""
    from evals.case_store import CaseStore
    from evals.drafts import draft as drafted
    from evals.purged import keep_drafts
    from ui import terminal
    from ui.markup import count as number

    with shelf_of(library) as (folder, shelf):
        store = CaseStore(folder)
        known = store.known() if out is None else ()
        make = _written_by_model(library) if by_model else drafted
        made = list(make(shelf, count, seed, known))
        if out is None:
            keep_drafts(store, made, shelf)
    if out is not None:
        write_cases(made, out)
    if str(out) != "-":
        waiting = {} if out else {"waiting": store.counts()["draft"]}
        where = f"Written to {out}." if out else "Accept them on the evals page of footnote serve."
        fewer = ", all there are" if len(made) < count and not by_model else ""
        said = f"{number(len(made), 'case')} drafted{fewer}. {where}"
        terminal.report({"drafted": len(made), **waiting}, said, as_json)


@eval_app.command()
def calibrate(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE[:FORMAT]...", help="Cases to fit on; cases without a format name.")
    ],
    library: LibraryFolder = None,
    out: Annotated[
        Path, typer.Option(metavar="FILE", callback=to_write, help="Where to write the calibration.")
    ] = Path("confidence.json"),
    limits: Annotated[
        list[int] | None,
        typer.Option("--limit", metavar="N", min=1, help="At most so many cases of each file; or once for each."),
    ] = None,
    wrong: Annotated[float, typer.Option(help="Cost of an answer that is not right.")] = 1.0,
    refused: Annotated[float, typer.Option(help="Cost of refusing where there was a right answer.")] = 1.0,
    near: Annotated[float, typer.Option(min=0, help="What an unanswerable case counts beside a withheld one.")] = 1.0,
    sizes: Annotated[
        list[int] | None,
        typer.Option("--size", metavar="N", min=2, help="Fit for libraries of N articles as well; may be repeated."),
    ] = None,
    but: Annotated[
        list[Path] | None,
        typer.Option("--but", metavar="EXAMPLES", help="Not what a reader was trained on, train-reader's file says."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fit the confidence and its threshold on FILEs; report on other ones with footnote eval."""
    from evals import calibrate as calibration
    from evals import datasets
    from evals.command import examples, reader_checksum
    from evals.reading.examples import load as trained_on
    from qa.settings import load
    from ui import terminal

    named = list(map(datasets.named, sources))
    given = _each(limits or [None], len(named))
    with terminal.stages() as step:
        settings = load(library=library)
        reader = reader_checksum(settings)
        known = {example.id for path in but or () for example in trained_on(path)}
        ask = partial(examples, settings=settings, progress=step, sizes=sizes or (), but=known)
        pairs = zip(named, given, strict=True)
        found = [ask(path, form=form, limit=limit) for (path, form), limit in pairs]
    seen, missing = [example for some, _ in found for example in some], sum(lacking for _, lacking in found)
    _tell_missing(missing, any(example.answerable for example in seen), settings.library)
    costs = calibration.Costs(wrong, refused, near)
    names = [path.name for path, _ in named]
    fitted = calibration.fit(seen, costs, names, _today(), sizes or (), missing)
    calibration.write(fitted, out, reader)
    shown = dict(fitted.provenance)
    terminal.report(shown, f"{json.dumps(shown, indent=1)}\nWritten to {out}.", as_json)


@eval_app.command("fit-ranking")
def fit_ranking(
    sources: Annotated[
        list[str], typer.Argument(metavar="FILE[:FORMAT]...", help="Cases to fit on; cases without a format name.")
    ],
    library: LibraryFolder = None,
    out: Annotated[Path, typer.Option(metavar="FILE", callback=to_write, help="Where to write the weights.")] = Path(
        "ranking.json"
    ),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases of each file.")] = None,
    as_json: Json = False,
) -> None:
    """Fit the weights of retrieving and reading on FILEs; report on other ones with footnote eval."""
    from evals import datasets
    from evals import fit_ranking as fitting
    from evals.command import ranking_lists
    from qa.features import NAMES
    from qa.retriever import SIDES
    from qa.settings import load
    from ui import terminal

    named = list(map(datasets.named, sources))
    with terminal.stages() as step:
        lists = [ranking_lists(path, load(library=library), form, limit, step) for path, form in named]
    of_passages = fitting.fit([one for passages, _ in lists for one in passages], SIDES)
    of_sentences = fitting.fit([one for _, sentences in lists for one in sentences], NAMES)
    counts = {path.name: len(passages) for (path, _), (passages, _) in zip(named, lists, strict=True)}
    made = {"fitted_on": counts, "date": _today()}
    fitting.write(out, of_passages, of_sentences, made)
    shown = {"passages": of_passages, "sentences": of_sentences, **made}
    terminal.report(shown, f"{json.dumps(shown, indent=1)}\nWritten to {out}.", as_json)


@eval_app.command("calibrate-support")
def calibrate_support(
    fitting: Annotated[Path, typer.Argument(metavar="FILE", help="Cases whose gold sentences are fitted on.")],
    reporting: Annotated[Path, typer.Argument(metavar="OTHER", help="Other cases, for the figures.")],
    library: LibraryFolder = None,
    form: Form = "cases",
    out: Annotated[Path, typer.Option(metavar="FILE", callback=to_write, help="Where to write the thresholds.")] = Path(
        "support.json"
    ),
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many cases of each file.")] = None,
    as_json: Json = False,
) -> None:
    """Fit when a statement counts as borne out, on claims made from FILE; figures on those made from OTHER."""
    from evals import fit_support as fitting_support
    from evals.command import support_pairs
    from qa.settings import load
    from ui import terminal

    with terminal.stages() as step:
        seen, others = (support_pairs(path, load(library=library), form, limit, step) for path in (fitting, reporting))
    weights = fitting_support.fit(seen)
    figures = {"fitted": fitting_support.figures(seen, weights), "reported": fitting_support.figures(others, weights)}
    made = {"fitted_on": fitting.name, "reported_on": reporting.name, "date": _today()}
    fitting_support.write(weights, {**made, **figures}, out)
    shown = {"meaning": weights.meaning, "unsupported": weights.unsupported, **made, **figures}
    terminal.report(shown, f"{json.dumps(shown, indent=1)}\nWritten to {out}.", as_json)


def train_reader(context: typer.Context) -> None:
    """Train the reader on your own questions: examples, train, average, publish. Each step has its own --help."""
    from evals.train_reader import main

    main(context.args)


# ----------------------------------------------------------------------------------------------------------------


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


def _each(limits: Sequence[int | None], files: int) -> Sequence[int | None]:
    """One for every file."""
    if len(limits) not in (1, files):
        raise typer.BadParameter(f"{len(limits)} limits for {files} files.", param_hint="--limit")
    return limits if len(limits) == files else [*limits] * files


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _tell_missing(missing: int, others: bool, library: Path) -> None:
    """How many cases have gold that is not there. Raises CaseError where there are no `others` with an answer."""
    from qa.errors import CaseError
    from ui import terminal
    from ui.markup import count as number

    if missing and not others:
        raise CaseError(
            f"The library {library} holds the gold of none of the {number(missing, 'case')} that have some.",
            "Ingest their articles, or name the library that holds them with --library.",
        )
    if missing:
        terminal.say(f"Left out: {number(missing, 'case')} whose gold the library does not hold.")
