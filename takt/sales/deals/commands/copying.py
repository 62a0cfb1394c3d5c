"""Deals started from another one: copies, and what follows a won one."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add
from takt.kernel.events.unit import command, record
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Refused
from takt.sales.activities.commands import NewTask
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals import events
from takt.sales.deals.commands.competitors import rivals_of, set_rivals
from takt.sales.deals.commands.creating import create_deal
from takt.sales.deals.commands.lines import UNTAXED, NewLine
from takt.sales.deals.commands.steps import Snooze, subjects_of
from takt.sales.deals.models import Deal, DealContact, DealLine


def _people(deal: Deal, by: Actor) -> list[tuple[Contact, str]]:
    """Those of the deal's people whom the actor sees, in their order, with their parts."""
    seen = Contact.objects.visible_to(by.user).order_by().values("pk")
    parts = DealContact.objects.filter(deal=deal, contact__in=seen).select_related("contact")
    return [(p.contact, p.part) for p in parts.order_by("position", "id")]


def _company(deal: Deal, by: Actor) -> Company | None:
    return Company.objects.visible_to(by.user).filter(pk=deal.company_id or 0).first()


def _lines(deal: Deal) -> list[NewLine]:
    return [
        NewLine(
            x.product_id,
            x.quantity,
            x.price,
            f"{x.discount}%" if x.discount_is_percent else x.discount,
            UNTAXED if x.tax_rate is None else x.tax_rate,
        )
        for x in DealLine.objects.filter(deal=deal).order_by("position")
    ]


def _parts(made: Deal, people: list[tuple[Contact, str]]) -> None:
    for person, part in people:
        if part:
            DealContact.objects.filter(deal=made, contact=person).update(part=part)


def _told(deal: Deal, made: Deal, *, is_copy: bool, by: Actor, at: dt.datetime) -> None:
    fact = events.DealFollowedUp(deal=made.pk, name=made.name, is_copy=is_copy)
    record(fact, about=[*subjects_of(deal), ("deal", made.pk)], by=by, at=at)


@command
def copy_deal(
    deal: Any,
    *,
    name: str = "",
    first_task: NewTask | None = None,
    snooze: Snooze | None = None,
    by: Actor,
    at: dt.datetime,
) -> Deal:
    """A new open deal with the fields, people, products and competitors of another one, and none of its history.

    It is the copier's own, in the first stage; like every new deal it needs its first step.
    """
    demand_add(by, "deal")
    old = Deal.objects.found(deal, by=by.user)
    people = _people(old, by)
    made = create_deal(
        name=name or _("%(name)s (copy)") % {"name": old.name[:180]},
        pipeline=old.pipeline,
        company=_company(old, by),
        contacts=[p for p, _part in people],
        amount=old.amount,
        currency=old.currency,
        type=old.type,
        source=old.source,
        about=old.about,
        tags=old.tags,
        lines=_lines(old),
        first_task=first_task,
        snooze=snooze,
        by=by,
        at=at,
    )
    same = ("need", "budget_from", "budget_to", "timeframe", "criteria", "has_no_competitors",
            "amount_follows_lines", "amount_is_estimated")  # fmt: skip
    for field in same:
        setattr(made, field, getattr(old, field))
    # A file belongs to one record, and so does a field of one record alone.
    shared = {d.slug for d in fields_in_use("deal") if d.kind != "file"}
    made.custom = {slug: value for slug, value in old.custom.items() if slug in shared}
    made.save(update_fields=[*same, "custom"])
    _parts(made, people)
    set_rivals(made, rivals_of(old))
    _told(old, made, is_copy=True, by=by, at=at)
    return made


@command
def follow_up_deal(
    deal: Any,
    *,
    pipeline: Any,
    name: str = "",
    amount: Any = None,
    first_task: NewTask | None = None,
    snooze: Snooze | None = None,
    by: Actor,
    at: dt.datetime,
) -> Deal:
    """A deal that grows out of a won one, in any pipeline: delivery, service, the next sale.

    Client, people and the first source come along (features DL34, DL36); the two stay linked.
    """
    demand_add(by, "deal")
    old = Deal.objects.locked(deal, by=by, may="view")
    if old.status != Deal.Status.WON:
        raise Refused(_("Only a won deal is followed up by another one."), code="not_won")
    people = _people(old, by)
    made = create_deal(
        name=name or old.name,
        pipeline=pipeline,
        company=_company(old, by),
        contacts=[p for p, _part in people],
        amount=amount,
        currency=old.currency,
        source=old.source,
        parent=old,
        first_task=first_task,
        snooze=snooze,
        by=by,
        at=at,
    )
    _parts(made, people)
    _told(old, made, is_copy=False, by=by, at=at)
    return made
