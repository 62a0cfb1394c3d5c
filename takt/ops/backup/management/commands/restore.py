"""`bin/takt restore FILE`: puts a backup in the place of what is there, after checking it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from takt.ops.backup.restoring import restore


class Command(BaseCommand):
    help = (
        "Replace the database and the attached files by those of a backup, once all of it has been checked."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        source: Path = options["file"].expanduser().absolute()
        manifest = restore(source)
        self.stdout.write(
            f"Restored what was kept at {manifest.taken_at}: {sum(manifest.rows.values())} rows of "
            f"{len(manifest.rows)} tables and {len(manifest.files)} files. Everybody signs in anew."
        )
