"""What commands print. Results on standard output, progress on standard error; colour only on a terminal."""

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from ingest.pipeline import Outcome
from qa import contract, disagreement
from qa.domain import Answer, Article, ArticleRef, Claim, Evidence, Finding, Reply, numbers
from qa.library import Stats
from qa.support import doubt
from ui.plain import printable
from ui.relative_dates import as_of

QUIET_EVERY = 200
"""Items between two progress lines where standard error is no terminal."""
Step = Callable[[int, int], None]


class _Paced:
    """Whether a count has passed another multiple of `every` since the last time: counts come in odd steps."""

    def __init__(self, every: int) -> None:
        self._every, self._passed = every, 0

    def due(self, done: int) -> bool:
        before, self._passed = self._passed, done // self._every
        return self._passed > before


def say(message: str) -> None:
    """A line for the person, on standard error."""
    sys.stderr.write(message + "\n")


def json_line(item: dict[str, Any]) -> None:
    """One JSON document on a line of its own; escaped where the stream's encoding lacks one of its characters."""
    text = json.dumps(item, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(item)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def reply(item: Reply, as_json: bool) -> None:
    """The answer with bracketed numbers and its footnotes, or the refusal with what came closest."""
    if as_json:
        json_line(contract.reply(item))
        return
    console = Console(highlight=False, soft_wrap=True)
    if item.standalone_question != item.question:
        console.print(Text(f"Understood as: {printable(item.standalone_question)}", style="dim"))
    if isinstance(item, Answer):
        _answer(console, item)
    else:
        console.print(Text(printable(item.reason), style="bold"))
        console.print(Text(f"Searched: {printable(item.searched)}."))
        if item.evidence:
            console.print("\nClosest:")
            for number, evidence in enumerate(item.evidence, start=1):
                _footnote(console, number, evidence)
    if item.notice:
        console.print(Text(printable(item.notice), style="yellow"))


class IngestReport:
    """Progress while articles come in, one line a failed item, and a closing line. A context manager."""

    def __init__(self, as_json: bool) -> None:
        self.failed = 0
        self._json = as_json
        self._counts = dict.fromkeys(("added", "updated", "unchanged", "failed"), 0)
        self._total = 0
        self._indexed, self._ingested = _Paced(5_000), _Paced(QUIET_EVERY)
        self._live = _bar(Console(stderr=True)) if sys.stderr.isatty() else None
        self._task = self._live.add_task("Ingesting", total=None) if self._live else None

    def __enter__(self) -> "IngestReport":
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
        if error is not None:
            self.close()

    def found(self, count: int) -> None:
        self._total += count
        if self._live and self._task is not None:
            self._live.update(self._task, total=self._total)

    def add(self, outcome: Outcome) -> None:
        self._counts[outcome.status] += 1
        self.failed = self._counts["failed"]
        if self._json:
            json_line(asdict(outcome))
        for line in _outcome_lines(outcome):
            self._print(line)
        self._tick()

    def indexing(self, done: int, total: int) -> None:
        """Progress of the index that follows: said only where it takes a while."""
        if not self._live and self._indexed.due(done):
            say(f"Indexing: {done:,} of {total:,}")

    def close(self) -> None:
        counted = ", ".join(f"{count:,} {status}" for status, count in self._counts.items() if count)
        say(f"Done: {counted or 'nothing found'}.")

    def _tick(self) -> None:
        done = sum(self._counts.values())
        if self._live and self._task is not None:
            self._live.update(self._task, completed=done)
        elif self._ingested.due(done):
            say(f"{done:,} of {max(self._total, done):,}")

    def _print(self, line: str) -> None:
        if self._live:
            self._live.console.print(Text(line))
        else:
            say(line)


@contextmanager
def progress(what: str) -> Iterator[Step]:
    """A bar on a terminal, nothing otherwise."""
    if not sys.stderr.isatty():
        yield _nowhere
        return
    with _bar(Console(stderr=True)) as live:
        task = live.add_task(what, total=None)
        yield lambda done, total: live.update(task, completed=done, total=total)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for work of several stages; a line every 500 items where standard error is no terminal."""
    if not sys.stderr.isatty():
        paced: dict[str, _Paced] = defaultdict(lambda: _Paced(500))
        yield lambda what, done, total: say(f"{what}: {done:,} of {total:,}") if paced[what].due(done) else None
        return
    with _bar(Console(stderr=True)) as live:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = live.add_task(what.capitalize(), total=total)
            live.update(tasks[what], completed=done, total=total)

        yield step


def report(document: Mapping[str, Any], text: str, as_json: bool) -> None:
    """A document for programs, or the text that says the same for people."""
    if as_json:
        json_line(dict(document))
    else:
        sys.stdout.write(text.rstrip("\n") + "\n")


def articles(items: Sequence[ArticleRef], as_json: bool) -> None:
    """One line an article."""
    if as_json:
        for item in items:
            json_line(contract.article(item))
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("Id", "Published", "Publisher", "Title"):
        table.add_column(heading, overflow="fold")
    for item in items:
        table.add_row(
            str(item.article_id), item.published or "", Text(printable(item.publisher)), Text(printable(item.title))
        )
    Console().print(table)
    say(f"{len(items):,} articles.")


def article(item: Article, as_json: bool) -> None:
    """What is stored of an article, then its text."""
    if as_json:
        json_line(whole(item))
        return
    fields = (
        ("Title", item.title),
        ("Publisher", item.publisher),
        ("Authors", ", ".join(item.authors)),
        ("Published", item.published or ""),
        ("Language", item.language),
        ("URI", item.uri),
        ("URL", item.url),
        ("Version", f"{item.version} ({item.state}), ingested {item.ingested_at}"),
    )
    for name, value in fields:
        if value:
            sys.stdout.write(f"{name + ':':<11}{printable(value)}\n")
    sys.stdout.write("\n" + printable(item.text, keep="\n\t") + "\n")


def whole(item: Article) -> dict[str, Any]:
    """An article with its text, for export."""
    return asdict(item)


def removals(items: Iterable[tuple[str, str]], as_json: bool) -> int:
    """What was removed and what could not be; returns how many could not."""
    failed = 0
    for name, problem in items:
        failed += bool(problem)
        if as_json:
            json_line({"article": name, "removed": not problem, "reason": problem})
        else:
            say(problem or f"Removed {name}.")
    return failed


def findings(items: Sequence[Finding], as_json: bool) -> int:
    """One line a finding; the exit code is 1 where one is an error."""
    for item in items:
        if as_json:
            json_line(asdict(item))
        else:
            mark = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}[item.severity]
            remedy = f"\n         -> {item.remedy}" if item.remedy else ""
            sys.stdout.write(f"{mark}  {item.name}: {printable(item.message)}{remedy}\n")
    return 1 if any(item.severity == "error" for item in items) else 0


def stats(item: Stats, as_json: bool) -> None:
    """Counts and sizes."""
    if as_json:
        json_line(asdict(item))
        return
    for name, value in asdict(item).items():
        shown = f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else value
        sys.stdout.write(f"{name.replace('_', ' ').capitalize() + ':':<18}{shown}\n")


def _nowhere(done: int, total: int) -> None:
    """Where progress goes when nobody watches."""


def _answer(console: Console, item: Answer) -> None:
    for claim in item.claims:
        line = _marked(claim, item)
        line.append(f" {numbers(claim)}".rstrip(), style="cyan")
        if doubt(claim):
            line.append(f" ({doubt(claim).lower()})", style="yellow")
        console.print(line)
    if item.difference:
        console.print(Text(printable(disagreement.sentence(item.difference)), style="yellow"))
    console.print()
    for number in sorted({c.number for claim in item.claims for c in claim.citations}):
        _footnote(console, number, item.evidence[number - 1])


def _marked(claim: Claim, item: Answer) -> Text:
    """The claim, with the short answer in bold where the claim is the very sentence that holds it."""
    short = item.short_answer
    if short is None or not claim.citations or claim.citations[0].number != short.number:
        return Text(printable(claim.text))
    sentence = item.evidence[short.number - 1]
    if claim.text != sentence.quote:
        return Text(printable(claim.text))
    start, end = short.start - sentence.start, short.end - sentence.start
    return Text.assemble(
        printable(claim.text[:start]), (printable(claim.text[start:end]), "bold"), printable(claim.text[end:])
    )


def _footnote(console: Console, number: int, evidence: Evidence) -> None:
    source = ", ".join(
        part for part in (evidence.article.title, evidence.article.publisher, evidence.article.published or "") if part
    )
    console.print(Text(f"[{number}] “{printable(evidence.quote)}”"))
    if dated := as_of(printable(evidence.quote), printable(evidence.article.published or "")):
        console.print(Text(f"    {dated}", style="dim"))
    console.print(Text(f"    {printable(source)}", style="dim"))
    console.print(Text(f"    {printable(evidence.article.uri)} ({evidence.start}-{evidence.end})", style="dim"))


def _outcome_lines(outcome: Outcome) -> Iterator[str]:
    if outcome.status == "failed":
        yield printable(f"failed: {outcome.uri}: {outcome.reason} {outcome.remedy}".rstrip())
    for note in outcome.notes:
        yield printable(f"note: {outcome.uri}: {note}")


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
        console=console,
    )
