"""The import act: what 10,000 deals from a file cost, all processes counted; taken back afterwards."""

import csv
import datetime as dt
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from takt.gateways.transfer import commands
from takt.gateways.transfer.models import Import
from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.ops.bench.filling import HEAD, REP
from takt.ops.bench.measuring import cpu_ms
from takt.sales.deals.models import Stage

ROWS = 10_000
BAR_S = 10.0
HEADINGS = (
    "Name",
    "Company",
    "Amount",
    "Currency",
    "Stage",
    "Owner",
    "Expected close",
    "Source",
    "Import key",
)


def _write(path: Path, rows: int) -> None:
    draw = random.Random(7)
    stages = list(Stage.objects.order_by("position").values_list("name", flat=True))
    closes = dt.date(2027, 1, 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(HEADINGS)
        for number in range(rows):
            out.writerow([
                f"Imported deal {number}", f"Imported company {number % (rows // 5)}", draw.randint(100, 90_000),
                "USD", draw.choice(stages), REP, closes + dt.timedelta(days=number % 300), "", f"bench-{number}",
            ])  # fmt: skip


def measure_import(postmaster: int, *, rows: int = ROWS) -> dict[str, Any]:
    """CPU seconds of the importing process, its reading child and the database, for one file checked and written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.csv"
        _write(path, rows)
        command = [sys.executable, "-m", "takt.config.cli", "import", "deals", str(path), "--by", HEAD]
        before, database, began = (
            resource.getrusage(resource.RUSAGE_CHILDREN),
            cpu_ms(postmaster),
            time.monotonic(),
        )
        done = subprocess.run(
            [*command, "--create-missing", "--json"], capture_output=True, text=True, check=False
        )
        wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = (cpu_ms(postmaster) - database) / 1000
    if done.returncode:
        raise RuntimeError(done.stderr or done.stdout)
    answer = json.loads(done.stdout)
    by, at = Actor(User.objects.get(email=HEAD)), dt.datetime.now(dt.UTC)
    job = commands.undo_import(Import.objects.get(pk=answer["import"]), by=by, at=at)
    while commands.undo_batch(job.pk, by=by, at=at):
        pass
    own = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return {
        "rows": answer["created"],
        "cpu_s": own + spent,
        "python_cpu_s": own,
        "database_cpu_s": spent,
        "wall_s": wall,
        "rows_per_second": rows / wall,
        "bar_s": BAR_S,
    }
