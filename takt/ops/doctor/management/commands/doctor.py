"""`bin/takt doctor`: verifies every invariant over the whole database."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from takt.kernel.lib.checks import checks
from takt.ops.doctor.dump import canonical_lines


class Command(BaseCommand):
    help = "Verify every invariant; exit 1 and a list where one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")
        parser.add_argument(
            "--dump", metavar="FILE", help="write the canonical dump to FILE (- for the screen)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        is_outermost = not connection.in_atomic_block
        with transaction.atomic():
            if is_outermost:  # one picture of the whole database, whatever is written meanwhile
                connection.cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if options["dump"]:
                self._dump(options["dump"])
                return
            found = {check.name: (check.meaning, check.find()) for check in checks}
        broken = {name: lines for name, (_, lines) in found.items() if lines}
        if options["json"]:
            body = [
                {"check": n, "meaning": m, "ok": not lines, "violations": lines}
                for n, (m, lines) in found.items()
            ]
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        else:
            for name, (meaning, lines) in found.items():
                self.stdout.write(f"{'BROKEN' if lines else 'ok    '} {name}: {meaning}")
                for line in lines:
                    self.stdout.write(f"         {line}")
        if broken:
            sys.exit(1)

    def _dump(self, target: str) -> None:
        if target == "-":
            for line in canonical_lines():
                self.stdout.write(line)
            return
        with Path(target).open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in canonical_lines())
