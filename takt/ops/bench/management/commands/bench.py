"""`bin/takt bench fill --deals N` `bin/takt bench run [--json]` and `bin/takt bench pages`."""

import datetime as dt
import json
import logging
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from takt.kernel.accounts.models import User
from takt.ops.bench.filling import HEAD, fill
from takt.ops.bench.measuring import keep
from takt.ops.bench.running import run, run_pages

RESULTS = Path(__file__).resolve().parents[5] / "bench" / "results"


class Command(BaseCommand):
    help = "Fill a database of a given size, or time the acts of the bench on it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["fill", "run", "pages"])
        parser.add_argument("--deals", type=int, default=100_000)
        parser.add_argument("--times", type=int, default=200)
        parser.add_argument("--seconds", type=float, default=8)
        parser.add_argument("--json", action="store_true")
        parser.add_argument("--keep", metavar="NAME", help="keep the result as bench/results/NAME.json")

    def handle(self, *args: Any, **options: Any) -> None:
        logging.getLogger("django.request").setLevel(logging.ERROR)
        if options["act"] == "fill":
            self._fill(options["deals"])
        elif options["act"] == "pages":
            self._pages(options)
        else:
            self._run(options)

    def _fill(self, deals: int) -> None:
        if User.objects.exists():
            raise CommandError("The bench fills an empty database only: give it a data folder of its own.")
        began = time.monotonic()
        fill(deals, at=dt.datetime.now(dt.UTC), say=self.stdout.write)
        self.stdout.write(f"{deals} deals in {time.monotonic() - began:.0f} s")

    def _pages(self, options: dict[str, Any]) -> None:
        if not User.objects.filter(email=HEAD).exists():
            raise CommandError("Nothing to measure: run `bin/takt bench fill --deals 100000` first.")
        call_command("collectstatic", interactive=False, verbosity=0)
        result = run_pages(times=min(options["times"], 20), say=self.stdout.write)
        if options["keep"]:
            keep(result, RESULTS, f"{options['keep']}-pages")
        for page in result["pages"][:40]:
            self.stdout.write("{who:<14}{p50_ms:>9.1f}{p95_ms:>9.1f}  {path}".format(**page))
        self.stdout.write(f"{len(result['over'])} of {len(result['pages'])} over {result['bar_ms']} ms (p95)")

    def _run(self, options: dict[str, Any]) -> None:
        if not User.objects.filter(email=HEAD).exists():
            raise CommandError("Nothing to measure: run `bin/takt bench fill --deals 100000` first.")
        call_command("collectstatic", interactive=False, verbosity=0)
        result = run(times=options["times"], seconds=options["seconds"])
        if options["keep"]:
            keep(result, RESULTS, options["keep"])
        if options["json"]:
            self.stdout.write(json.dumps(result))
            return
        head = ("act", "CPU ms", "bar", "web", "database", "p50", "p95", "SQL floor", "queries", "bytes")
        self.stdout.write(("{:<10}" + "{:>10}" * 9).format(*head))
        for a in result["acts"]:
            row = [
                a["cpu_ms"],
                a["bar_ms"],
                a["web_cpu_ms"],
                a["database_cpu_ms"],
                a["p50_ms"],
                a["p95_ms"],
                a["floor_ms"],
            ]
            cells = ["" if v is None else f"{v:.1f}" for v in row]
            self.stdout.write(("{:<10}" + "{:>10}" * 9).format(a["name"], *cells, a["queries"], a["bytes"]))
            for error in a["errors"]:
                self.stdout.write(f"           {error}")
        self.stdout.write("{:<8}{:<30}{:>8}{:>8}{:>8}".format("search", "", "CPU ms", "p50", "p95"))
        for s in result["searches"]:
            line = (s["who"], s["name"], f"{s['cpu_ms']:.1f}", f"{s['p50_ms']:.1f}", f"{s['p95_ms']:.1f}")
            self.stdout.write("{:<8}{:<30}{:>8}{:>8}{:>8}".format(*line))
        self.stdout.write(
            "import of {rows} deals: {cpu_s:.1f} s of CPU (bar {bar_s:.0f}; {python_cpu_s:.1f} programs, "
            "{database_cpu_s:.1f} database), {wall_s:.1f} s, {rows_per_second:.0f} rows a second".format(
                **result["import"]
            )
        )
        self.stdout.write(
            f"throughput, 8 clients: {result['throughput_8_clients_per_second']:.0f} acts a second"
        )
        parts = ", ".join(f"{name} {mib:.0f}" for name, mib in result["memory_of"].items())
        self.stdout.write(f"memory (PSS): {result['memory_pss_mib']:.0f} MiB ({parts})")
        self.stdout.write(
            "what follows the acts on the worker: {jobs} jobs, CPU ms for each {worker_cpu_ms:.1f}, and "
            "{database_cpu_ms:.1f} of the database".format(**result["follow_up"])
        )
        self.stdout.write(f"commit wait: {result['commit_wait_ms']:.2f} ms")
        for name, lines in result["profiles"].items():
            self.stdout.write(f"\n{name}: over its bar; where the time goes in Python:")
            self.stdout.write("\n".join(lines[:18]))
