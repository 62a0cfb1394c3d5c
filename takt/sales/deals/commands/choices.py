"""The lists that deals choose from: types of deal and reasons for losing."""

import datetime as dt
from typing import Any

from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, demand_add
from takt.kernel.access.stale import changed_since
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.kernel.undo.registry import inverse
from takt.sales.deals import events
from takt.sales.deals.models import DealType, LossReason, SpecialKind
from takt.sales.deals.rules_pipelines import placed


def demand_name_free(model: Any, name: str, besides: int | None = None, **within: Any) -> None:
    if model.objects.filter(name__iexact=name, **within).exclude(pk=besides).exists():
        raise Invalid.field("name", _("This name is taken."), "taken")


@command
def add_deal_type(*, name: str, by: Actor, at: dt.datetime) -> DealType:
    """Add a type of deal in place; whoever may add deals may do so."""
    demand_add(by, "deal")
    checks = Checks()
    name = checks.text("name", name, most=60, required=True)
    checks.finish()
    demand_name_free(DealType, name)
    row = DealType.objects.create(name=name, position=last_place(DealType) + 1)
    record(events.DealTypeAdded(name=name), about=("deal_type", row.pk), by=by, at=at)
    return row


@inverse("deals.edit_deal_type")
@command
def edit_deal_type(
    deal_type: int, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> DealType:
    """Rename a type of deal, or stop offering it; deals that have it keep it."""
    demand(by, "edit_pipelines")
    row: DealType = locked(DealType, deal_type, "deal_type", version)
    noted = take(row, changes, most=60)
    if noted:
        fact = events.DealTypeEdited(name=row.name, changes=noted)
        record(fact, about=("deal_type", row.pk), by=by, at=at)
    return row


@command
def place_deal_type(deal_type: int, place: int, *, by: Actor, at: dt.datetime) -> DealType:
    """Give a type of deal its place among those offered, counted from 0."""
    demand(by, "edit_pipelines")
    row: DealType = locked(DealType, deal_type, "deal_type")
    noted = place_among(row, place)
    if noted:
        fact = events.DealTypeEdited(name=row.name, changes=noted)
        record(fact, about=("deal_type", row.pk), by=by, at=at)
    return row


@command
def add_loss_reason(*, name: str, needs_comment: bool = False, by: Actor, at: dt.datetime) -> LossReason:
    """One more reason why a deal may be lost."""
    demand(by, "edit_pipelines")
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    checks.finish()
    demand_name_free(LossReason, name)
    row = LossReason.objects.create(
        slug=_free_slug(name), name=name, needs_comment=needs_comment, position=last_place(LossReason) + 1
    )
    fact = events.LossReasonAdded(name=name, needs_comment=needs_comment)
    record(fact, about=("loss_reason", row.pk), by=by, at=at)
    return row


@inverse("deals.edit_loss_reason")
@command
def edit_loss_reason(
    reason: int, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> LossReason:
    """Rename a reason, ask for a comment with it, or stop offering it; lost deals keep it."""
    demand(by, "edit_pipelines")
    row: LossReason = locked(LossReason, reason, "loss_reason", version)
    if row.is_system:
        raise Forbidden(_("This reason is Takt's own and can't be changed."))
    if changes.get("is_active") is False:
        others = LossReason.objects.filter(is_active=True, is_system=False).exclude(pk=row.pk)
        if not others.exists():
            sentence = _("This is the only reason offered. Without one no deal can be lost.")
            raise Refused(sentence, code="last_reason")
    noted = take(row, changes, most=80)
    if noted:
        fact = events.LossReasonEdited(name=row.name, changes=noted)
        record(fact, about=("loss_reason", row.pk), by=by, at=at)
    return row


@command
def place_loss_reason(reason: int, place: int, *, by: Actor, at: dt.datetime) -> LossReason:
    """Give a reason its place among those offered, counted from 0."""
    demand(by, "edit_pipelines")
    row: LossReason = locked(LossReason, reason, "loss_reason")
    noted = place_among(row, place, is_system=False)
    if noted:
        fact = events.LossReasonEdited(name=row.name, changes=noted)
        record(fact, about=("loss_reason", row.pk), by=by, at=at)
    return row


def last_place(model: Any) -> int:
    last: int | None = model.objects.aggregate(last=Max("position"))["last"]
    return -1 if last is None else last


def locked(model: Any, pk: int, kind: str, version: int | None = None) -> Any:
    row = model.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound
    if version is not None and version != row.version:
        raise changed_since(row, version, kind=kind)
    return row


def _free_slug(name: str) -> str:
    """A name for programs; one that has no Latin letters is numbered."""
    base = slugify(name).replace("-", "_")[:30].strip("_") or "reason"
    taken = set(LossReason.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    number = 1
    while (slug := base if number == 1 else f"{base}_{number}") in taken:
        number += 1
    return slug


def take(
    row: DealType | LossReason | SpecialKind, changes: dict[str, Any], *, most: int
) -> list[dict[str, Any]]:
    """Write what differs; answers the changes for the event."""
    checks = Checks()
    noted = []
    for field, value in changes.items():
        if field == "name":
            value = checks.text(field, value, most=most, required=True)
            checks.finish()
            demand_name_free(type(row), value, row.pk)
        if getattr(row, field) != value:
            noted.append({"field": field, "old": getattr(row, field), "new": value})
            setattr(row, field, value)
    if noted:
        row.version += 1
        row.save()
    return noted


def place_among(row: Any, place: int, **within: Any) -> list[dict[str, Any]]:
    """Write the new order; answers the change for the event."""
    model = type(row)
    rows = {r.pk: r for r in model.objects.filter(**within).select_for_update().order_by("position", "id")}
    order = list(rows)
    wanted = placed(order, row.pk, place)
    if row.pk not in rows or wanted == order:
        return []
    for position, pk in enumerate(wanted):
        if rows[pk].position != position:
            model.objects.filter(pk=pk).update(position=position)
    model.objects.filter(pk=row.pk).update(version=row.version + 1)
    return [{"field": "place", "old": order.index(row.pk) + 1, "new": wanted.index(row.pk) + 1}]
