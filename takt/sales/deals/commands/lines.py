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
from takt.kernel.lib.clean import LARGEST_AMOUNT, Checks
from takt.sales.catalog.models import Product
from takt.sales.deals import events
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal, DealLine
from takt.sales.deals.queries.bills import bill_of
from takt.sales.deals.rules import CENT, line_total

MOST_LINES = 200
UNTAXED = "none"


@dataclass(frozen=True)
class NewLine:
    """A product, how much of it, and the price of one in the deal's currency (None: the list price).

    `discount` is an amount off the line, or a percentage such as `10%`. `tax_rate` is in percent; None means the
    product's own, `none` that there is no tax.
    """

    product: Any
    quantity: Any = 1
    price: Any = None
    discount: Any = None
    tax_rate: Any = None


def _quantity(value: Any, checks: Checks) -> Decimal:
    quantity = _decimal(value)
    if quantity is None or not 0 < quantity < 10**9 or quantity != quantity.quantize(Decimal("0.001")):
        checks.wrong("quantity", _("Enter a quantity above zero, with at most three digits after the point."))
        return Decimal(1)
    return quantity


def _decimal(value: Any) -> Decimal | None:
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def percent_of(field: str, value: Any, checks: Checks) -> Decimal | None:
    """A rate from 0 to 100 with at most two digits after the point; None where none was given."""
    if value is None or str(value).strip() == "":
        return None
    number = _decimal(str(value).strip().removesuffix("%"))
    if number is None or not 0 <= number <= 100 or number != number.quantize(CENT):
        checks.wrong(field, _("Enter a percentage from 0 to 100."), "out_of_range")
        return None
    return number.quantize(CENT)


def _discount(value: Any, checks: Checks) -> tuple[Decimal, bool]:
    text = "" if value is None else str(value).strip()
    if text.endswith("%"):
        return percent_of("discount", text, checks) or Decimal(0), True
    amount = checks.amount("discount", text)
    return amount or Decimal(0), not amount


def _row(deal: Deal, line: NewLine, product: Product, position: int, checks: Checks) -> DealLine | None:
    price = checks.amount("price", line.price)
    if price is None and product.price is not None and product.currency == deal.currency:
        price = product.price
    if price is None:
        checks.wrong("price", _("Enter the price of “%(product)s”.") % {"product": product.name}, "required")
        return None
    quantity = _quantity(line.quantity, checks)
    discount, is_percent = _discount(line.discount, checks)
    if not is_percent and discount > line_total(quantity, price):
        checks.wrong("discount", _("The discount is more than the line comes to."), "too_large")
    tax_rate = product.tax_rate
    if str(line.tax_rate).strip() == UNTAXED:
        tax_rate = None
    elif (own := percent_of("tax_rate", line.tax_rate, checks)) is not None:
        tax_rate = own
    return DealLine(
        deal=deal,
        product=product,
        quantity=quantity,
        price=price,
        discount=discount,
        discount_is_percent=is_percent,
        tax_rate=tax_rate,
        total=line_total(quantity, price, discount, is_percent),
        position=position,
    )


def read_lines(deal: Deal, lines: Sequence[NewLine]) -> list[DealLine]:
    """The lines as they would stand, each with its total; what is wrong is told of all at once."""
    checks = Checks()
    if len(lines) > MOST_LINES:
        checks.wrong("lines", _("At most %(most)d lines.") % {"most": MOST_LINES}, "too_many")
    checks.finish()
    wanted = {str(getattr(line.product, "pk", line.product)) for line in lines}
    known = {
        str(p.pk): p
        for p in Product.objects.filter(
            pk__in=[w for w in wanted if w.isascii() and w.isdigit() and int(w) < 2**63]
        )
    }
    rows: list[DealLine] = []
    for position, line in enumerate(lines):
        product = known.get(str(getattr(line.product, "pk", line.product)))
        if product is None:
            checks.wrong("product", _("There is no such product."), "unknown")
        elif (row := _row(deal, line, product, position, checks)) is not None:
            rows.append(row)
    if not checks.problems and bill_of(rows).total >= LARGEST_AMOUNT:
        checks.wrong("lines", _("The amount is too large."), "too_large")
    checks.finish()
    return rows


def write_lines(
    deal: Deal, rows: Sequence[DealLine], old_amount: Decimal | None, *, by: Actor, at: dt.datetime
) -> None:
    """Replace the deal's lines by those read; the fact tells the deal's amount before and after."""
    deal.lines.all().delete()
    DealLine.objects.bulk_create(rows)
    fact = events.DealLinesSet(
        lines=[_told(r) for r in rows],
        total=str(bill_of(rows).total),
        currency=deal.currency,
        old_amount=None if old_amount is None else str(old_amount),
        new_amount=None if deal.amount is None else str(deal.amount),
    )
    record(fact, about=subjects_of(deal), by=by, at=at)


def _told(row: DealLine) -> dict[str, Any]:
    told = {"product": row.product_id, "quantity": str(row.quantity), "price": str(row.price)}
    if row.discount:
        told["discount"] = f"{row.discount}%" if row.discount_is_percent else str(row.discount)
    if row.tax_rate is not None:
        told["tax_rate"] = str(row.tax_rate)
    return told


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
    """Replace what is sold; the deal's amount follows unless `sets_amount` is false.

    It is what the customer pays: the lines after their discounts, with their tax (domain spec 4.5, T-INV).
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    rows = read_lines(deal, lines)
    old = deal.amount
    with counted(deal):
        deal.amount_follows_lines = bool(sets_amount and rows and deal.is_open)
        if deal.amount_follows_lines:
            deal.amount, deal.amount_is_estimated = bill_of(rows).total, False
        touched(deal, at)
        deal.last_activity_at = max(deal.last_activity_at, at)
        deal.save(
            update_fields=[
                "amount", "amount_is_estimated", "amount_follows_lines", "version", "updated_at", "last_activity_at",
            ]
        )  # fmt: skip
    write_lines(deal, rows, old, by=by, at=at)
    return deal
