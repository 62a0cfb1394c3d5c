"""Owners and tags of companies and people, one or many at once."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import prefetch_related_objects

from takt.kernel.access.reach import demand_own, touched
from takt.kernel.events.facts import Fact
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.sales.contacts import events
from takt.sales.contacts.commands import lookups
from takt.sales.contacts.commands.cards import handed_over
from takt.sales.contacts.models import Company, Contact


@command
def assign_companies(companies: Iterable[Any], owner: Any, *, by: Actor, at: dt.datetime) -> int:
    """Hand companies over, all or none; None makes them everybody's. Answers how many changed hands."""
    return _assign(Company, companies, owner, events.CompanyOwnerChanged, by=by, at=at)


@command
def assign_contacts(contacts: Iterable[Any], owner: Any, *, by: Actor, at: dt.datetime) -> int:
    """Hand people over, all or none; None makes them everybody's. Answers how many changed hands."""
    return _assign(Contact, contacts, owner, events.ContactOwnerChanged, by=by, at=at)


@command
def tag_companies(
    companies: Iterable[Any],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    by: Actor,
    at: dt.datetime,
) -> int:
    """Put tags on companies and take others off, all or none. Answers how many changed."""
    return _tag(Company, companies, add, remove, events.CompanyTagged, by=by, at=at)


@command
def tag_contacts(
    contacts: Iterable[Any],
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    by: Actor,
    at: dt.datetime,
) -> int:
    """Put tags on people and take others off, all or none. Answers how many changed."""
    return _tag(Contact, contacts, add, remove, events.ContactTagged, by=by, at=at)


def _assign(
    model: type[Company] | type[Contact],
    refs: Iterable[Any],
    owner: Any,
    fact: type[Fact],
    *,
    by: Actor,
    at: dt.datetime,
) -> int:
    checks = Checks()
    responsible = lookups.owner_of(owner, by=by, checks=checks)
    checks.finish()
    lookups.demand_within(responsible, model.objects.all().entity, by=by)
    new = responsible.pk if responsible else None
    rows = [r for r in lookups.all_of(model, refs, by) if r.owner_id != new]
    demand_own((r.owner_id for r in rows), model.objects.all().entity, by=by)
    prefetch_related_objects(rows, "owner")
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        record(handed_over(fact, row.owner, responsible), about=row, by=by, at=at, batch=batch)
        row.owner = responsible
        touched(row, at)
    model.objects.bulk_update(rows, ["owner", "version", "updated_at"], batch_size=1000)
    return len(rows)


def _tag(
    model: type[Company] | type[Contact],
    refs: Iterable[Any],
    add: Sequence[str],
    remove: Sequence[str],
    fact: type[Fact],
    *,
    by: Actor,
    at: dt.datetime,
) -> int:
    checks = Checks()
    added, removed = checks.tags("add", add), checks.tags("remove", remove)
    checks.finish()
    changed = []
    rows = lookups.all_of(model, refs, by)
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        tags = [t for t in row.tags if t not in removed]
        tags = checks.tags("tags", [*tags, *(t for t in added if t not in tags)])
        if tags == row.tags:
            continue
        new, gone = [t for t in tags if t not in row.tags], [t for t in row.tags if t not in tags]
        record(fact(added=new, removed=gone), about=row, by=by, at=at, batch=batch)  # type: ignore[call-arg]
        row.tags = tags
        touched(row, at)
        changed.append(row)
    checks.finish()
    model.objects.bulk_update(changed, ["tags", "version", "updated_at"], batch_size=1000)
    return len(changed)
