"""What a run of the training reads: stages of examples, drawn anew in each pass, the same for the same seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evals.reading.examples import Example
from evals.reading.sampling import Drawn, batches, draw, shortened


@dataclass(frozen=True, slots=True)
class Stage:
    """`examples` names files that `evals.reading.examples.save` wrote; `size`: passages read for a question."""

    examples: str
    size: int
    questions: int
    batch: int = 8

    @property
    def told(self) -> dict[str, str | int]:
        return {"examples": self.examples, "size": self.size, "questions": self.questions, "batch": self.batch}


@dataclass(frozen=True, slots=True)
class Recipe:
    """`questions` of a stage may be more than it has: then they are drawn again, with other negatives.

    `frozen`: layers that stay the base's, beside the embeddings. `minutes`: where not 0, the rate falls to nothing
    by then and the run ends, wherever it is. `workers`: threads that share a batch, one core each. `dropout` is of what
    a trained layer puts out, while training. `characters`: what is read of a passage at most, around its gold where it
    has any; 0: the whole. `share`: what the teacher's scores count, where there is one.
    """

    stages: tuple[Stage, ...]
    rate: float = 1e-4
    head_rate: float = 1e-3
    frozen: int = 2
    minutes: float = 0.0
    warm_up: float = 0.1
    withhold: float = 0.2
    seed: int = 20050112
    every: int = 200
    patience: int = 4
    read: int = 6
    workers: int = 1
    dropout: float = 0.1
    characters: int = 0
    share: float = 0.6

    @property
    def told(self) -> dict[str, Any]:
        return {**asdict(self), "stages": [stage.told for stage in self.stages]}


@dataclass(frozen=True, slots=True)
class Step:
    """One batch, and which stage it is of."""

    number: int
    drawn: list[Drawn]


def steps(recipe: Recipe, loaded: Sequence[Sequence[Example]]) -> list[Step]:
    """All batches of a run, the same for the same seed."""
    rng = random.Random(recipe.seed)  # noqa: S311
    runs = [run for stage, held in zip(recipe.stages, loaded, strict=True) for run in _stage(stage, held, recipe, rng)]
    return [Step(number, run) for number, run in enumerate(runs)]


# ----------------------------------------------------------------------------------------------------------------


def _stage(stage: Stage, held: Sequence[Example], recipe: Recipe, rng: random.Random) -> Iterator[list[Drawn]]:
    left = stage.questions
    while left > 0 and held:
        taken = rng.sample(held, min(left, len(held)))
        left -= len(taken)
        drawn = (draw(example, stage.size, recipe.withhold, rng) for example in taken)
        if recipe.characters:
            drawn = (shortened(one, recipe.characters, rng) for one in drawn)
        yield from batches([one for one in drawn if one.passages], stage.batch, rng)
