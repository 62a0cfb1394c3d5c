"""Whose processes and files the private server's are."""

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from takt.config.env import refuse


@dataclass(frozen=True)
class Owner:
    """The system user who runs the server; None of both when that is whoever runs Takt."""

    uid: int | None = None
    gid: int | None = None

    def popen(self) -> dict[str, Any]:
        if self.uid is None:
            return {"umask": 0o077}
        return {"umask": 0o077, "user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def find_owner() -> Owner:
    """PostgreSQL refuses to run as root: then it is the system's `postgres` user, or one that is made."""
    if os.geteuid() != 0:
        return Owner()
    for name in ("postgres", "takt-postgres"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Owner(entry.pw_uid, entry.pw_gid)
    makers = (
        [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
        ],
        ["adduser", "-S", "-D", "-H"],
    )
    for maker in makers:
        if shutil.which(maker[0]):
            subprocess.run([*maker, "takt-postgres"], capture_output=True, check=False)
            with contextlib.suppress(KeyError):
                entry = pwd.getpwnam("takt-postgres")
                return Owner(entry.pw_uid, entry.pw_gid)
    refuse(
        "PostgreSQL does not run as root and no system user could be made for it: make a user named postgres, run "
        "Takt as an ordinary user, or set DATABASE_URL."
    )
