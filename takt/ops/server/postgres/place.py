"""Where one private server is on disk, who may enter it and with which programs it runs."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from takt.config.env import refuse
from takt.ops.server.postgres.owner import Owner
from takt.ops.server.postgres.programs import Programs

ADMIN, ROLE, DATABASE = "postgres", "takt", "takt"
SOCKET_PATH_LIMIT = 100  # the kernel's is 107 bytes for the whole path


@dataclass(frozen=True)
class Place:
    """A server's folders and keys, whether it runs or not."""

    home: Path
    programs: Programs
    owner: Owner
    password: str
    admin_password: str
    durable: bool = True

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def sockets(self) -> Path:
        here = self.home / "s"
        if len(os.fsencode(here)) <= SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432.lock"):
            return here
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path("/tmp") / f"takt-{digest}"

    def url(self, role: str = ROLE, database: str = DATABASE) -> str:
        password = self.admin_password if role == ADMIN else self.password
        return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(str(self.sockets))}"

    def make_sockets(self) -> None:
        """The folder of the socket, which nobody else may enter."""
        place = self.sockets
        try:
            place.mkdir(mode=0o700)
            self.owner.give(place)
        except FileExistsError:
            owner = self.owner.uid if self.owner.uid is not None else os.geteuid()
            if place.is_symlink() or place.stat().st_uid != owner:
                refuse(
                    f"{place} belongs to somebody else: remove it, or use a data folder with a shorter path."
                )
            place.chmod(0o700)


def clean_environment() -> dict[str, str]:
    """No PG* variable of the caller reaches the server."""
    kept = {"PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"}
    return {name: value for name, value in os.environ.items() if name in kept}
