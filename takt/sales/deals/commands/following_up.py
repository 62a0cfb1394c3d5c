"""The next deal with the same customer, or the same deal once more."""

import datetime as dt
from typing import Any

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.sales.activities.commands import NewTask
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals import events
from takt.sales.deals.commands.creating import create_deal
from takt.sales.deals.commands.lines import NewLine
from takt.sales.deals.commands.steps import Snooze, subjects_of
from takt.sales.deals.models import Deal


@command
def follow_deal(
    deal: Any,
    *,
    name: str,
    pipeline: Any = None,
    with_products: bool = False,
    first_task: NewTask | None = None,
    snooze: Snooze | None = None,
    by: Actor,
    at: dt.datetime,
) -> Deal:
    """Begin another deal with the customer, the people and the first source of this one, which may be open or closed.

    It stands in the first stage of `pipeline` (the same one unless another is given) and keeps this one as `parent`;
    with `with_products` it is the same sale once more, amount and products included.
    """
    old: Deal = Deal.objects.select_related("pipeline").found(getattr(deal, "pk", deal), by=by.user)
    people = list(old.parts.order_by("position", "pk"))  # type: ignore[attr-defined]
    contacts = Contact.objects.visible_to(by.user).filter(pk__in=[p.contact_id for p in people])
    seen = set(contacts.values_list("pk", flat=True))
    company = Company.objects.visible_to(by.user).filter(pk=old.company_id or 0).first()
    lines = old.lines.order_by("position") if with_products else []  # type: ignore[attr-defined]
    new: Deal = create_deal(
        name=name,
        pipeline=pipeline or old.pipeline,
        company=company,
        amount=old.amount if with_products else None,
        currency=old.currency,
        type=old.type_id if with_products else None,
        source=old.source_id,
        about=old.about if with_products else "",
        tags=old.tags if with_products else (),
        contacts=[p.contact_id for p in people if p.contact_id in seen],
        lines=[NewLine(line.product_id, line.quantity, line.price) for line in lines],
        first_task=first_task,
        snooze=snooze,
        by=by,
        at=at,
    )
    for person in people:
        if person.part and person.contact_id in seen:
            new.parts.filter(contact=person.contact_id).update(part=person.part)  # type: ignore[attr-defined]
    new.parent = old
    new.save(update_fields=["parent"])
    record(events.DealFollowed(child=new.pk, name=new.name), about=subjects_of(old), by=by, at=at)
    return new
