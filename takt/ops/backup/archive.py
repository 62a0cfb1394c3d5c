"""The backup file: a tar of the database's dump, the attached files and, last, a manifest with their hashes.

The manifest is written last and the file gets its name only when it is whole, so a half one is never taken for good.
"""

import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from django.core.management.base import CommandError

MANIFEST = "manifest.json"
DUMP = "database.dump"
FILES = "files/"
FORMAT = 1
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: `rows` per table as they were in the dump's own picture of the database, the
    `migrations` that had run, and the SHA-256 of each member."""

    format: int
    taken_at: str
    postgres: int
    migrations: list[list[str]]
    rows: dict[str, int]
    members: dict[str, str]

    @property
    def files(self) -> list[str]:
        return [name for name in self.members if name.startswith(FILES)]


class Hashing(io.RawIOBase):
    """A file being read whose bytes are hashed as they pass."""

    def __init__(self, inner: IO[bytes]) -> None:
        self.inner = inner
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        piece = self.inner.read(size)
        self.digest.update(piece)
        return piece


def add_file(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """Puts a file into the archive and answers its hash."""
    info = tarfile.TarInfo(name)
    info.mode = 0o600
    with path.open("rb") as file:
        info.size = path.stat().st_size
        hashing = Hashing(file)
        tar.addfile(info, hashing)  # type: ignore[arg-type]
    return hashing.digest.hexdigest()


def add_manifest(tar: tarfile.TarFile, manifest: Manifest) -> None:
    body = json.dumps(asdict(manifest), ensure_ascii=False).encode()
    info = tarfile.TarInfo(MANIFEST)
    info.mode, info.size = 0o600, len(body)
    tar.addfile(info, io.BytesIO(body))


def checked(path: Path, keep: Callable[[str, IO[bytes]], None]) -> Manifest:
    """Reads a backup from its first byte to its last and compares every hash; `keep` gets each member as it passes.

    Refuses (CommandError) what is no backup, is cut off, was changed, or holds more than its manifest names.
    """
    found: dict[str, str] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isfile() else None
                if stream is None or manifest is not None or not _is_ours(member.name):
                    raise CommandError(f"{path} is not a backup of Takt: it holds {member.name!r}.")
                if member.name == MANIFEST:
                    manifest = _manifest(path, stream.read())
                    continue
                hashing = Hashing(stream)
                keep(member.name, hashing)  # type: ignore[arg-type]
                while hashing.read(CHUNK):
                    pass
                found[member.name] = hashing.digest.hexdigest()
    except (tarfile.TarError, EOFError) as error:
        raise CommandError(f"{path} is not a backup of Takt, or it was cut off ({error}).") from error
    except FileNotFoundError:
        raise CommandError(f"There is no file {path}.") from None
    if manifest is None:
        raise CommandError(f"{path} was cut off: it has no manifest at its end. Use an older backup.")
    wrong = sorted(
        name for name in found.keys() | manifest.members if found.get(name) != manifest.members.get(name)
    )
    if wrong:
        raise CommandError(
            f"{path} was damaged: {', '.join(wrong[:5])} differ from its manifest. Use an older backup."
        )
    return manifest


def _is_ours(name: str) -> bool:
    parts = name.split("/")
    return name in {MANIFEST, DUMP} or (
        name.startswith(FILES) and all(p not in {"", ".", ".."} for p in parts)
    )


def _manifest(path: Path, body: bytes) -> Manifest:
    try:
        told: dict[str, Any] = json.loads(body)
        manifest = Manifest(**told)
    except (ValueError, TypeError) as error:
        raise CommandError(f"{path} has no readable manifest ({error}).") from error
    if manifest.format != FORMAT:
        raise CommandError(f"{path} was written by another release of Takt: restore it with that release.")
    return manifest
