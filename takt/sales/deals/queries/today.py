"""The rep's day in a constant number of queries, rows as bare tuples."""

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.fields import CharField
from django.utils import timezone

from takt.kernel.accounts.models import User
from takt.kernel.lib.standing import standing
from takt.kernel.settings.queries import all_values
from takt.sales.activities.models import Task, TaskType
from takt.sales.deals import rules_day
from takt.sales.deals.queries.day_alerts import Alerts, WithoutStep, alerts_of, without_next_step
from takt.sales.deals.queries.day_rows import (
    ONE_DAY,
    Group,
    doing_for,
    groups_of,
    midnight,
    part_of_day,
    planned_of,
    planned_rows,
)
from takt.sales.deals.queries.sight import Sight, sight_of
from takt.sales.deals.rules_day import Progress

FIRST_ROWS, MOST_ROWS = 60, 960
DONE_ROWS, MEETINGS = 9, 20
GROUPINGS = ("type", "time", "company")


@dataclass(frozen=True, slots=True)
class TypeCount:
    """Of one type: done today, and done plus still planned."""

    icon: str
    name: str
    done: int
    planned: int


@dataclass(frozen=True, slots=True)
class Meeting:
    id: int
    time: str
    title: str
    sub: str
    state: str  # past, now or empty


@dataclass(frozen=True, slots=True)
class DoneRow:
    id: int
    icon: str
    type_name: str
    title: str
    time: str


@dataclass(frozen=True)
class Day:
    """Everything on the page of one day."""

    on: dt.date
    today: dt.date
    now: dt.datetime
    grouping: str
    progress: Progress
    types: list[TypeCount]
    groups: list[Group]
    left: int
    more_rows: int  # how many rows to ask for next; 0 where all are shown
    meetings: list[Meeting]
    done: list[DoneRow]
    done_total: int
    alerts: Alerts = field(default_factory=Alerts)
    without_step: list[WithoutStep] = field(default_factory=list)

    @property
    def is_today(self) -> bool:
        return self.on == self.today

    @property
    def is_complete(self) -> bool:
        """Nothing is left of a day on which something was done."""
        return self.is_today and self.left == 0 and self.done_total > 0

    @property
    def is_short(self) -> bool:
        """Fewer tasks than the plan still asks for."""
        return self.is_today and self.left < self.progress.plan - self.progress.done

    @property
    def beats(self) -> list[rules_day.Beat]:
        return rules_day.beats(self.progress)

    @property
    def beats_width(self) -> int:
        return rules_day.beats_width(self.progress)

    @property
    def pace_at(self) -> str:
        return self.now.strftime("%H:%M")

    def shows(self, due_at: dt.datetime) -> bool:
        """Whether a task due then stands in this day's list."""
        return due_at < midnight(self.on + ONE_DAY) and (self.is_today or due_at >= midnight(self.on))

    def group_of(self, task: Task) -> tuple[str, Group | None]:
        """Under which heading a task stood, and that group if it still has rows."""
        if self.is_today and task.due_at < midnight(self.on):
            key = "late"
        elif self.grouping == "time":
            key = f"time-{part_of_day(task.due_at, is_all_day=task.is_all_day)}"
        elif self.grouping == "company":
            key = f"company-{task.company_id or 0}"
        else:
            key = f"type-{task.type_id}"
        return key, next((g for g in self.groups if g.key == key), None)


def day_of(
    user: User, at: dt.datetime, *, on: dt.date | None = None, grouping: str = "type", rows: int = FIRST_ROWS
) -> Day:
    """What `user` has to do and has done on a day of his own zone; today takes in what is overdue."""
    now = timezone.localtime(at)
    today = now.date()
    on = on or today
    start, end = midnight(on), midnight(on + ONE_DAY)
    types = {t.pk: t for t in _types()}
    is_today = on == today
    finished = _finished(user.pk, start, end)
    people = doing_for(user)
    open_by_type, late, done_by_type, counted = _counts(
        people, user.pk, start, end, is_today=is_today, types=types
    )
    left = sum(open_by_type.values())
    limit = max(1, min(rows, MOST_ROWS))
    found = planned_rows(people, None if is_today else start, end, (limit,))
    has_all = left <= len(found)
    values = all_values()
    plan = user.daily_norm or values["actions.min"]
    expected = plan if on < today else rules_day.expected_by(now, plan) if on == today else 0
    alerts = alerts_of(user, start, today) if is_today else Alerts()
    return Day(
        on=on,
        today=today,
        now=now,
        grouping=grouping,
        progress=Progress(counted, plan, max(plan, values["actions.target"]), expected),
        types=[
            TypeCount(
                t.icon, t.name, done_by_type.get(pk, 0), done_by_type.get(pk, 0) + open_by_type.get(pk, 0)
            )
            for pk, t in types.items()
            if t.is_active or pk in done_by_type or pk in open_by_type
        ],
        groups=groups_of(
            found, types, grouping, user, now, start, late=late, open_by_type=open_by_type, has_all=has_all
        ),
        left=left,
        more_rows=0 if has_all or limit == MOST_ROWS else min(limit * 2, MOST_ROWS),
        meetings=_meetings(
            planned_of(people, None if is_today else start, end),
            finished,
            types,
            {*open_by_type, *done_by_type},
            (start, end),
            now,
            sight_of(user),
        ),
        done=_done(finished, types) if done_by_type else [],
        done_total=sum(done_by_type.values()),
        alerts=alerts,
        without_step=without_next_step(user) if alerts.without_step else [],
    )


