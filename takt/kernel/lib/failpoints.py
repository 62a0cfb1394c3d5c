"""Places where a fault can be tried: nothing happens unless the environment asks for it."""

import os
import signal

_wanted = os.environ.get("TAKT_FAILPOINT", "")
_name, _, _count = _wanted.partition(":")
_left = int(_count or 1) if _wanted else 0


def failpoint(name: str) -> None:
    """Kill this process at the N-th pass of `name` when TAKT_FAILPOINT is `name:N`."""
    global _left
    if name != _name:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
