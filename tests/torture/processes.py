"""Children that are forked: what they need is imported once, by a driver that never opens a library itself."""

import os
import signal
import sys
import traceback
from collections.abc import Callable


def forked(work: Callable[[], object], out: int | None = None) -> int:
    """The child's process id; `out` is where its standard output goes. It ends with 1 after an exception."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        _alive.add(child)
        return child
    code = 1
    try:
        if out is not None:
            sys.stdout = os.fdopen(out, "w")
        work()
        sys.stdout.flush()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def ended_with(child: int) -> int:
    """Its exit code, or minus the signal that ended it."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    _alive.discard(child)
    return code


def end_all() -> None:
    """Whoever was interrupted ends the children that it did not wait for."""
    for child in [*_alive]:
        os.kill(child, signal.SIGKILL)
        ended_with(child)


# --------------------------------------------------------------------------------------------------

_alive: set[int] = set()
