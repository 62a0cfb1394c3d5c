"""The people of a deal."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add, touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, NotFound, Refused
from takt.kernel.settings.queries import value_of
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal, DealContact


@dataclass(frozen=True)
class NewPerson:
    """Somebody not yet known, named in a form of the deal."""

    name: str
    phone: str = ""
    email: str = ""


def add_person(new: NewPerson, company: Company | None, owner: Any, *, by: Actor, at: dt.datetime) -> Contact:
    """The card of somebody who wasn't known yet."""
    from takt.sales.contacts.commands import create_contact

    return create_contact(
        name=new.name,
        company=company,
        owner=owner,
        phones=[new.phone] if new.phone.strip() else [],
        emails=[new.email] if new.email.strip() else [],
        by=by,
        at=at,
    )


def link_contact(
    deal: Deal, contact: Contact, *, part: str, position: int, by: Actor, at: dt.datetime
) -> None:
    """Write the link; refused beyond the setting `deal.max_contacts`."""
    if part and part not in DealContact.Part.values:
        raise Invalid.field("part", _("There is no such role in a deal."), "unknown")
    most = value_of("deal.max_contacts")
    if position >= most:
        sentence = _("A deal has at most %(most)d contacts. Detach one first.")
        raise Refused(sentence % {"most": most}, code="limit_reached")
    DealContact.objects.create(deal=deal, contact=contact, part=part, position=position)
    fact = events.DealContactAttached(contact=contact.pk, part=part)
    record(fact, about=[*subjects_of(deal), contact], by=by, at=at)


def _search_again(deal: Deal) -> None:
    names = (
        Contact.objects.filter(parts__deal=deal)
        .order_by("parts__position", "parts__id")
        .values_list("name", flat=True)
    )
    deal.set_search(deal.name, deal.company.name if deal.company else "", *names)


@command
def attach_contact(deal: Any, contact: Any, *, part: str = "", by: Actor, at: dt.datetime) -> Deal:
    """Add a person to a deal, or change his part in it."""
    deal = Deal.objects.locked(deal, by=by)
    person = lookups.contact_of(contact, by=by)
    link = DealContact.objects.filter(deal=deal, contact=person).first()
    if link is None:
        link_contact(deal, person, part=part, position=deal.parts.count(), by=by, at=at)
    elif link.part != part:
        if part and part not in DealContact.Part.values:
            raise Invalid.field("part", _("There is no such role in a deal."), "unknown")
        link.part = part
        link.save(update_fields=["part"])
        fact = events.DealContactAttached(contact=person.pk, part=part)
        record(fact, about=[*subjects_of(deal), person], by=by, at=at)
    _search_again(deal)
    touched(deal, at)
    deal.save(update_fields=["search", "search_grams", "version", "updated_at"])
    return deal


@command
def attach_new_contact(deal: Any, person: NewPerson, *, part: str = "", by: Actor, at: dt.datetime) -> Deal:
    """Add somebody who isn't known yet, at the deal's company, and have him take part in the deal."""
    demand_add(by, "contact")
    deal = Deal.objects.locked(deal, by=by)
    made = add_person(person, deal.company, deal.owner, by=by, at=at)
    return attach_contact(deal, made, part=part, by=by, at=at)


@command
def detach_contact(deal: Any, contact: Any, *, by: Actor, at: dt.datetime) -> Deal:
    """Take a person off a deal; his card stays."""
    deal = Deal.objects.locked(deal, by=by)
    person = lookups.contact_of(contact, by=by)
    if not DealContact.objects.filter(deal=deal, contact=person).delete()[0]:
        raise NotFound
    for position, link in enumerate(deal.parts.order_by("position", "id")):
        if link.position != position:
            link.position = position
            link.save(update_fields=["position"])
    record(events.DealContactDetached(contact=person.pk), about=[*subjects_of(deal), person], by=by, at=at)
    _search_again(deal)
    touched(deal, at)
    deal.save(update_fields=["search", "search_grams", "version", "updated_at"])
    return deal


@command
def replace_contact(
    deal: Any, contact: Any, replacement: Any, *, part: str | None = None, by: Actor, at: dt.datetime
) -> Deal:
    """Put another person in the place of one, with the same role unless one is given; both cards stay."""
    deal = Deal.objects.locked(deal, by=by)
    old, new = lookups.contact_of(contact, by=by), lookups.contact_of(replacement, by=by)
    link = DealContact.objects.filter(deal=deal, contact=old).first()
    if link is None:
        raise NotFound
    if old == new or DealContact.objects.filter(deal=deal, contact=new).exists():
        raise Invalid.field("contacts", _("This person takes part in the deal already."), "taken")
    if part and part not in DealContact.Part.values:
        raise Invalid.field("part", _("There is no such role in a deal."), "unknown")
    link.contact, link.part = new, link.part if part is None else part
    link.save(update_fields=["contact", "part"])
    sides = {side: {"entity": "contact", "id": who.pk} for side, who in (("old", old), ("new", new))}
    changes = [{"field": "contacts", **sides}]
    fact = events.DealContactReplaced(old=old.pk, new=new.pk, part=link.part, changes=changes)
    record(fact, about=[*subjects_of(deal), old, new], by=by, at=at)
    _search_again(deal)
    touched(deal, at)
    deal.save(update_fields=["search", "search_grams", "version", "updated_at"])
    return deal


@command
def lead_contact(deal: Any, contact: Any, *, by: Actor, at: dt.datetime) -> Deal:
    """Make a person the main contact of the deal: the first of them."""
    deal = Deal.objects.locked(deal, by=by)
    person = lookups.contact_of(contact, by=by)
    links = list(deal.parts.order_by("position", "id"))
    chosen = next((x for x in links if x.contact_id == person.pk), None)
    if chosen is None:
        raise NotFound
    if chosen is links[0]:
        return deal
    ordered = [chosen, *(x for x in links if x is not chosen)]
    for position, link in enumerate(ordered):
        link.position = position
    DealContact.objects.bulk_update(ordered, ["position"])
    record(events.DealContactsOrdered(contact=person.pk), about=[*subjects_of(deal), person], by=by, at=at)
    _search_again(deal)
    touched(deal, at)
    deal.save(update_fields=["search", "search_grams", "version", "updated_at"])
    return deal


@command
def rewrite_search(record: Company | Contact, *, by: Actor, at: dt.datetime) -> None:
    """Write the search words of the customer's deals again; the renaming itself is the fact."""
    field = "company" if isinstance(record, Company) else "parts__contact"
    describe(Deal.objects.filter(**{field: record}).values_list("pk", flat=True))


def describe(ids: Iterable[int]) -> None:
    """Write the search words of deals again, from the names that their customers have now."""
    deals = list(Deal.objects.filter(pk__in=list(ids)).select_related("company").order_by("pk"))
    people: dict[int, list[str]] = {}
    parts = DealContact.objects.filter(deal__in=deals).order_by("deal", "position", "id")
    for deal, name in parts.values_list("deal_id", "contact__name"):
        people.setdefault(deal, []).append(name)
    for deal in deals:
        deal.set_search(deal.name, deal.company.name if deal.company else "", *people.get(deal.pk, ()))
    Deal.objects.bulk_update(deals, ["search", "search_grams"], batch_size=500)
