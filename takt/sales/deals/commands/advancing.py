"""A deal goes on together with what its gate still missed: one form, one save."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from takt.kernel.events.unit import command
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, Problem
from takt.sales.contacts.commands import edit_company
from takt.sales.deals.commands.contacts import attach_contact
from takt.sales.deals.commands.editing import edit_deal
from takt.sales.deals.commands.gates import tick_all
from takt.sales.deals.commands.moving import move_deal
from takt.sales.deals.models import Deal


@dataclass(frozen=True)
class Filled:
    """What was filled in on the way: fields of the deal and of its company, people to add, criteria confirmed."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    company: Mapping[str, Any] = field(default_factory=dict)
    contacts: Collection[Any] = ()
    ticks: Collection[int] = ()


@command
def advance_deal(
    deal: Any,
    stage: Any,
    filled: Filled,
    *,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    reason: str = "",
    force: bool = False,
) -> Deal:
    """Fill in what a gate asks for and move the deal, all or nothing."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    if filled.changes:
        deal = edit_deal(deal, dict(filled.changes), by=by, at=at)
    if filled.company and deal.company is not None:
        try:
            edit_company(deal.company, dict(filled.company), by=by, at=at)
        except Invalid as refusal:
            told = [Problem(f"company.{e.field}", e.code, e.message) for e in refusal.errors]
            raise Invalid(refusal.detail, errors=told) from refusal
    for contact in filled.contacts:
        deal = attach_contact(deal, contact, by=by, at=at)
    if filled.ticks:
        tick_all(deal, dict.fromkeys(filled.ticks, True), by=by, at=at)
    return move_deal(deal, stage, by=by, at=at, reason=reason, force=force)
