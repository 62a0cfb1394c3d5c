"""What the lines of a deal come to."""

from collections.abc import Iterable

from takt.sales.deals.models import DealLine
from takt.sales.deals.rules import Bill, billed, line_net


def bill_of(rows: Iterable[DealLine]) -> Bill:
    """What the customer pays for all lines, and the tax in it."""
    return billed(
        (line_net(r.quantity, r.price, r.discount, r.discount_amount), r.tax_rate, r.price_includes_tax)
        for r in rows
    )
