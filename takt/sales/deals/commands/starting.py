"""A new deal together with a new type of deal, named in the same form."""

import datetime as dt
from typing import Any

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.sales.deals.commands.choices import add_deal_type
from takt.sales.deals.commands.creating import create_deal
from takt.sales.deals.models import Deal, DealType


@command
def start_deal(*, by: Actor, at: dt.datetime, type: str | None = None, **given: Any) -> Deal:
    """Like `create_deal`, but a type that doesn't exist yet is added to the list."""
    name = (type or "").strip()
    if name and not name.isdigit() and not DealType.objects.filter(name__iexact=name).exists():
        add_deal_type(name=name, by=by, at=at)
    return create_deal(type=name or None, by=by, at=at, **given)
