"""`bin/takt report NAME`: the figures that the page and the API show."""

import datetime as dt
import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from takt.insight.metrics.reports import REPORTS, figures
from takt.insight.metrics.reports.asking import scope_of
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Any report."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", choices=list(REPORTS), metavar="NAME", help=", ".join(REPORTS))
        parser.add_argument("--from", metavar="DATE")
        parser.add_argument("--to", metavar="DATE", help="the last day of the period")
        parser.add_argument("--pipeline", metavar="NAME")
        parser.add_argument("--owner", metavar="EMAIL")
        parser.add_argument("--team", metavar="NAME", help="with the teams below it")
        parser.add_argument("--as-of", metavar="TIME", help="as it stood at a day's end or a moment")
        parser.add_argument(
            "--by", metavar="EMAIL", help="with the rights of this user (default: all figures)"
        )
        parser.add_argument(
            "--compare", metavar="WHAT", help="owner, team, parent_team, product, series, industry or company"
        )
        parser.add_argument("--over", metavar="DAYS", help="ages to count over: 90,138")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        names = ("from", "to", "pipeline", "owner", "team", "as_of", "over")
        reader = None
        if options["by"]:
            reader = User.objects.filter(email__iexact=options["by"], is_active=True).first()
            if reader is None:
                raise CommandError("There is no such user. Give the e-mail of an active one.")
        try:
            asked = {**{name: options[name] for name in names}, "by": options["compare"]}
            found = figures(options["name"], scope_of(reader, asked, at=dt.datetime.now(dt.UTC)))
        except Refusal as refusal:
            lines = [f"{error.field}: {error.message}" for error in refusal.errors] or [str(refusal.detail)]
            raise CommandError(" ".join(lines)) from refusal
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=2))
        else:
            self._say(found)

    def _say(self, found: dict[str, Any]) -> None:
        self.stdout.write(f"{found['title']}\n{found['definition']}\n")
        for note in found["notes"]:
            self.stdout.write(note["text"])
        for left in found["not_converted"]:
            self.stdout.write(f"not converted: {left['amount']} {left['currency']} ({left['deals']})")
        for name, value in found["totals"].items():
            if name != "not_converted":
                text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                self.stdout.write(f"{name}: {text}")
        for table in found["tables"]:
            self.stdout.write(f"\n{table['title']}")
            cells = [[column["label"] for column in table["columns"]]]
            for row in table["rows"]:
                values = [row.get(column["key"]) for column in table["columns"]]
                cells.append(["" if value is None else str(value) for value in values])
            widths = [max(len(line[i]) for line in cells) for i in range(len(table["columns"]))]
            for line in cells:
                padded = [text.ljust(width) for text, width in zip(line, widths, strict=True)]
                self.stdout.write("  ".join(padded).rstrip())
