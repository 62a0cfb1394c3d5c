"""bin/check: what CI runs. Every check runs, also after one has failed; the failed ones are named at the end."""

import subprocess
import sys
import time
from pathlib import Path

from takt.config.env import ROOT
from takt.ops.server import testing

BIN = Path(sys.executable).parent
OPTIONS = {"--full", "--no-journeys"}

CHECKS: tuple[tuple[str, list[str]], ...] = (
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("types", [str(BIN / "mypy"), "takt"]),
    ("architecture", [str(BIN / "lint-imports")]),
    ("templates", [str(BIN / "djlint"), "takt", "--lint", "--quiet"]),
    ("migrations", [sys.executable, "-m", "takt.config.cli", "makemigrations", "--check", "--dry-run"]),
    ("translations", [sys.executable, "-m", "tests.translations"]),
)


def main(arguments: list[str]) -> int:
    unknown = [argument for argument in arguments if argument not in OPTIONS]
    if unknown:
        print(f"bin/check knows only --full and --no-journeys, not {unknown[0]}.", file=sys.stderr)
        return 2
    failed = []
    with testing.test_environment():
        for name, command in CHECKS:
            began = time.monotonic()
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            print(
                f"{name}: {'ok' if done.returncode == 0 else 'FAILED'} ({time.monotonic() - began:.0f} s)",
                flush=True,
            )
            if done.returncode != 0:
                print((done.stdout + done.stderr).rstrip(), flush=True)
                failed.append(name)
    began = time.monotonic()
    code = testing.main(arguments)
    if code != 0:
        failed.append("tests")
    if "--full" in arguments:
        from takt.ops.server import full_run

        first = full_run.Step("the whole suite", code == 0, "", time.monotonic() - began)
        failed += full_run.main(arguments, first)
    print(f"Failed: {', '.join(failed)}." if failed else "Everything holds.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
