"""Changes of a deal's fields and of who is responsible."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from takt.kernel.access.reach import demand_own, may, touched
from takt.kernel.events.unit import command, record
from takt.kernel.fields.values import read_values
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.names import sort_key
from takt.kernel.lib.refusals import Problem, Refused, Stale
from takt.sales.contacts.models import Contact
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.creating import refuse_unless_known
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import follow_owners, subjects_of
from takt.sales.deals.models import Deal, OwnerPeriod
from takt.sales.deals.queries.fields import as_typed

# Public name of a field: its attribute.
EDITABLE = {
    "name": "name",
    "amount": "amount",
    "currency": "currency",
    "contractor_cost": "contractor_cost",
    "probability": "probability",
    "expected_close_date": "expected_close_on",
    "type": "type",
    "source": "source",
    "company": "company",
    "about": "about",
    "tags": "tags",
}


class FieldChanged(Stale):
    """Somebody else wrote into the same field since it was read."""

    code = "field_changed"
    title = _lazy("Someone else changed this in the meantime.")


def refuse_unless_seen(deal: Deal, seen: Mapping[str, str] | None) -> None:
    """A value that the person hasn't read is never written over; other fields may have changed."""
    changed = [f for f, was in (seen or {}).items() if as_typed(deal, f) != was]
    if changed:
        raise FieldChanged(errors=[Problem(f, "changed", FieldChanged.title) for f in changed])


@command
def edit_deal(
    deal: Any,
    changes: dict[str, Any],
    *,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    seen: Mapping[str, str] | None = None,
) -> Deal:
    """Change fields by their public names; the timeline keeps old and new of each.

    `custom` holds fields of one's own by slug; those it doesn't name stay as they are. `seen` is what stood in the
    fields when they were read, as `as_typed` tells it: 409 field_changed where that is no longer so.
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    refuse_unless_seen(deal, seen)
    own = changes.get("custom")
    changes = {field: value for field, value in changes.items() if field != "custom"}
    refuse_unless_known(set(changes), set(EDITABLE))
    checks = Checks()
    written = read_values("deal", deal.custom, own, by=by, checks=checks, record=deal.pk, at=at)
    cleaned = _cleaned(deal, changes, checks, by=by)
    noted = [
        {"field": field, "old": _shown(getattr(deal, EDITABLE[field])), "new": _shown(value)}
        for field, value in cleaned.items()
        if getattr(deal, EDITABLE[field]) != value
    ] + written.changes
    if not noted:
        return deal
    subjects = subjects_of(deal)
    with counted(deal):
        for field, value in cleaned.items():
            setattr(deal, EDITABLE[field], value)
        deal.custom = written.custom
        if "amount" in cleaned:
            deal.amount_is_estimated = False
        touched(deal, at)
        deal.last_activity_at = max(deal.last_activity_at, at)
        deal.sort_key = sort_key(deal.name)
        names = Contact.objects.filter(parts__deal=deal).values_list("name", flat=True)
        deal.set_search(deal.name, deal.company.name if deal.company else "", *names)
        deal.save()
    record(events.DealEdited(changes=noted), about=[*subjects, *subjects_of(deal)], by=by, at=at)
    return deal


def _shown(value: Any) -> Any:
    """A value as the timeline keeps it."""
    if value is None or isinstance(value, str | int | list):
        return value
    return str(value)


def _cleaned(deal: Deal, changes: dict[str, Any], checks: Checks, *, by: Actor) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for field, value in changes.items():
        if field == "name":
            out[field] = checks.text(field, value, most=200, required=True)
        elif field == "about":
            out[field] = checks.text(field, value, most=20_000)
        elif field in {"amount", "contractor_cost"}:
            out[field] = checks.amount(field, value)
        elif field == "currency":
            out[field] = checks.currency(field, value)
        elif field == "probability":
            out[field] = checks.percent(field, value)
        elif field == "expected_close_date":
            out[field] = checks.day(field, value)
        elif field == "tags":
            out[field] = checks.tags(field, value)
    checks.finish()
    _refuse_money_of_closed(deal, out)
    if "type" in changes:
        out["type"] = lookups.type_of(changes["type"])
    if "company" in changes:
        out["company"] = lookups.company_of(changes["company"], by=by)
    if "source" in changes:
        out["source"] = lookups.source_of(changes["source"])
        if deal.source_id and out["source"] != deal.source and not may(by, "administer"):
            sentence = _(
                "The first source of a customer is never lost; only an administrator may correct it."
            )
            raise Refused(sentence, code="source_is_fixed")
    return out


def _refuse_money_of_closed(deal: Deal, out: dict[str, Any]) -> None:
    """A closed deal's money is in the books at the rate of its day."""
    changes_money = any(f in out and out[f] != getattr(deal, f) for f in ("amount", "currency"))
    if changes_money and not deal.is_open:
        raise Refused(
            _("This deal is closed. Return it to work to change its amount."), code="already_closed"
        )


@command
def assign_deal(
    deal: Any,
    owner: Any,
    *,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    seen: Mapping[str, str] | None = None,
) -> Deal:
    """Make somebody else responsible; his open tasks on the deal go along. `seen` as in `edit_deal`."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    refuse_unless_seen(deal, seen)
    new = lookups.owner_of(owner, by=by)
    lookups.demand_within(new, by=by)
    demand_own([deal.owner_id], "deal", by=by)
    hand_on(deal, new, by=by, at=at)
    return deal


def hand_on(deal: Deal, new: Any, *, by: Actor, at: dt.datetime) -> None:
    """Write the change of owner with its history; tasks of the old owner follow."""
    old = deal.owner_id
    if old == new.pk:
        return
    with counted(deal):
        deal.owner = new
        touched(deal, at)
        deal.last_activity_at = max(deal.last_activity_at, at)
        deal.save(update_fields=["owner", "version", "updated_at", "last_activity_at"])
    pass_ownership([deal.pk], new, at=at)
    follow_owners([deal.pk])
    deal.tasks.filter(status="open", assignee_id=old, deleted_at=None).update(
        assignee=new, version=F("version") + 1, updated_at=at
    )
    record(events.DealOwnerChanged(old=old, new=new.pk), about=subjects_of(deal), by=by, at=at)


def pass_ownership(deals: Sequence[int], new: Any, *, at: dt.datetime) -> None:
    """The owners' periods of the deals: the current ones end and the new owner's begin, never before they began."""
    current = OwnerPeriod.objects.filter(deal_id__in=deals, until_at=None)
    began = dict(current.values_list("deal_id", "from_at"))
    current.update(until_at=Greatest(Value(at), F("from_at")))
    OwnerPeriod.objects.bulk_create(
        [OwnerPeriod(deal_id=pk, owner=new, from_at=max(at, began.get(pk, at))) for pk in deals],
        batch_size=1000,
    )
