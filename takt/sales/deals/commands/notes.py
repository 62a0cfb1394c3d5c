"""Comments on deals, companies and contacts."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound
from takt.sales.activities import events
from takt.sales.activities.models import Note
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.models import Deal


@command
def add_note(
    body: str, *, by: Actor, at: dt.datetime, deal: Any = None, company: Any = None, contact: Any = None
) -> Note:
    """Write a comment; whoever may see the record may comment on it."""
    if sum(x is not None for x in (deal, company, contact)) != 1:
        raise Invalid.field("deal", _("A note belongs to one deal, company or contact."), "required")
    checks = Checks()
    text = checks.text("body", body, most=20_000, required=True)
    checks.finish()
    on_deal = Deal.objects.found(deal, by=by.user) if deal is not None else None
    on_company = Company.objects.found(company, by=by.user) if company is not None else None
    on_contact = Contact.objects.found(contact, by=by.user) if contact is not None else None
    note = Note.objects.create(
        body=text,
        deal=on_deal,
        company=on_company,
        contact=on_contact,
        author=by.user,
        created_at=at,
        updated_at=at,
    )
    about = [x for x in (on_deal, on_company, on_contact, getattr(on_deal, "company", None)) if x is not None]
    record(events.NoteAdded(note=note.pk, body=text), about=about, by=by, at=at)
    if on_deal is not None and at > on_deal.last_activity_at:
        Deal.objects.filter(pk=on_deal.pk).update(last_activity_at=at)
    return note


@command
def delete_note(note: Any, *, by: Actor, at: dt.datetime) -> Note:
    """Remove one's own note; an administrator any."""
    row = Note.objects.select_for_update().filter(pk=getattr(note, "pk", note), deleted_at=None).first()
    if row is None:
        raise NotFound
    parent = row.deal or row.company or row.contact
    if parent is None:
        raise NotFound
    type(parent).objects.found(parent, by=by.user)  # type: ignore[misc]
    if by.user is not None and row.author_id != by.user.pk and not by.user.is_admin:
        raise Forbidden
    row.deleted_at = at
    row.save(update_fields=["deleted_at"])
    record(events.NoteDeleted(note=row.pk), about=[row.deal, row.company, row.contact], by=by, at=at)
    return row
