"""People: made, changed and moved between companies."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from takt.kernel.access.reach import demand_add, touched
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.sales.contacts import events, hooks
from takt.sales.contacts.commands import channels, lookups
from takt.sales.contacts.commands.companies import (
    MINE,
    channel_differences,
    differences,
    handed_over,
    refuse_unknown,
    without_same_owner,
)
from takt.sales.contacts.commands.sources import demand_source_change
from takt.sales.contacts.models import Company, Contact

TEXTS = {"name": 200, "position": 120, "about": 20_000}
FIELDS = frozenset({*TEXTS, "phones", "emails", "company", "owner", "source", "tags"})


@command
def create_contact(
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    company: Any = None,
    position: str = "",
    owner: Any = MINE,
    about: str = "",
    source: Any = None,
    tags: Sequence[str] = (),
    phones: Iterable[Any] = (),
    emails: Iterable[Any] = (),
) -> Contact:
    """Add a person; his owner is who adds him, unless another (or nobody: None) is named."""
    demand_add(by, "contact")
    checks = Checks()
    contact = Contact(created_at=at, created_by=by.user, updated_at=at)
    given = {
        "name": name,
        "company": company,
        "position": position,
        "owner": by.user if owner is MINE else owner,
        "about": about,
        "source": source,
        "tags": tags,
    }
    for field, value in clean(contact, given, by=by, checks=checks).items():
        setattr(contact, field, value)
    numbers = channels.clean_phones(phones, checks)
    addresses = channels.clean_emails(emails, checks)
    checks.finish()
    lookups.demand_within(contact.owner, "contact", by=by)
    contact.sort_key = sort_key(contact.name)
    channels.set_contact_search(contact, [n for n, _kind in numbers], addresses)
    contact.save(force_insert=True)
    channels.write_phones(contact, numbers)
    channels.write_emails(contact, addresses)
    fact = events.ContactCreated(
        company=contact.company_id,
        owner=contact.owner_id,
        source=contact.source_id,
        name=contact.name,
        phones=[n for n, _kind in numbers],
        emails=addresses,
    )
    record(fact, about=contact, by=by, at=at, person=("contact", contact.pk))
    return contact


@command
def edit_contact(
    contact: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Contact:
    """Change fields of a person; phones and e-mails are replaced as whole lists.

    A new company is a fact of its own on both companies' timelines, so that the past stays known.
    """
    contact = Contact.objects.locked(contact, by=by, version=version)
    changes = without_same_owner(changes, contact.owner_id)
    checks = Checks()
    refuse_unknown(changes, FIELDS, checks)
    wanted = clean(contact, changes, by=by, checks=checks)
    numbers = channels.clean_phones(changes["phones"], checks) if "phones" in changes else None
    addresses = channels.clean_emails(changes["emails"], checks) if "emails" in changes else None
    checks.finish()
    if "source" in wanted:
        demand_source_change(contact.source, wanted["source"], by=by)
    if "owner" in wanted and wanted["owner"] != contact.owner:
        lookups.demand_within(wanted["owner"], "contact", by=by)
    old_name, old_owner, old_company = contact.name, contact.owner, contact.company
    found = differences(contact, wanted)
    found += channel_differences(contact, numbers, addresses)
    if not found:
        return contact
    for field, value in wanted.items():
        setattr(contact, field, value)
    if numbers is not None:
        channels.write_phones(contact, numbers)
    if addresses is not None:
        channels.write_emails(contact, addresses)
    contact.sort_key = sort_key(contact.name)
    channels.set_contact_search(contact, channels.numbers_of(contact), channels.addresses_of(contact))
    touched(contact, at)
    contact.save()
    _record_changes(contact, found, old_owner, old_company, by=by, at=at)
    if contact.name != old_name:
        for renamed in hooks.on_rename:
            renamed(contact, by=by, at=at)
    return contact


def _record_changes(
    contact: Contact,
    found: list[dict[str, Any]],
    old_owner: User | None,
    old_company: Company | None,
    *,
    by: Actor,
    at: dt.datetime,
) -> None:
    if contact.owner != old_owner:
        record(handed_over(events.ContactOwnerChanged, old_owner, contact.owner), about=contact, by=by, at=at)
    if contact.company != old_company:
        moved = events.ContactMoved(old=old_company.pk if old_company else None, new=contact.company_id)
        record(moved, about=[contact, old_company, contact.company], by=by, at=at)
    rest = [c for c in found if c["field"] not in {"owner", "company"}]
    if not rest:
        return
    fact = events.ContactEdited(fields=[c["field"] for c in rest], changes=rest)
    record(fact, about=contact, by=by, at=at, person=("contact", contact.pk))


def clean(contact: Contact, given: dict[str, Any], *, by: Actor, checks: Checks) -> dict[str, Any]:
    """The given fields as they will stand in the row; what is wrong goes to `checks`."""
    found: dict[str, Any] = {}
    for field, most in TEXTS.items():
        if field in given:
            found[field] = checks.text(field, given[field], most=most, required=field == "name")
    if "company" in given:
        found["company"] = lookups.company_of(given["company"], by=by, checks=checks)
    if "owner" in given:
        found["owner"] = lookups.owner_of(given["owner"], by=by, checks=checks)
    if "source" in given:
        found["source"] = lookups.source_of(given["source"], checks)
    if "tags" in given:
        found["tags"] = checks.tags("tags", given["tags"])
    return found
