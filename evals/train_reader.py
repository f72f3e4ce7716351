"""Trains the reader, in steps that can be run apart: `footnote train-reader --help`.

    examples   cases + the library they are asked of -> what is read, with hard negatives from the retriever, in a file
    train      files of examples, broad ones first -> a checkpoint, and the best network so far
    average    several networks of one run or of several -> one network of their mean weights, often better than each
               (Wortsman et al., "Model soups", arXiv:2203.05482)
    publish    the best network -> qa/models/reader.safetensors, with the weight that similarity has beside it

Which cases are kept apart is the caller's matter: `--keep-apart N` leaves out N tenths of them, which `footnote eval
--kept-apart N` asks.
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from evals import datasets
from evals.cases import kept_apart
from evals.datasets.answer_places import answered
from evals.reading import blend, examples
from evals.reading.averaging import mean_of
from evals.reading.examples import Example
from evals.reading.options import SEED, amount, mixed, reader, share, stage, whole
from evals.reading.recipe import Recipe, steps
from evals.reading.training import BEST, Trainer
from evals.temporary import Named, temporary_library
from qa.bootstrap import make_embedder
from qa.embedder import Embedder, accelerator, bundled, native_precision
from qa.errors import CaseError
from qa.library import Library
from qa.settings import load


def make_examples(given: argparse.Namespace) -> None:
    dataset = datasets.load(given.file, given.format)
    if given.answers:
        dataset = answered(dataset, given.answers)
    cases = [case for case in dataset.cases if not kept_apart(case, given.keep_apart)]
    random.Random(SEED).shuffle(cases)  # noqa: S311
    others = [datasets.load(path, form) for path, form in map(datasets.named, given.articles or ())]
    articles = [article for one in (dataset, *others) for article in one.articles]
    embedder = make_embedder(load())
    with _library(given.library, articles, embedder) as library:
        cases = cases[: given.limit]
        built = examples.build(cases, library, embedder, _progress("asked"))
        examples.save(_counted(built, len(cases)), given.out)


def train(given: argparse.Namespace) -> None:
    stages = tuple(stage(examples_of, size, count, given.batch) for examples_of, size, count in given.stage)
    told = ("rate", "frozen", "minutes", "every", "workers", "characters", "share")
    recipe = Recipe(stages, **{name: getattr(given, name) for name in told})
    planned = steps(recipe, [mixed(one.examples) for one in stages])
    kept = examples.load(given.kept)
    kept = random.Random(SEED).sample(kept, min(given.kept_size, len(kept)))  # noqa: S311
    if not any(example.answerable for example in kept):
        raise CaseError(f"None of the {len(kept)} examples of --kept {given.kept} is answerable.", "Give it others.")
    mixed_precision = accelerator() != "cpu" or native_precision("auto") == "bfloat16"
    trainer = Trainer(given.base or bundled(), given.folder, recipe, mixed_precision, given.start, given.teacher)
    started = time.monotonic()
    run = trainer.run(planned, kept)
    if trainer.done == len(planned):
        _say(f"all {len(planned)} steps are done already")
    elif trainer.done:
        _say(f"goes on from step {trainer.done} of {len(planned)}")
    for done, mean, figures in run:
        _say(f"{done}/{len(planned)}, {time.monotonic() - started:.0f} s: loss {mean:.3f}, {figures}")


def average(given: argparse.Namespace) -> None:
    given.folder.mkdir(parents=True, exist_ok=True)
    mean_of(given.networks, given.folder / BEST)
    _say(f"{given.folder / BEST}: the mean of {len(given.networks)} networks")


def publish(given: argparse.Namespace) -> None:
    embedder = make_embedder(load())
    with _library(given.library, (), embedder) as library:
        held = [list(datasets.load(path, form).cases) for path, form in map(datasets.named, given.files)]
        drawn = random.Random(SEED)  # noqa: S311
        cases = [case for some in held for case in drawn.sample(some, min(given.limit, len(some)))]
        try:
            weight = blend.publish(given.folder / BEST, bundled(), given.out, cases, library, embedder)
        except CaseError as error:
            raise CaseError(f"{given.library}: {error.message}", error.remedy) from error
    questions = json.loads(given.out.with_suffix(".json").read_text(encoding="utf-8"))["fitted_on"]
    _say(f"{given.out}: {given.out.stat().st_size:,} bytes; similarity has the weight {weight}")
    _say(f"{given.out}: {blend.fitted_on(questions)}")


# ----------------------------------------------------------------------------------------------------------------


def _counted(built: Iterable[Example], asked: int) -> Iterator[Example]:
    """Passes them on and says at the end how many they were. Raises CaseError then where none is answerable."""
    made = answerable = 0
    for example in built:
        yield example
        made, answerable = made + 1, answerable + example.answerable
    absent = f"{asked - made:,} left out since their gold is not in the library"
    _say(f"{made:,} examples of {asked:,} cases: {answerable:,} answerable, {absent}")
    if not answerable:
        raise CaseError(
            f"None of the {asked:,} cases is answerable from the library.", "Is it the right --library or --articles?"
        )


@contextmanager
def _library(folder: Path | None, articles: Sequence[Named], embedder: Embedder) -> Iterator[Library]:
    """The library that is there, or a temporary one of these articles."""
    if folder:
        with Library.open(folder, embedder.stamp, index="exact", create=False) as library:
            yield library
    else:
        with temporary_library(articles, embedder, "exact", _progress("stored")) as library:
            yield library


class _progress:  # noqa: N801
    """Says so after every 500, or the first count beyond."""

    def __init__(self, what: str) -> None:
        self._what, self._last = what, 0

    def __call__(self, done: int) -> None:
        if done // 500 > self._last // 500:
            _say(f"{done:,} {self._what}")
        self._last = done


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="footnote train-reader", description="Trains the reader, in steps that can be run apart."
    )
    commands = parser.add_subparsers(required=True)
    _examples_arguments(commands.add_parser("examples", help="what is read, in a file"))
    _train_arguments(commands.add_parser("train", help="a network, from files of examples"))
    _average_arguments(commands.add_parser("average", help="one network of several networks' mean weights"))
    _publish_arguments(commands.add_parser("publish", help="the best network, as the file that is shipped"))
    return parser


def _examples_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=make_examples)
    parser.add_argument("file", type=Path)
    parser.add_argument("--format", default="cases", choices=sorted(datasets.FORMATS))
    parser.add_argument("--library", type=Path, help="none: a temporary one of the file's own articles")
    parser.add_argument(
        "--articles",
        action="append",
        metavar="FILE:FORMAT",
        help="a set whose articles the file's cases are about, where it brings none itself; may be repeated",
    )
    parser.add_argument(
        "--answers", type=Path, help="where the short answers stand, for a set that says only which sentence answers"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=whole(1))
    parser.add_argument("--keep-apart", type=whole(0), default=0, metavar="N")


def _train_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=train)
    parser.add_argument(
        "--stage",
        nargs=3,
        action="append",
        required=True,
        metavar=("EXAMPLES", "SIZE", "QUESTIONS"),
        help="EXAMPLES: a file, file:COUNT, or several of them joined by +, which are mixed",
    )
    parser.add_argument("--kept", type=Path, required=True, help="examples kept apart, to measure on")
    parser.add_argument("--kept-size", type=whole(1), default=150)
    parser.add_argument("--folder", type=Path, required=True, help="of the checkpoint")
    parser.add_argument("--every", type=whole(1), default=200, help="steps between two measures")
    parser.add_argument("--minutes", type=amount, default=0.0, help="0: until all questions are read")
    parser.add_argument("--start", type=Path, help="a published reader to begin from; none: the embedding model")
    parser.add_argument("--rate", type=amount, default=1e-4)
    parser.add_argument("--frozen", type=whole(0), default=2, help="layers that stay the embedding model's")
    parser.add_argument("--batch", type=whole(1), default=8, help="questions of a step")
    parser.add_argument("--characters", type=whole(0), default=0, help="read of a passage at most; 0: the whole")
    parser.add_argument("--base", type=Path, help="the folder of another encoder to train: a BERT or an MPNet")
    parser.add_argument(
        "--teacher",
        type=Path,
        nargs=2,
        metavar=("NETWORK", "BASE"),
        help="a network that was trained before, whose scores are learnt from beside the gold, and its --base",
    )
    parser.add_argument("--share", type=share, default=0.6, help="what the teacher's scores count, 0 to 1")
    parser.add_argument(
        "--workers", type=whole(1), default=1, help="threads that share a batch (set OMP_NUM_THREADS=1)"
    )


def _average_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=average)
    parser.add_argument("networks", type=Path, nargs="+", metavar="NETWORK", help="best.pt or last.pt of a folder")
    parser.add_argument("--folder", type=Path, required=True, help="where the mean is kept, to be published from")


def _publish_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=publish)
    parser.add_argument("files", nargs="+", metavar="FILE[:FORMAT]", help="cases, to fit what is fitted after training")
    parser.add_argument("--library", type=Path, required=True, help="one that is there, with the cases' articles")
    parser.add_argument("--folder", type=Path, required=True, help="of the checkpoint")
    parser.add_argument("--out", type=reader, required=True, help="a .safetensors file; its figures go beside it")
    parser.add_argument("--limit", type=whole(1), default=150, help="at most so many cases of each file")


def main(arguments: Sequence[str] | None = None) -> None:
    """What `footnote train-reader` calls. Raises what the steps raise; SystemExit for arguments that do not fit."""
    given = _arguments().parse_args(arguments)
    given.run(given)


if __name__ == "__main__":
    main()
