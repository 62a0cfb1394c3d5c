"""`bin/takt export KIND FILE`: records as CSV or XLSX, with the rights of one user."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from takt.gateways.transfer.exporting import TABLES, write_file, write_list
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Write records to CSV or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=[*TABLES, "leads"], metavar="KIND", help=", ".join(TABLES))
        parser.add_argument("file", type=Path, metavar="FILE", help="ends in .csv or .xlsx")
        parser.add_argument(
            "--view", default="", metavar="NAME", help="only what a saved view of that person shows"
        )
        parser.add_argument(
            "--by",
            metavar="EMAIL",
            help="the list of that person, with his rights; default: everything, fit to be imported again",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kind"] == "leads":
            raise CommandError("This Takt has no leads yet.")
        path: Path = options["file"]
        if path.suffix.lower() not in {".csv", ".xlsx"}:
            raise CommandError("The file's name has to end in .csv or .xlsx.")
        if options["view"] and not options["by"]:
            raise CommandError("A view belongs to a person: say whose by --by.")
        try:
            if not options["by"]:
                count = write_file(options["kind"], path)
                self.stdout.write(f"{count} {options['kind']} written to {path}")
                return
            user = User.objects.filter(email__iexact=options["by"], is_active=True).first()
            if user is None:
                raise CommandError(f"Nobody here has the e-mail {options['by']}.")
            write_list(options["kind"], path, user, options["view"])
        except Refusal as refusal:
            raise CommandError(str(refusal.detail)) from refusal
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"The {options['kind']} of {user.email} written to {path}")
