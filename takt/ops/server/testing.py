"""bin/test: units and views, then browser journeys, on a database of their own."""

import argparse
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from takt.config.env import NAMES, ROOT
from takt.ops.server import folder, postgres
from takt.ops.server.children import to_stderr

JOURNEYS = ROOT / "tests" / "journeys"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOTHING_COLLECTED = 5


def find_browser() -> str | None:
    """A Chromium for the journeys; as root on Debian it is installed when missing."""
    found = os.environ.get("TAKT_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    if os.geteuid() == 0 and Path("/etc/debian_version").exists():
        to_stderr("Installing Chromium for the browser journeys …")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            done = subprocess.run(command, env=environment, capture_output=True, text=True)
            if done.returncode != 0:
                to_stderr(done.stderr.strip()[-1000:])
        return shutil.which("chromium")
    return None


@contextlib.contextmanager
def test_database() -> Iterator[str]:
    """The server tests run on: TAKT_TEST_DATABASE_URL, else one made for them."""
    given = os.environ.get("TAKT_TEST_DATABASE_URL")
    if given:
        postgres.check_server(given)
        yield given
        return
    with postgres.ephemeral() as url:
        yield url


@contextlib.contextmanager
def test_environment() -> Iterator[None]:
    """An environment that owes nothing to the caller's settings."""
    for name in NAMES:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    with test_database() as url, tempfile.TemporaryDirectory(prefix="takt-test-data-") as scratch:
        os.environ.update(
            {
                "DATABASE_URL": url,
                "TAKT_DATA_DIR": scratch,
                "TAKT_SECRET_KEY": secrets.token_urlsafe(40),
                "TAKT_BASE_URL": "http://localhost:8000",
                "TAKT_ALLOWED_HOSTS": "*",
                "TAKT_EMAIL_URL": "memory:",
                "TAKT_TIME_ZONE": "UTC",
                "TAKT_LANGUAGE": "en",
                "TAKT_TESTING": "1",
                "DJANGO_SETTINGS_MODULE": "takt.config.settings",
                "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
            }
        )
        folder.prepare(Path(scratch))
        yield


def pytest(*arguments: str | Path) -> int:
    """One run; that nothing was collected is told by the code 5."""
    command = [sys.executable, "-m", "pytest", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT).returncode


def inside(path: Path, place: Path) -> bool:
    return path.resolve() == place or path.resolve().is_relative_to(place)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/test", description="Runs Takt's tests.")
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files, folders or pytest node ids (default: all)"
    )
    parser.add_argument("--no-journeys", action="store_true", help="leave out what needs a browser")
    parser.add_argument("--full", action="store_true", help="add the tests that take long")
    options, passed_on = parser.parse_known_args(arguments)

    def place(given: str) -> Path:
        return Path(given.split("::")[0]).resolve()

    units: list[str] = [p for p in options.paths if not inside(place(p), JOURNEYS)] or (
        [] if options.paths else ["takt", "tests"]
    )
    journeys = [p for p in options.paths if inside(place(p), JOURNEYS)]
    if not journeys and any(inside(JOURNEYS, place(p)) for p in options.paths or ["."]) and JOURNEYS.exists():
        journeys = [str(JOURNEYS)]

    codes: list[int] = []
    notes: list[str] = []
    browser = None
    if journeys and not options.no_journeys:
        browser = find_browser()
        if browser is None:
            notes.append(
                "The browser journeys did not run: install Chromium (on Debian: apt-get install chromium), set "
                "TAKT_CHROMIUM to one, or leave them out with --no-journeys."
            )
            codes.append(1)
    elif journeys:
        notes.append("The browser journeys were left out (--no-journeys).")
    chosen = "not journey" if options.full else "not journey and not slow"
    with test_environment():
        if units:
            codes.append(pytest("-n", "2", "-m", chosen, f"--ignore={JOURNEYS}", *units, *passed_on))
        if browser and journeys:
            os.environ["TAKT_CHROMIUM"] = browser
            if options.full:
                os.environ.setdefault("JOURNEY_LOOKS", "every")
            codes.append(pytest("-n", "2", *journeys, *passed_on))
    for note in notes:
        print(note)
    if codes and all(code == NOTHING_COLLECTED for code in codes):
        return NOTHING_COLLECTED
    return max((code for code in codes if code != NOTHING_COLLECTED), default=0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
