"""Lost deals that are to be tried again: a day and a task, instead of a stage called "Postponed" (feature LS5)."""

import datetime as dt
from typing import Any

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
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal

MOST_DAYS = 730


def retry_day(value: Any, checks: Checks, at: dt.datetime) -> dt.date | None:
    """From tomorrow to two years ahead; None where no day was given."""
    day = checks.day("try_again_on", value)
    today = timezone.localdate(at, timezone.get_default_timezone())
    if day is not None and not today < day <= today + dt.timedelta(days=MOST_DAYS):
        checks.wrong("try_again_on", _("Choose a day from tomorrow to two years ahead."), "out_of_range")
    return day


def plan_retry(deal: Deal, day: dt.date, *, by: Actor, at: dt.datetime) -> None:
    """The day and its task; an earlier plan of the kind is dropped."""
    _drop_plan(deal, by=by, at=at)
    due_at = timezone.make_aware(dt.datetime.combine(day, dt.time(9)), timezone.get_default_timezone())
    title = (_("Try again: %(deal)s") % {"deal": deal.name})[:200]
    new = NewTask(type="task", title=title, due_at=due_at, body=deal.loss_comment)
    deal.retry_task = plan_task(new, deal=deal, owner=deal.owner, by=by, at=at)
    deal.save(update_fields=["retry_task"])
    record(events.DealRetryPlanned(on=day.isoformat()), about=subjects_of(deal), by=by, at=at)


def retry_of(deal: Deal) -> Task | None:
    """The open task of trying a lost deal again."""
    task: Task | None = deal.retry_task
    return task if task is not None and task.is_open and task.deleted_at is None else None


def day_of(task: Task) -> dt.date:
    return timezone.localdate(task.due_at, timezone.get_default_timezone())


def _drop_plan(deal: Deal, *, by: Actor, at: dt.datetime) -> None:
    if (task := retry_of(deal)) is not None:
        drop_task(task, reason=_("Another day was chosen."), by=by, at=at)


@command
def try_again(deal: Any, on: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Deal:
    """Say on which day a lost deal is tried again; without a day it isn't any more."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    if deal.status != Deal.Status.LOST:
        raise Refused(_("Only a lost deal is tried again."), code="not_lost")
    checks = Checks()
    day = retry_day(on, checks, at)
    checks.finish()
    if day is not None:
        plan_retry(deal, day, by=by, at=at)
    elif (task := retry_of(deal)) is not None:
        record(events.DealRetryDropped(on=day_of(task).isoformat()), about=subjects_of(deal), by=by, at=at)
        _drop_plan(deal, by=by, at=at)
        deal.retry_task = None
        deal.save(update_fields=["retry_task"])
    else:
        return deal
    touched(deal, at)
    deal.save(update_fields=["version", "updated_at"])
    return deal


def end_retry(deal: Deal | None, task: Task) -> None:
    """The task of trying again was done or dropped without the deal's return."""
    if deal is not None and deal.retry_task_id == task.pk:
        deal.retry_task = None
        deal.save(update_fields=["retry_task"])
