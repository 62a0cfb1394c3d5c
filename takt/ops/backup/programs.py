"""PostgreSQL's own tools, run against Takt's database without its password on any command line."""

import os
from typing import Any

import psycopg
from django.core.management.base import CommandError
from psycopg.conninfo import conninfo_to_dict

from takt.config.env import env
from takt.ops.server.postgres import client_program
from takt.ops.server.postgres.programs import find_programs

NAMES = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}


def database_url() -> str:
    """The database that this process uses; a test's is its own."""
    from django.db import connection

    told = connection.get_connection_params()
    kept = {name: str(told[name]) for name in NAMES if told.get(name) is not None}
    return psycopg.conninfo.make_conninfo(**kept) if kept else env.database_url


def tool(name: str) -> str:
    path = client_program(name)
    if not path.exists():
        raise CommandError(
            f"{name} was not found beside {path.parent}: install PostgreSQL's client programs "
            "(on Debian: apt-get install postgresql-client)."
        )
    return str(path)


def environment(url: str) -> dict[str, str]:
    """The caller's environment with the way to the database, which only this user can read."""
    told: dict[str, Any] = conninfo_to_dict(url)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
    return kept | {NAMES[k]: str(v) for k, v in told.items() if k in NAMES and v is not None}


def require_as_new(server: int) -> None:
    """Refuses tools older than the server: they can't read what it may hold. `server` is its major version."""
    ours = find_programs().major
    if ours < server:
        raise CommandError(
            f"The database is PostgreSQL {server} and the tools here are {ours}: install PostgreSQL {server}'s "
            "client programs."
        )
