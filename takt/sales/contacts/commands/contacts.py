"""People: made, changed and moved between companies."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add
from takt.kernel.accounts.models import User
from takt.kernel.accounts.rules import LANGUAGES, is_time_zone
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.sales.contacts import events
from takt.sales.contacts.commands import cards
from takt.sales.contacts.commands.cards import MINE
from takt.sales.contacts.commands.moving import leave, tell_moved
from takt.sales.contacts.models import Company, Contact

TEXTS = {"name": 200, "position": 120, "language": 10, "time_zone": 60, "about": 20_000}
FIELDS = frozenset({*TEXTS, "phones", "emails", "company", "owner", "source", "tags", "custom"})


@command
def create_contact(
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    company: Any = None,
    position: str = "",
    language: str = "",
    time_zone: str = "",
    owner: Any = MINE,
    about: str = "",
    source: Any = None,
    tags: Sequence[str] = (),
    phones: Iterable[Any] = (),
    emails: Iterable[Any] = (),
    custom: Mapping[str, Any] | None = None,
) -> Contact:
    """Add a person; his owner is who adds him, unless another (or nobody: None) is named."""
    demand_add(by, "contact")
    checks = Checks()
    contact = Contact(created_at=at, created_by=by.user, updated_at=at)
    given = {
        "name": name,
        "company": company,
        "position": position,
        "language": language,
        "time_zone": time_zone,
        "owner": by.user if owner is MINE else owner,
        "about": about,
        "source": source,
        "tags": tags,
    }
    wanted = _known_words(cards.clean(given, TEXTS, "company", by=by, checks=checks), checks)
    numbers, addresses = cards.write_new(contact, wanted, phones, emails, custom, by=by, checks=checks)
    fact = events.ContactCreated(
        company=contact.company_id,
        owner=contact.owner_id,
        source=contact.source_id,
        name=contact.name,
        phones=numbers,
        emails=addresses,
    )
    record(fact, about=contact, by=by, at=at, person=("contact", contact.pk))
    return contact


@command
def edit_contact(
    contact: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Contact:
    """Change fields of a person; phones and e-mails are replaced as whole lists.

    A new company is a fact of its own on both companies' timelines, and where he was is kept, as `move_contact` does.
    """
    contact = Contact.objects.locked(contact, by=by, version=version)
    checks = Checks()
    changes = cards.asked_changes(contact, changes, FIELDS, checks)
    wanted = _known_words(cards.clean(changes, TEXTS, "company", by=by, checks=checks), checks)
    old_name, old_owner, old_company = contact.name, contact.owner, contact.company
    old_position = contact.position
    found = cards.write_changes(contact, wanted, changes, by=by, at=at, checks=checks)
    if contact.company != old_company:
        today = timezone.localdate(at)
        leave(contact, old_company.pk if old_company else None, old_position, today, by=by, at=at)
        contact.company_since = today if contact.company else None
        contact.save(update_fields=["company_since"])
    _record_changes(contact, found, old_owner, old_company, by=by, at=at)
    cards.tell_renamed(contact, old_name, by=by, at=at)
    return contact


def _known_words(wanted: dict[str, Any], checks: Checks) -> dict[str, Any]:
    """A language and a time zone are ones that Takt knows, or none."""
    if wanted.get("language") and wanted["language"] not in LANGUAGES:
        checks.wrong("language", _("There is no such language."), "unknown")
    if wanted.get("time_zone") and not is_time_zone(wanted["time_zone"]):
        checks.wrong("time_zone", _("There is no such time zone."), "unknown")
    return wanted


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
        handed = cards.handed_over(events.ContactOwnerChanged, old_owner, contact.owner)
        record(handed, about=contact, by=by, at=at)
    if contact.company != old_company:
        tell_moved(contact, old_company.pk if old_company else None, timezone.localdate(at), "", by=by, at=at)
    rest = [c for c in found if c["field"] not in {"owner", "company"}]
    if not rest:
        return
    fact = events.ContactEdited(fields=[c["field"] for c in rest], changes=rest)
    record(fact, about=contact, by=by, at=at, person=("contact", contact.pk))
