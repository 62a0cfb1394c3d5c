import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from takt.kernel.accounts.commands import create_token
from takt.kernel.accounts.models import User
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Prints a new API token of a user, alone on the line."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="command line")
        parser.add_argument("--read-only", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"].strip(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user with the e-mail {options['email']}.")
        try:
            _row, plain = create_token(
                options["name"],
                is_read_only=options["read_only"],
                user=user,
                by=Actor(via="cli"),
                at=dt.datetime.now(dt.UTC),
            )
        except Refusal as refusal:
            raise CommandError(
                str(refusal.errors[0].message if refusal.errors else refusal.detail)
            ) from refusal
        self.stdout.write(plain)
