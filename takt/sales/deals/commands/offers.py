"""An offer for some days only, to move what is stuck at a stage (domain spec 2.6, levers for a stuck stage)."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.events.facts import Fact
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Refused, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.deals import events
from takt.sales.deals.commands.bulk import all_editable
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal

MOST_DAYS = 366
FIELDS = ["offer", "offer_until", "version", "updated_at"]


@command
def make_offer(deals: Iterable[Any], offer: str, until: Any, *, by: Actor, at: dt.datetime) -> list[Deal]:
    """Attach an offer with its last day to open deals; one that they have already is replaced."""
    checks = Checks()
    text = checks.text("offer", offer, most=200, required=True)
    day = checks.day("until", until)
    today = timezone.localdate(at)
    if day is None:
        checks.wrong("until", _("Say until which day."), "required")
    elif not today <= day <= today + dt.timedelta(days=MOST_DAYS):
        checks.wrong("until", _("Choose a day from today to a year ahead."), "out_of_range")
    checks.finish()
    assert day is not None
    return _write(deals, text, day, events.DealOffered(offer=text, until=day.isoformat()), by=by, at=at)


@command
def withdraw_offer(deal: Any, *, by: Actor, at: dt.datetime) -> Deal:
    """Take the offer of a deal back."""
    [found] = all_editable([deal], by=by)
    if not found.offer:
        return found
    fact = events.DealOfferWithdrawn(offer=found.offer)
    return _write([found], "", None, fact, by=by, at=at)[0]


def _write(
    deals: Iterable[Any], offer: str, until: dt.date | None, fact: Fact, *, by: Actor, at: dt.datetime
) -> list[Deal]:
    rows = all_editable(deals, by=by)
    if any(not d.is_open for d in rows):
        raise Refused(_("Some of the chosen deals are closed. Nothing was changed."), code="already_closed")
    batch = uuid.uuid4() if len(rows) > 1 else None
    for deal in rows:
        deal.offer, deal.offer_until = offer, until
        deal.version += 1
        deal.updated_at = at
        record(fact, about=subjects_of(deal), by=by, at=at, batch=batch)
    Deal.objects.bulk_update(rows, FIELDS, batch_size=1000)
    return rows


def before_offering(deals: Iterable[Deal]) -> dict[str, Any]:
    """What `take_back_offers` needs to know, read before the offer is made."""
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


@inverse("deals.take_back_offers")
@command
def take_back_offers(deals: list[dict[str, Any]], *, by: Actor, at: dt.datetime) -> int:
    """Each deal has the offer that it had, or none; refused as stale where one has changed since."""
    wanted = {w["deal"]: w for w in deals}
    rows = Deal.objects.locked_many(wanted, by=by)
    if len(rows) != len(wanted) or any(d.version != wanted[d.pk]["version"] for d in rows):
        raise Stale
    batch = uuid.uuid4() if len(rows) > 1 else None
    for deal in rows:
        was = wanted[deal.pk]
        record(
            events.DealOfferWithdrawn(offer=deal.offer), about=subjects_of(deal), by=by, at=at, batch=batch
        )
        deal.offer = was["offer"]
        deal.offer_until = dt.date.fromisoformat(was["until"]) if was["until"] else None
        deal.version += 1
        deal.updated_at = at
    Deal.objects.bulk_update(rows, FIELDS, batch_size=1000)
    return len(rows)
