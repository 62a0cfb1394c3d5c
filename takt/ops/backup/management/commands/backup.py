"""`bin/takt backup FILE`: a consistent copy while Takt runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from takt.ops.backup.taking import take


class Command(BaseCommand):
    help = "Write one file with everything Takt keeps: the database and the attached files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        target: Path = options["file"].expanduser().absolute()
        manifest = take(target, timezone.now())
        self.stdout.write(
            f"{target}: {sum(manifest.rows.values())} rows of {len(manifest.rows)} tables and "
            f"{len(manifest.files)} files, {target.stat().st_size / 2**20:.1f} MB. Whoever reads it reads "
            "everything: keep it where only you can."
        )
