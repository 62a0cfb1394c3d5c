"""The tasks of a day as rows under their headings."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import stood_in_for
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound
from takt.kernel.lib.standing import standing
from takt.kernel.ui import formats
from takt.sales.activities.models import Task, TaskType
from takt.sales.deals import rules_day
from takt.sales.deals.queries.sight import Sight, sight_of

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


def midnight(day: dt.date) -> dt.datetime:
    """The day's first moment in the reader's zone."""
    return dt.datetime.combine(day, dt.time.min, timezone.get_current_timezone())


_ROW = (
    "id", "title", "type_id", "due_at", "is_all_day", "deal_id", "deal__name", "deal__owner_id", "deal__amount",
    "deal__currency", "company_id", "company__name", "company__owner_id", "company__deleted_at", "contact_id",
    "contact__name", "contact__owner_id", "contact__deleted_at", "assignee_id",
)  # fmt: skip


@standing
def planned_rows(
    people: frozenset[int], start: dt.datetime | None, end: dt.datetime, limit: tuple[int]
) -> QuerySet[Any]:
    """The first `limit` tasks that are planned for a day."""
    return planned_of(people, start, end).order_by("due_at", "id").values_list(*_ROW)[: limit[0]]


def doing_for(user: User) -> frozenset[int]:
    """Whose tasks are the user's to do today: his own, and those of whoever he stands in for."""
    return frozenset({user.pk} | stood_in_for(user))


def _names(user: User) -> dict[int, str]:
    """Who is meant by a task of an absent colleague's; asked for deputies only."""
    minded = stood_in_for(user)
    if not minded:
        return {}
    people = User.objects.filter(pk__in=minded).values_list("pk", "name")
    return {pk: _("for %(name)s") % {"name": name} for pk, name in people}


def planned_of(people: frozenset[int], start: dt.datetime | None, end: dt.datetime) -> QuerySet[Task]:
    """The open tasks of these people on a day; without its `start` those that are overdue as well.

    One's own tasks are visible in every role, and a deputy has those of the absent: there is nothing to narrow.
    """
    rows = Task.objects.alive().filter(assignee__in=sorted(people)).open().filter(due_at__lt=end)
    return rows if start is None else rows.filter(due_at__gte=start)


def groups_of(
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
            key = part_of_day(raw[3], is_all_day=raw[4])
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


def part_of_day(due: dt.datetime, *, is_all_day: bool) -> int:
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
