"""Taking a backup while Takt runs."""

import datetime as dt
import os
import subprocess
import tarfile
import tempfile
from pathlib import Path

import psycopg
from django.conf import settings
from django.core.management.base import CommandError
from psycopg import sql

from takt.kernel.lib.failpoints import failpoint
from takt.ops.backup.archive import DUMP, FILES, FORMAT, Manifest, add_file, add_manifest
from takt.ops.backup.programs import database_url, environment, require_as_new, tool

TABLES = """
    SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY c.relname
"""


def take(target: Path, at: dt.datetime) -> Manifest:
    """Writes one consistent copy of the database and the attached files to `target`, which must not exist yet.

    The database is copied in one snapshot, while others go on writing. Files are copied after it: a file is on disk
    before its row, so every row of the snapshot finds its file.
    """
    if target.exists():
        raise CommandError(f"{target} exists already: choose another name.")
    if not target.parent.is_dir():
        raise CommandError(f"There is no folder {target.parent}.")
    try:
        with tempfile.TemporaryDirectory(prefix=".takt-backup-", dir=target.parent) as name:
            scratch = Path(name)
            draft = scratch / "backup.tar"
            manifest = _write(draft, scratch / DUMP, at)
            failpoint("backup.before_rename")
            draft.chmod(0o600)
            draft.rename(target)
            _sync_folder(target.parent)
    except OSError as error:
        raise CommandError(
            f"The backup could not be written ({error.strerror}: {error.filename})."
        ) from error
    return manifest


def _write(draft: Path, dump: Path, at: dt.datetime) -> Manifest:
    url = database_url()
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        server = connection.info.server_version // 10000
        require_as_new(server)
        snapshot = str(connection.execute("SELECT pg_export_snapshot()").fetchone()[0])  # type: ignore[index]
        migrations = [
            list(r) for r in connection.execute("SELECT app, name FROM django_migrations ORDER BY 1, 2")
        ]
        rows = {str(r[0]): 0 for r in connection.execute(TABLES)}
        for table in rows:
            counted = connection.execute(
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
            ).fetchone()
            rows[table] = counted[0] if counted else 0
        _dump(url, snapshot, dump)
    members = {}
    with draft.open("xb") as file:
        with tarfile.open(fileobj=file, mode="w:", format=tarfile.PAX_FORMAT) as tar:
            members[DUMP] = add_file(tar, DUMP, dump)
            dump.unlink()
            for name, path in attached():
                members[name] = add_file(tar, name, path)
            manifest = Manifest(FORMAT, at.isoformat(), server, migrations, rows, members)
            add_manifest(tar, manifest)
        file.flush()
        os.fsync(file.fileno())
    return manifest


def _dump(url: str, snapshot: str, dump: Path) -> None:
    command = [tool("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--schema=public"]
    command += ["--extension=pg_trgm", "--extension=btree_gin", f"--snapshot={snapshot}", f"--file={dump}"]
    done = subprocess.run(command, env=environment(url), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(f"The database could not be copied:\n{done.stderr.strip()}")


def files_folder() -> Path:
    return Path(settings.TAKT_DATA_DIR) / "files"


def attached() -> list[tuple[str, Path]]:
    """The attached files by their names in the archive; what is still being uploaded begins with a dot."""
    folder = files_folder()
    found = sorted(p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else []
    inside = [(p.relative_to(folder), p) for p in found]
    return [
        (FILES + short.as_posix(), path)
        for short, path in inside
        if not any(part.startswith(".") for part in short.parts)
    ]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
