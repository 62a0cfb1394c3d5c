"""Which codes are currencies: those of ISO 4217 that are or were money somewhere, as CLDR knows it."""

import datetime as dt
from functools import cache

SINCE = dt.date(1999, 1, 1)  # a firm's older deals may be in a currency that is gone


@cache
def known_currencies() -> frozenset[str]:
    """The codes that one pays with; gold, testing codes and `XXX` for no currency aren't among them."""
    from babel.core import get_global
    from babel.numbers import get_territory_currencies

    return frozenset(
        code
        for territory in get_global("territory_currencies")
        for code in get_territory_currencies(territory, start_date=SINCE, end_date=dt.date.max)
    )


def is_currency(code: str) -> bool:
    return code in known_currencies()
