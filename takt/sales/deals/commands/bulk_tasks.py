"""One act on many tasks: set-based, one event per task, all or nothing."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, Refused
from takt.sales.activities import events
from takt.sales.activities.commands import assignee_of, subjects_of
from takt.sales.activities.models import Task
from takt.sales.deals.commands.steps import refresh_next_steps
from takt.sales.deals.models import Deal

MOST_TASKS = 1000


def _all_open(tasks: Iterable[Any], *, by: Actor) -> list[Task]:
    """Every one of the tasks, locked after its deal; one that can't be changed refuses the whole act."""
    wanted = {int(getattr(t, "pk", t)) for t in tasks}
    if not wanted or len(wanted) > MOST_TASKS:
        raise Invalid.field(
            "ids", _("Choose between 1 and %(most)d tasks.") % {"most": MOST_TASKS}, "out_of_range"
        )
    deals = Task.objects.filter(pk__in=wanted).exclude(deal=None).values_list("deal_id", flat=True)
    list(
        Deal.objects.filter(pk__in=set(deals))
        .order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk")
    )
    found = Task.objects.locked_many(wanted, by=by)
    if len(found) != len(wanted):
        sentence = _("%(count)d of the chosen tasks can't be changed by you. Nothing was changed.")
        raise Forbidden(sentence % {"count": len(wanted) - len(found)})
    if any(not t.is_open for t in found):
        raise Refused(
            _("Some of the chosen tasks are already closed. Nothing was changed."), code="already_closed"
        )
    return found


@command
def reschedule_tasks(tasks: Iterable[Any], due_on: dt.date, *, by: Actor, at: dt.datetime) -> int:
    """Move open tasks to another day, each keeping its hour; answers how many changed."""
    if not 1900 <= due_on.year <= 2200:
        raise Invalid.field("due_on", _("The year must lie between 1900 and 2200."), "out_of_range")
    batch = uuid.uuid4()
    changed = []
    for task in _all_open(tasks, by=by):
        old = task.due_at
        # On the clock of the person: nine o'clock stays nine o'clock over a change to summer time.
        local = timezone.localtime(old)
        new = timezone.make_aware(dt.datetime.combine(due_on, local.time().replace(tzinfo=None)))
        if new == old:
            continue
        task.due_at, task.updated_at = new, at
        task.reschedules += 1
        task.version += 1
        changed.append(task)
        fact = events.TaskRescheduled(title=task.title, old=old.isoformat(), new=new.isoformat())
        record(fact, about=subjects_of(task), by=by, at=at, batch=batch)
    Task.objects.bulk_update(changed, ["due_at", "updated_at", "reschedules", "version"])
    refresh_next_steps(t.deal_id for t in changed if t.deal_id)
    return len(changed)


@command
def reassign_tasks(tasks: Iterable[Any], assignee: Any, *, by: Actor, at: dt.datetime) -> int:
    """Hand open tasks to one colleague; answers how many changed."""
    new = assignee_of(assignee, None)
    batch = uuid.uuid4()
    changed = [t for t in _all_open(tasks, by=by) if t.assignee_id != new.pk]
    for task in changed:
        fact = events.TaskReassigned(title=task.title, old=task.assignee_id, new=new.pk)
        record(fact, about=subjects_of(task), by=by, at=at, batch=batch)
    ids = [t.pk for t in changed]
    Task.objects.filter(pk__in=ids).update(assignee=new, version=F("version") + 1, updated_at=at)
    return len(changed)
