"""People leave companies and join others; where they were stays known."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Stale
from takt.kernel.undo.registry import inverse
from takt.sales.contacts import events
from takt.sales.contacts.commands import lookups
from takt.sales.contacts.commands.cards import describe_anew
from takt.sales.contacts.models import Company, Contact, Employment


@command
def move_contact(
    contact: Any,
    company: Any,
    *,
    on: Any = None,
    reason: str = "",
    position: str | None = None,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> tuple[Contact, dict[str, Any]]:
    """A person leaves the company he is with for another, or for none; answers what takes that back.

    `on` is his last day there, today where nobody says; it can't lie in the future or before he came. Deals keep him.
    """
    row = Contact.objects.locked(contact, by=by, version=version)
    checks = Checks()
    new = lookups.company_of(company, by=by, checks=checks)
    day = checks.day("on", on) or timezone.localdate(at)
    why = checks.text("reason", reason, most=200)
    title = row.position if position is None else checks.text("position", position, most=120)
    if day > timezone.localdate(at):
        checks.wrong("on", _("This day is still to come."), "future")
    if row.company_since is not None and day < row.company_since:
        checks.wrong("on", _("The person came to the company later than that."), "before_start")
    if not checks.problems and (new.pk if new else None) == row.company_id:
        checks.wrong("company", _("The person is with this company already."), "same")
    checks.finish()
    old = row.company_id
    before: dict[str, Any] = {
        "contact": row.pk,
        "company": row.company_id,
        "position": row.position,
        "since": row.company_since.isoformat() if row.company_since else None,
    }
    left = leave(row, row.company_id, row.position, day, why, by=by, at=at)
    row.company, row.position, row.company_since = new, title, day if new else None
    describe_anew(row)
    touched(row, at)
    row.save()
    tell_moved(row, old, day, why, by=by, at=at)
    return row, before | {"version": row.version, "employment": left.pk if left else None}


def leave(
    contact: Contact,
    company: int | None,
    position: str,
    on: dt.date,
    reason: str = "",
    *,
    by: Actor,
    at: dt.datetime,
) -> Employment | None:
    """Note that the person was with `company` until `on`."""
    if company is None:
        return None
    since = contact.company_since if contact.company_since and contact.company_since <= on else None
    return Employment.objects.create(
        contact=contact,
        company_id=company,
        position=position,
        since=since,
        until=on,
        reason=reason,
        at=at,
        by=by.user,
    )


def tell_moved(
    contact: Contact, old: int | None, on: dt.date, reason: str, *, by: Actor, at: dt.datetime
) -> None:
    """The fact of a move, on the timelines of the person and of both companies."""
    moved = events.ContactMoved(old=old, new=contact.company_id, on=on.isoformat(), message=reason)
    companies = [("company", pk) for pk in (old, contact.company_id) if pk is not None]
    record(moved, about=[contact, *companies], by=by, at=at)


@inverse("contacts.unmove_contact")
@command
def unmove_contact(
    contact: int,
    company: int | None,
    position: str,
    since: str | None,
    version: int,
    employment: int | None,
    *,
    by: Actor,
    at: dt.datetime,
) -> Contact:
    """Take a move back: the person is where he was, and the history knows nothing of it. Stale if he changed since."""
    row = Contact.objects.locked(contact, by=by)
    gone = company is not None and not Company.objects.filter(pk=company, deleted_at=None).exists()
    if row.version != version or gone:
        raise Stale
    moved_to = row.company_id
    row.company_id, row.position = company, position
    row.company_since = dt.date.fromisoformat(since) if since else None
    describe_anew(row)
    touched(row, at)
    row.save()
    if employment is not None:
        Employment.objects.filter(pk=employment, contact=row).delete()
    companies = [("company", pk) for pk in (moved_to, company) if pk is not None]
    record(events.ContactMoveUndone(old=moved_to, new=company), about=[row, *companies], by=by, at=at)
    return row
