"""Makes a database ready for the web server: collects static files, migrates, loads the demo. Run as a program of
its own, so that the supervisor stays small."""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from takt.config.env import ROOT, env, refuse
from takt.ops.server import children, folder, unchanged
from takt.ops.server.built import fingerprint
from takt.ops.server.children import to_stderr
from takt.ops.server.unchanged import STATIC_STAMP


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--static", action="store_true")
    parser.add_argument("--static-only", action="store_true")
    parser.add_argument("--no-people", action="store_true", help="neither demo nor set-up link")
    options = parser.parse_args(arguments)

    import django
    from django.db import DatabaseError

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takt.config.settings")
    with folder.disk_faults_told(env.data_dir):
        django.setup()
        if options.static_only:
            os.nice(5)  # the database is what people wait for
            _collect_static()
            return
        try:
            with _collecting_static() if options.static else contextlib.nullcontext():
                _fill(empty=options.empty, no_people=options.no_people)
        except DatabaseError as error:
            _refuse_database(error)
        if options.static:
            unchanged.remember(env.data_dir, env.database_url)


def _fill(*, empty: bool, no_people: bool) -> None:
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    began = time.monotonic()
    if _migrations_wait():
        call_command("migrate", interactive=False, verbosity=0)
        to_stderr(f"Migrated the database ({time.monotonic() - began:.0f} s)")
    if no_people:
        return
    if not get_user_model()._default_manager.exists():
        if empty:
            to_stderr("Set Takt up with this link; it works once, and for seven days:")
            call_command("setup_link")
            return
        began = time.monotonic()
        to_stderr("Loading the demo company …")
        call_command("takt_demo", "load", language=env.language)
        to_stderr(f"Loaded the demo company ({time.monotonic() - began:.0f} s)")


def _refuse_database(error: Exception) -> None:
    said = " ".join(str(error).split())
    log = env.data_dir / "logs" / "postgres.log"
    end = children.tail(log, 60) if log.exists() else ""
    if "No space left on device" in said + end:
        refuse("The disk is full, so the database could not be prepared: free some space and start again.")
    refuse(f"The database could not be prepared ({said}). Its log is {log}." if end else said)


def _migrations_wait() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


@contextlib.contextmanager
def _collecting_static() -> Iterator[None]:
    """Static files are packed by a process of their own, beside what the database does."""
    command = [sys.executable, "-m", "takt.ops.server.readiness", "--static-only"]
    packing = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
        code = packing.wait()
    except BaseException:
        packing.terminate()
        packing.wait()
        raise
    if code != 0:
        raise SystemExit(code if code > 0 else 1)


def _collect_static() -> None:
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    began = time.monotonic()
    sources = [Path(storage.path(path)) for finder in get_finders() for path, storage in finder.list([])]
    wanted = fingerprint(sources)
    root = Path(settings.STATIC_ROOT)
    if STATIC_STAMP.exists() and STATIC_STAMP.read_text() == wanted:
        return
    if not os.access(root if root.exists() else root.parent, os.W_OK):
        refuse(
            f"The static files have changed and {root} belongs to somebody else: start bin/up once as its owner, or clone "
            "Takt into a folder of yours."
        )
    call_command(
        "collectstatic", interactive=False, verbosity=0, clear=root.is_relative_to(ROOT) and root.exists()
    )
    root.mkdir(exist_ok=True)
    STATIC_STAMP.write_text(wanted)
    to_stderr(f"Collected {len(sources)} static files ({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main(sys.argv[1:])
