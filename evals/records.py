"""What happened when a case was asked: everything that figures and reports are made from, as plain data."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Parts = tuple[int, ...]
"""Which parts of a case's gold a text holds, by number."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A sentence of evidence as a report shows it. `number` is 0 where the reply did not cite it."""

    uri: str
    title: str
    start: int
    end: int
    quote: str
    parts: Parts
    number: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """One case, asked.

    `sentences`, `passages` and `articles` say for every rank, best first, which gold parts that item holds;
    `gold_parts` is how many there are to find. `answerable` is what the case says, not what the reply says.
    `standalone_question` is what was searched for, "" where that is the question itself.
    `gold_uris` says of each quote in `gold` whose article it is (runs of before 0.1 do not have it).
    `cited` has one entry a distinct sentence cited; `supports` one number a citation; `unsupported` of `claims`
    rest on no citation that supports them. `fell_back`: a chat model was to write it and failed; `tokens_read`,
    `tokens_written` and `cost` are of an answer that it wrote. `faithfulness` and `relevance` are a judge's, None
    where none judged.
    """

    id: str
    question: str
    kind: str = ""
    cluster: str = ""
    answerable: bool = True
    gold_parts: int = 0
    answers: tuple[str, ...] = ()
    gold: tuple[str, ...] = ()
    gold_uris: tuple[str, ...] = ()
    standalone_question: str = ""
    sentences: tuple[Parts, ...] = ()
    passages: tuple[Parts, ...] = ()
    articles: tuple[Parts, ...] = ()
    confidence: float = 0.0
    refused: bool = False
    text: str = ""
    short_answer: str = ""
    cited: tuple[Parts, ...] = ()
    supports: tuple[float, ...] = ()
    claims: int = 0
    unsupported: int = 0
    quotes: int = 0
    exact_quotes: int = 0
    dangling: int = 0
    dropped: int = 0
    fell_back: bool = False
    tokens_read: int = 0
    tokens_written: int = 0
    cost: float | None = None
    shown: tuple[Shown, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    faithfulness: float | None = None
    relevance: float | None = None
    error: str = ""

    @property
    def scored(self) -> bool:
        """Whether it ran and its gold, if it has any, is in the library."""
        return not self.error and (self.gold_parts > 0 or not self.answerable)

    @property
    def words(self) -> str:
        """The text without the numbers of what it cites."""
        return _NUMBER.sub("", self.text)

    def found(self, first: int) -> bool:
        """Whether one of the first so many sentences holds gold."""
        return any(self.sentences[:first])


def to_row(record: Record) -> dict[str, Any]:
    return asdict(record)


def from_row(row: Mapping[str, Any]) -> Record:
    """The record that `to_row` wrote, after JSON made lists of its tuples."""
    values = {name: _tuples(value) for name, value in row.items()}
    shown = (Shown(**{name: _tuples(value) for name, value in item.items()}) for item in row.get("shown", ()))
    return Record(**{**values, "shown": tuple(shown)})


# ----------------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"\[\d+\]")


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list | tuple) else value
