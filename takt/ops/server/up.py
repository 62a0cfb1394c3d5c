"""bin/up: from a prepared environment to a running Takt."""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

from takt.config.env import ROOT, refuse
from takt.ops.server import children, folder
from takt.ops.server import supervisor as sv
from takt.ops.server.children import to_stderr
from takt.ops.server.unchanged import is_unchanged

SIGN_INS = "demo-passwords.json"


def web_command(host: str, port: int, workers: int) -> list[str]:
    """granian: WSGI, few threads, because each keeps a database connection and memory is counted."""
    command = [
        sv.PYTHON,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        host,
        "--port",
        str(port),
        "--no-ws",
    ]
    command += ["--workers", str(workers), "--blocking-threads", "4", "--runtime-threads", "1"]
    command += ["--respawn-failed-workers", "--workers-kill-timeout", "10", "--log-level", "warning"]
    return [*command, "takt.ops.server.web:application"]


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/up", description="Starts Takt; Ctrl-C stops it.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder (default: var/)")
    parser.add_argument("--empty", action="store_true", help="no demo company; prints a link to set up Takt")
    parser.add_argument(
        "--demo-public", action="store_true", help="let the demo people sign in over a network"
    )
    parser.add_argument(
        "--workers", type=int, default=1, help="web processes (default: 1; each takes about 100 MB)"
    )
    options = parser.parse_args(arguments)
    if not 1 <= options.port <= 65535:
        refuse(f"--port {options.port} is no port: choose a number from 1024 to 65535.")
    if options.workers < 1:
        refuse("--workers must be 1 or more.")
    return options


def data_folder(given: Path | None) -> Path:
    """The data folder by option, environment or default; told to every child by the environment."""
    if given is None and "TAKT_DATA_DIR_FILE" in os.environ:
        from takt.config.env import _collect

        given = Path(_collect(os.environ)["TAKT_DATA_DIR"])
    if given is None and os.environ.get("TAKT_DATA_DIR", "unset").strip() == "":
        refuse("TAKT_DATA_DIR is empty: set a folder or unset it to use the default.")
    path = Path(given or os.environ.get("TAKT_DATA_DIR") or ROOT / "var").expanduser().resolve()
    os.environ.pop("TAKT_DATA_DIR_FILE", None)
    os.environ["TAKT_DATA_DIR"] = str(path)
    return path


def worker_command() -> list[str]:
    return [
        sv.PYTHON, "-m", "takt.config.cli", "worker", "--concurrency", "2", "--shutdown-graceful-timeout", "10",
    ]  # fmt: skip


def worker_program(data_dir: Path) -> sv.Program:
    """The worker. When the supervisor is killed the database goes too, so there is nothing to end gracefully: the
    jobs it had are taken up again by the sweep over stalled jobs."""
    return sv.Program("worker", worker_command(), data_dir / "logs/worker.log", death_signal=signal.SIGKILL)


def ready(*arguments: str) -> None:
    """Migrations, static files, demo, in a process that ends before the servers start."""
    process = children.start([sv.PYTHON, "-m", "takt.ops.server.readiness", *arguments], cwd=ROOT)
    try:
        code = process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    if code != 0:
        raise SystemExit(code if code > 0 else 1)


def show_sign_ins(data_dir: Path, *, allowed: bool) -> None:
    """Prints who may sign in to the demo company."""
    try:
        people = json.loads((data_dir / SIGN_INS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    if not allowed:
        print(
            "The demo people cannot sign in from a network: start with --demo-public to allow it.", flush=True
        )
        return
    lines = [f"  {email:<22} {password}" for email, password in people.items()]
    print("Demo sign-ins:", *lines, sep="\n", flush=True)


def main(arguments: list[str]) -> None:
    options = parse(arguments)
    began = time.monotonic()
    data_dir = data_folder(options.data)
    sv.set_network(options.host, options.port, demo_public=options.demo_public)
    folder.check_settings(data_dir)
    # The clean-up is outermost: it runs with signals ignored, so nothing is left half stopped.
    with contextlib.ExitStack() as stack, sv.stopping_by_signal() as asked:
        stack.enter_context(folder.disk_faults_told(data_dir))
        stack.enter_context(folder.held(data_dir, "bin/up", to_stderr))
        sv.require_free(options.host, options.port)
        database = stack.enter_context(sv.database(data_dir))
        from takt.config.env import env

        base = env.base_url
        web = sv.Program(
            "web server", web_command(options.host, options.port, options.workers), data_dir / "logs/web.log"
        )
        worker = worker_program(data_dir)
        if not is_unchanged(data_dir, env.database_url):
            to_stderr("Preparing the database …")
            ready("--static", *(["--empty"] if options.empty else []))
        if not options.empty:
            show_sign_ins(data_dir, allowed=env.demo_sign_in)
        for program in (worker, web):
            stack.callback(program.stop)
            program.start()
        sv.await_web(web, sv.address(options.host, options.port))
        print(f"Takt runs at {base} ({time.monotonic() - began:.0f} s). Ctrl-C stops it.", flush=True)
        sv.keep_running([*database, worker, web], asked)
    to_stderr("Stopped.")


if __name__ == "__main__":
    main(sys.argv[1:])
