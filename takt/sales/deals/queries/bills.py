"""What the lines of a deal come to."""

from collections.abc import Iterable

from takt.kernel.settings.queries import value_of
from takt.sales.deals.models import DealLine
from takt.sales.deals.rules import Bill, Priced, billed, plain_bill


def bill_of(rows: Iterable[DealLine]) -> Bill:
    """The lines' sum; whether prices hold the tax is a setting (domain spec, Decided 22), asked for where it matters."""
    rows = list(rows)
    if not any(r.tax_rate for r in rows):
        return plain_bill(r.total for r in rows)
    includes_tax = bool(value_of("price.includes_tax"))
    return billed((Priced(r.total, r.tax_rate) for r in rows), includes_tax=includes_tax)
