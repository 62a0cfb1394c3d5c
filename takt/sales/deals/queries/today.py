"""The rep's day in a constant number of queries, rows as bare tuples."""

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.fields import CharField
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import stood_in_for
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound
from takt.kernel.settings.queries import all_values
from takt.kernel.ui import formats
from takt.sales.activities.models import Task, TaskType
from takt.sales.deals import rules_day
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.sight import Sight, sight_of
from takt.sales.deals.rules_day import Progress

FIRST_ROWS, MOST_ROWS = 60, 960
DONE_ROWS, MEETINGS, WITHOUT_ROWS = 9, 20, 5
GROUPINGS = ("type", "time", "company")
ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """One task as the day shows it."""

    id: int
    title: str
    icon: str
    type_name: str
    where: str
    url: str
    amount: str
    due: str
    is_late: bool
    whose: str = ""  # the absent colleague for whom it is done


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: str
    icon: str
    rows: list[Row]
    left: int | None  # None where not everything has been read
    is_late: bool = False


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


@dataclass(frozen=True, slots=True)
class WithoutStep:
    """An open deal that waits for its next step."""

    id: int
    name: str
    sub: str
    amount: str


@dataclass(frozen=True)
class Alerts:
    without_step: int = 0
    stuck: int = 0
    date_passed: int = 0

    @property
    def any(self) -> bool:
        return bool(self.without_step or self.stuck or self.date_passed)


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
            key = f"time-{_part_of_day(task.due_at, is_all_day=task.is_all_day)}"
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
    types = {t.pk: t for t in TaskType.objects.order_by("position", "id")}
    # One's own tasks are visible in every role, so there is nothing to narrow; a deputy has those of the absent too.
    mine = Task.objects.alive().filter(assignee__in=doing_for(user))
    planned = mine.open().filter(due_at__lt=end)
    if on != today:
        planned = planned.filter(due_at__gte=start)
    finished = Task.objects.alive().filter(
        status=Task.Status.DONE, done_by=user, done_at__gte=start, done_at__lt=end
    )
    open_by_type, late, done_by_type, counted = _counts(planned, finished, start, types)
    left = sum(open_by_type.values())
    limit = max(1, min(rows, MOST_ROWS))
    found = _rows(planned, limit)
    has_all = left <= len(found)
    values = all_values()
    plan = user.daily_norm or values["actions.min"]
    expected = plan if on < today else rules_day.expected_by(now, plan) if on == today else 0
    alerts = _alerts(user, start, today) if on == today else Alerts()
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
        groups=_groups(
            found, types, grouping, user, now, start, late=late, open_by_type=open_by_type, has_all=has_all
        ),
        left=left,
        more_rows=0 if has_all or limit == MOST_ROWS else min(limit * 2, MOST_ROWS),
        meetings=_meetings(
            planned, finished, types, {*open_by_type, *done_by_type}, (start, end), now, sight_of(user)
        ),
        done=_done(finished, types) if done_by_type else [],
        done_total=sum(done_by_type.values()),
        alerts=alerts,
        without_step=_without_step(user) if alerts.without_step else [],
    )


def doing_for(user: User) -> list[int]:
    """Whose tasks are the user's to do today: his own, and those of whoever he stands in for."""
    return sorted({user.pk} | stood_in_for(user))


def _names(user: User) -> dict[int, str]:
    """Who is meant by a task of an absent colleague's; asked for deputies only."""
    minded = stood_in_for(user)
    if not minded:
        return {}
    people = User.objects.filter(pk__in=minded).values_list("pk", "name")
    return {pk: _("for %(name)s") % {"name": name} for pk, name in people}


def midnight(day: dt.date) -> dt.datetime:
    """The day's first moment in the reader's zone."""
    return dt.datetime.combine(day, dt.time.min, timezone.get_current_timezone())


