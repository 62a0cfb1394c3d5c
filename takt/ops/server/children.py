"""Programs that Takt starts: they stop when Takt stops, even when Takt itself is killed."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

Reporter = Callable[[str], None]

PR_SET_PDEATHSIG = 1


def to_stderr(line: str) -> None:
    """The default way of showing progress: standard output stays free for what a command prints."""
    print(line, file=sys.stderr, flush=True)


def _die_with_parent(with_signal: signal.Signals, parent: int) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)  # loaded before the fork: loading after it may dead-lock

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent died before the kernel was asked
            os._exit(1)

    return ask_kernel


def end_with_parent(with_signal: signal.Signals, parent: int) -> None:
    """The same for this process itself: the kernel sends it the signal when its parent dies."""
    ask_kernel = _die_with_parent(with_signal, parent)
    if ask_kernel is not None:
        ask_kernel()


def start(
    command: Sequence[str | Path],
    *,
    output: IO[bytes] | int | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
    owner: Mapping[str, Any] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a child in a session of its own; the kernel sends it `death_signal` when this process dies."""
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        env=dict(environment) if environment is not None else None,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=_die_with_parent(death_signal, os.getpid()),
        **(owner or {}),
    )


def stop(child: subprocess.Popen[bytes], *, with_signal: signal.Signals, patience: float) -> None:
    """Asks a child to end, and kills it with everything it started when it does not."""
    if child.poll() is None:
        child.send_signal(with_signal)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # what the child left behind in its session


def tail(log: Path, lines: int = 15) -> str:
    """The end of a log, to be shown when a start fails."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def turn(log: Path, limit: int) -> None:
    """Puts a log that has grown beyond the limit aside, in the place of the one before."""
    if log.exists() and log.stat().st_size > limit:
        os.replace(log, log.with_suffix(".1.log"))
