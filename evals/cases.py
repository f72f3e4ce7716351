"""One evaluation question and what a right answer rests on; data sets of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from qa.domain import LoadedArticle, Turn
from qa.errors import CaseError

BROAD = "broad"
"""Kind of a question that articles besides its gold's may answer, too: "What happened to Yukos?"."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A sentence that answers: `uri` is its article's, or the end of it; an empty `quote` is the whole article.

    Gold of the same `part` are alternatives (any one will do); different parts are all wanted. `near` is the
    offset where the quote should begin, to tell apart two sentences that read alike. With `near` and `end` and without
    a quote it is what stands there, for questions about texts that may not be passed on.
    """

    uri: str
    quote: str
    part: int = 0
    near: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """No gold: the library does not answer it. `answers` are accepted short answers; `kind` groups the figures.

    `about` is the article that the question was made from, gold or not: questions about one article are not
    independent of one another.
    """

    id: str
    question: str
    gold: tuple[Gold, ...] = ()
    history: tuple[Turn, ...] = ()
    answers: tuple[str, ...] = ()
    kind: str = ""
    about: str = ""

    @property
    def answerable(self) -> bool:
        return bool(self.gold)

    def rests_on(self, uri: str) -> bool:
        """Whether the article of this URI is quoted, or is what the question was made from."""
        return any(names(named, uri) for named in (self.about, *(gold.uri for gold in self.gold)))

    @property
    def cluster(self) -> str:
        return self.about or (self.gold[0].uri if self.gold else self.id)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Cases by name, and the articles (URI, article) of the temporary library they are asked of, if they bring any."""

    name: str
    cases: tuple[Case, ...]
    articles: tuple[tuple[str, LoadedArticle], ...] = field(default=(), repr=False)


def kept_apart(case: Case, digits: int) -> bool:
    """Whether the CRC-32 of a case's id ends in a decimal digit below `digits`: those are for reporting only."""
    return crc32(case.id.encode(errors="replace")) % 10 < digits


def names(named: str, uri: str) -> bool:
    """Whether gold of `named` may be of the article of this URI."""
    return bool(named) and uri.endswith(named)


def from_row(row: Mapping[str, Any], where: str) -> Case:
    """A case from its JSON object. Raises CaseError that names `where` when a field is missing or of another kind.

    Every gold item is wanted, unless items share a `"part"` number: those are alternatives.
    """
    if not isinstance(row, Mapping):
        raise CaseError(f"{where}: not a JSON object.", "Write one case a line.")
    return Case(
        id=str(row.get("id") if row.get("id") is not None else where),
        question=_text(row, "question", where, required=True),
        gold=tuple(_gold(item, i, where) for i, item in enumerate(_list(row, "gold", where))),
        history=tuple(_turn(item, where) for item in _list(row, "history", where)),
        answers=tuple(_string(item, "answers", where) for item in _list(row, "answers", where)),
        kind=_text(row, "kind", where),
        about=_text(row, "about", where),
    )


def to_row(case: Case) -> dict[str, Any]:
    """The JSON object that `from_row` reads."""
    return {
        "id": case.id,
        "question": case.question,
        "history": [{"question": turn.question, "answer": turn.answer} for turn in case.history],
        "gold": [_gold_row(gold) for gold in case.gold],
        "answers": list(case.answers),
        "kind": case.kind,
        "about": case.about,
    }


def distinct(cases: Sequence[Case], name: str) -> tuple[Case, ...]:
    """The cases; raises CaseError when two have the same id, or there are none."""
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            raise CaseError(f"{name}: two cases have the id {case.id!r}.", "Give every case an id of its own.")
        seen.add(case.id)
    if not cases:
        raise CaseError(
            f"{name}: it holds no case.",
            'Write one JSON object a line: {"id", "question", "gold": [{"uri", "quote"}]}.',
        )
    return tuple(cases)


# ----------------------------------------------------------------------------------------------------------------


def _gold(item: Any, place: int, where: str) -> Gold:
    if not isinstance(item, Mapping):
        raise CaseError(f'{where}: a gold item is {item!r}, not {{"uri", "quote"}}.')
    part, near, end = item.get("part", place), item.get("start"), item.get("end")
    if not isinstance(part, int) or not all(isinstance(at, int | None) for at in (near, end)):
        raise CaseError(f"{where}: a gold item's part, start and end are whole numbers.")
    return Gold(_text(item, "uri", where, required=True), _text(item, "quote", where), part, near, end)


def _gold_row(gold: Gold) -> dict[str, Any]:
    row: dict[str, Any] = {"uri": gold.uri, "quote": gold.quote, "part": gold.part}
    return {**row, **{name: at for name, at in (("start", gold.near), ("end", gold.end)) if at is not None}}


def _turn(item: Any, where: str) -> Turn:
    if not isinstance(item, Mapping):
        raise CaseError(f'{where}: a turn of the history is {item!r}, not {{"question", "answer"}}.')
    return Turn(_text(item, "question", where, required=True), _text(item, "answer", where))


def _list(row: Mapping[str, Any], name: str, where: str) -> list[Any]:
    value = row.get(name)
    if value is not None and not isinstance(value, list):
        raise CaseError(f"{where}: {name} is {value!r}, not a list.")
    return value or []


def _text(row: Mapping[str, Any], name: str, where: str, required: bool = False) -> str:
    value = row.get(name)
    if required and (not isinstance(value, str) or not value.strip()):
        raise CaseError(f"{where}: {name} is missing or empty.")
    return "" if value is None else _string(value, name, where)


def _string(value: Any, name: str, where: str) -> str:
    if not isinstance(value, str):
        raise CaseError(f"{where}: {name} is {value!r}, not text.")
    return value
