"""The bytes of files: below the data folder, outside of all that is served, under random names.

A file is written aside, made safe on the disk and only then put into its place; its row follows in the command's
transaction. So a row never points to a missing or a short file, and what an interrupted upload leaves is swept.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from takt.kernel.files.rules import HEAD, shown_as
from takt.kernel.lib.failpoints import failpoint

_STORED = re.compile(r"[0-9a-f]{32}", re.ASCII)


class TooLarge(Exception):
    """More bytes than the setting allows."""


@dataclass(frozen=True)
class Kept:
    """A file on disk that no row knows yet."""

    stored: str
    size: int
    sha256: str
    shown_as: str


def folder() -> Path:
    path = Path(settings.TAKT_DATA_DIR) / "files"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def _aside() -> Path:
    path = folder() / ".incoming"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def path_of(stored: str) -> Path:
    """Where a file lies; only Takt's own random names lead anywhere."""
    if not _STORED.fullmatch(stored):
        raise ValueError(stored)
    return folder() / stored[:2] / stored


def keep(chunks: Iterable[bytes], most: int) -> Kept:
    """Write a file to the disk for good; TooLarge beyond `most` bytes, and then nothing of it stays."""
    stored = secrets.token_hex(16)
    aside = _aside() / stored
    digest, size, head = hashlib.sha256(), 0, b""
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > most:
                    raise TooLarge
                head = (head + chunk)[:HEAD] if len(head) < HEAD else head
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        failpoint("files.written")
        place = path_of(stored)
        place.parent.mkdir(exist_ok=True, mode=0o700)
        os.replace(aside, place)
        _fsync(place.parent)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return Kept(stored, size, digest.hexdigest(), shown_as(head))


def _fsync(folder: Path) -> None:
    """The name in the folder survives a loss of power too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def discard(stored: str) -> None:
    path_of(stored).unlink(missing_ok=True)


def is_whole(stored: str, size: int, sha256: str) -> bool:
    """Whether the bytes on disk are those that were uploaded."""
    try:
        with open(path_of(stored), "rb") as file:
            return (
                os.fstat(file.fileno()).st_size == size
                and hashlib.file_digest(file, "sha256").hexdigest() == sha256
            )
    except OSError:
        return False


def lying_since(moment: float) -> Iterator[tuple[Path, bool]]:
    """What was last written before `moment`: each file, and whether it was left in the middle of an upload."""
    for place in sorted(folder().iterdir()):
        if not place.is_dir():
            continue
        for path in sorted(place.iterdir()):
            if _STORED.fullmatch(path.name) and path.stat().st_mtime < moment:
                yield path, place.name == ".incoming"
