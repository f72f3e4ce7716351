"""Files of cases -> a report, or what a confidence is fitted on, with everything wired: what `footnote eval` calls."""

import hashlib
from collections.abc import Container, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

from evals.calibrate import Example, Tap, collect, fitted_on, refuse_fitted
from evals.cases import Case, Dataset
from evals.choices import runs_of
from evals.datasets import load
from evals.evaluate import Asking, evaluate, plan
from evals.fit_ranking import Listed
from evals.fit_ranking import collect as collect_lists
from evals.fit_support import Measured, measure, pairs
from evals.gold import Resolver
from evals.judge import Judge
from evals.records import Record
from evals.runner import Answers
from evals.smaller import smaller
from evals.temporary import Progress, wired_for
from qa.bootstrap import TRAINED, Service, calibration, make_embedder, reader_file, service
from qa.confidence import checksum
from qa.embedder import Embedder
from qa.errors import CaseError, UsageError
from qa.library import Library
from qa.settings import Settings
from qa.support import DATA as SUPPORT
from qa.weights import DATA as RANKING

NOTED = {"library", "embedding_model", "precision", "index", "passages", "reader", "read_passages", "max_claims"} | {
    "threshold", "chat_model", "chat_temperature", "chat_context_tokens", "chat_answer_tokens", "chat_strict",
    "chat_rewrite_timeout",
}  # fmt: skip
"""Settings that bear on what is answered: a run that was stopped goes on only under the same ones."""
System = Literal["footnote", "extractive", "baseline"]
"""Footnote as it is set up, without its chat model, or the usual tutorial's set-up."""


def evaluate_file(
    path: Path, settings: Settings, form: str = "cases", **how: Any
) -> tuple[dict[str, Any], list[Record]]:
    """`evaluate_dataset` of what is in the file. Raises CaseError, LibraryError, ModelError."""
    return evaluate_dataset(load(path, form), settings, **how)


def evaluate_dataset(
    dataset: Dataset,
    settings: Settings,
    *,
    system: System = "footnote",
    asking: Asking = Asking(),  # noqa: B008
    runs: Path | None = None,
    progress: Progress = lambda *_: None,
    embedder: Embedder | None = None,
    open_service: Service | None = None,
    judged: bool = False,
) -> tuple[dict[str, Any], list[Record]]:
    """The report and its records. A data set that brings articles is asked of a temporary library of them.

    `runs` is the folder where runs are kept; any other data set is asked of
    `open_service`, if it is given. The report's settings say whether the confidence was fitted on some of these cases,
    which makes its figures meaningless. With `judged`, the configured chat model judges every answer, those of a
    system without it, too. Raises LibraryError, ModelError, UsageError, and ChatFailed where the judge fails.
    """
    dataset = asking.cases(dataset)
    judge = _judge(settings, runs or runs_of(settings.library)) if judged else None
    judged_by = settings.chat_model if judged else ""
    if system == "extractive":
        settings = settings.model_copy(update={"chat_model": ""})
    wiring = (
        nullcontext(open_service)
        if open_service and not dataset.articles
        else wired_for(dataset, settings, progress, embedder or make_embedder(settings))
    )
    with wiring as wired:
        return evaluate(
            dataset,
            _answers(system, wired, progress),
            wired.library,
            system=system,
            asking=asking,
            settings={
                **_noted(settings),
                "confidence_fitted_on_these": _fitted_on_these(dataset, settings),
                "judged_by": judged_by,
            },
            progress=lambda done, total: progress("asking", done, total),
            runs=runs,
            judge=judge,
        )


def examples(
    path: Path,
    settings: Settings,
    form: str = "cases",
    limit: int | None = None,
    progress: Progress = lambda *_: None,
    *,
    sizes: Sequence[int] = (),
    but: Container[str] = (),
    embedder: Embedder | None = None,
) -> tuple[list[Example], int]:
    """What `calibrate.fit` takes: the cases of a file, each with gold also asked with its gold's articles withheld; and
    how many cases were left out since the library lacks their gold.

    Asked of the library, and once more for each of `sizes`, of libraries of so many of its articles. Cases whose ids
    are in `but` are left out, too.
    """
    dataset = load(path, form)
    cases = tuple(case for case in dataset.cases if case.id not in but)[:limit]
    dataset = Dataset(dataset.name, cases, dataset.articles)
    embedder = embedder or make_embedder(settings)
    tap = Tap()
    with wired_for(dataset, settings, progress, embedder, tap) as wired:
        found = _examples(cases, wired, tap, progress)
        resolved = [one.resolved for one in plan(dataset, wired.library)[0]]
        for size in sizes:
            for some, small in smaller(wired.library, embedder.stamp, resolved, size):
                part = service(settings, embedder=embedder, library=small, confidence=tap)
                found += _examples(some, part, tap, progress)
    return found, sum(one.case.answerable and not one.parts for one in resolved)


