"""Deals into the recycle bin, back from it, and out of it for good (domain spec 5.3)."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import F

from takt.kernel.access.commands import forget_grants
from takt.kernel.access.reach import demand
from takt.kernel.accounts.models import Team, User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import remove_rows
from takt.kernel.undo.registry import inverse
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands.bulk import all_editable, assign_deals
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import refresh_next_steps, subjects_of
from takt.sales.deals.hooks import on_deal_purge
from takt.sales.deals.models import Deal

_TASKS_BACK = """
UPDATE task SET deleted_at = NULL, version = task.version + 1, updated_at = %(at)s
FROM deal WHERE deal.id = task.deal_id AND deal.id = ANY(%(ids)s) AND task.deleted_at = deal.deleted_at
"""


@command
def delete_deal(deal: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Deal:
    """Move a deal to the recycle bin; its tasks go along and come back with it."""
    found = Deal.objects.locked(deal, by=by, may="delete", version=version)
    delete_all([found], by=by, at=at)
    return found


@command
def restore_deal(deal: Any, *, by: Actor, at: dt.datetime) -> Deal:
    """Bring a deal back from the recycle bin with the tasks that went with it."""
    restore_deals([deal], by=by, at=at)
    return Deal.objects.found(deal, by=None)


@command
def delete_deals(deals: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Move many deals to the recycle bin, all or none."""
    return delete_all(all_editable(deals, by=by, may="delete"), by=by, at=at)


def delete_all(found: Sequence[Deal], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None) -> int:
    """Write that locked deals are in the bin, with their tasks."""
    ids = [d.pk for d in found]
    batch = batch or (uuid.uuid4() if len(ids) > 1 else None)
    with counted(*found):
        for d in found:
            d.deleted_at, d.deleted_by = at, by.user
            d.version += 1
            record(events.DealDeleted(name=d.name), about=subjects_of(d), by=by, at=at, batch=batch)
    _write(ids, at, deleted_at=at, deleted_by=by.user)
    tasks = Task.objects.filter(deal_id__in=ids, deleted_at=None)
    tasks.update(deleted_at=at, version=F("version") + 1, updated_at=at)
    return len(ids)


@inverse("deals.restore_deals")
@command
def restore_deals(deals: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Bring deals back from the recycle bin with the tasks that went along, all or none.

    A deal whose owner no longer works here goes to his lead (domain spec 5.3).
    """
    found = Deal.objects.locked_in_bin(deals, by=by)
    ids = [d.pk for d in found]
    with connection.cursor() as cursor:
        cursor.execute(_TASKS_BACK, {"ids": ids, "at": at})
    batch = uuid.uuid4() if len(ids) > 1 else None
    with counted(*found):
        for d in found:
            d.deleted_at = d.deleted_by = None
            record(events.DealRestored(name=d.name), about=subjects_of(d), by=by, at=at, batch=batch)
    _write(ids, at, deleted_at=None, deleted_by=None)
    refresh_next_steps(ids)
    _hand_to_leads(found, at=at)
    return len(ids)


def _hand_to_leads(found: Sequence[Deal], *, at: dt.datetime) -> None:
    gone = User.objects.filter(pk__in={d.owner_id for d in found}, is_active=False)
    for owner in gone:
        if (lead := _lead_of(owner)) is not None:
            mine = [d.pk for d in found if d.owner_id == owner.pk]
            assign_deals(mine, lead, by=Actor(via="timer"), at=at)


def _lead_of(user: User) -> User | None:
    """The active lead of his team or of the nearest one above, else the first administrator."""
    parents = dict(Team.objects.values_list("pk", "parent_id"))
    team, steps = user.team_id, 0
    while team is not None and steps < 50:
        lead = User.objects.filter(team=team, role__in=("lead", "head", "vp"), is_active=True)
        if (found := lead.exclude(pk=user.pk).order_by("pk").first()) is not None:
            return found
        team, steps = parents.get(team), steps + 1
    return User.objects.filter(role="admin", is_active=True).order_by("pk").first()


def _write(ids: Sequence[int], at: dt.datetime, **values: Any) -> None:
    Deal.objects.filter(pk__in=ids).update(**values, version=F("version") + 1, updated_at=at)


@command
def purge_deals(deals: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Remove deals in the recycle bin for good, with tasks, notes and history; their events stay."""
    demand(by, "administer")
    found = Deal.objects.locked_in_bin(deals, by=by)
    ids = [d.pk for d in found]
    # The next step and its time stand or go together, so the foreign key alone can't be emptied later.
    Deal.objects.filter(pk__in=ids).update(next_task=None, next_due_at=None)
    forget_grants("deal", ids, by=by, at=at)
    for let_go in on_deal_purge:
        let_go(ids)
    remove_rows(Deal, ids)
    batch = uuid.uuid4() if len(ids) > 1 else None
    for d in found:
        record(events.DealPurged(), about=subjects_of(d), by=by, at=at, batch=batch)
    return len(ids)
