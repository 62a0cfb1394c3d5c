"""One server per data folder: started by the first who needs it, shared by all who come while it runs."""

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from takt.config.env import DATABASE_POINTER, refuse
from takt.ops.server import children, folder
from takt.ops.server.children import Reporter
from takt.ops.server.postgres.home import home_of
from takt.ops.server.postgres.making import make_cluster
from takt.ops.server.postgres.owner import find_owner
from takt.ops.server.postgres.place import Place
from takt.ops.server.postgres.programs import Programs, find_programs, reachable
from takt.ops.server.postgres.server import START_PATIENCE, Server
from takt.ops.server.postgres.soundness import ensure_database

PASSWORD_FILE = "database-password"
ADMIN_PASSWORD_FILE = "database-admin-password"


@contextlib.contextmanager
def running(
    data_dir: Path, report: Reporter = children.to_stderr, *, holder: str = "bin/up"
) -> Iterator[Server]:
    """The private server of this data folder while the block runs; refuses when another process runs it."""
    with folder.held(data_dir, holder, report), private_server(data_dir, report) as server:
        yield server


@contextlib.contextmanager
def private_server(data_dir: Path, report: Reporter = children.to_stderr) -> Iterator[Server]:
    """The same for a caller who holds the data folder already."""
    began = time.monotonic()
    owner = find_owner()
    home = home_of(data_dir, report)
    folder.require_room(home, is_new=not (home / "cluster").exists())
    with contextlib.ExitStack() as stack:
        own = folder.try_lock(home / "lock", "takt")
        if own is None:
            refuse(f"The database in {home} is in use from another data folder: give each folder its own.")
        stack.enter_context(own)
        home.chmod(0o700)
        owner.give(home)
        place = Place(
            home=home,
            programs=reachable(find_programs(), home, owner),
            owner=owner,
            password=folder.ensure_secret(data_dir / PASSWORD_FILE),
            admin_password=folder.ensure_secret(data_dir / ADMIN_PASSWORD_FILE),
        )
        server = Server(place, data_dir / "logs" / "postgres.log", report, created=make_cluster(place))
        stack.callback(server.stop)
        server.start()
        ensure_database(place)
        folder.write_private(data_dir / DATABASE_POINTER, server.url())
        report(f"PostgreSQL {place.programs.release} is ready ({time.monotonic() - began:.1f} s)")
        yield server


@contextlib.contextmanager
def attach_or_start(data_dir: Path, report: Reporter = children.to_stderr) -> Iterator[tuple[str, bool]]:
    """The address of a running server's database, else of one that is started for this block; and whether its
    database was made just now."""
    folder.prepare(data_dir)
    lock_path = data_dir / folder.LOCK_FILE
    deadline = time.monotonic() + START_PATIENCE
    while True:
        lock = folder.try_lock(lock_path, "bin/takt")
        if lock is not None:
            with lock, private_server(data_dir, report) as server:
                yield server.url(), server.created
                folder.wait_for_clients(data_dir)
            return
        with folder.as_client(data_dir):
            url = _answering(data_dir)
            if url:
                yield url, False
                return
        if time.monotonic() > deadline:
            refuse(
                f"{folder.lock_holder(lock_path)} holds the data folder {data_dir}, but its database does not answer: "
                "see logs/postgres.log there."
            )
        time.sleep(0.2)


def _answering(data_dir: Path) -> str | None:
    try:
        url = (data_dir / DATABASE_POINTER).read_text(encoding="utf-8").strip()
        psycopg.connect(url, connect_timeout=5).close()
    except (OSError, psycopg.Error):
        return None
    return url


@contextlib.contextmanager
def ephemeral(report: Reporter = children.to_stderr, *, programs: Programs | None = None) -> Iterator[str]:
    """A server for tests: fast, without promises to disk, gone with the block."""
    scratch = Path(tempfile.mkdtemp(prefix="takt-test-", dir="/tmp"))
    owner = find_owner()
    owner.give(scratch)
    place = Place(
        home=scratch,
        programs=reachable(programs or find_programs(), scratch, owner),
        owner=owner,
        password=secrets.token_urlsafe(24),
        admin_password=secrets.token_urlsafe(24),
        durable=False,
    )
    server = Server(place, scratch / "postgres.log", report)
    try:
        began = time.monotonic()
        make_cluster(place)
        server.start()
        ensure_database(place)
        report(f"PostgreSQL {place.programs.release} for tests is ready ({time.monotonic() - began:.1f} s)")
        yield server.url()
    finally:
        server.stop()
        shutil.rmtree(scratch, ignore_errors=True)
        if place.sockets.parent == Path(os.sep, "tmp"):
            shutil.rmtree(place.sockets, ignore_errors=True)