def _counts(
    people: frozenset[int],
    user: int,
    start: dt.datetime,
    end: dt.datetime,
    *,
    is_today: bool,
    types: dict[int, TaskType],
) -> tuple[dict[int, int], int, dict[int, int], int]:
    """Open by type, overdue, done by type, and how many of the done count as sales actions (spec M2)."""
    open_by_type: dict[int, int] = {}
    done_by_type: dict[int, int] = {}
    late = counted = 0
    for part, type_id, n, m in _counted(people, user, start, end, is_today):
        if part == "open":
            open_by_type[type_id] = n
            late += m
        else:
            done_by_type[type_id] = n
            if types[type_id].counts_as_action:
                counted += m
    # Sorted by position, so that groups come in the types' own order.
    return open_by_type, late, done_by_type, counted


_MEETING = (
    "id", "title", "due_at", "status", "company__name", "company__owner_id", "company__deleted_at",
    "contact__name", "contact__owner_id", "contact__deleted_at",
)  # fmt: skip


def _meetings(
    planned: Any,
    finished: Any,
    types: dict[int, TaskType],
    counted: Container[int | None],
    day: tuple[dt.datetime, dt.datetime],
    now: dt.datetime,
    sight: Sight,
) -> list[Meeting]:
    """The day's meetings, those to come and those held today."""
    kind = next((pk for pk, t in types.items() if t.slug == "meeting"), None)
    if kind not in counted:
        return []
    # Two short looks into an index each, where one condition over both would read everybody's day.
    to_come, held = (
        rows.order_by().filter(type_id=kind, due_at__gte=day[0], due_at__lt=day[1]).values_list(*_MEETING)
        for rows in (planned, finished)
    )
    rows = to_come.union(held, all=True).order_by("due_at", "id")[:MEETINGS]
    is_today = day[0] <= now < day[1]
    found, has_next = [], False
    for pk, title, due_at, status, company, c_owner, c_gone, contact, p_owner, p_gone in rows:
        is_past = status == Task.Status.DONE or (is_today and due_at < now - dt.timedelta(hours=1))
        state = "past" if is_past else ""
        if is_today and not is_past and not has_next:
            state, has_next = "now", True
        names = (
            company if company and sight.company(c_owner, c_gone) else "",
            contact if contact and sight.contact(p_owner, p_gone) else "",
        )
        sub = " · ".join(name for name in names if name)
        found.append(Meeting(pk, timezone.localtime(due_at).strftime("%H:%M"), title, sub, state))
    return found


def _done(finished: Any, types: dict[int, TaskType]) -> list[DoneRow]:
    rows = finished.order_by("-done_at", "-id").values_list("id", "type_id", "title", "done_at")[:DONE_ROWS]
    return [
        DoneRow(
            pk, types[type_id].icon, types[type_id].name, title, timezone.localtime(done_at).strftime("%H:%M")
        )
        for pk, type_id, title, done_at in rows
    ]


@standing
def _counted(
    people: frozenset[int], user: int, start: dt.datetime, end: dt.datetime, is_today: bool
) -> QuerySet[Any]:
    """Of each type how many are open and overdue, and how many are done and done for a customer."""
    on_customer = ~Q(deal=None, company=None, contact=None)
    planned = planned_of(people, None if is_today else start, end)
    open_rows = (
        planned.order_by()
        .annotate(part=Value("open", CharField()))
        .values("part", "type_id")
        .annotate(n=Count("*"), m=Count("pk", filter=Q(due_at__lt=start)))
    )
    done_rows = (
        _finished(user, start, end)
        .order_by()
        .annotate(part=Value("done", CharField()))
        .values("part", "type_id")
        .annotate(n=Count("*"), m=Count("pk", filter=on_customer))
    )
    columns = ("part", "type_id", "n", "m")
    return open_rows.values_list(*columns).union(done_rows.values_list(*columns), all=True)


def _finished(user: int, start: dt.datetime, end: dt.datetime) -> QuerySet[Task]:
    return Task.objects.alive().filter(
        status=Task.Status.DONE, done_by=user, done_at__gte=start, done_at__lt=end
    )


@standing
def _types() -> QuerySet[TaskType]:
    return TaskType.objects.order_by("position", "id")
