"""Files that are made from others and kept out of git: icons, copied front-end files, compiled translations.

Each is made again only when what it is made from has changed.
"""

import hashlib
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from takt.config.env import ROOT
from takt.ops.server.children import to_stderr

STAMPS = ROOT / "node_modules"
ASSETS = "takt.kernel.ui.assets"


def compile_translations() -> int:
    """Compiles every catalogue that is newer than its compiled form; tells how many were."""
    compiled = 0
    for source in [*ROOT.glob("locale/*/LC_MESSAGES/*.po"), *ROOT.glob("takt/**/locale/*/LC_MESSAGES/*.po")]:
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parts[-3])
        draft = target.with_suffix(".mo-draft")
        with draft.open("wb") as out:
            write_mo(out, catalogue)
        draft.replace(target)
        compiled += 1
    return compiled


def fingerprint(paths: Iterable[Path]) -> str:
    """Changes when any of these files does."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        found = path.stat()
        digest.update(f"{path}|{found.st_size}|{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def copy_assets() -> bool:
    """Copies the named front-end files and builds the icon sprite; tells whether there was anything to do."""
    found = importlib.util.find_spec(ASSETS)
    if found is None or found.origin is None:
        return False
    stamp = STAMPS / ".takt-assets"
    folder = Path(found.origin).parent
    # The program tells by its own text which files it needs, so its text and the lock decide.
    wanted = fingerprint(
        [
            ROOT / "package-lock.json",
            ROOT / "uv.lock",
            *folder.glob("*.py"),
            *ROOT.glob("takt/**/jinja2/**/*.html"),
        ]
    )
    made = list((folder / "static").glob("**/*.svg"))
    if made and stamp.exists() and stamp.read_text() == wanted:
        return False
    subprocess.run([sys.executable, "-m", ASSETS], check=True, cwd=ROOT, stdout=sys.stderr)
    stamp.write_text(wanted)
    return True


def main() -> None:
    began = time.monotonic()
    if copy_assets():
        to_stderr(f"Prepared front-end files ({time.monotonic() - began:.0f} s)")
    began = time.monotonic()
    if count := compile_translations():
        to_stderr(f"Compiled {count} translations ({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
