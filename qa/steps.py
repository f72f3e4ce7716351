"""Named moments between two writes, at which a test may end the process as `kill -9` would.

With `DIE_AT_STEP=N` in the environment the process kills itself at the Nth step that it reaches; with 0 it only counts
them. Without the variable nothing happens. `python -m tests.torture` dies at each step of a workload in turn.
"""

import os
import signal

DIE_AT = "DIE_AT_STEP"

passed: list[str] = []
"""The steps reached so far, while the variable is set."""


def reached(name: str) -> None:
    """Production code says where it is; the only place that reads the variable."""
    wanted = os.environ.get(DIE_AT)
    if wanted is None:
        return
    passed.append(name)
    if len(passed) == int(wanted):
        os.kill(os.getpid(), signal.SIGKILL)
