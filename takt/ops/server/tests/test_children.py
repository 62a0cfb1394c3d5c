"""Nothing is left running, however the one who started it ends."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from takt.config.env import ROOT

GRANDCHILD = """
    import os, signal, time
    from takt.ops.server.children import end_with_parent
    end_with_parent(signal.SIGKILL, os.getsid(0))
    print(os.getpid(), flush=True)
    time.sleep(60)
"""


def is_alive(number: int) -> bool:
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death"
)
def test_a_web_process_ends_with_the_killed_web_server() -> None:
    inner = textwrap.dedent(GRANDCHILD)
    leader = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}])"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert leader.stdout is not None
    number = int(leader.stdout.readline())
    assert is_alive(number)
    os.kill(leader.pid, signal.SIGKILL)
    leader.wait()
    until = time.monotonic() + 5
    while is_alive(number) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_alive(number)
