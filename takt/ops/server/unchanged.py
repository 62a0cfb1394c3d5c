"""Tells, without loading Django, that a start has nothing to prepare: it then takes half the time."""

from pathlib import Path

import psycopg

from takt.config.env import ROOT
from takt.ops.server import folder
from takt.ops.server.built import fingerprint

STAMP = "ready-stamp"
STATIC_STAMP = ROOT / "static-built" / ".takt-stamp"


def is_unchanged(data_dir: Path, database_url: str) -> bool:
    """Whether code, static files and migrations are those of the last start, and there are people."""
    try:
        kept = (data_dir / STAMP).read_text(encoding="utf-8").strip()
    except OSError:
        return False
    return kept == _state(database_url)


def remember(data_dir: Path, database_url: str) -> None:
    """Keeps that the database is ready for this code."""
    if state := _state(database_url):
        folder.write_private(data_dir / STAMP, state)


def _state(database_url: str) -> str | None:
    """Changes with everything that makes a start take longer; None where a start must not be shortened."""
    with psycopg.connect(database_url) as connection:
        try:
            row = connection.execute(
                """SELECT (SELECT md5(string_agg(app || '.' || name, ',' ORDER BY app, name)) FROM django_migrations),
                          EXISTS (SELECT FROM "user")"""
            ).fetchone()
        except psycopg.errors.UndefinedTable:
            return None
    if row is None or not row[1] or not STATIC_STAMP.exists():
        return None
    code = [*ROOT.glob("takt/**/migrations/*.py"), *ROOT.glob("takt/**/static/**/*.*")]
    code += [ROOT / "uv.lock", ROOT / "package-lock.json", ROOT / "takt/config/settings.py", STATIC_STAMP]
    return f"{row[0]} {fingerprint(path for path in code if path.is_file())}"
