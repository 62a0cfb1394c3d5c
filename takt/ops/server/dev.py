"""bin/dev: the server with reload, and the worker, for development."""

import argparse
import contextlib
import os
import sys
from pathlib import Path

from takt.config.env import ROOT
from takt.ops.server import folder
from takt.ops.server import supervisor as sv
from takt.ops.server.built import compile_translations, fingerprint
from takt.ops.server.children import to_stderr
from takt.ops.server.up import data_folder, ready, show_sign_ins, worker_program


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bin/dev", description="Takt with reload, for development.")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--data", type=Path, metavar="DIR")
    parser.add_argument("--empty", action="store_true")
    options = parser.parse_args(arguments)
    data_dir = data_folder(options.data)
    os.environ["TAKT_DEBUG"] = "1"
    sv.set_network(options.host, options.port, demo_public=False)
    folder.check_settings(data_dir)
    place = f"[{options.host}]:{options.port}" if ":" in options.host else f"{options.host}:{options.port}"
    with contextlib.ExitStack() as stack, sv.stopping_by_signal() as asked:
        stack.enter_context(folder.disk_faults_told(data_dir))
        stack.enter_context(folder.held(data_dir, "bin/dev", to_stderr))
        sv.require_free(options.host, options.port)
        database = stack.enter_context(sv.database(data_dir))
        ready(*(["--empty"] if options.empty else []))
        if not options.empty:
            show_sign_ins(data_dir, allowed=os.environ["TAKT_DEMO_SIGN_IN"] == "1")
        web = sv.Program(
            "web server", [sv.PYTHON, "-m", "takt.config.cli", "runserver", place], data_dir / "logs/web.log"
        )
        worker = worker_program(data_dir)
        for program in (worker, web):
            stack.callback(program.stop)
            program.start()
        print(
            f"Takt runs at {sv.address(options.host, options.port)}; logs are in {data_dir / 'logs'}.",
            flush=True,
        )
        seen = fingerprint(ROOT.glob("takt/**/*.py"))

        def reload_worker() -> None:
            nonlocal seen
            compile_translations()
            now = fingerprint(ROOT.glob("takt/**/*.py"))
            if now != seen:
                seen = now
                worker.stop()
                worker.start()

        sv.keep_running([*database, worker, web], asked, reload_worker)


if __name__ == "__main__":
    main(sys.argv[1:])
