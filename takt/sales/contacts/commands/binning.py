"""Into the recycle bin, back from it, and out of it for good (domain spec 5.3)."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import F

from takt.kernel.access.reach import demand, touched
from takt.kernel.events.facts import Fact
from takt.kernel.events.sealing import forget_keys
from takt.kernel.events.unit import command, record
from takt.kernel.fields.commands import let_go
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import remove_rows
from takt.kernel.undo.registry import inverse
from takt.sales.contacts import events, hooks
from takt.sales.contacts.commands.lookups import all_of
from takt.sales.contacts.models import Company, Contact, Distinct, Merge, Twins
from takt.sales.contacts.weights import reweigh

type Customers = type[Company] | type[Contact]


@command
def delete_company(company: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Company:
    """Move a company to the recycle bin; its deals and people stay, and are its own again when it comes back."""
    found = Company.objects.locked(company, by=by, may="delete", version=version)
    delete_all(Company, [found], by=by, at=at)
    return found


@command
def delete_contact(contact: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Contact:
    """Move a person to the recycle bin; the deals he had a part in keep it for his return."""
    found = Contact.objects.locked(contact, by=by, may="delete", version=version)
    delete_all(Contact, [found], by=by, at=at)
    return found


@inverse("contacts.restore_company")
@command
def restore_company(company: Any, *, by: Actor, at: dt.datetime) -> Company:
    """Bring a company back from the recycle bin as it was, with the tasks that went along."""
    restore_companies([company], by=by, at=at)
    return Company.objects.found(company, by=None)


@inverse("contacts.restore_contact")
@command
def restore_contact(contact: Any, *, by: Actor, at: dt.datetime) -> Contact:
    """Bring a person back from the recycle bin as he was, with the tasks that went along."""
    restore_contacts([contact], by=by, at=at)
    return Contact.objects.found(contact, by=None)


@command
def delete_companies(companies: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Move many companies to the recycle bin, all or none."""
    return delete_all(Company, all_of(Company, companies, by, may="delete"), by=by, at=at)


@command
def delete_contacts(contacts: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Move many people to the recycle bin, all or none."""
    return delete_all(Contact, all_of(Contact, contacts, by, may="delete"), by=by, at=at)


@inverse("contacts.restore_companies")
@command
def restore_companies(companies: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Bring companies back from the recycle bin, all or none."""
    return _restore(Company, companies, by=by, at=at)


@inverse("contacts.restore_contacts")
@command
def restore_contacts(contacts: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Bring people back from the recycle bin, all or none."""
    return _restore(Contact, contacts, by=by, at=at)


@command
def purge_companies(companies: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Remove companies in the recycle bin for good; their deals and people stay without a company."""
    return _purge(Company, companies, events.CompanyPurged(), by=by, at=at)


@command
def purge_contacts(contacts: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    """Remove people in the recycle bin for good, with what the history knows of them personally."""
    return _purge(Contact, contacts, events.ContactPurged(), by=by, at=at)


def delete_all(
    model: Customers, rows: Sequence[Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> int:
    """Write that locked customers are in the bin."""
    kind, ids = _kind(model), [row.pk for row in rows]
    batch = batch or (uuid.uuid4() if len(rows) > 1 else None)
    for row in rows:
        row.deleted_at, row.deleted_by = at, by.user
        touched(row, at)
        fact: Fact = events.CompanyDeleted(name=row.name) if kind == "company" else events.ContactDeleted()
        record(fact, about=row, by=by, at=at, batch=batch)
    _write(model, ids, at, deleted_at=at, deleted_by=by.user)
    for told in hooks.on_delete:
        told(kind, ids, by=by, at=at)
    return len(ids)


def _restore(model: Customers, refs: Iterable[Any], *, by: Actor, at: dt.datetime) -> int:
    kind, rows = _kind(model), model.objects.locked_in_bin(refs, by=by)
    ids = [row.pk for row in rows]
    for told in hooks.on_restore:
        told(kind, ids, by=by, at=at)
    batch = uuid.uuid4() if len(rows) > 1 else None
    for row in rows:
        fact: Fact = events.CompanyRestored(name=row.name) if kind == "company" else events.ContactRestored()
        record(fact, about=row, by=by, at=at, batch=batch)
    _write(model, ids, at, deleted_at=None, deleted_by=None)
    return len(ids)


def _write(model: Customers, ids: Sequence[int], at: dt.datetime, **values: Any) -> None:
    model.objects.filter(pk__in=ids).update(**values, version=F("version") + 1, updated_at=at)


def _purge(model: Customers, refs: Iterable[Any], fact: Fact, *, by: Actor, at: dt.datetime) -> int:
    demand(by, "administer")
    kind, rows = _kind(model), model.objects.locked_in_bin(refs, by=by)
    asked = [row.pk for row in rows]
    # Who had become one of them goes along; nobody else leads to him any more.
    ids, layer = list(asked), asked
    while layer := list(model.objects.filter(merged_into__in=layer).values_list("pk", flat=True)):
        ids += layer
    let_go(kind, ids, by=by, at=at)
    for told in hooks.on_purge:
        told(kind, ids, by=by, at=at)
    Merge.objects.filter(kind=kind, loser__in=ids).delete()
    for pairs in (Twins, Distinct):
        pairs.objects.filter(kind=kind, one__in=ids).delete()
        pairs.objects.filter(kind=kind, other__in=ids).delete()
    alone = Contact.objects.filter(company__in=ids) if kind == "company" else Contact.objects.none()
    left = list(alone.values_list("pk", flat=True))
    alone.update(company_since=None)
    remove_rows(model, ids)
    reweigh("contact", left)
    if kind == "contact":
        forget_keys([(kind, pk) for pk in ids])
    batch = uuid.uuid4() if len(ids) > 1 else None
    for pk in ids:
        record(fact, about=(kind, pk), by=by, at=at, batch=batch)
    return len(asked)


def _kind(model: Customers) -> str:
    return str(model._meta.model_name)
