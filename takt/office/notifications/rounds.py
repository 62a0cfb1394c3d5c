"""What people are told by the clock: rounds that look once a day, in each person's own time, and what is soon."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from takt.kernel.accounts.models import Role, User
from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.office.notifications.commands import notify, told_up_to
from takt.office.notifications.models import Round
from takt.office.notifications.queries import zone_of
from takt.sales.activities.models import Task
from takt.sales.deals.models import Deal

ONE_BY_ONE = 3  # so many are named; more are told as a number
LATEST = dt.timedelta(days=7)  # after a longer standstill no more than a week is told
DAY = dt.timedelta(days=1)
SOON, MEETING_SOON = dt.timedelta(minutes=15), dt.timedelta(minutes=30)
MEETING = "meeting"
SILENT_DAYS = (7, 15, 30)
MANAGERS = frozenset({Role.LEAD, Role.HEAD})


@dataclass(frozen=True)
class Look:
    """One person's look: his day, and the days since the last look (for what becomes true on a day)."""

    person: User
    today: dt.date
    since: dt.date  # the last day that has been looked at
    zone: dt.tzinfo
    by: Actor
    at: dt.datetime

    def midnight(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time.min, self.zone)

    def tell(self, kind: str, rows: Any, url: str, **more: Any) -> None:
        """Tell of each deal by name, or of many by their number; `more` are further words of the sentence."""
        found = list(rows[: ONE_BY_ONE + 1])
        if len(found) > ONE_BY_ONE:
            key = f"{kind}:{more.get('days', '')}:{self.today}"
            self._one(kind, key, {"count": rows.count(), **more}, url, None)
            return
        for pk, name in found:
            key = f"{kind}:{pk}:{more.get('days', '')}:{self.today}"
            self._one(kind, key, {"deal": name, **more}, f"/deals/{pk}", ("deal", pk))

    def _one(
        self, kind: str, key: str, params: dict[str, Any], url: str, about: tuple[str, int] | None
    ) -> None:
        notify(
            self.person.pk, kind=kind, key=key, params=params, url=url, about=about, by=self.by, at=self.at
        )


def _mine(look: Look) -> Any:
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=look.today)
    return Deal.objects.alive().open().filter(awake, owner=look.person).order_by("-amount", "id")


def _named(rows: Any) -> Any:
    return rows.values_list("id", "name")


def overdue(look: Look) -> None:
    """Tasks due before today (domain spec N-05)."""
    rows = Task.objects.alive().open().filter(assignee=look.person, due_at__lt=look.midnight(look.today))
    count = rows.count()
    if not count:
        return
    key, by, at = f"task.overdue:{look.today}", look.by, look.at
    if count == 1:
        task = rows.get()
        notify(look.person.pk, kind="task.overdue", key=key, params={"task": task.title}, url=f"/tasks/{task.pk}",
               about=("task", task.pk), by=by, at=at)  # fmt: skip
    else:
        notify(
            look.person.pk, kind="task.overdue", key=key, params={"count": count}, url="/today", by=by, at=at
        )


def no_next_step(look: Look) -> None:
    """Own open deals that nothing is planned on (domain spec N-06)."""
    rows = Deal.objects.alive().without_next_step().filter(owner=look.person).order_by("-amount", "id")
    look.tell("deal.no_next_step", _named(rows), "/deals?status=open&owner=me&next_task__empty=true")


def team_no_next_step(look: Look) -> None:
    """On Mondays, for who leads others: their open deals that nothing is planned on (domain spec N-06)."""
    if look.today.weekday() != 0 or look.person.role not in MANAGERS:
        return
    rows = Deal.objects.visible_to(look.person).without_next_step().exclude(owner=look.person)
    url = "/deals?status=open&next_task__empty=true"
    look.tell("team.no_next_step", _named(rows.order_by("-amount", "id")), url)


def silence(look: Look) -> None:
    """Deals that nothing has happened to for a number of days, once per silence (domain spec N-09)."""
    for days in SILENT_DAYS:
        age = (days - 1) * DAY
        last, first = look.midnight(look.today - age), look.midnight(look.since - age)
        rows = _mine(look).filter(last_activity_at__lt=last, last_activity_at__gte=first)
        look.tell("deal.silent", _named(rows), "/deals?status=open&owner=me&sort=last_activity_at", days=days)


def date_passed(look: Look) -> None:
    """Deals whose expected closing date went by (domain spec N-10)."""
    rows = _mine(look).filter(expected_close_on__lt=look.today, expected_close_on__gte=look.since)
    look.tell("deal.date_passed", _named(rows), "/deals?status=open&owner=me&expected_close_date__lt=today")


def offers(look: Look) -> None:
    """Offers that end within three days, and those that have ended (domain spec N-16)."""
    rows = _mine(look)
    ending = rows.filter(offer_until__gte=look.today, offer_until__lte=look.today + 3 * DAY)
    ending = ending.filter(offer_until__gt=look.since + 3 * DAY)
    ended = rows.filter(offer_until__lt=look.today, offer_until__gte=look.since)
    for kind, found in (("offer.ending", ending), ("offer.ended", ended)):
        look.tell(kind, _named(found), "/deals?status=open&owner=me")


def morning(look: Look) -> None:
    overdue(look)
    silence(look)
    date_passed(look)
    offers(look)
    team_no_next_step(look)


ROUNDS: tuple[tuple[str, dt.time, Callable[[Look], None]], ...] = (
    ("morning", dt.time(8, 30), morning),
    ("evening", dt.time(18, 0), no_next_step),
)


def look_round(by: Actor, at: dt.datetime) -> int:
    """Every person whose time has come is told of his day, once a day; answers how many rounds were made."""
    last = {(r.user_id, r.name): r.at for r in Round.objects.exclude(user=None)}
    made = 0
    for person in User.objects.filter(is_active=True).order_by("pk"):
        zone = zone_of(person)
        now = at.astimezone(zone)
        for name, time, look in ROUNDS:
            before = last.get((person.pk, name))
            since = before.astimezone(zone).date() if before else now.date() - DAY
            if now.time() >= time and since < now.date():
                since = max(since, now.date() - LATEST)
                _look(name, look, Look(person, now.date(), since, zone, by, at), by=by, at=at)
                made += 1
    return made


@command
def _look(name: str, look: Callable[[Look], None], of: Look, *, by: Actor, at: dt.datetime) -> None:
    """One person's round: what is told and that it has been told, in one transaction."""
    look(of)
    told_up_to(name, of.person, by=by, at=at)


def tell_what_is_soon(by: Actor, at: dt.datetime) -> int:
    """Tasks due in a quarter of an hour and meetings in half an hour (domain spec N-04, N-26)."""
    rows = Task.objects.alive().open().filter(is_all_day=False, due_at__gt=at)
    soon = rows.filter(Q(type__slug=MEETING) | Q(due_at__lte=at + SOON), due_at__lte=at + MEETING_SOON)
    count = 0
    for task in soon.select_related("type").order_by("due_at", "id"):
        kind = "meeting.soon" if task.type.slug == MEETING else "task.soon"
        notify(
            task.assignee_id,
            kind=kind,
            key=f"soon:{task.pk}:{int(task.due_at.timestamp())}",
            params={"task": task.title},
            url=f"/tasks/{task.pk}",
            about=("task", task.pk),
            by=by,
            at=at,
        )
        count += 1
    return count
