"""Makes a database ready for the web server: collects static files, migrates, loads the demo. Run as a program of
its own, so that the supervisor stays small."""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from takt.config.env import ROOT, env
from takt.ops.server.built import fingerprint
from takt.ops.server.children import to_stderr

SIGN_INS = "demo-passwords.json"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--static", action="store_true")
    parser.add_argument("--no-people", action="store_true", help="neither demo nor set-up link")
    options = parser.parse_args(arguments)

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "takt.config.settings")
    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    if options.static:
        _collect_static()
    began = time.monotonic()
    if _migrations_wait():
        call_command("migrate", interactive=False, verbosity=0)
        to_stderr(f"Migrated the database ({time.monotonic() - began:.0f} s)")
    if options.no_people:
        return
    if not get_user_model()._default_manager.exists():
        if options.empty:
            call_command("setup_link")
            return
        began = time.monotonic()
        to_stderr("Loading the demo company …")
        call_command("takt_demo", "load", language=env.language)
        to_stderr(f"Loaded the demo company ({time.monotonic() - began:.0f} s)")
    if not options.empty:
        show_sign_ins(env.data_dir, allowed=env.demo_sign_in)
    sys.stdout.flush()


def _migrations_wait() -> bool:
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _collect_static() -> None:
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    began = time.monotonic()
    sources = [Path(storage.path(path)) for finder in get_finders() for path, storage in finder.list([])]
    wanted = fingerprint(sources)
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".takt-stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command(
        "collectstatic", interactive=False, verbosity=0, clear=root.is_relative_to(ROOT) and root.exists()
    )
    root.mkdir(exist_ok=True)
    stamp.write_text(wanted)
    to_stderr(f"Collected {len(sources)} static files ({time.monotonic() - began:.0f} s)")


def show_sign_ins(data_dir: Path, *, allowed: bool) -> None:
    """Prints who may sign in to the demo company."""
    try:
        people = json.loads((data_dir / SIGN_INS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    if not allowed:
        print("The demo people cannot sign in from a network: start with --demo-public to allow it.")
        return
    print("Demo sign-ins:")
    for email, password in people.items():
        print(f"  {email:<22} {password}")


if __name__ == "__main__":
    main(sys.argv[1:])
