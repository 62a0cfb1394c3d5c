"""Deals follow their company and their people: when these leave for good, are merged or made two again."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.sales.deals import events
from takt.sales.deals.commands.contacts import describe
from takt.sales.deals.models import Deal, DealContact

DEALS, PARTS, DOUBLED, TAKEN = "deals.deal", "deals.part", "deals.doubled", "deals.part_taken"


@command
def let_go(kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime) -> None:
    """Deals stay when a customer leaves for good; their history says that he left."""
    if kind == "company":
        deals = list(Deal.objects.filter(company__in=ids).values_list("pk", "company_id", "company__name"))
        _change(Deal.objects.filter(company__in=ids), None, at)
    else:
        parts = DealContact.objects.filter(contact__in=ids)
        deals = list(parts.values_list("deal_id", "contact_id", "part"))
        parts.delete()
    batch = uuid.uuid4() if len(deals) > 1 else None
    for pk, number, name in deals:
        if kind == "company":
            old = {"id": number, "name": name}
            fact: Any = events.DealEdited(changes=[{"field": "company", "old": old, "new": None}])
        else:
            fact = events.DealContactDetached(contact=number)
        record(fact, about=("deal", pk), by=by, at=at, batch=batch)
    describe({pk for pk, _number, _name in deals})


@command
def move_to_survivor(
    kind: str, survivor: int, loser: int, *, by: Actor, at: dt.datetime
) -> Mapping[str, Any]:
    """The loser's deals, or his parts in deals, are the survivor's; nobody has two parts in one deal."""
    if kind == "company":
        deals = list(Deal.objects.filter(company=loser).order_by("pk").values_list("pk", flat=True))
        _change(Deal.objects.filter(pk__in=deals), survivor, at)
        describe(deals)
        return {DEALS: deals}
    parts = list(DealContact.objects.filter(contact=loser).order_by("pk"))
    his = {p.deal_id: p for p in DealContact.objects.filter(contact=survivor)}
    moved = [p.pk for p in parts if p.deal_id not in his]
    doubled = [p for p in parts if p.deal_id in his]
    DealContact.objects.filter(pk__in=moved).update(contact=survivor)
    DealContact.objects.filter(pk__in=[p.pk for p in doubled]).delete()
    taken = [(his[p.deal_id], p) for p in doubled if p.part and not his[p.deal_id].part]
    for his_part, loser_part in taken:
        DealContact.objects.filter(pk=his_part.pk).update(part=loser_part.part)
    _touch([p.deal_id for p in parts], at)
    describe([p.deal_id for p in parts])
    return {
        PARTS: moved,
        DOUBLED: [
            {
                "id": p.pk,
                "deal": p.deal_id,
                "part": p.part,
                "position": p.position,
                "beside": his[p.deal_id].pk,
            }
            for p in doubled
        ],
        TAKEN: [{"id": his_part.pk, "part": loser_part.part} for his_part, loser_part in taken],
    }


@command
def give_back(
    kind: str, survivor: int, loser: int, kept: Mapping[str, Any], *, by: Actor, at: dt.datetime
) -> int:
    """What the merge moved and nobody has changed since is the loser's again; answers how many stay."""
    if kind == "company":
        rows = Deal.objects.filter(pk__in=kept[DEALS])
        stayed = rows.exclude(company=survivor).count()
        ids = list(rows.filter(company=survivor).values_list("pk", flat=True))
        _change(Deal.objects.filter(pk__in=ids), loser, at)
        describe(ids)
        return stayed
    return _give_parts_back(survivor, loser, kept, at)


def _give_parts_back(survivor: int, loser: int, kept: Mapping[str, Any], at: dt.datetime) -> int:
    mine = DealContact.objects.filter(pk__in=kept[PARTS], contact=survivor)
    deals = list(mine.values_list("deal_id", flat=True))
    stayed = len(kept[PARTS]) - mine.update(contact=loser)
    standing = dict(DealContact.objects.filter(contact=survivor).values_list("pk", "part"))
    # A deal that has lost the survivor since has lost the person: he isn't put back into it.
    back = [d for d in kept[DOUBLED] if d["beside"] in standing]
    stayed += len(kept[DOUBLED]) - len(back)
    DealContact.objects.bulk_create(
        DealContact(pk=d["id"], deal_id=d["deal"], contact_id=loser, part=d["part"], position=d["position"])
        for d in back
    )
    for part in kept[TAKEN]:
        if standing.get(part["id"]) == part["part"]:
            DealContact.objects.filter(pk=part["id"]).update(part="")
        else:
            stayed += 1
    changed = deals + [d["deal"] for d in back]
    _touch(changed, at)
    describe(changed)
    return stayed


def _change(rows: Any, company: int | None, at: dt.datetime) -> None:
    rows.update(company_id=company, version=F("version") + 1, updated_at=at)


def _touch(ids: Sequence[int], at: dt.datetime) -> None:
    Deal.objects.filter(pk__in=ids).update(version=F("version") + 1, updated_at=at)
