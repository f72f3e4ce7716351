"""Runs on disk: records are written as they come, so that a run that was stopped goes on where it stood.

runs/<name>-<key>.part.jsonl      a run under way: one record a line
runs/<name>-<time>-<key>/         a finished one: records.jsonl and report.json
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from evals.cases import Dataset, names, to_row
from evals.gold import Shelf
from evals.purged import ERASED, erased
from evals.records import Record
from evals.records import from_row as record_of
from evals.records import to_row as row_of
from qa.errors import CaseError


class Contents(Shelf, Protocol):
    """A shelf that can tell whether it holds the same as another."""

    def content_hashes(self) -> Mapping[str, str]: ...


class Run:
    """One run. `key` is of everything that its records depend on: another key is another run."""

    def __init__(self, folder: Path, name: str, key: str) -> None:
        self._folder, self._name, self._key = folder, name, key
        self._part = folder / f"{name}-{key}.part.jsonl"
        folder.mkdir(parents=True, exist_ok=True)

    def records(self) -> dict[str, Record]:
        """What an earlier attempt wrote, by case. A line that was cut off is dropped from the file; the case of one
        that makes no sense is asked again."""
        if not self._part.exists():
            return {}
        whole, _, torn = self._part.read_text(encoding="utf-8", errors="replace").rpartition("\n")
        if torn:
            self._part.write_text(f"{whole}\n" if whole else "", encoding="utf-8")
        found = map(_record, whole.split("\n"))
        return {record.id: record for record in found if record and not record.error}

    def append(self, record: Record) -> None:
        with self._part.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row_of(record)) + "\n")

    def finish(self, report: Mapping[str, Any], records: list[Record]) -> Path:
        """Keeps the run in a folder of its own, named by the time; returns it."""
        time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        kept = self._folder / f"{self._name}-{time}-{self._key}"
        kept.mkdir()
        lines = (json.dumps(row_of(record)) for record in records)
        (kept / "records.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        (kept / "report.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        self._part.unlink(missing_ok=True)
        return kept

    def forget(self, uris: Iterable[str]) -> None:
        """What this run, or another one in the folder, quotes of these articles."""
        for uri in uris:
            forget(self._folder, uri)


def key_of(dataset: Dataset, shelf: Contents, system: str, settings: Mapping[str, Any]) -> str:
    """Of the cases, the articles that they bring, the library's articles, the system and its settings."""
    digest = hashlib.sha256(json.dumps([system, dict(settings)], sort_keys=True).encode())
    for case in dataset.cases:
        digest.update(json.dumps(to_row(case), sort_keys=True).encode())
    for uri, article in dataset.articles:
        digest.update(f"{uri}\t{article.content_hash}\n".encode(errors="replace"))
    digest.update(library_fingerprint(shelf).encode())
    return digest.hexdigest()[:12]


def library_fingerprint(shelf: Contents) -> str:
    """Changes when an article comes, goes or changes. Versions do not tell: a library made anew counts from 1 again."""
    held = sorted(f"{uri}\t{content}" for uri, content in shelf.content_hashes().items())
    return hashlib.sha256("\n".join(held).encode(errors="replace")).hexdigest()[:12]


def kept(folder: Path) -> list[Path]:
    """The finished runs of a folder, newest first."""
    runs = [report.parent for report in folder.glob("*-*-*/report.json")]
    return sorted(runs, key=lambda run: run.name.rsplit("-", 2)[-2], reverse=True)


def forget(folder: Path, uri: str) -> int:
    """Erases from the runs of a folder, under way ones too, what quotes an article; how many records. Figures stay.

    What cannot be read is left as it is: nothing shows it.
    """
    count = 0
    for lines in [*folder.glob("*.part.jsonl"), *folder.glob("*-*-*/records.jsonl")]:
        before = list(filter(None, map(_record, lines.read_text(encoding="utf-8", errors="replace").split("\n"))))
        after = [erased(record, uri) for record in before]
        changed = {one.id for one, other in zip(before, after, strict=True) if one != other}
        count += len(changed)
        if changed:
            _replace(lines, "".join(f"{json.dumps(row_of(record))}\n" for record in after))
        if lines.name == "records.jsonl":
            _forget_in_report(lines.with_name("report.json"), uri, changed)
    return count


def read(run: Path) -> tuple[dict[str, Any], list[Record]]:
    """A finished run's report and records. Raises CaseError."""
    with _told(run):
        lines = (run / "records.jsonl").read_text(encoding="utf-8").split("\n")
        return report(run), [record_of(json.loads(line)) for line in lines if line]


def report(run: Path) -> dict[str, Any]:
    """A finished run's report alone. Raises CaseError."""
    with _told(run):
        return dict(json.loads((run / "report.json").read_text(encoding="utf-8")))


# ----------------------------------------------------------------------------------------------------------------


@contextmanager
def _told(run: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CaseError(f"{run} is not a kept run: {error}.", "Give a folder that footnote eval wrote.") from error


def _forget_in_report(file: Path, uri: str, changed: set[str]) -> None:
    """Gold that was missing, and the questions of cases that failed."""
    with suppress(CaseError):
        found = report(file.parent)
        missing = [gold for gold in found.get("missing_gold", ()) if not names(str(gold["uri"]), uri)]
        failed = [one | {"question": ERASED} if one["id"] in changed else one for one in found.get("failures", ())]
        if (missing, failed) != (found.get("missing_gold", []), found.get("failures", [])):
            _replace(file, json.dumps(found | {"missing_gold": missing, "failures": failed}, indent=1) + "\n")


def _replace(file: Path, text: str) -> None:
    """At once: whoever reads meanwhile reads the old or the new."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(file)


def _record(line: str) -> Record | None:
    try:
        return record_of(json.loads(line))
    except (ValueError, TypeError, AttributeError):
        return None
