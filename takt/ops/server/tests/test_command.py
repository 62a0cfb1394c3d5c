"""bin/takt with a PostgreSQL of one's own."""

import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from takt.config.env import ROOT


def takt(url: str, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TAKT_") and k != "DATABASE_URL"}
    environment |= {"DATABASE_URL": url, "TAKT_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "takt.ops.server.command", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_a_server_that_does_not_answer_is_told_in_a_sentence(tmp_path: Path) -> None:
    done = takt("postgresql://nobody:x@127.0.0.1:1/takt", tmp_path, "token", "anna@takt.example")
    assert (done.returncode, done.stdout) == (2, "")
    assert "The database does not answer" in done.stderr and "Traceback" not in done.stderr


@pytest.fixture
def empty_database(db: Any) -> Any:
    """The address of a new database on the tests' server."""
    found, name = connection.settings_dict, f"takt_command_{uuid.uuid4().hex[:12]}"
    options = {"host": found["HOST"], "port": found["PORT"] or None, "user": found["USER"]}
    options |= {"password": found["PASSWORD"] or None, "dbname": "postgres"}
    made = "CREATE DATABASE {} ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0"
    with psycopg.connect(autocommit=True, **options) as server:
        server.execute(sql.SQL(made).format(sql.Identifier(name)))
        user, password = found["USER"], found["PASSWORD"]
        yield f"postgresql://{user}:{password}@/{name}?host={found['HOST']}&port={found['PORT'] or 5432}"
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_an_empty_database_is_made_ready_first(empty_database: str, tmp_path: Path) -> None:
    made = takt(empty_database, tmp_path, "user", "eva@example.com", "--name", "Eva", "--role", "admin")
    assert (made.returncode, made.stdout.strip()) == (0, "created eva@example.com (admin)"), made.stderr
    token = takt(empty_database, tmp_path, "token", "eva@example.com")
    assert token.stdout.startswith("takt_") and token.stdout.count("\n") == 1
