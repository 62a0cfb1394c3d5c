"""What `bin/check --full` adds: the long walk of the machines, PostgreSQL 15, the API fuzzed, the bench as a smoke run.

Its result is written to docs/verification.md. A step that couldn't run is told as left out, never as held.
"""

import contextlib
import datetime as dt
import json
import os
import platform
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from takt.config.env import ROOT
from takt.ops.server import postgres, testing

BIN = Path(sys.executable).parent
REPORT = ROOT / "docs" / "verification.md"
BEGIN, END = "<!-- last full run -->", "<!-- end of the last full run -->"
PLACES_OF_15 = ("/usr/lib/postgresql/15/bin", "/usr/pgsql-15/bin", "/opt/homebrew/opt/postgresql@15/bin")
STEPS_WALKED = 10_000
FUZZED_AS = ("anna@takt.example", "admin@takt.example")  # a rep and an administrator
FUZZ_SECONDS = 240
FEWEST_CASES = 1000
BENCH_DEALS = 10_000


@dataclass
class Step:
    """One step's outcome; None is "left out"."""

    name: str
    holds: bool | None
    words: str = ""
    seconds: float = 0.0

    def told(self) -> str:
        return {True: "holds", False: "FAILED", None: "left out"}[self.holds]


def main(arguments: list[str], first: Step) -> list[str]:
    """Every step runs, whatever came before; answers the names of those that failed."""
    done = [first]
    steps: tuple[Callable[[list[str]], Step], ...] = (walk, on_postgres_15, fuzz, bench)
    for step in steps:
        began = time.monotonic()
        try:
            found = step(arguments)
        except Exception as error:  # a step that breaks is a step that failed, and the others still run
            found = Step(step.__name__, False, f"{type(error).__name__}: {error}")
        found.seconds = time.monotonic() - began
        print(f"{found.name}: {found.told()} ({found.seconds:.0f} s) {found.words}".rstrip(), flush=True)
        done.append(found)
    write_report(done)
    return [step.name for step in done[1:] if step.holds is False]


def walk(arguments: list[str]) -> Step:
    """The machines of tests/properties for at least ten thousand steps."""
    with testing.test_environment(), tempfile.TemporaryDirectory() as scratch:
        note = Path(scratch) / "steps"
        os.environ |= {"HYPOTHESIS_PROFILE": "full", "PROPERTY_STEPS_FILE": str(note)}
        try:
            code = testing.pytest("-p", "no:xdist", "tests/properties")
        finally:
            del os.environ["HYPOTHESIS_PROFILE"], os.environ["PROPERTY_STEPS_FILE"]
        steps = int(note.read_text()) if note.exists() else 0
    return Step(
        "the machine of deals and tasks",
        code == 0 and steps >= STEPS_WALKED,
        f"{steps:,} acts were carried out",
    )


def find_postgres_15() -> postgres.Programs | None:
    given = os.environ.get("TAKT_POSTGRES_15")
    for place in (given,) if given else PLACES_OF_15:
        found = postgres.programs_in(Path(place))
        if found is not None and found.major == 15:
            return found
    return None


def on_postgres_15(arguments: list[str]) -> Step:
    """The whole suite once more on the oldest PostgreSQL that Takt promises."""
    name = "the whole suite on PostgreSQL 15"
    programs = find_postgres_15()
    if programs is None:
        return Step(name, None, "none was found: name the folder of its programs in TAKT_POSTGRES_15")
    with postgres.ephemeral(programs=programs) as url:
        os.environ["TAKT_TEST_DATABASE_URL"] = url
        try:
            code = testing.main([a for a in arguments if a != "--full"])
        finally:
            del os.environ["TAKT_TEST_DATABASE_URL"]
    return Step(name, code == 0, f"PostgreSQL {programs.release}")


# ── the API ───────────────────────────────────────────────────────────────────────────────────────────────────────


def fuzz(arguments: list[str]) -> Step:
    """Schemathesis against the running product, as a rep and as an administrator; then `doctor`."""
    name = "the API as its document says"
    told, holds = [], True
    with running_product() as (address, environment):
        for email in FUZZED_AS:
            token = _takt(environment, "token", email, "--name", "fuzz").strip()
            cases, code = _schemathesis(f"{address}/api/v1", token)
            # A tool that reports nothing is no evidence: it must have asked enough, and with a token that still works.
            is_valid = cases >= FEWEST_CASES and _answers(f"{address}/api/v1/me", token)
            holds = holds and code == 0 and is_valid
            told.append(f"{cases:,} requests as {email.split('@')[0]}{'' if is_valid else ' (INVALID)'}")
        faults = _faults(Path(environment["TAKT_DATA_DIR"]) / "logs")
        broken = json.loads(_takt(environment, "doctor", "--json"))
        violated = [check["check"] for check in broken if not check["ok"]]
    told.append(f"{faults} faults in the log")
    told.append(f"doctor finds {', '.join(violated) if violated else 'nothing'}")
    return Step(name, holds and not violated and not faults, "; ".join(told))


