"""How people want to be told."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from takt.kernel.accounts.models import User
from takt.office.notifications.kinds import GROUPS
from takt.office.notifications.models import Choice


@dataclass(frozen=True)
class Wishes:
    """A person's choices, or what is usual."""

    groups: dict[str, Any]
    quiet_from: dt.time | None
    quiet_until: dt.time | None
    digest_at: dt.time
    version: int

    def bell(self, group: str) -> bool:
        return bool(self.groups.get(group, {}).get("bell", GROUPS[group].bell))

    def mail(self, group: str) -> str:
        return str(self.groups.get(group, {}).get("mail", GROUPS[group].mail))


def wishes_of(people: Iterable[User]) -> dict[int, Wishes]:
    ids = [person.pk for person in people]
    chosen = {row.user_id: row for row in Choice.objects.filter(user__in=ids)}
    found = {}
    for pk in ids:
        row = chosen.get(pk) or Choice()
        found[pk] = Wishes(row.groups, row.quiet_from, row.quiet_until, row.digest_at, row.version)
    return found


def wishes_of_one(person: Any) -> Wishes:
    return wishes_of([person])[person.pk]


def zone_of(person: User) -> ZoneInfo:
    return ZoneInfo(person.time_zone or settings.TIME_ZONE)
