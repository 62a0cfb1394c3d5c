import datetime as dt
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from takt.kernel.accounts import commands, rules
from takt.kernel.accounts.models import Role, Team, User
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refusal


class Command(BaseCommand):
    help = "Creates or updates a user; a team that doesn't exist is made."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name")
        parser.add_argument("--role", choices=Role.values)
        parser.add_argument("--team")
        parser.add_argument("--language", choices=rules.LANGUAGES)
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        password = sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None
        given = {f: options[f] for f in ("name", "role", "language") if options[f] is not None}
        try:
            user, is_new = _create_or_update(
                options["email"].strip().lower(),
                given,
                options["team"],
                password,
                by=Actor(via="cli"),
                at=dt.datetime.now(dt.UTC),
            )
        except Refusal as refusal:
            items = [f"{e.field}: {e.message}" for e in refusal.errors] or [str(refusal.detail)]
            raise CommandError(" ".join(items)) from refusal
        self.stdout.write(f"{'created' if is_new else 'updated'} {user.email} ({user.role})")


@command
def _create_or_update(
    email: str, given: dict[str, Any], team: str | None, password: str | None, *, by: Actor, at: dt.datetime
) -> tuple[User, bool]:
    if team is not None:
        given["team"] = Team.objects.filter(name=team).order_by("pk").first() or commands.create_team(
            team, by=by, at=at
        )
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        name = given.pop("name", email.partition("@")[0])
        return commands.create_user(email, name, password=password, by=by, at=at, **given), True
    user = commands.edit_user(user, given, by=by, at=at)
    if not user.is_active:
        user = commands.reactivate_user(user, by=by, at=at)
    if password is not None:
        commands.set_password(user, password, by=by, at=at)
    return user, False
