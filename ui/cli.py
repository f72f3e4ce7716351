"""The `footnote` command: one short function a subcommand. What it prints is made in `ui.terminal`.

Exit codes: 0 done, 1 some items failed (listed, the rest done), 2 usage or configuration.
Standard output carries results only; progress and complaints go to standard error.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.eval_commands import Json, LibraryFolder, eval_app, speed
from ui.exits import Explained
from ui.fitting_commands import train_reader
from ui.library_commands import library_app, opened
from ui.user_commands import users_app

if TYPE_CHECKING:
    from qa.bootstrap import Service
    from qa.library import Library
    from qa.settings import Settings


def _version(wanted: bool) -> None:
    from importlib.metadata import version

    if wanted:
        sys.stdout.write(f"footnote {version('footnote')}\n")
        raise typer.Exit


app = typer.Typer(
    cls=Explained,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(library_app, name="library")
app.add_typer(eval_app, name="eval")
app.add_typer(users_app, name="users")


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where something unexpected went wrong.")] = False,
) -> None:
    """Questions over a collection of articles, every claim footnoted with the exact source sentence."""


def main() -> None:
    """Entry point. What cannot be shown in the terminal's encoding is shown as a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()


@app.command()
def ingest(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE...", help="Files, folders, URLs, feeds; - reads standard input."),
    ] = None,
    paths_from: Annotated[
        Path | None, typer.Option("--from", metavar="FILE", help="A file that lists sources, one a line; - for stdin.")
    ] = None,
    library: LibraryFolder = None,
    as_json: Json = False,
) -> None:
    """Take articles into the library. The same content again is no work."""
    from ingest.pipeline import ingest as run
    from ui import terminal

    named = [*(sources or []), *_listed(paths_from)]
    if not named:
        raise typer.BadParameter("Name at least one file, folder, URL or feed.", param_hint="SOURCE")
    with _service(library, create=True) as (settings, service):
        report = terminal.IngestReport(as_json)
        with report:
            for outcome in run(named, service.library, service.embedder, settings, found=report.found):
                report.add(outcome)
        service.library.catch_up(report.indexing)
        report.close()
    raise typer.Exit(1 if report.failed else 0)


@app.command()
def ask(
    question: Annotated[
        str | None, typer.Argument(help="The question; read from standard input when left out.")
    ] = None,
    library: LibraryFolder = None,
    as_json: Json = False,
    batch: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Questions as JSON lines {id, question, history}; - for stdin.")
    ] = None,
    publisher: Annotated[list[str] | None, typer.Option(help="Only articles of this publisher (repeatable).")] = None,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Only articles published on or after.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Only articles published on or before.")] = None,
    article: Annotated[list[str] | None, typer.Option(help="Only this article (repeatable).")] = None,
) -> None:
    """Answer a question, every claim with the sentence that it rests on."""
    from ui import batch as batches
    from ui import terminal

    if batch is not None and question is not None:
        raise typer.BadParameter("Give a question or --batch FILE, not both.")
    if batch is None and question is None and sys.stdin.isatty():
        raise typer.BadParameter("Ask something, in quotation marks.", param_hint="QUESTION")
    with _service(library) as (_, service):
        filters = batches.filters(service.library, publisher, since, until, article)
        if batch is not None:
            failed = batches.run(service.answerer, batch, filters, terminal.json_line)
            raise typer.Exit(1 if failed else 0)
        asked = batches.standard_input() if question is None else question
        terminal.reply(service.answerer.answer(asked, filters=filters), as_json)


@app.command()
def why(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    article: Annotated[str, typer.Argument(help="An id, a URI or the unique end of one.")],
    library: LibraryFolder = None,
    as_json: Json = False,
) -> None:
    """Explain step by step why an article was not found for a question."""
    from qa.why import explain
    from ui import explanation, terminal

    with _service(library) as (_, service):
        article_id = service.library.find(article)
        found = explain(question, article_id, service.library, service.embedder, service.answerer)
        terminal.findings(explanation.findings(found), as_json)


@app.command()
def serve(
    library: LibraryFolder = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 for any free one.")] = None,
    open_to_everyone: Annotated[
        bool | None, typer.Option("--open-to-everyone", help="Listen on any address without users.")
    ] = None,
) -> None:
    """Open the chat and the library in the browser."""
    from ui.server import serve as run

    given = {"host": host, "port": port, "open_to_everyone": open_to_everyone}
    with _service(library, create=True, **given) as (settings, service):
        run(service.answerer, service.library, settings, service)


@app.command()
def mcp(
    library: LibraryFolder = None,
    allow_ingest: Annotated[
        bool,
        typer.Option("--allow-ingest", help="Let it take in web addresses, and places below FOOTNOTE_INGEST_ROOTS."),
    ] = False,
) -> None:
    """Let an assistant ask the library: an MCP server on standard input and output."""
    from ui import mcp_server

    with _service(library, create=allow_ingest) as (settings, service):
        ingest = mcp_server.ingester(service, settings) if allow_ingest else None
        mcp_server.serve(service.answerer, service.library, ingest)


@app.command()
def reindex(
    library: LibraryFolder = None,
    embed: Annotated[bool, typer.Option("--embed", help="Make every vector again with the configured model.")] = False,
    as_json: Json = False,
) -> None:
    """Build the vector index anew from the catalog; the library answers meanwhile."""
    from ui import terminal

    with _anew(library) if embed else _in_step(library) as shelf, terminal.progress("Indexing") as step:
        shelf.rebuild(step)
        counted = shelf.stats()
    if as_json:
        held = {"articles": counted.articles, "passages": counted.passages, "model": counted.model}
        terminal.json_line({"reindexed": True, "embedded": embed, **held})
    terminal.say("Reindexed.")


@app.command()
def doctor(
    library: LibraryFolder = None,
    as_json: Json = False,
    chat: Annotated[bool, typer.Option("--chat", help="Ask the chat model too, if one is set.")] = False,
) -> None:
    """Check the installation, the settings and the library; say what to do about what is wrong."""
    from ui import terminal
    from ui.doctor import examine

    raise typer.Exit(terminal.findings(examine(_settings(library), chat=chat), as_json))


app.command()(speed)
app.command(
    "train-reader",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(train_reader)


# ----------------------------------------------------------------------------------------------------------------


def _settings(library: Path | None, **overrides: Any) -> "Settings":
    from qa.settings import load

    return load(library=library, **overrides)


@contextmanager
def _service(library: Path | None, *, create: bool = False, **overrides: Any) -> Iterator[tuple["Settings", "Service"]]:
    from qa.bootstrap import service

    settings = _settings(library, **overrides)
    made = service(settings, create=create)
    with made.library:
        yield settings, made


@contextmanager
def _in_step(library: Path | None) -> Iterator["Library"]:
    """The library, which must have the vectors of the configured model."""
    with _service(library) as (_, service):
        yield service.library


@contextmanager
def _anew(library: Path | None) -> Iterator["Library"]:
    """The library with every vector made again, whichever model made the old ones."""
    from qa.bootstrap import make_embedder
    from ui import terminal

    with opened(library) as shelf:
        with terminal.progress("Embedding") as step:
            shelf.reembed(make_embedder(_settings(library)), step)
        yield shelf


def _listed(paths_from: Path | None) -> list[str]:
    if paths_from is None:
        return []
    try:
        text = sys.stdin.read() if str(paths_from) == "-" else paths_from.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{paths_from} cannot be read: {error}.", param_hint="--from") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


if __name__ == "__main__":
    main()
