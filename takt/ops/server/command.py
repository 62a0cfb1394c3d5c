"""bin/takt: one command against the running server's database, or against one started for it."""

import contextlib
import os
import signal
import sys
from types import FrameType

from takt.config import cli
from takt.ops.server import folder, postgres
from takt.ops.server.children import Reporter
from takt.ops.server.up import data_folder, ready

# These need no database.
OFFLINE = {"help", "--help", "-h", "--version", "version"}

# These make the tables themselves, or need none.
SETTING_UP = {"migrate", "makemigrations", "restore"}


def _quiet(line: str) -> None:
    """The server behind a command is no news."""


def main(arguments: list[str]) -> None:
    data_dir = data_folder(None)

    def end(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    if not arguments or arguments[0] in OFFLINE and len(arguments) == 1:
        cli.main(arguments)
        return
    folder.check_settings(data_dir)
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        from takt.config.env import env

        postgres.check_server(env.database_url)
        if arguments[0] not in SETTING_UP and postgres.is_empty(env.database_url):
            ready("--no-people")
        cli.main(arguments)
        return
    report: Reporter = _quiet
    with contextlib.ExitStack() as stack:
        with folder.disk_faults_told(data_dir):
            url, created = stack.enter_context(postgres.attach_or_start(data_dir, report))
        os.environ["DATABASE_URL"] = url
        if created and arguments[0] not in SETTING_UP:
            ready("--no-people")
        cli.main(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
