"""What is read of an example in one pass of the training: gold, or not, and hard negatives."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from evals.cases import BROAD
from evals.reading.examples import Example, Held
from qa.domain import Span

HARD = 8
"""How far down the ranking negatives are drawn from."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A question and the passages it is read with; `spanless` as in Example. `broad`: no few words answer it."""

    question: str
    passages: tuple[Held, ...]
    spanless: bool
    broad: bool = False

    @property
    def parts(self) -> tuple[int, ...]:
        """The gold parts that the passages hold; none: the answer is "not here"."""
        return tuple(sorted({part for held in self.passages for parts in held.parts for part in parts}))


def draw(example: Example, size: int, withhold: float, rng: random.Random) -> Drawn:
    """`size` passages in random order. With probability `withhold` none of them holds gold, where there are others.

    No passages: the example has none.
    """
    gold = [held for held in example.passages if held.gold]
    others = [held for held in example.passages if not held.gold]
    withheld = rng.random() < withhold and bool(others)
    taken = [] if withheld else gold[: max(1, size // 2)]
    passages = taken + _hard(others, size - len(taken), rng)
    rng.shuffle(passages)
    return Drawn(example.question, tuple(passages), example.spanless, example.kind == BROAD)


def shortened(drawn: Drawn, characters: int, rng: random.Random) -> Drawn:
    """The same question with parts of its passages, each of whole sentences and at most that long, gold among them."""
    return replace(drawn, passages=tuple(_part(held, characters, rng) for held in drawn.passages))


def batches(drawn: Sequence[Drawn], size: int, rng: random.Random, shard: int = 24) -> Iterator[list[Drawn]]:
    """Batches of questions with passages of like length: sorted within shards of `shard` batches, then shuffled."""
    order = list(drawn)
    rng.shuffle(order)
    for start in range(0, len(order), size * shard):
        part = sorted(order[start : start + size * shard], key=_characters)
        runs = [part[at : at + size] for at in range(0, len(part), size)]
        rng.shuffle(runs)
        yield from runs


# ----------------------------------------------------------------------------------------------------------------


def _hard(others: Sequence[Held], size: int, rng: random.Random) -> list[Held]:
    """Drawn without putting back; the first of the ranking most often. Other passages of its article come last."""
    left, found = list(others), list[Held]()
    while left and len(found) < size:
        near = left[:HARD]
        weights = [1 / (2 + place) if held.retrieved else 0.15 for place, held in enumerate(near)]
        found.append(left.pop(rng.choices(range(len(near)), weights)[0]))
    return found


def _part(held: Held, characters: int, rng: random.Random) -> Held:
    """One sentence, gold where there is any, and those around it as long as they fit."""
    sentences = held.text.sentences
    if len(held.text.text) <= characters or not sentences:
        return held
    gold = [place for place, parts in enumerate(held.parts) if parts]
    first = last = rng.choice(gold or range(len(sentences)))
    while sides := [(a, b) for a, b in ((first - 1, last), (first, last + 1)) if _fits(sentences, a, b, characters)]:
        first, last = rng.choice(sides)
    start, end, answer = sentences[first].start, sentences[last].end, held.answer
    within = answer and start <= answer.start and answer.end <= end
    moved = Span(answer.start - start, answer.end - start) if answer and within else None
    return replace(held, text=held.text.part(first, last + 1), parts=held.parts[first : last + 1], answer=moved)


def _fits(sentences: Sequence[Span], first: int, last: int, characters: int) -> bool:
    return first >= 0 and last < len(sentences) and sentences[last].end - sentences[first].start <= characters


def _characters(drawn: Drawn) -> int:
    return max((len(held.text.text) for held in drawn.passages), default=0)
