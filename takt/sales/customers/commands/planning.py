"""One task for a whole group of customers, and the group without it again (domain spec 4.4, bulk action)."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, NotFound, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.activities.commands import NewTask, assignee_of, plan_tasks
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Company
from takt.sales.customers import events

MOST = 5000


@command
def create_tasks_for(
    companies: Iterable[Any], new: NewTask, *, by: Actor, at: dt.datetime
) -> list[dict[str, int]]:
    """Plan the same task with each of these companies, all or none; answers what takes it back.

    It is for whoever `new` names, else for each company's owner; where there is none, for who plans it.
    """
    demand_add(by, "task")
    ids = sorted({int(getattr(c, "pk", c)) for c in companies})
    if not ids or len(ids) > MOST:
        sentence = _("Choose between 1 and %(most)d companies.")
        raise Invalid.field("ids", sentence % {"most": MOST}, "out_of_range")
    rows = list(Company.objects.visible_to(by.user).filter(pk__in=ids).select_related("owner").order_by("pk"))
    if len(rows) != len(ids):
        raise NotFound
    named = assignee_of(new.assignee, None) if new.assignee else None
    tasks = plan_tasks(new, [(c, who_for(c, named, by)) for c in rows], by=by, at=at, batch=uuid.uuid4())
    return [{"task": t.pk, "version": t.version} for t in tasks]


def who_for(company: Company, named: User | None, by: Actor) -> User:
    """Who does a task that is planned for a group."""
    owner = company.owner
    found = named or (owner if owner is not None and owner.is_active else by.user)
    if found is None:
        raise Invalid.field("assignee", _("Choose an active user."), "unknown")
    return found


@inverse("customers.remove_tasks")
@command
def remove_tasks(tasks: Sequence[dict[str, int]], *, by: Actor, at: dt.datetime) -> int:
    """Take planned tasks back, as if they had never been; stale where one of them changed since."""
    wanted = {t["task"]: t["version"] for t in tasks}
    rows = list(Task.objects.filter(pk__in=wanted).order_by("pk").select_for_update())
    if len(rows) != len(wanted) or any(r.version != wanted[r.pk] or not r.is_open for r in rows):
        raise Stale
    batch = uuid.uuid4()
    for row in rows:
        about = [("task", row.pk), ("company", row.company_id) if row.company_id else None]
        record(events.TasksPlannedUndone(task=row.pk), about=about, by=by, at=at, batch=batch)
    Task.objects.filter(pk__in=wanted).delete()
    return len(rows)
