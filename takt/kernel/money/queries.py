"""The rates as the settings page shows them."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from django.utils import formats

from takt.kernel.money.models import ExchangeRate


@dataclass(frozen=True)
class DatedRate:
    on: dt.date
    text: str


@dataclass(frozen=True)
class CurrencyRates:
    """One currency: the latest rate and those before it."""

    currency: str
    latest: DatedRate
    earlier: list[DatedRate]


def rates_by_currency(most: int = 12) -> list[CurrencyRates]:
    found: dict[str, list[DatedRate]] = {}
    for row in ExchangeRate.objects.order_by("currency", "-on"):
        found.setdefault(row.currency, []).append(DatedRate(row.on, _exact(row.rate)))
    return [CurrencyRates(code, rows[0], rows[1 : most + 1]) for code, rows in found.items()]


def _exact(rate: Decimal) -> str:
    """Every digit that was given, by the reader's decimal point."""
    return formats.number_format(rate.normalize(), use_l10n=True, force_grouping=True)
