"""The folder of the private server, and the mark that binds it to its data folder."""

import hashlib
import os
import secrets
import time
from pathlib import Path

from takt.config.env import refuse
from takt.ops.server import folder
from takt.ops.server.children import Reporter

ROOT_HOMES = Path("/var/lib/takt")
HOME_POINTER = "postgres.home"


def home_of(data_dir: Path, report: Reporter) -> Path:
    """The folder of the cluster. The data folder and it carry the same mark, so that neither is used without the
    other: a lost cluster is refused, one left by an earlier data folder of this name is put aside."""
    pointer = data_dir / HOME_POINTER
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    default = ROOT_HOMES / digest if os.geteuid() == 0 else data_dir / "postgres"
    if pointer.exists():
        mark, _, place = pointer.read_text(encoding="utf-8").strip().partition(" ")
        for home in (default, Path(place)):
            if _mark(home) == mark:
                return home
        refuse(
            f"The data folder {data_dir} belongs to a database in {place}, which is not there: bring it back, or start "
            "with another data folder and bin/takt restore a backup."
        )
    if (default / "cluster").exists():
        aside = default.with_name(f"{default.name}.aside-{time.strftime('%Y%m%d-%H%M%S')}")
        default.rename(aside)
        report(f"A database without its data folder was found; it is kept in {aside}.")
    if os.geteuid() == 0:
        ROOT_HOMES.mkdir(mode=0o755, parents=True, exist_ok=True)
    default.mkdir(mode=0o700, exist_ok=True)
    mark = secrets.token_hex(8)
    folder.write_private(default / "mark", mark)
    folder.write_private(pointer, f"{mark} {default}")
    return default


def _mark(home: Path) -> str | None:
    try:
        return (home / "mark").read_text(encoding="utf-8").strip()
    except OSError:
        return None
