"""`footnote library ...`: look after what is stored."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ui.eval_commands import Json, LibraryFolder

if TYPE_CHECKING:
    from qa.library import Library
    from qa.purges import Forget

Named = Annotated[list[str], typer.Argument(metavar="ARTICLE...", help="An id, a URI or the unique end of one.")]

library_app = typer.Typer(help="Look after the library.", no_args_is_help=True)


@library_app.command("list")
def list_articles(
    search: Annotated[str, typer.Argument(help="Words of the title, publisher or URI.")] = "",
    library: LibraryFolder = None,
    as_json: Json = False,
) -> None:
    """List the articles."""
    from ui import terminal

    with opened(library) as shelf:
        terminal.articles(shelf.articles(search=search), as_json)


@library_app.command()
def show(article: str, library: LibraryFolder = None, as_json: Json = False) -> None:
    """Show one article: what is stored of it, and its text."""
    from ui import terminal

    with opened(library) as shelf:
        terminal.article(shelf.article(shelf.find(article)), as_json)


@library_app.command()
def remove(
    articles: Named,
    library: LibraryFolder = None,
    purge: Annotated[bool, typer.Option(help="Erase the stored text too: old answers lose their quotes.")] = False,
    as_json: Json = False,
) -> None:
    """Take articles out of the library; they are gone from answers at once."""
    from ui import terminal

    with opened(library) as shelf:
        forget = _forgetting(library) if purge else None
        failed = terminal.removals(_removals(shelf, articles, forget), as_json)
    raise typer.Exit(1 if failed else 0)


@library_app.command()
def export(library: LibraryFolder = None, as_json: Json = False) -> None:  # noqa: ARG001
    """Print every article, whole, as JSON lines, with --json or without."""
    from ui import terminal

    with opened(library) as shelf:
        for item in shelf.export():
            terminal.json_line(terminal.whole(item))


@library_app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE.db|FOLDER", help="The articles; or them and what was asked.")],
    library: LibraryFolder = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    as_json: Json = False,
) -> None:
    """Copy the library while it is used; the copy is checked before it counts."""
    from qa import backup as backups
    from ui import terminal

    copied = backups.backup(_folder(library), target, overwrite=overwrite)
    terminal.report(asdict(copied), f"Backed up {copied.articles:,} articles into {copied.place}.", as_json)


@library_app.command()
def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE.db|FOLDER", help="What footnote library backup made.")],
    library: LibraryFolder = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the library that is there.")] = False,
    as_json: Json = False,
) -> None:
    """Make the library what a backup holds, and its vector index from that."""
    from qa import backup as backups
    from ui import terminal

    copied = backups.restore(source, _folder(library), overwrite=overwrite)
    with opened(library) as shelf, terminal.progress("Indexing") as step:
        shelf.catch_up(step)
    terminal.report(asdict(copied), f"Restored {copied.articles:,} articles into {copied.place}.", as_json)


@library_app.command()
def check(library: LibraryFolder = None, as_json: Json = False) -> None:
    """Verify that nothing is lost, doubled or wrong, from the text to the vectors."""
    from ui import terminal

    with opened(library) as shelf, terminal.progress("Checking") as step:
        found = shelf.check(step)
    raise typer.Exit(terminal.findings(found, as_json))


@library_app.command()
def stats(library: LibraryFolder = None, as_json: Json = False) -> None:
    """Count what the library holds."""
    from ui import terminal

    with opened(library) as shelf:
        terminal.stats(shelf.stats(), as_json)


@contextmanager
def opened(library: Path | None) -> Iterator["Library"]:
    """The library without a model: for what needs no question answered."""
    from qa.bootstrap import stay_quiet
    from qa.library import Library
    from qa.settings import load

    stay_quiet()
    settings = load(library=library)
    with Library.open(settings.library, None, index=settings.index, create=False) as shelf:
        yield shelf


# ----------------------------------------------------------------------------------------------------------------


def _folder(library: Path | None) -> Path:
    from qa.settings import load

    return load(library=library).library


def _forgetting(library: Path | None) -> "Forget":
    from ui.purging import forget

    return partial(forget, _folder(library))


def _removals(shelf: "Library", names: Sequence[str], forget: "Forget | None") -> Iterator[tuple[str, str]]:
    """Each name with what went wrong, or "". With `forget` they are purged, what an earlier purge left first."""
    over = shelf.finish_purges(forget) if forget else {}
    for name in names:
        done = any(name in (str(article_id), uri) or uri.endswith(f"/{name}") for article_id, uri in over.items())
        problem = _removal(shelf, name, forget)
        yield name, "" if done else problem


def _removal(shelf: "Library", name: str, forget: "Forget | None") -> str:
    from qa.errors import NotInLibrary

    try:
        article_id = shelf.find(name)
        if forget:
            shelf.purge(article_id, forget)
        else:
            shelf.remove(article_id)
    except NotInLibrary as error:
        return str(error)
    return ""
