"""Who is away, as far as the reader may know."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from takt.kernel.access.reach import colleagues_of
from takt.kernel.access.rules import Level, rights_of
from takt.kernel.accounts.models import Absence, User
from takt.sales.activities.commands import keeps_absences_of


@dataclass(frozen=True)
class Away:
    """An absence as its page shows it; `state` is `now`, `ahead`, `over` or `cancelled`."""

    pk: int
    version: int
    user: int
    name: str
    deputy: int | None
    deputy_name: str
    from_on: dt.date
    until_on: dt.date
    note: str
    state: str
    is_changeable: bool


def absences_of(user: User, *, at: dt.datetime) -> list[Away]:
    """The absences that the reader may know of: his own, his people's and those in which he stands in.

    Those under way and ahead come first, soonest first; then the last fifty that are over.
    """
    rows = Absence.objects.select_related("user", "deputy")
    level = rights_of(user.role, "task").view
    if level != Level.ALL:
        people = colleagues_of(user) if level == Level.TEAM else {user.pk}
        rows = rows.filter(Q(user__in=people) | Q(deputy=user))
    standing = rows.filter(cancelled_at=None, ends_at__gt=at).order_by("starts_at", "id")
    past = rows.exclude(cancelled_at=None, ends_at__gt=at).order_by("-starts_at", "-id")[:50]
    return [away(row, user, at=at) for row in [*standing, *past]]


def away(row: Absence, reader: User | None, *, at: dt.datetime) -> Away:
    zone = timezone.get_default_timezone()
    state = "ahead" if row.starts_at > at else "now"
    if row.cancelled_at is not None:
        state = "cancelled"
    elif row.ends_at <= at:
        state = "over"
    is_kept = keeps_absences_of(reader, row.user_id)
    return Away(
        pk=row.pk,
        version=row.version,
        user=row.user_id,
        name=row.user.name,
        deputy=row.deputy_id,
        deputy_name=row.deputy.name if row.deputy else "",
        from_on=row.starts_at.astimezone(zone).date(),
        until_on=(row.ends_at - dt.timedelta(microseconds=1)).astimezone(zone).date(),
        note=row.note if is_kept else "",
        state=state,
        is_changeable=is_kept and state in {"now", "ahead"},
    )


def people_kept_by(user: User) -> list[User]:
    """Whose absences the user may record, himself first."""
    level = rights_of(user.role, "task").edit
    people = User.objects.filter(is_active=True)
    if level < Level.TEAM:
        people = people.filter(pk=user.pk)
    elif level == Level.TEAM:
        people = people.filter(pk__in=colleagues_of(user))
    return sorted(people.order_by("sort_key", "id"), key=lambda person: person.pk != user.pk)


def possible_deputies() -> list[User]:
    """Active people whose role lets them do a colleague's work."""
    people = User.objects.filter(is_active=True).order_by("sort_key", "id")
    return [person for person in people if rights_of(person.role, "deal").edit > Level.DENIED]