def _counts(
    planned: Any, finished: Any, start: dt.datetime, types: dict[int, TaskType]
) -> tuple[dict[int, int], int, dict[int, int], int]:
    """Open by type, overdue, done by type, and how many of the done count as sales actions (spec M2)."""
    on_customer = ~Q(deal=None, company=None, contact=None)
    open_rows = (
        planned.order_by()
        .annotate(part=Value("open", CharField()))
        .values("part", "type_id")
        .annotate(n=Count("*"), m=Count("pk", filter=Q(due_at__lt=start)))
    )
    done_rows = (
        finished.order_by()
        .annotate(part=Value("done", CharField()))
        .values("part", "type_id")
        .annotate(n=Count("*"), m=Count("pk", filter=on_customer))
    )
    columns = ("part", "type_id", "n", "m")
    open_by_type: dict[int, int] = {}
    done_by_type: dict[int, int] = {}
    late = counted = 0
    for part, type_id, n, m in open_rows.values_list(*columns).union(
        done_rows.values_list(*columns), all=True
    ):
        if part == "open":
            open_by_type[type_id] = n
            late += m
        else:
            done_by_type[type_id] = n
            if types[type_id].counts_as_action:
                counted += m
    # Sorted by position, so that groups come in the types' own order.
    return open_by_type, late, done_by_type, counted


_ROW = (
    "id", "title", "type_id", "due_at", "is_all_day", "deal_id", "deal__name", "deal__owner_id", "deal__amount",
    "deal__currency", "company_id", "company__name", "company__owner_id", "company__deleted_at", "contact_id",
    "contact__name", "contact__owner_id", "contact__deleted_at", "assignee_id",
)  # fmt: skip


def _rows(planned: Any, limit: int) -> list[tuple[Any, ...]]:
    return list(planned.order_by("due_at", "id").values_list(*_ROW)[:limit])


def _groups(
    found: list[tuple[Any, ...]],
    types: dict[int, TaskType],
    grouping: str,
    user: User,
    now: dt.datetime,
    start: dt.datetime,
    *,
    late: int,
    open_by_type: dict[int, int],
    has_all: bool,
) -> list[Group]:
    sight, minded = sight_of(user), _names(user)
    late_rows: list[Row] = []
    others: dict[Any, list[Row]] = {}
    names: dict[Any, str] = {}
    for raw in found:
        row = _row(raw, types, sight, now, minded)
        if raw[3] < start:
            late_rows.append(row)
            continue
        if grouping == "type":
            key: Any = raw[2]
        elif grouping == "time":
            key = _part_of_day(raw[3], is_all_day=raw[4])
        else:
            key = raw[10] if raw[10] is not None and sight.company(raw[12], raw[13]) else 0
            names[key] = raw[11]
        others.setdefault(key, []).append(row)
    groups = []
    if late_rows:
        groups.append(Group("late", _("Overdue"), "alert-triangle", late_rows, late, is_late=True))
    if grouping == "type":
        for pk, kind in types.items():
            if pk in others:
                groups.append(
                    Group(
                        f"type-{pk}", kind.name, kind.icon, others[pk], len(others[pk]) if has_all else None
                    )
                )
    elif grouping == "time":
        labels = [_("All day"), _("Morning"), _("Afternoon"), _("Evening")]
        groups += [
            Group(f"time-{part}", labels[part], "clock", others[part], len(others[part]) if has_all else None)
            for part in sorted(others)
        ]
    else:
        # Companies stand in the order of their first task; what has none comes last.
        for pk in sorted(others, key=lambda k: k == 0):
            label = names[pk] if pk else _("Without a company")
            groups.append(
                Group(f"company-{pk}", label, "building", others[pk], len(others[pk]) if has_all else None)
            )
    return groups


def row_of(pk: int, user: User, at: dt.datetime) -> Row:
    """One visible task as a row of the day."""
    raw = Task.objects.visible_to(user).filter(pk=pk).values_list(*_ROW).first() if 0 < pk < 2**63 else None
    if raw is None:
        raise NotFound
    types = {t.pk: t for t in TaskType.objects.filter(pk=raw[2])}
    return _row(raw, types, sight_of(user), timezone.localtime(at), _names(user))


