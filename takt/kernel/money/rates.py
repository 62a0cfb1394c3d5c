"""Amounts in the organisation's currency, by the rate of a day. Without a rate an amount is never added in."""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from takt.kernel.lib.standing import standing
from takt.kernel.money.models import ExchangeRate

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Total:
    """A sum in the organisation's currency, and beside it what had no rate."""

    amount: Decimal = Decimal(0)
    not_converted: dict[str, Decimal] = field(default_factory=dict)


@standing
def _every_rate() -> QuerySet[Any]:
    return ExchangeRate.objects.order_by("currency", "on").values_list("currency", "on", "rate")


class Rates:
    """Every rate, read once; ask `on(day)` for those that held on a day."""

    def __init__(self) -> None:
        self._days: dict[str, list[dt.date]] = {}
        self._rates: dict[str, list[Decimal]] = {}
        for currency, on, rate in _every_rate():
            self._days.setdefault(currency, []).append(on)
            self._rates.setdefault(currency, []).append(rate)

    def on(self, day: dt.date) -> "DayRates":
        return DayRates(self, day)

    def rate(self, currency: str, day: dt.date) -> Decimal | None:
        """The latest rate up to `day`; None before the first."""
        if currency == settings.TAKT_CURRENCY:
            return Decimal(1)
        place = bisect_right(self._days.get(currency, []), day)
        return self._rates[currency][place - 1] if place else None

    def day_of(self, currency: str, day: dt.date) -> dt.date | None:
        """The day from which that rate holds."""
        place = bisect_right(self._days.get(currency, []), day)
        return self._days[currency][place - 1] if place else None


@dataclass(frozen=True)
class DayRates:
    """The rates that hold on one day."""

    rates: Rates
    day: dt.date

    def rate(self, currency: str) -> Decimal | None:
        return self.rates.rate(currency, self.day)

    def convert(self, amount: Decimal | None, currency: str) -> Decimal | None:
        """The amount in the organisation's currency, to the cent; None where there is no rate."""
        if amount is None:
            return None
        rate = self.rate(currency)
        return None if rate is None else (amount * rate).quantize(CENT, ROUND_HALF_UP)

    def total(self, amounts: Iterable[tuple[Decimal | None, str]]) -> Total:
        """The sum of amounts of several currencies, what can't be converted kept apart."""
        by_currency: dict[str, Decimal] = {}
        for amount, currency in amounts:
            if amount is not None:
                by_currency[currency] = by_currency.get(currency, Decimal(0)) + amount
        converted, left = Decimal(0), {}
        for currency, amount in sorted(by_currency.items()):
            found = self.convert(amount, currency)
            if found is None:
                left[currency] = amount
            else:
                converted += found
        return Total(converted, left)
