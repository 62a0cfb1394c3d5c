"""A lost deal that is to be tried again: a day and a task of the customer's, instead of a stage "postponed"."""

import datetime as dt
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Refused
from takt.sales.activities.commands import NewTask, drop_task, plan_task
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands.steps import refresh_next_steps, subjects_of
from takt.sales.deals.models import Deal

MOST_DAYS = 3 * 366


def day_to_try(given: Any, at: dt.datetime, checks: Checks) -> dt.date | None:
    """The day that was typed, from tomorrow to three years ahead; None where none was."""
    day = checks.day("try_again_on", given)
    today = timezone.localdate(at)
    if day is not None and not today < day <= today + dt.timedelta(days=MOST_DAYS):
        checks.wrong("try_again_on", _("Choose a day from tomorrow to three years ahead."), "out_of_range")
    return day


def plan_another_try(deal: Deal, day: dt.date, *, by: Actor, at: dt.datetime) -> Task:
    """Plan the task; a day that was chosen before is forgotten. The deal keeps the day and the task."""
    end_other_tries(deal, by=by, at=at)
    due_at = timezone.make_aware(dt.datetime.combine(day, dt.time(9)), timezone.get_default_timezone())
    first = deal.parts.order_by("position", "pk").select_related("contact").first()  # type: ignore[attr-defined]
    title = (_("Try again: %(deal)s") % {"deal": deal.name})[:200]
    task = plan_task(
        NewTask(type="call", title=title, due_at=due_at),
        company=deal.company,
        contact=first.contact if first else None,
        owner=deal.owner,
        by=by,
        at=at,
    )
    deal.try_again_on, deal.try_again_task = day, task
    deal.save(update_fields=["try_again_on", "try_again_task"])
    record(events.DealTryAgainSet(on=day.isoformat(), task=task.pk), about=subjects_of(deal), by=by, at=at)
    return task


def end_other_tries(deal: Deal, *, by: Actor, at: dt.datetime) -> None:
    """The deal needs no other try any more, or gets another day for it."""
    if deal.try_again_on is None and deal.try_again_task_id is None:
        return
    planned = Task.objects.select_for_update().filter(
        pk=deal.try_again_task_id or 0, status="open", deleted_at=None
    )
    for task in planned:
        drop_task(task, reason=_("The deal was returned to work or gets another day."), by=by, at=at)
    deal.try_again_on, deal.try_again_task = None, None
    deal.save(update_fields=["try_again_on", "try_again_task"])


def planned_try(deal: Deal) -> Task | None:
    """The open task of trying a lost deal again, locked."""
    tasks = Task.objects.select_for_update().filter(
        pk=deal.try_again_task_id or 0, status="open", deleted_at=None
    )
    return tasks.first()


def take_up_try(deal: Deal, task: Task, *, at: dt.datetime) -> None:
    """The deal is open again: what was planned for its customer becomes its own next step."""
    Task.objects.filter(pk=task.pk).update(deal=deal, version=F("version") + 1, updated_at=at)
    deal.try_again_on, deal.try_again_task = None, None
    deal.save(update_fields=["try_again_on", "try_again_task"])
    refresh_next_steps([deal.pk])


@command
def try_again(deal: Any, on: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Deal:
    """Choose the day to come back to a lost deal, or with None forget it."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    if deal.status != Deal.Status.LOST:
        raise Refused(_("Only a lost deal is tried again."), code="not_lost")
    checks = Checks()
    day = day_to_try(on, at, checks)
    checks.finish()
    if day is None:
        if deal.try_again_on is None:
            return deal
        fact = events.DealTryAgainDropped(on=deal.try_again_on.isoformat())
        end_other_tries(deal, by=by, at=at)
        record(fact, about=subjects_of(deal), by=by, at=at)
    else:
        plan_another_try(deal, day, by=by, at=at)
    touched(deal, at)
    deal.save(update_fields=["version", "updated_at"])
    return deal
