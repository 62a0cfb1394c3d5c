"""What a database must have before Takt uses it: role, extensions, and letters of every alphabet."""

import psycopg
from psycopg import sql

from takt.config.env import refuse
from takt.ops.server.postgres.place import ADMIN, DATABASE, ROLE, Place
from takt.ops.server.postgres.programs import OLDEST

EXTENSIONS = ("pg_trgm", "btree_gin")


def ensure_database(place: Place) -> None:
    """Makes role, database and extensions where they are missing, and checks that search will work."""
    with psycopg.connect(place.url(ADMIN, "postgres"), autocommit=True) as connection:
        known = connection.execute("select 1 from pg_roles where rolname = %s", [ROLE]).fetchone()
        statement = sql.SQL(f"{'alter' if known else 'create'} role {{}} login createdb password {{}}")
        connection.execute(statement.format(sql.Identifier(ROLE), sql.Literal(place.password)))
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            making = sql.SQL("create database {} owner {}")
            connection.execute(making.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))
    with psycopg.connect(place.url(ADMIN), autocommit=True) as connection:
        _make_extensions(connection)
    check_server(place.url())


def check_server(url: str) -> None:
    """Refuses a server on which Takt would lose search silently, or that is too old."""
    try:
        with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
            version = connection.info.server_version
            if version < OLDEST * 10000:
                refuse(f"The database is PostgreSQL {version // 10000}: Takt needs {OLDEST} or newer.")
            _make_extensions(connection)
            row = connection.execute("select show_trgm('Привет') <> '{}'").fetchone()
    except psycopg.errors.InsufficientPrivilege:
        refuse(
            "The database has no extensions pg_trgm and btree_gin and this role may not make them: let its "
            "administrator run CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin; in it."
        )
    except psycopg.Error as error:
        said = " ".join(str(error).split())
        refuse(f"The database does not answer ({said}): check DATABASE_URL and that the server runs.")
    if not row or not row[0]:
        refuse(
            "This database cannot search letters beyond English: make it anew with "
            "CREATE DATABASE takt ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0."
        )


def is_empty(url: str) -> bool:
    """Whether nothing was ever set up in the database."""
    with psycopg.connect(url, connect_timeout=10, autocommit=True) as connection:
        row = connection.execute("select to_regclass('django_migrations') is null").fetchone()
    return bool(row and row[0])


def _make_extensions(connection: psycopg.Connection) -> None:
    for name in EXTENSIONS:
        connection.execute(sql.SQL("create extension if not exists {}").format(sql.Identifier(name)))
