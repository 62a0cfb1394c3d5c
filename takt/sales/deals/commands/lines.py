"""What is sold in a deal."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.settings.queries import value_of
from takt.sales.catalog.models import Product
from takt.sales.deals import events
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal, DealLine
from takt.sales.deals.rules import line_total

MOST_LINES = 200


@dataclass(frozen=True)
class NewLine:
    """A product, how much of it, and the price of one in the deal's currency (None: the list price).

    Discount and tax are percents; tax None is the product's own rate.
    """

    product: Any
    quantity: Any = 1
    price: Any = None
    discount: Any = None
    tax_rate: Any = None


def _quantity(value: Any, checks: Checks) -> Decimal:
    try:
        quantity = Decimal(str(value))
    except InvalidOperation:
        quantity = Decimal(0)
    if (
        not quantity.is_finite()
        or not 0 < quantity < 10**9
        or quantity != quantity.quantize(Decimal("0.001"))
    ):
        checks.wrong("quantity", _("Enter a quantity above zero, with at most three digits after the point."))
        return Decimal(1)
    return quantity


def _percent(field: str, value: Any, checks: Checks) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        percent = Decimal(str(value))
    except InvalidOperation:
        percent = Decimal(-1)
    if not percent.is_finite() or not 0 <= percent <= 100 or percent != percent.quantize(Decimal("0.01")):
        checks.wrong(
            field,
            _("Enter a percentage from 0 to 100, with at most two digits after the point."),
            "out_of_range",
        )
        return None
    return percent


def write_lines(deal: Deal, lines: Sequence[NewLine], *, by: Actor) -> list[DealLine]:
    """Replace the deal's lines, in the order given."""
    checks = Checks()
    if len(lines) > MOST_LINES:
        checks.wrong("lines", _("At most %(most)d lines.") % {"most": MOST_LINES}, "too_many")
    checks.finish()
    wanted = {str(getattr(line.product, "pk", line.product)) for line in lines}
    known = {
        str(p.pk): p
        for p in Product.objects.filter(pk__in=[w for w in wanted if w.isdigit() and int(w) < 2**63])
    }
    is_tax_included = bool(value_of("deal.prices_include_tax")) if lines else True
    rows: list[DealLine] = []
    for position, line in enumerate(lines):
        product = known.get(str(getattr(line.product, "pk", line.product)))
        if product is None:
            checks.wrong("product", _("There is no such product."), "unknown")
            continue
        price = checks.amount("price", line.price)
        if price is None and product.price is not None and product.currency == deal.currency:
            price = product.price
        if price is None:
            checks.wrong(
                "price", _("Enter the price of “%(product)s”.") % {"product": product.name}, "required"
            )
            continue
        tax_rate = _percent("tax_rate", line.tax_rate, checks)
        rows.append(
            DealLine(
                deal=deal,
                product=product,
                quantity=_quantity(line.quantity, checks),
                price=price,
                discount=_percent("discount", line.discount, checks) or Decimal(0),
                tax_rate=product.tax_rate if tax_rate is None else tax_rate,
                price_includes_tax=is_tax_included,
                position=position,
            )
        )
    checks.finish()
    deal.lines.all().delete()
    DealLine.objects.bulk_create(rows)
    return rows


def total_of(rows: Sequence[DealLine]) -> Decimal:
    """What the customer pays for all lines."""
    totals = (
        line_total(r.quantity, r.price, r.discount, r.tax_rate, is_tax_included=r.price_includes_tax)
        for r in rows
    )
    return sum(totals, Decimal(0))


def note_lines(
    deal: Deal, rows: Sequence[DealLine], *, old_amount: Decimal | None, by: Actor, at: dt.datetime
) -> None:
    """Keep what was set, and the deal's amount before and after."""
    fact = events.DealLinesSet(
        lines=[
            {"product": r.product_id, "quantity": str(r.quantity), "price": str(r.price)}
            | ({"discount": str(r.discount)} if r.discount else {})
            | ({"tax_rate": str(r.tax_rate)} if r.tax_rate is not None else {})
            for r in rows
        ],
        total=str(total_of(rows)),
        currency=deal.currency,
        old_amount=None if old_amount is None else str(old_amount),
        new_amount=None if deal.amount is None else str(deal.amount),
    )
    record(fact, about=subjects_of(deal), by=by, at=at)


@command
def set_lines(
    deal: Any,
    lines: Sequence[NewLine],
    *,
    sets_amount: bool = True,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Deal:
    """Replace what is sold; the deal's amount follows unless `sets_amount` is false."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    rows = write_lines(deal, lines, by=by)
    old_amount = deal.amount
    with counted(deal):
        if sets_amount and rows and deal.is_open:
            deal.amount, deal.amount_is_estimated = total_of(rows), False
        touched(deal, at)
        deal.last_activity_at = max(deal.last_activity_at, at)
        deal.save(
            update_fields=["amount", "amount_is_estimated", "version", "updated_at", "last_activity_at"]
        )
    note_lines(deal, rows, old_amount=old_amount, by=by, at=at)
    return deal
