"""Many questions from a file of JSON lines, and the filters that a command line names."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from qa import contract
from qa.answerer import Answerer
from qa.domain import Filters, Turn
from qa.errors import FootnoteError, UsageError

BYTE_ORDER_MARK = "\ufeff"
FORM = 'Write {"id": ..., "question": "..."}.'


class Named(Protocol):
    """What turns names into filters: `qa.library.Library`."""

    def publishers(self) -> list[str]: ...

    def find(self, uri_or_id: str) -> int: ...


def run(answerer: Answerer, file: Path, filters: Filters, emit: Callable[[dict[str, Any]], None]) -> int:
    """One reply a line, in the order of the questions; one that fails gives {"id", "line", "error", "remedy"}.

    Returns how many failed.
    """
    failed = 0
    for number, line in _lines(file):
        identifier: object = None
        try:
            asked = _asked(line, number)
            identifier = asked.get("id")
            reply = answerer.answer(_question(asked, number), _turns(asked, number), filters)
            emit({"id": identifier, **contract.reply(reply)})
        except FootnoteError as error:
            failed += 1
            emit({"id": identifier, "line": number, "error": error.message, "remedy": error.remedy})
    return failed


def filters(
    library: Named,
    publishers: Sequence[str] | None,
    since: str | None,
    until: str | None,
    articles: Sequence[str] | None,
) -> Filters:
    """A publisher goes by its exact name, else by every one that matches without regard to letter case.

    Raises UsageError for a malformed date or a publisher that the library does not have.
    """
    known = library.publishers()
    meant = {name: _matching(name, known) for name in publishers or ()}
    unknown = [name for name, found in meant.items() if not found]
    if unknown:
        raise UsageError(f"No article of {', '.join(unknown)}.", f"Publishers: {', '.join(known) or 'none'}.")
    return Filters(
        frozenset(name for found in meant.values() for name in found),
        _date(since),
        _date(until),
        frozenset(library.find(name) for name in articles or ()),
    )


def standard_input() -> str:
    """All of it. Raises UsageError where it is not UTF-8."""
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise UsageError(f"Standard input is not UTF-8: {error}.") from None


def _matching(name: str, known: Sequence[str]) -> list[str]:
    return [name] if name in known else [each for each in known if each.casefold() == name.casefold()]


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Numbers count from 1; blank lines are left out, and the mark that some programs begin a file with."""
    try:
        with nullcontext(sys.stdin) if str(file) == "-" else file.open(encoding="utf-8") as opened:
            lines = (line.removeprefix(BYTE_ORDER_MARK) for line in opened)
            yield from ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.", "Give a file of JSON lines in UTF-8.") from None


def _asked(line: str, number: int) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"Line {number} is not JSON: {error}.", FORM) from None
    if not isinstance(asked, dict):
        raise UsageError(f"Line {number} is not a JSON object.", FORM)
    return asked


def _question(asked: dict[str, Any], number: int) -> str:
    question = asked.get("question")
    if not isinstance(question, str):
        raise UsageError(f"Line {number} has no question.", FORM)
    return question


def _turns(asked: dict[str, Any], number: int) -> list[Turn]:
    try:
        return [Turn(str(t["question"]), str(t.get("answer", ""))) for t in asked.get("history") or ()]
    except (TypeError, KeyError, AttributeError):
        raise UsageError(
            f"Line {number}: the history is malformed.", 'Write [{"question": "...", "answer": "..."}].'
        ) from None


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{text!r} is not a date.", "Write it as 2025-03-31.") from None
