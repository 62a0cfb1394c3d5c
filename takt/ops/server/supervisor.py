"""Runs web server and worker beside the database: starts them, restarts what falls, stops all together."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol
from urllib.parse import urlsplit

from takt.config.env import LOOPBACK, ROOT, refuse
from takt.ops.server import children, postgres
from takt.ops.server.children import to_stderr

PYTHON = sys.executable
LOG_LIMIT = 10 * 1024 * 1024
STOP_PATIENCE = 15.0
FALLS_ALLOWED, FALLS_WITHIN = 3, 60.0
READY_PATIENCE = 90.0


class Watched(Protocol):
    """What is started again when it falls."""

    name: str
    log: Path
    process: subprocess.Popen[bytes] | None
    falls: list[float]

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Program:
    """One program under supervision, with its log."""

    name: str
    command: list[str]
    log: Path
    death_signal: signal.Signals = signal.SIGTERM  # sent to it when the supervisor itself is killed
    process: subprocess.Popen[bytes] | None = None
    falls: list[float] = field(default_factory=list)

    def start(self) -> None:
        children.turn(self.log, LOG_LIMIT)
        with self.log.open("ab") as output:
            self.process = children.start(
                self.command, output=output, environment=os.environ, cwd=ROOT, death_signal=self.death_signal
            )

    def stop(self) -> None:
        if self.process is not None:
            children.stop(self.process, with_signal=signal.SIGTERM, patience=STOP_PATIENCE)
            self.process = None


class Stopped(Exception):
    """Somebody asked Takt to stop."""


@contextlib.contextmanager
def stopping_by_signal() -> Iterator[threading.Event]:
    """Ctrl-C, SIGTERM and a closed terminal all end the block in the same clean way."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        if not asked.is_set():
            asked.set()
            raise Stopped

    kept = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield asked
    except Stopped:
        to_stderr("Stopping …")
    finally:
        # What follows is the clean-up of the blocks around: it is not to be interrupted half-way.
        for number in kept:
            signal.signal(number, signal.SIG_IGN)


def require_free(host: str, port: int) -> None:
    """Refuses when something else answers on this address; waits a little for a former server that is ending."""
    deadline = time.monotonic() + 5
    while True:
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                return
        except socket.gaierror:
            refuse(f"{host!r} is no address of this machine: set --host like 127.0.0.1 or 0.0.0.0.")
        except PermissionError:
            refuse(f"Port {port} needs administrator rights: choose one from 1024 on with --port.")
        except OSError as error:
            if time.monotonic() > deadline:
                refuse(
                    f"Port {port} on {host} cannot be used ({error.strerror}): choose another one with --port."
                )
            time.sleep(0.2)


def address(host: str, port: int) -> str:
    """The address to open in a browser."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


@contextlib.contextmanager
def database(data_dir: Path) -> Iterator[list[Watched]]:
    """Sets DATABASE_URL: the server that the environment names, else the private one while the block runs, which is
    then to be watched too."""
    given = os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")
    if not given:
        with postgres.private_server(data_dir) as server:
            os.environ["DATABASE_URL"] = server.url()
            yield [server]
        return
    from takt.config.env import env

    postgres.check_server(env.database_url)
    yield []


def set_network(host: str, port: int, *, demo_public: bool) -> None:
    """What the product must know about where it is reached."""
    loopback = host in LOOPBACK
    if "TAKT_BASE_URL_FILE" not in os.environ:
        os.environ.setdefault("TAKT_BASE_URL", address(host, port))
    if host in {"0.0.0.0", "::"} and not (
        {"TAKT_ALLOWED_HOSTS", "TAKT_ALLOWED_HOSTS_FILE"} & set(os.environ) or _base_url_is_public()
    ):
        names = {"localhost", "127.0.0.1", "[::1]", socket.gethostname().lower(), *_own_addresses()}
        os.environ["TAKT_ALLOWED_HOSTS"] = ",".join(sorted(names))
    os.environ["TAKT_DEMO_SIGN_IN"] = "1" if demo_public or (loopback and not _base_url_is_public()) else "0"


def _base_url_is_public() -> bool:
    if "TAKT_BASE_URL_FILE" in os.environ:
        return True
    return (urlsplit(os.environ.get("TAKT_BASE_URL", "")).hostname or "localhost") not in LOOPBACK


def _own_addresses() -> set[str]:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    except OSError:
        return set()
    return {str(one) for one in found}


def await_web(program: Program, base: str) -> None:
    """Returns when the web server answers; shows its log and ends when it does not."""
    deadline = time.monotonic() + READY_PATIENCE
    while time.monotonic() < deadline:
        if program.process is not None and program.process.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{base}/healthz", timeout=5).close()
            return
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return
            break
        except OSError:
            time.sleep(0.1)
    refuse(f"The {program.name} did not start. The end of {program.log}:\n{children.tail(program.log, 30)}")


def keep_running(
    programs: Sequence[Watched], asked: threading.Event, on_tick: Callable[[], None] | None = None
) -> None:
    """Restarts what falls until somebody asks to stop; gives up on what falls again and again. What others need
    stands before them."""
    while not asked.is_set():
        for program in programs:
            if program.process is None or program.process.poll() is None:
                continue
            now = time.monotonic()
            program.falls = [at for at in program.falls if now - at < FALLS_WITHIN] + [now]
            if len(program.falls) > FALLS_ALLOWED:
                refuse(
                    f"The {program.name} keeps ending. The end of {program.log}:\n{children.tail(program.log, 30)}"
                )
            to_stderr(
                f"The {program.name} ended with code {program.process.returncode}; it is started again."
            )
            program.stop()
            program.start()
        if on_tick:
            on_tick()
        time.sleep(0.5)
