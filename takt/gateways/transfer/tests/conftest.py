"""Files to import, and one call that carries an import to its end."""

import csv
import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from takt.gateways.transfer import commands, files
from takt.gateways.transfer.models import Import
from takt.gateways.transfer.presets import PRESETS
from takt.gateways.transfer.running import carry_out
from takt.kernel.lib.actor import Actor

SHARED = next(
    (p for p in (Path(__file__).resolve().parents[i] / "shared/data" for i in (4, 5)) if p.exists()), None
)


@pytest.fixture
def shared() -> Path:
    """The folder of real data beside the project."""
    if SHARED is None:
        pytest.skip("the real data files don't stand beside the project")
    return SHARED


@pytest.fixture(autouse=True)
def _own_folder(settings: Any, tmp_path: Path) -> None:
    settings.TAKT_DATA_DIR = tmp_path / "data"


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """`table(["Name"], ["Acme"])` is a CSV file."""

    def make(header: Sequence[str], *rows: Sequence[str], name: str = "table.csv") -> Path:
        path = tmp_path / name
        with open(path, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    return make


@pytest.fixture
def bring(db: Any, at: dt.datetime) -> Callable[..., Import]:
    """`bring("deals", path)` checks a file and, where nothing is refused, writes it."""

    def run(
        kind: str,
        *paths: Path,
        by: Any = None,
        preset: str = "",
        mapping: dict[str, str] | None = None,
        write: bool = True,
        **options: Any,
    ) -> Import:
        actor = Actor(user=by)
        known = PRESETS.get(preset)
        parts = [
            files.part_of(files.keep_path(p), p.name, kind, preset=known, mapping=mapping) for p in paths
        ]
        job = commands.start_import(kind, parts, preset=preset, by=actor, at=at)
        job = commands.set_up_import(job, job.parts, options=options, by=actor, at=at)
        job = carry_out(job.pk)
        if write and job.state == Import.State.READY:
            commands.begin_import(job, by=actor, at=dt.datetime.now(dt.UTC))
            job = carry_out(job.pk)
        return job

    return run
