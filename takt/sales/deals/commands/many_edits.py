"""Fields, tags and losses of many deals at once."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import may
from takt.kernel.events.unit import command
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import changes_between, read_values
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Refusal
from takt.kernel.lists.acts import Outcome
from takt.sales.deals.commands import editing, lookups
from takt.sales.deals.commands.creating import refuse_unless_known
from takt.sales.deals.commands.many import COLUMN_OF, EDITABLE, changeable, outcome_of, sift
from takt.sales.deals.commands.updating import DealChange
from takt.sales.deals.models import Deal


@command
def tag_many(
    deals: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Put tags on deals and take others off."""
    added, removed = tags_in(arguments)
    out = Outcome()
    changes = []
    for deal in changeable(deals, out, by=by):
        tags = [*(t for t in deal.tags if t not in removed), *(t for t in added if t not in deal.tags)]
        if len(tags) > 50:
            out.skip([deal.pk], _("At most 50 tags."))
        elif tags == deal.tags:
            out.same.append(deal.pk)
        else:
            changes.append(DealChange(deal.pk, {"tags": tags}))
    return outcome_of(changes, out, by=by, at=at, batch=batch)


def tags_in(arguments: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The tags to put on and to take off; Invalid where there is neither."""
    checks = Checks()
    added, removed = (checks.tags(name, arguments.get(name)) for name in ("add", "remove"))
    if not added and not removed and not checks.problems:
        checks.wrong("add", _("Say which tags to put on, or which to take off."), "required")
    checks.finish()
    return added, removed


@command
def edit_many(
    deals: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Give fields of many deals one value; what is closed keeps its money, and a first source stays."""
    values, own = cleaned_edit(arguments, by=by)
    fields = fields_in_use("deal") if own is not None else []
    out = Outcome()
    changes = []
    for deal in changeable(deals, out, by=by):
        try:
            refuse_for(deal, values, by=by)
        except Refusal as refusal:
            out.refuse(deal.pk, refusal)
            continue
        given = _differing(deal, values)
        if own is not None:
            custom = {s: v for s, v in (deal.custom | own).items() if v is not None}
            if changes_between(fields, deal.custom, custom):
                given["custom"] = custom
        if given:
            changes.append(DealChange(deal.pk, given))
        else:
            out.same.append(deal.pk)
    return outcome_of(changes, out, by=by, at=at, batch=batch)


def cleaned_edit(arguments: Mapping[str, Any], *, by: Actor) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The values by public name, and of one's own fields by slug (None takes one away); Invalid as for one deal."""
    changes = dict(arguments.get("changes") or {})
    own = changes.pop("custom", None)
    if not changes and not own:
        raise Invalid.field("changes", _("Choose what to change."), "required")
    refuse_unless_known(set(changes), set(EDITABLE))
    checks = Checks()
    written = read_values("deal", {}, own, by=by, checks=checks)
    # What speaks against one deal is asked of each later; a blank one has nothing against it.
    values = editing._cleaned(Deal(status="open"), changes, checks, by=by)
    checks.finish()
    return values, None if own is None else {slug: written.custom.get(slug) for slug in own}


def refuse_for(deal: Deal, values: Mapping[str, Any], *, by: Actor) -> None:
    """What the single edit refuses for this very deal."""
    editing._refuse_money_of_closed(deal, dict(values))
    if "source" in values and deal.source_id and not may(by, "administer"):
        new = values["source"]
        if (new.pk if new else None) != deal.source_id:
            sentence = _(
                "The first source of a customer is never lost; only an administrator may correct it."
            )
            raise Invalid(sentence)


def _differing(deal: Deal, values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, value in values.items():
        column = COLUMN_OF.get(field, field)
        new = getattr(value, "pk", value)
        if getattr(deal, column) != new:
            found["expected_close_on" if field == "expected_close_date" else field] = new
    if "amount" in found and deal.amount_is_estimated:
        found["is_estimated"] = False
    return found


@command
def lose_many(
    deals: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Close open deals as lost, all for one reason; what was planned for them is dropped."""
    why, comment, competitor = loss_in(arguments, by=by)
    out = Outcome()
    rows = sift(changeable(deals, out, by=by), out, lambda d: "" if d.is_open else _("The deal is closed."))
    changes = [
        DealChange(
            d.pk,
            {
                "status": "lost",
                "closed_at": max(at, d.stage_entered_at),
                "loss_reason": why.pk,
                "loss_comment": comment,
                "competitor": competitor,
            },
        )
        for d in rows
    ]
    return outcome_of(changes, out, by=by, at=at, batch=batch)


def loss_in(arguments: Mapping[str, Any], *, by: Actor) -> tuple[Any, str, str]:
    why = lookups.reason_of(arguments.get("reason"), by=by)
    checks = Checks()
    comment = checks.text("comment", arguments.get("comment"), most=5000, required=why.needs_comment)
    competitor = checks.text("competitor", arguments.get("competitor"), most=120)
    checks.finish()
    return why, comment, competitor
