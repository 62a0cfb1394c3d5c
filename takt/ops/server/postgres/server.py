"""The private server as a process: started, watched, recovered after a kill, stopped."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from takt.config.env import refuse
from takt.ops.server import children
from takt.ops.server.children import Reporter
from takt.ops.server.postgres.making import write_settings
from takt.ops.server.postgres.place import ADMIN, Place, clean_environment

LOG_LIMIT = 10 * 1024 * 1024
START_PATIENCE = 60.0
STOP_PATIENCE = 60.0


@dataclass
class Server:
    """One private server; `process` is there while it runs."""

    place: Place
    log: Path
    report: Reporter = children.to_stderr
    created: bool = False
    process: subprocess.Popen[bytes] | None = None
    falls: list[float] = field(default_factory=list)
    name: str = "database"

    def url(self) -> str:
        return self.place.url()

    def start(self) -> None:
        """Starts the server and returns when it answers; shows the end of its log when it does not."""
        self.place.make_sockets()
        write_settings(self.place)
        if end_former(self.place.cluster):
            self.report("PostgreSQL was not stopped properly the last time; it recovers from its own log.")
        children.turn(self.log, LOG_LIMIT)
        deadline = time.monotonic() + START_PATIENCE
        while True:
            begins = self.log.stat().st_size if self.log.exists() else 0
            self._launch()
            if self._answers(deadline):
                return
            said = self.log.read_bytes()[begins:].decode(errors="replace")
            # Backends of a killed server are still ending: they do so within seconds.
            if "shared memory block" in said and time.monotonic() < deadline:
                time.sleep(0.5)
                continue
            self.stop()
            if "No space left on device" in said:
                refuse(
                    f"PostgreSQL did not start because the disk of {self.place.home} is full: free some space."
                )
            refuse(f"PostgreSQL did not start. The end of {self.log}:\n{children.tail(self.log)}")

    def stop(self) -> None:
        if self.process is not None:
            children.stop(self.process, with_signal=signal.SIGINT, patience=STOP_PATIENCE)
            self.process = None

    def _launch(self) -> None:
        with self.log.open("ab") as output:
            self.process = children.start(
                [self.place.programs.path("postgres"), "-D", self.place.cluster],
                output=output,
                environment=clean_environment(),
                cwd=self.place.home,
                death_signal=signal.SIGINT,
                owner=self.place.owner.popen(),
            )

    def _answers(self, deadline: float) -> bool:
        assert self.process is not None
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                psycopg.connect(self.place.url(ADMIN, "postgres"), connect_timeout=5).close()
                return True
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    self.stop()
                    refuse(
                        f"The password kept in the data folder does not open the database in {self.place.home}: "
                        "restore the data folder's password files from a backup."
                    )
                time.sleep(0.02)
        return False


def end_former(cluster: Path) -> bool:
    """Ends a server that outlived its supervisor and forgets one that is dead; tells whether there was either."""
    note = cluster / "postmaster.pid"
    try:
        number = int(note.read_text().split("\n", 1)[0])
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        note.unlink(missing_ok=True)
        return True
    if not _is_server(number, cluster):
        note.unlink(missing_ok=True)
        return True
    for with_signal, patience in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 15.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, with_signal)
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if not _is_server(number, cluster):
                return True
            time.sleep(0.1)
    refuse(f"An older PostgreSQL (process {number}) still runs on {cluster}: end it and start again.")


def _is_server(number: int, cluster: Path) -> bool:
    try:
        shown = subprocess.run(
            ["ps", "-ww", "-o", "stat=,command=", "-p", str(number)],
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()
    except OSError:
        try:
            shown = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return False
    return bool(shown) and not shown.startswith("Z") and str(cluster) in shown and "postgres" in shown
