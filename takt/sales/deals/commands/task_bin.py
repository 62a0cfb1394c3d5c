"""Single tasks back from the recycle bin, and out of it for good."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F

from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import remove_rows
from takt.kernel.undo.registry import inverse
from takt.sales.activities import commands as primitives
from takt.sales.activities import events
from takt.sales.activities.models import Task
from takt.sales.deals.commands.moving import AlreadyClosed
from takt.sales.deals.commands.steps import refresh_next_steps


@inverse("tasks.restore")
@command
def restore_tasks(tasks: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Bring tasks back as they were, all or none; an open one of a deal that was closed since is refused."""
    found = Task.objects.locked_in_bin(tasks, by=by)
    closed = Task.objects.filter(pk__in=[t.pk for t in found], status="open").exclude(deal=None)
    if closed.exclude(deal__status="open").exists():
        raise AlreadyClosed
    rows = Task.objects.filter(pk__in=[t.pk for t in found])
    rows.update(deleted_at=None, deleted_by=None, version=F("version") + 1, updated_at=at)
    refresh_next_steps(sorted({t.deal_id for t in found if t.deal_id is not None}))
    batch = uuid.uuid4() if len(found) > 1 else None
    for task in found:
        fact = events.TaskRestored(title=task.title)
        record(fact, about=primitives.subjects_of(task), by=by, at=at, batch=batch)
    return len(found)


@command
def purge_tasks(tasks: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Remove tasks in the recycle bin for good; their events stay."""
    demand(by, "administer")
    found = Task.objects.locked_in_bin(tasks, by=by)
    batch = uuid.uuid4() if len(found) > 1 else None
    for task in found:
        fact = events.TaskPurged(task=task.pk)
        record(fact, about=primitives.subjects_of(task), by=by, at=at, batch=batch)
    remove_rows(Task, [t.pk for t in found])
    return len(found)
