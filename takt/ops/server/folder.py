"""The data folder: what one installation keeps on disk, and who may use it at a time."""

import contextlib
import errno
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from takt.config.env import SECRET_FILE, load, refuse
from takt.ops.server.children import Reporter

LOCK_FILE = "lock"
CLIENTS_FILE = "clients.lock"
ROOM_FOR_NEW, ROOM_TO_RUN = 300, 50  # MB


def prepare(data_dir: Path) -> None:
    """Makes the data folder with its secret key; what exists stays as it is. Refuses one that can't be written."""
    try:
        with disk_faults_told(data_dir):
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            (data_dir / "logs").mkdir(mode=0o700, exist_ok=True)
            ensure_secret(data_dir / SECRET_FILE)
            probe = data_dir / f".probe.{os.getpid()}"
            try:
                probe.write_bytes(b"x")
            finally:
                probe.unlink(missing_ok=True)
    except OSError as error:
        refuse(
            f"The data folder {data_dir} cannot be used ({error.strerror}): set TAKT_DATA_DIR to a folder of yours."
        )


@contextlib.contextmanager
def disk_faults_told(data_dir: Path) -> Iterator[None]:
    """Ends the program with a sentence when the disk, and not Takt, is at fault in the block."""
    try:
        yield
    except OSError as error:
        is_ours = error.filename is None or Path(os.fsdecode(error.filename)).is_relative_to(data_dir)
        where = data_dir if is_ours else error.filename
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            refuse(f"The disk is full ({where}): free some space and start again.")
        if error.errno == errno.EROFS:
            refuse(
                f"{where} is on a disk that can only be read: make it writable, or choose another data folder with "
                "--data or TAKT_DATA_DIR."
            )
        raise


def require_room(place: Path, *, is_new: bool) -> None:
    """Refuses a disk on which the database would fail soon: it needs room for its log before each change."""
    found = os.statvfs(place)
    free, needed = found.f_bavail * found.f_frsize // 2**20, ROOM_FOR_NEW if is_new else ROOM_TO_RUN
    if free < needed:
        refuse(
            f"The disk of {place} has {free} MB left and the database needs {needed} MB: free some space, or choose "
            "another folder with --data."
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


@dataclass
class Lock:
    """A lock for the life of this process. Its file names the holder until he lets go, so a name found in a free
    lock is that of somebody who was killed."""

    file: IO[str]
    left_by: str

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, *failure: object) -> None:
        os.ftruncate(self.file.fileno(), 0)
        self.file.close()


def try_lock(path: Path, holder: str) -> Lock | None:
    """Takes the lock, or answers None when another process holds it."""
    file = _open_lock(path)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    left_by = lock_holder(path) if os.fstat(file.fileno()).st_size else ""
    os.ftruncate(file.fileno(), 0)
    os.pwrite(file.fileno(), f"{holder} {os.getpid()}\n".encode(), 0)
    return Lock(file, left_by)


@contextlib.contextmanager
def held(data_dir: Path, holder: str, report: Reporter) -> Iterator[None]:
    """The data folder for this process alone while the block runs; says so when its last holder was killed."""
    prepare(data_dir)
    lock = try_lock(data_dir / LOCK_FILE, holder)
    if lock is None:
        by = lock_holder(data_dir / LOCK_FILE)
        refuse(
            f"The data folder {data_dir} is in use by {by}: stop it first, or choose another folder with --data."
        )
    with lock:
        if lock.left_by:
            report(f"{lock.left_by} was cut off before it could stop; this start clears up after it.")
        yield


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