def reader_checksum(settings: Settings) -> str:
    """Of the trained reader that the settings name, for `calibrate.write`; "" for any other."""
    path = reader_file(settings)
    return checksum(path) if path and path.suffix == TRAINED and path.is_file() else ""


def ranking_lists(
    path: Path,
    settings: Settings,
    form: str = "cases",
    limit: int | None = None,
    progress: Progress = lambda *_: None,
    *,
    embedder: Embedder | None = None,
) -> tuple[list[Listed], list[Listed]]:
    """What `fit_ranking.fit` takes, for passages and for sentences: the answerable cases of a file, evenly spread."""
    dataset = load(path, form)
    cases = [case for case in dataset.cases if case.answerable and not case.history]
    cases = cases[:: max(len(cases) // limit, 1)][:limit] if limit else cases
    with wired_for(
        Dataset(dataset.name, tuple(cases), dataset.articles), settings, progress, embedder or make_embedder(settings)
    ) as wired:
        resolver = Resolver(wired.library)
        asked = [one for one in map(resolver.resolve, cases) if one.parts]
        total = len(asked)
        return collect_lists(asked, wired.library, wired.embedder, lambda done: progress("asking", done, total))


def support_pairs(
    path: Path,
    settings: Settings,
    form: str = "cases",
    limit: int | None = None,
    progress: Progress = lambda *_: None,
    *,
    embedder: Embedder | None = None,
) -> list[Measured]:
    """What `fit_support.fit` takes: claims made from the gold sentences of a file, right and wrong ones."""
    dataset = load(path, form)
    with wired_for(dataset, settings, progress, embedder or make_embedder(settings)) as wired:
        resolver = Resolver(wired.library)
        cases = [case for case in dataset.cases if case.answerable][:limit]
        return measure(list(pairs([resolver.resolve(case) for case in cases], wired.library)), wired.embedder)


# ----------------------------------------------------------------------------------------------------------------


def _examples(cases: Sequence[Case], wired: Service, tap: Tap, progress: Progress) -> list[Example]:
    asked, _ = plan(Dataset("", tuple(cases)), wired.library, Asking(withheld=True))
    return list(collect(asked, wired.answerer, tap, lambda done: progress("asking", done, len(asked))))


def _answers(system: System, wired: Service, progress: Progress) -> Answers:
    if system != "baseline":
        return wired.answerer
    from evals.baseline import Baseline

    return Baseline(_counted(wired.library, progress), wired.embedder)


def _counted(library: Library, progress: Progress) -> Iterator[Any]:
    total = library.stats().articles
    for done, article in enumerate(library.export(), 1):
        progress("splitting", done, total)
        yield article


def _judge(settings: Settings, folder: Path) -> Judge:
    """Raises UsageError where there is no chat model to judge."""
    if not settings.chat_model:
        raise UsageError("There is no chat model that could judge.", "Set FOOTNOTE_CHAT_MODEL, or leave out --judge.")
    from qa.generator import ChatGenerator

    return Judge(ChatGenerator(settings), settings.chat_model, folder)


def _noted(settings: Settings) -> dict[str, Any]:
    """The settings that bear on quality, as JSON holds them, and what they lead to: a report is shown to more people
    than may know a server's address."""
    server = hashlib.sha256(settings.chat_base_url.encode()).hexdigest()[:12] if settings.chat_base_url else ""
    return settings.model_dump(mode="json", include=NOTED) | {"chat_server": server} | _files(settings)


def _files(settings: Settings) -> dict[str, str]:
    """What was fitted and is answered with, by a digest of its contents: fitted anew, it is another system.

    A reader that is fetched by its name has none.
    """
    used = {"confidence": calibration(settings), "ranking": RANKING, "support": SUPPORT}
    if reader := reader_file(settings):
        used |= {"reader": reader}
        used |= {"reader_figures": reader.with_suffix(".json")} if reader.suffix == TRAINED else {}
    return {f"{name}_file": _digest(path) for name, path in used.items() if path.exists()}


def _digest(path: Path) -> str:
    """Of a file's contents, or of those of all files in a folder."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(inside for inside in path.rglob("*") if inside.is_file()):
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()[:12]


def _fitted_on_these(dataset: Dataset, settings: Settings) -> bool:
    try:
        refuse_fitted(dataset, fitted_on(calibration(settings)))
    except CaseError:
        return True
    return False
