"""The data folder: what one installation keeps on disk, and who may use it at a time."""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from takt.config.env import SECRET_FILE, load, refuse

LOCK_FILE = "lock"
CLIENTS_FILE = "clients.lock"


def prepare(data_dir: Path) -> None:
    """Makes the data folder with its secret key; what exists stays as it is."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
        ensure_secret(data_dir / SECRET_FILE)
    except OSError as error:
        refuse(
            f"The data folder {data_dir} cannot be used ({error.strerror}): set TAKT_DATA_DIR to a folder of yours."
        )


def check_settings(data_dir: Path) -> None:
    """Refuses a wrong environment before anything is started; the private database's address comes later."""
    prepare(data_dir)
    given = dict(os.environ)
    if "DATABASE_URL" not in given and "DATABASE_URL_FILE" not in given:
        given["DATABASE_URL"] = "postgresql:///takt"
    load(given)


def write_private(path: Path, text: str) -> None:
    """Replaces a file that only its owner may read, in one step."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def ensure_secret(path: Path) -> str:
    """The secret kept in this file; made at the first call."""
    try:
        kept = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        kept = ""
    if not kept:
        kept = secrets.token_urlsafe(48)
        write_private(path, kept)
    return kept


def _open_lock(path: Path) -> IO[str]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    return os.fdopen(descriptor, "r+", encoding="utf-8")


def try_lock(path: Path, holder: str) -> IO[str] | None:
    """Takes the lock for this process's life, or answers None when another process holds it."""
    file = _open_lock(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    file.seek(0)
    file.truncate()
    file.write(f"{holder} {os.getpid()}\n")
    file.flush()
    return file


def lock_holder(path: Path) -> str:
    """Who holds a lock, in words for the refusal."""
    try:
        program, number = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError):
        return "another process"
    return f"{program} (process {number})"


@contextlib.contextmanager
def as_client(data_dir: Path) -> Iterator[None]:
    """Marks this process as using the database, so that who started it waits before stopping it."""
    with _open_lock(data_dir / CLIENTS_FILE) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


def wait_for_clients(data_dir: Path) -> None:
    """Returns when no other command uses the database any more."""
    with _open_lock(data_dir / CLIENTS_FILE) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