def _faults(logs: Path) -> int:
    """How often the web process or the worker broke; what they said is shown."""
    lines = [line for file in logs.glob("*.log") for line in file.read_text(errors="replace").splitlines()]
    found = [n for n, line in enumerate(lines) if "Internal Server Error" in line or " ERROR " in line]
    for n in found[:5]:
        print("\n".join(lines[n : n + 40]), flush=True)
    return len(found)


def _schemathesis(address: str, token: str) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [
                str(BIN / "schemathesis"), "--config-file", str(ROOT / "tests" / "schemathesis.toml"), "run",
                f"{address}/openapi.json", "-H", f"Authorization: Bearer {token}", "--max-time", str(FUZZ_SECONDS),
                "--no-color", "--generation-database", "none",
            ],
            cwd=scratch, capture_output=True, text=True,
        )  # fmt: skip
    if done.returncode != 0:
        print(done.stdout[-20_000:], done.stderr[-2000:], flush=True)
    found = re.search(r"(\d+) generated", done.stdout)
    return int(found[1]) if found else 0, done.returncode


def _answers(url: str, token: str) -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextlib.contextmanager
def running_product() -> Iterator[tuple[str, dict[str, str]]]:
    """`bin/up` with the demo company in a folder of its own; answers its address and its environment."""
    with tempfile.TemporaryDirectory(prefix="takt-full-", dir="/tmp") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith("TAKT_") and k != "DATABASE_URL"
        }
        environment |= {"TAKT_DATA_DIR": folder, "TAKT_EMAIL_URL": "memory:", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "takt.ops.server.up", "--port", str(port), "--data", folder]
        with (Path(folder) / "up.log").open("w") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            address = f"http://127.0.0.1:{port}"
            for _second in range(240):
                if _is_up(f"{address}/healthz"):
                    break
                if process.poll() is not None:
                    raise RuntimeError((Path(folder) / "up.log").read_text()[-2000:])
                time.sleep(1)
            yield address, environment
        finally:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(60)
            process.kill()


def _is_up(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _takt(environment: dict[str, str], *arguments: str) -> str:
    """`bin/takt …` on that product's own database."""
    command = [sys.executable, "-m", "takt.ops.server.command", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stderr[-2000:])
    return done.stdout


# ── the bench ─────────────────────────────────────────────────────────────────────────────────────────────────────


def bench(arguments: list[str]) -> Step:
    """The bench on ten thousand deals: it runs from end to end; its figures are for the machine it ran on."""
    with tempfile.TemporaryDirectory(prefix="takt-bench-", dir="/tmp") as folder:
        environment = {
            k: v for k, v in os.environ.items() if not k.startswith("TAKT_") and k != "DATABASE_URL"
        }
        environment |= {"TAKT_DATA_DIR": folder, "TAKT_SECRET_KEY": secrets.token_urlsafe(40)}
        environment |= {"TAKT_EMAIL_URL": "memory:", "PYTHONPATH": str(ROOT)}
        filled = _takt(environment, "bench", "fill", "--deals", str(BENCH_DEALS)).strip().splitlines()
        result = json.loads(_takt(environment, "bench", "run", "--times", "40", "--seconds", "2", "--json"))
    acts = result["acts"]
    slow = [a["name"] for a in acts if a["bar_ms"] is not None and a["cpu_ms"] > a["bar_ms"]]
    words = f"{filled[-1] if filled else 'nothing filled'}; {len(acts)} acts timed"
    return Step(
        "the bench, a smoke run", bool(acts), f"{words}; above their bar: {', '.join(slow) or 'none'}"
    )


# ── the report ────────────────────────────────────────────────────────────────────────────────────────────────────


def write_report(steps: list[Step]) -> None:
    """Put the run's outcome into docs/verification.md, between its two marks."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    when = dt.datetime.now(dt.UTC)
    head = f"{when:%Y-%m-%d %H:%M} UTC, commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()}"
    lines = [
        f"{head}, {os.cpu_count()} cores.",
        "",
        "| Step | Outcome | Seconds | Figures |",
        "|---|---|---|---|",
        *(f"| {s.name} | {s.told()} | {s.seconds:.0f} | {s.words} |" for s in steps),
    ]
    text = REPORT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    REPORT.write_text(f"{before}{BEGIN}\n{chr(10).join(lines)}\n{END}{after}", encoding="utf-8")
