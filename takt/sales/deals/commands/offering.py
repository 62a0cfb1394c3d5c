"""Offers of limited validity for open deals (feature ST10)."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.bulk import all_editable
from takt.sales.deals.commands.moving import AlreadyClosed
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal


@command
def offer_deals(deals: Iterable[Any], *, offer: str, until: Any, by: Actor, at: dt.datetime) -> int:
    """Make open deals an offer that holds until a day; an earlier one is replaced. An empty `offer` withdraws it."""
    checks = Checks()
    text = checks.text("offer", offer, most=200)
    day = checks.day("until", until) if text else None
    today = timezone.localdate(at, timezone.get_default_timezone())
    if text and day is None and not checks.problems:
        checks.wrong("until", _("Say until which day the offer holds."), "required")
    elif day is not None and day < today:
        checks.wrong("until", _("This day has passed."), "past")
    checks.finish()
    found = all_editable(deals, by=by)
    if any(not d.is_open for d in found):
        raise AlreadyClosed
    return _write(found, {d.pk: (text, day) for d in found}, by=by, at=at)


@command
def offer_stage(stage: Any, *, offer: str, until: Any, by: Actor, at: dt.datetime) -> int:
    """Make the same offer to every open deal of a stage that one may change; answers how many."""
    target = lookups.stage_of(stage)
    mine = Deal.objects.visible_to(by.user, "edit").open().filter(stage=target)
    ids = list(mine.order_by("pk").values_list("pk", flat=True))
    if not ids:
        raise Invalid.field("stage", _("No open deal of yours stands in this stage."), "empty")
    return offer_deals(ids, offer=offer, until=until, by=by, at=at)


def _write(
    deals: list[Deal], wanted: dict[int, tuple[str, dt.date | None]], *, by: Actor, at: dt.datetime
) -> int:
    batch = uuid.uuid4() if len(deals) > 1 else None
    changed = []
    for deal in deals:
        text, day = wanted[deal.pk]
        if (deal.offer, deal.offer_until) == (text, day):
            continue
        if text and day:
            fact: Any = events.DealOfferMade(offer=text, until=day.isoformat())
        else:
            old = deal.offer_until.isoformat() if deal.offer_until else ""
            fact = events.DealOfferWithdrawn(offer=deal.offer, until=old)
        record(fact, about=subjects_of(deal), by=by, at=at, batch=batch)
        deal.offer, deal.offer_until = text, day
        deal.version += 1
        deal.updated_at = at
        changed.append(deal)
    Deal.objects.bulk_update(changed, ["offer", "offer_until", "version", "updated_at"], batch_size=1000)
    return len(changed)


def before_offering(deals: Iterable[Deal]) -> dict[str, Any]:
    """What `unoffer_deals` needs to know, read before the offer is made."""
    return {
        "deals": [
            {
                "deal": d.pk,
                "version": d.version + 1,
                "offer": d.offer,
                "until": d.offer_until.isoformat() if d.offer_until else None,
            }
            for d in deals
        ]
    }


@inverse("deals.unoffer_deals")
@command
def unoffer_deals(deals: list[dict[str, Any]], *, by: Actor, at: dt.datetime) -> int:
    """Give deals the offers they had; refused as stale where one changed since."""
    versions = {w["deal"]: w["version"] for w in deals}
    rows = Deal.objects.locked_many(list(versions), by=by)
    # A deal that had this very offer already wasn't touched.
    if len(rows) != len(deals) or any(d.version not in {versions[d.pk], versions[d.pk] - 1} for d in rows):
        raise Stale
    wanted = {
        w["deal"]: (w["offer"], dt.date.fromisoformat(w["until"]) if w["until"] else None) for w in deals
    }
    return _write(rows, wanted, by=by, at=at)
