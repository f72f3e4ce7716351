"""What goes wrong becomes one line on standard error and an exit code; a traceback only after `footnote --debug`."""

import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from qa.errors import FootnoteError
from ui.plain import printable

USAGE = 2
INTERRUPTED = 130


class Explained(TyperGroup):
    """The command group that explains what ended a command early. A reader that has left ends it quietly."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return _flushed(super().invoke, ctx)
        except FootnoteError as error:
            raise _exit(USAGE, str(error)) from None
        except KeyboardInterrupt:
            raise _exit(INTERRUPTED, "stopped. What was reported as done is kept.") from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        except OSError as error:
            raise _exit(USAGE, f"{error.filename or 'The system'}: {error.strerror or error}.") from None
        except (TyperException, typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                traceback.print_exc()
            raise _exit(USAGE, _unexpected(error)) from None


def _unexpected(error: Exception) -> str:
    """One line, whatever the error says."""
    words = " ".join(str(error).split())
    return (
        f"something went wrong that Footnote did not foresee ({type(error).__name__}{': ' if words else ''}{words}). "
        "What was reported as done is kept. To see where: footnote --debug COMMAND..."
    )


def _flushed(invoke: Any, ctx: Any) -> Any:
    """Whoever reads standard output may have left before the last of it: that shows only when it is flushed."""
    try:
        return invoke(ctx)
    finally:
        sys.stdout.flush()


def _exit(code: int, message: str) -> typer.Exit:
    sys.stderr.write(f"footnote: {printable(message)}\n")
    return typer.Exit(code)
