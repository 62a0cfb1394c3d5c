"""One act on many tasks from a list: what the rules don't allow is left out and told; the next steps of deals follow."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lists.acts import Outcome
from takt.kernel.undo.images import Image, Part, Picture, restore, untouched
from takt.sales.activities import events
from takt.sales.activities.commands import assignee_of, subjects_of
from takt.sales.activities.models import Task
from takt.sales.deals.commands.steps import refresh_next_steps
from takt.sales.deals.models import Deal

PARTS = (Part("task"),)


def _open(ids: Sequence[int], out: Outcome, *, by: Actor) -> list[Task]:
    """The open tasks that the person may change, locked after their deals; the others are left out and told."""
    deals = Task.objects.filter(pk__in=ids).exclude(deal=None).values_list("deal_id", flat=True)
    rows = Deal.objects.filter(pk__in=set(deals)).order_by("pk").select_for_update(of=("self",))
    list(rows.values_list("pk"))
    found = Task.objects.locked_many(ids, by=by)
    left = set(ids) - {t.pk for t in found}
    seen = set(Task.objects.visible_to(by.user).filter(pk__in=left).values_list("pk", flat=True))
    out.skip(seen, _("You may not change this task."))
    out.skip(left - seen, _("It is not there any more, or you may not see it."))
    out.skip([t.pk for t in found if not t.is_open], _("The task is already closed."))
    return [t for t in found if t.is_open]


def day_in(arguments: Mapping[str, Any]) -> dt.date:
    """The day to move to; Invalid where it is none."""
    checks = Checks()
    day = checks.day("due_on", arguments.get("due_on"))
    if day is None and not checks.problems:
        checks.wrong("due_on", _("Choose a day."), "required")
    checks.finish()
    assert day is not None
    return day


@command
def reschedule_many(
    tasks: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Move open tasks to another day, each keeping its hour."""
    day, out = day_in(arguments), Outcome()
    rows = _open(tasks, out, by=by)
    picture = Picture(PARTS, [t.pk for t in rows])
    changed = []
    for task in rows:
        old = task.due_at
        # On the clock of the person: nine o'clock stays nine o'clock over a change to summer time.
        clock = timezone.localtime(old).time().replace(tzinfo=None)
        task.due_at = timezone.make_aware(dt.datetime.combine(day, clock))
        if task.due_at == old:
            out.same.append(task.pk)
            continue
        task.reschedules += 1
        touched(task, at)
        changed.append(task)
        fact = events.TaskRescheduled(title=task.title, old=old.isoformat(), new=task.due_at.isoformat())
        record(fact, about=subjects_of(task), by=by, at=at, batch=batch)
    Task.objects.bulk_update(changed, ["due_at", "updated_at", "reschedules", "version"], batch_size=1000)
    refresh_next_steps(t.deal_id for t in changed if t.deal_id)
    out.changed = picture.changes()
    return out


@command
def reassign_many(
    tasks: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Hand open tasks to one colleague."""
    new = assignee_of(arguments.get("assignee"), None)
    out = Outcome()
    rows = _open(tasks, out, by=by)
    out.same = [t.pk for t in rows if t.assignee_id == new.pk]
    rows = [t for t in rows if t.assignee_id != new.pk]
    picture = Picture(PARTS, [t.pk for t in rows])
    for task in rows:
        fact = events.TaskReassigned(title=task.title, old=task.assignee_id, new=new.pk)
        record(fact, about=subjects_of(task), by=by, at=at, batch=batch)
        task.assignee = new
        touched(task, at)
    Task.objects.bulk_update(rows, ["assignee", "updated_at", "version"], batch_size=1000)
    out.changed = picture.changes()
    return out


@command
def put_tasks_as_before(
    images: Mapping[int, Image], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> dict[int, str]:
    """Give tasks back what an act on many took; those that were changed since stay, and are answered."""
    deals = Task.objects.filter(pk__in=list(images)).exclude(deal=None).values_list("deal_id", flat=True)
    rows = Deal.objects.filter(pk__in=set(deals)).order_by("pk").select_for_update(of=("self",))
    list(rows.values_list("pk"))
    mine = {t.pk: t for t in Task.objects.locked_many(images, by=by)}
    kept = dict.fromkeys(set(images) - mine.keys(), _("It is not there any more, or you may not change it."))
    same = untouched({pk: images[pk] for pk in mine})
    kept |= dict.fromkeys(mine.keys() - same, _("It was changed since, and stays as it is."))
    restore({pk: images[pk] for pk in same}, at)
    refresh_next_steps(deal for pk in same if (deal := mine[pk].deal_id))
    for pk in sorted(same):
        task, changed = mine[pk], images[pk]["task"][str(pk)] or {}
        if "due_at" in changed:
            moved = events.TaskRescheduled(
                title=task.title, old=changed["due_at"][1], new=changed["due_at"][0]
            )
            record(moved, about=subjects_of(task), by=by, at=at, batch=batch)
        if "assignee_id" in changed:
            new, old = changed["assignee_id"]
            handed = events.TaskReassigned(title=task.title, old=old, new=new)
            record(handed, about=subjects_of(task), by=by, at=at, batch=batch)
    return kept
