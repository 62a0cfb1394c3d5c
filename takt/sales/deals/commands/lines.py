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
from takt.sales.catalog.models import Product
from takt.sales.deals import events
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal, DealLine
from takt.sales.deals.rules import line_total

MOST_LINES = 200


@dataclass(frozen=True)
class NewLine:
    """A product, how much of it, and the price of one in the deal's currency (None: the list price)."""

    product: Any
    quantity: Any = 1
    price: Any = None


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


def write_lines(deal: Deal, lines: Sequence[NewLine], *, by: Actor, at: dt.datetime) -> Decimal:
    """Replace the deal's lines; answers their total in the deal's currency."""
    checks = Checks()
    if len(lines) > MOST_LINES:
        checks.wrong("lines", _("At most %(most)d lines.") % {"most": MOST_LINES}, "too_many")
    checks.finish()
    wanted = {str(getattr(line.product, "pk", line.product)) for line in lines}
    known = {
        str(p.pk): p
        for p in Product.objects.filter(pk__in=[w for w in wanted if w.isdigit() and int(w) < 2**63])
    }
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
        quantity = _quantity(line.quantity, checks)
        rows.append(DealLine(deal=deal, product=product, quantity=quantity, price=price, position=position))
    checks.finish()
    deal.lines.all().delete()
    DealLine.objects.bulk_create(rows)
    total = sum((line_total(r.quantity, r.price) for r in rows), Decimal(0))
    fact = events.DealLinesSet(
        lines=[{"product": r.product_id, "quantity": str(r.quantity), "price": str(r.price)} for r in rows],
        total=str(total),
        currency=deal.currency,
    )
    record(fact, about=subjects_of(deal), by=by, at=at)
    return total


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
    total = write_lines(deal, lines, by=by, at=at)
    with counted(deal):
        if sets_amount and lines and deal.is_open:
            deal.amount, deal.amount_is_estimated = total, False
        touched(deal, at)
        deal.last_activity_at = max(deal.last_activity_at, at)
        deal.save(
            update_fields=["amount", "amount_is_estimated", "version", "updated_at", "last_activity_at"]
        )
    return deal
