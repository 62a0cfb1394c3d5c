"""What faults are made with: the test's database seen from outside, and processes that die at a named place."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from takt.config.env import ROOT


def database_url() -> str:
    given = connection.settings_dict
    place = f"?host={given['HOST'] or 'localhost'}" + (f"&port={given['PORT']}" if given["PORT"] else "")
    return f"postgresql://{given['USER']}:{given['PASSWORD']}@/{given['NAME']}{place}"


@pytest.fixture
def administrator(transactional_db: Any) -> Iterator[psycopg.Connection[Any]]:
    """A connection of somebody else's, who can end the test's own."""
    with psycopg.connect(database_url(), autocommit=True) as outside:
        yield outside


@pytest.fixture
def cut(administrator: psycopg.Connection[Any]) -> Callable[[], None]:
    """`cut()` ends the connection of whoever calls, as a crash of the server would."""

    def end() -> None:
        assert connection.connection is not None
        pid = connection.connection.info.backend_pid
        administrator.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    return end


@pytest.fixture
def child(transactional_db: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`child([program], failpoint="x:1")` runs a program of Takt on the test's database; it may kill itself there."""

    def run(command: list[str], *, failpoint: str = "") -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "TAKT_DATA_DIR": str(settings.TAKT_DATA_DIR),
            "TAKT_SECRET_KEY": settings.SECRET_KEY,
            "PYTHONPATH": str(ROOT),
        }
        environment.pop("TAKT_FAILPOINT", None)
        if failpoint:
            environment["TAKT_FAILPOINT"] = failpoint
        done = subprocess.run(
            command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=120
        )
        wanted = -signal.SIGKILL if failpoint else 0
        assert done.returncode == wanted, done.stdout + done.stderr
        return done

    return run


PYTHON = sys.executable
