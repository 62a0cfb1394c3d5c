"""Takt's own PostgreSQL: made, started and stopped with Takt, reachable by nobody else.

Started as root, the server runs as an unprivileged user from /var/lib/takt/<hash of the data folder>, with a copy
of the programs, so that nobody's home has to be opened; otherwise everything is in the data folder.
"""

from takt.ops.server.postgres.home import HOME_POINTER
from takt.ops.server.postgres.programs import Programs, client_program, programs_in
from takt.ops.server.postgres.server import Server
from takt.ops.server.postgres.sharing import (
    ADMIN_PASSWORD_FILE,
    PASSWORD_FILE,
    attach_or_start,
    ephemeral,
    private_server,
    running,
)
from takt.ops.server.postgres.soundness import check_server, is_empty

__all__ = [
    "ADMIN_PASSWORD_FILE",
    "HOME_POINTER",
    "PASSWORD_FILE",
    "Programs",
    "Server",
    "attach_or_start",
    "check_server",
    "client_program",
    "ephemeral",
    "is_empty",
    "private_server",
    "programs_in",
    "running",
]
