"""One field changed in place, on the deal's own page."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Stale
from takt.sales.deals.commands.choices import add_deal_type
from takt.sales.deals.commands.editing import assign_deal, edit_deal
from takt.sales.deals.models import Deal, DealType
from takt.sales.deals.queries.fields import stored


@command
def set_fields(
    deal: Any,
    changes: Mapping[str, Any],
    *,
    seen: Mapping[str, str] | None = None,
    by: Actor,
    at: dt.datetime,
) -> Deal:
    """Change what is edited in place: any field of `edit_deal`, and the owner.

    `seen` are the values that the person saw, as `stored` tells them: where another one holds by now, the change is
    refused as stale, whatever else has happened to the deal. A type that doesn't exist yet is added to the list.
    """
    row: Deal = Deal.objects.locked(deal, by=by)
    if seen is not None and stored(row, seen) != dict(seen):
        raise Stale
    wanted = dict(changes)
    owner = wanted.pop("owner", None)
    if wanted:
        row = edit_or_add_type(row.pk, wanted, by=by, at=at)
    if owner is not None:
        row = assign_deal(row.pk, owner, by=by, at=at)
    return row


@command
def edit_or_add_type(
    deal: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Deal:
    """Like `edit_deal`, but a type that doesn't exist yet is added to the list."""
    name = str(changes.get("type") or "").strip()
    if name and not name.isdigit() and not DealType.objects.filter(name__iexact=name).exists():
        add_deal_type(name=name, by=by, at=at)
    return edit_deal(deal, changes, by=by, at=at, version=version)
