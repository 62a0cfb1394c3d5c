"""Putting a backup in the place of what is there."""

import contextlib
import datetime as dt
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from takt.kernel.lib.actor import Actor
from takt.kernel.lib.failpoints import failpoint
from takt.office.notifications.commands import hold_mail
from takt.ops.backup.archive import CHUNK, DUMP, FILES, Manifest, checked
from takt.ops.backup.programs import database_url, environment, require_as_new, tool
from takt.ops.backup.taking import files_folder

# psql leaves at the first error, and a script that ends before COMMIT, for whatever reason, leaves nothing behind.
BEGIN = "\\set ON_ERROR_STOP on\n\\set VERBOSITY terse\nBEGIN;\nDROP SCHEMA public CASCADE;\n"
# Who was signed in then isn't signed in now.
AFTER = 'DELETE FROM public."django_session";\n'
COUNT = """
DO $count$ DECLARE found bigint; BEGIN
  SELECT count(*) INTO found FROM public."{table}";
  IF found <> {rows} THEN RAISE EXCEPTION 'table {table} has % rows, the backup told of {rows}', found; END IF;
END $count$;
"""
# Settings that newer tools write and older servers don't know.
UNKNOWN_TO_OLDER = ("SET transaction_timeout",)


def restore(source: Path) -> Manifest:
    """Replaces database and attached files by those of a backup; the whole file is checked before.

    All or nothing: the database changes in one transaction whose last step compares every table's rows with the
    manifest; files are added beside those that are there, before it.
    """
    folder = Path(settings.TAKT_DATA_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=folder) as name:
        scratch = Path(name)

        def keep(member: str, stream: IO[bytes]) -> None:
            target = scratch / member
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("xb") as file:
                shutil.copyfileobj(stream, file, CHUNK)
                file.flush()
                os.fsync(file.fileno())

        manifest = checked(source, keep)
        _require_fitting(manifest)
        _place_files(scratch, manifest)
        failpoint("restore.before_database")
        connection.close()
        _replace_database(scratch / DUMP, manifest)
    call_command("migrate", interactive=False, verbosity=0)
    # Mail of the past doesn't go out: an administrator lets it go on (/settings/mail).
    hold_mail(by=Actor(via="restore"), at=dt.datetime.now(dt.UTC))
    return manifest


def _require_fitting(manifest: Manifest) -> None:
    url = database_url()
    with psycopg.connect(url) as asking:
        server = asking.info.server_version // 10000
        found = asking.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND backend_type = 'client backend' AND application_name <> 'takt-restore'"
        ).fetchone()
    ours = 1 if connection.connection is not None else 0
    if found and found[0] > ours:
        raise CommandError("Takt is running on this database: stop it (Ctrl-C in bin/up) and restore again.")
    require_as_new(server)
    if server < manifest.postgres:
        raise CommandError(
            f"The backup comes from PostgreSQL {manifest.postgres} and this server is {server}: restore it on "
            f"PostgreSQL {manifest.postgres} or newer."
        )
    known = {(app, name) for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    strange = [f"{app}.{name}" for app, name in manifest.migrations if (app, name) not in known]
    if strange:
        raise CommandError(
            f"The backup was taken by a newer Takt (it knows {strange[0]}): restore it with that release or a newer one."
        )


def _place_files(scratch: Path, manifest: Manifest) -> None:
    """Adds the backup's files to those that are there; names are random, so one name is always one file."""
    target = files_folder()
    for name in manifest.files:
        path = target / name.removeprefix(FILES)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.replace(scratch / name, path)


def _replace_database(dump: Path, manifest: Manifest) -> None:
    told = environment(database_url()) | {
        "PGAPPNAME": "takt-restore",
        "PGOPTIONS": "-c client_min_messages=warning",
    }
    reading = subprocess.Popen(
        [tool("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(dump)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=told,
    )
    writing = subprocess.Popen(
        [tool("psql"), "--no-psqlrc", "--quiet", "--output=/dev/null", "--file=-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=told,
    )
    assert reading.stdout is not None and writing.stdin is not None and writing.stderr is not None
    is_read = False
    try:
        writing.stdin.write(BEGIN.encode())
        _pass_on(reading.stdout, writing.stdin)
        is_read = reading.wait() == 0
        if is_read:
            for table, rows in manifest.rows.items():
                writing.stdin.write(COUNT.format(table=table, rows=rows).encode())
            writing.stdin.write(AFTER.encode())
            failpoint("restore.before_commit")
            writing.stdin.write(b"COMMIT;\n")
    except BrokenPipeError:
        reading.kill()
    finally:
        with contextlib.suppress(BrokenPipeError):
            writing.stdin.close()
    said = writing.stderr.read().decode(errors="replace").strip()
    if not is_read and not said:
        said = (reading.stderr.read() if reading.stderr else b"").decode(errors="replace").strip()
    if writing.wait() != 0 or not is_read:
        raise CommandError(f"Nothing was restored; what was there is as it was. PostgreSQL said:\n{said}")


def _pass_on(source: IO[bytes], target: IO[bytes]) -> None:
    """The script as it comes; settings stand at its head, before any row."""
    for line in source:
        if line.startswith(b"CREATE "):
            target.write(line)
            break
        if not line.decode(errors="replace").startswith(UNKNOWN_TO_OLDER):
            target.write(line)
    shutil.copyfileobj(source, target, CHUNK)
