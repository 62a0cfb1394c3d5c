"""Into the recycle bin and back: an administrator's acts (domain spec 5.3)."""

import datetime as dt
from typing import Any

from takt.kernel.access.reach import demand, touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import NotFound
from takt.kernel.undo.registry import inverse
from takt.sales.contacts import events
from takt.sales.contacts.commands.lookups import number_of
from takt.sales.contacts.models import Company, Contact


@command
def delete_company(company: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Company:
    """Move a company to the recycle bin; its deals and people stay as they are."""
    company = Company.objects.locked(company, by=by, may="delete", version=version)
    _set_deleted(company, at, at=at)
    record(events.CompanyDeleted(name=company.name), about=company, by=by, at=at)
    return company


@inverse("contacts.restore_company")
@command
def restore_company(company: Any, *, by: Actor, at: dt.datetime) -> Company:
    """Bring a company back from the recycle bin as it was."""
    demand(by, "administer")
    company = _deleted(Company, company)
    _set_deleted(company, None, at=at)
    record(events.CompanyRestored(name=company.name), about=company, by=by, at=at)
    return company


@command
def delete_contact(contact: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Contact:
    """Move a person to the recycle bin; the deals he had a part in keep him."""
    contact = Contact.objects.locked(contact, by=by, may="delete", version=version)
    _set_deleted(contact, at, at=at)
    record(events.ContactDeleted(), about=contact, by=by, at=at)
    return contact


@inverse("contacts.restore_contact")
@command
def restore_contact(contact: Any, *, by: Actor, at: dt.datetime) -> Contact:
    """Bring a person back from the recycle bin as he was."""
    demand(by, "administer")
    contact = _deleted(Contact, contact)
    _set_deleted(contact, None, at=at)
    record(events.ContactRestored(), about=contact, by=by, at=at)
    return contact


def _deleted(model: type[Company] | type[Contact], ref: Any) -> Any:
    number = ref.pk if isinstance(ref, model) else number_of(ref) or 0
    row = model.objects.select_for_update(of=("self",)).filter(pk=number).exclude(deleted_at=None).first()
    if row is None:
        raise NotFound
    return row


def _set_deleted(row: Any, deleted_at: dt.datetime | None, *, at: dt.datetime) -> None:
    row.deleted_at = deleted_at
    touched(row, at)
    row.save(update_fields=["deleted_at", "version", "updated_at"])
