"""`footnote users ...`: who may sign in to the page."""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from qa.errors import UsageError

File = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="File of users (without: $FOOTNOTE_USERS).")]

users_app = typer.Typer(help="Say who may sign in to the page.", no_args_is_help=True)


@users_app.command()
def add(name: str, file: File = None) -> None:
    """Add a user, or give one a new password: asked twice, or the first line of standard input."""
    from ui import users
    from ui.terminal import say

    path = _file(file)
    known = users.add(path, name, _password())
    say(f"{'Changed the password of' if known else 'Added'} {users.plain(name)} in {path}.")


@users_app.command("list")
def list_users(file: File = None) -> None:
    """List the users, one a line."""
    from ui import users

    sys.stdout.writelines(f"{name}\n" for name in users.listed(_file(file)))


@users_app.command()
def remove(name: str, file: File = None) -> None:
    """Take a user out, signed in or not. Conversations kept under the name stay: give it to nobody else."""
    from ui import users
    from ui.terminal import say

    path = _file(file)
    users.remove(path, name)
    say(f"Removed {users.plain(name)} from {path}.")


def _file(given: Path | None) -> Path:
    from qa.settings import load

    path = given or load().users
    if path is None:
        raise UsageError(
            "No file of users is named.", "Set FOOTNOTE_USERS=FILE (footnote serve reads it), or --file FILE."
        )
    return path


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    try:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise UsageError("The two are not the same. Nothing was changed.")
    except EOFError:
        raise UsageError("No password was given. Nothing was changed.") from None
    return password