def _part_of_day(due: dt.datetime, *, is_all_day: bool) -> int:
    if is_all_day:
        return 0
    hour = timezone.localtime(due).hour
    return 1 if hour < 12 else 2 if hour < 17 else 3


def _row(
    raw: tuple[Any, ...], types: dict[int, TaskType], sight: Sight, now: dt.datetime, minded: dict[int, str]
) -> Row:
    (pk, title, type_id, due_at, is_all_day, deal, deal_name, deal_owner, amount, currency,
     company, company_name, company_owner, company_gone, contact, contact_name, contact_owner,
     contact_gone, assignee) = raw  # fmt: skip
    kind = types[type_id]
    sees_deal = deal is not None and sight.deal(deal_owner, deal)
    sees_company = company is not None and sight.company(company_owner, company_gone)
    if sees_deal:
        where, url = (f"{company_name} · {deal_name}" if sees_company else deal_name), f"/deals/{deal}"
    elif sees_company:
        where, url = company_name, f"/companies/{company}"
    elif contact is not None and sight.contact(contact_owner, contact_gone):
        where, url = contact_name, f"/contacts/{contact}"
    else:
        where, url = "", ""
    shown_amount = formats.money(amount, currency) if sees_deal and amount is not None else ""
    due, is_late = due_label(due_at, now, is_all_day=is_all_day)
    whose = minded.get(assignee, "")
    return Row(pk, title, kind.icon, kind.name, where, url, shown_amount, due, is_late, whose)


def due_label(due_at: dt.datetime, now: dt.datetime, *, is_all_day: bool) -> tuple[str, bool]:
    """ "14:30", "3 d late" or a date, and whether it is late."""
    local = due_at.astimezone(now.tzinfo)
    late_days = rules_day.days_late(local, now)
    if late_days > 0:
        return _("%(days)d d late") % {"days": late_days}, True
    if late_days == 0 and is_all_day:
        return _("today"), False
    if late_days == 0 and due_at < now:
        return formats.due(due_at, now), True
    return (_("all day"), False) if is_all_day else (local.strftime("%H:%M"), False)


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


def _alerts(user: User, start: dt.datetime, today: dt.date) -> Alerts:
    """Own open deals that need a look: no next step, longer in stage than its norm, closing date passed."""
    norm = ExpressionWrapper(F("stage__norm_days") * Value(ONE_DAY), output_field=DurationField())
    # A snoozed deal rests on purpose (domain spec, Decided 5).
    awake = Q(snoozed_until=None) | Q(snoozed_until__lte=today)
    found = (
        Deal.objects.alive()
        .open()
        .filter(owner__in=doing_for(user))
        .aggregate(
            without_step=Count("pk", filter=Q(next_task=None)),
            stuck=Count("pk", filter=Q(stage_entered_at__lt=Value(start) - norm) & awake),
            date_passed=Count("pk", filter=Q(expected_close_on__lt=today)),
        )
    )
    return Alerts(**found)


def _without_step(user: User) -> list[WithoutStep]:
    rows = (
        Deal.objects.alive()
        .without_next_step()
        .filter(owner__in=doing_for(user))
        .order_by("-last_activity_at", "-id")
        .values_list(
            "id",
            "name",
            "company__name",
            "company__owner_id",
            "company__deleted_at",
            "stage__name",
            "amount",
            "currency",
        )[:WITHOUT_ROWS]
    )
    sight = sight_of(user)
    return [
        WithoutStep(
            pk,
            name,
            f"{company} · {stage}" if company and sight.company(owner, gone) else stage,
            formats.money(amount, currency) if isinstance(amount, Decimal) else "",
        )
        for pk, name, company, owner, gone, stage, amount, currency in rows
    ]
