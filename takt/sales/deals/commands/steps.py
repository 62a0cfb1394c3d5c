"""The next step of a deal: which task it is, and the rule that an open deal has one."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.events.unit import record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Refused
from takt.sales.activities.commands import NewTask, plan_task
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.models import Deal

SNOOZE_MOST_DAYS = 180


@dataclass(frozen=True)
class Snooze:
    """Put a deal off until a day, with the reason; a task on that day comes with it."""

    until: dt.date
    reason: str


@dataclass(frozen=True)
class Closing:
    """How a deal ends when its last task is done: won, or lost with a reason (slug or id)."""

    status: str
    reason: Any = None
    comment: str = ""
    competitor: str = ""


class NextTaskRequired(Refused):
    code = "next_task_required"

    def __init__(self) -> None:
        super().__init__(
            _(
                "An open deal never stands without a next step: plan one, put the deal off until a day, or close it."
            )
        )


_REFRESH = """
UPDATE deal SET next_task_id = task.id, next_due_at = task.due_at
FROM unnest(%s::bigint[]) AS wanted(id)
LEFT JOIN LATERAL (
    SELECT id, due_at FROM task
    WHERE task.deal_id = wanted.id AND task.status = 'open' AND task.deleted_at IS NULL
    ORDER BY due_at, id LIMIT 1
) task ON true
WHERE deal.id = wanted.id AND deal.next_task_id IS DISTINCT FROM task.id
   OR deal.id = wanted.id AND deal.next_due_at IS DISTINCT FROM task.due_at
"""


def refresh_next_steps(deals: Iterable[int]) -> None:
    """The earliest open task of each deal becomes its next step."""
    ids = sorted(set(deals))
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(_REFRESH, [ids])


def has_open_task(deal: Deal, *, besides: Task | None = None) -> bool:
    tasks = Task.objects.filter(deal=deal, status=Task.Status.OPEN, deleted_at=None)
    return tasks.exclude(pk=besides.pk if besides else 0).exists()


def plan_step(deal: Deal, new: NewTask, *, by: Actor, at: dt.datetime) -> Task:
    """Plan a task of the deal for its owner, unless somebody else is named."""
    from takt.sales.deals.commands.lookups import contact_of

    contact = contact_of(new.contact, by=by) if new.contact else None
    task = plan_task(new, deal=deal, contact=contact, owner=deal.owner, by=by, at=at)
    refresh_next_steps([deal.pk])
    return task


def put_off(deal: Deal, snooze: Snooze, *, by: Actor, at: dt.datetime) -> Task:
    """Snooze an open deal: keeps its stage, has a task on that day, at most 180 days ahead."""
    checks = Checks()
    reason = checks.text("reason", snooze.reason, most=200, required=True)
    until = checks.day("until", snooze.until)
    today = timezone.localdate(at)
    if until is None:
        checks.wrong("until", _("Say until which day."), "required")
    elif not today < until <= today + dt.timedelta(days=SNOOZE_MOST_DAYS):
        checks.wrong("until", _("Choose a day from tomorrow to 180 days ahead."), "out_of_range")
    checks.finish()
    assert until is not None
    deal.snoozed_until, deal.snooze_reason = until, reason
    deal.save(update_fields=["snoozed_until", "snooze_reason"])
    due_at = timezone.make_aware(dt.datetime.combine(until, dt.time(9)), timezone.get_default_timezone())
    title = (_("Return to: %(deal)s") % {"deal": deal.name})[:200]
    record(events.DealSnoozed(until=until.isoformat(), reason=reason), about=subjects_of(deal), by=by, at=at)
    return plan_step(deal, NewTask(type="task", title=title, due_at=due_at, body=reason), by=by, at=at)


def subjects_of(deal: Deal) -> list[tuple[str, int] | None]:
    """Everything whose timeline shows what happens to the deal."""
    return [("deal", deal.pk), ("company", deal.company_id) if deal.company_id else None]


_FOLLOW = """
UPDATE task SET deal_owner_id = deal.owner_id FROM deal
WHERE deal.id = ANY(%s) AND task.deal_id = deal.id AND task.deal_owner_id IS DISTINCT FROM deal.owner_id
"""


def follow_owners(deals: Iterable[int]) -> None:
    """Write to the tasks of these deals whose the deals are now."""
    if ids := sorted(set(deals)):
        with connection.cursor() as cursor:
            cursor.execute(_FOLLOW, [ids])
