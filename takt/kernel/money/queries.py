"""The rates as the settings page shows them."""

from dataclasses import dataclass

from takt.kernel.money.models import ExchangeRate


@dataclass(frozen=True)
class CurrencyRates:
    """One currency: the latest rate and those before it."""

    currency: str
    latest: ExchangeRate
    earlier: list[ExchangeRate]


def rates_by_currency(most: int = 12) -> list[CurrencyRates]:
    found: dict[str, list[ExchangeRate]] = {}
    for row in ExchangeRate.objects.order_by("currency", "-on"):
        found.setdefault(row.currency, []).append(row)
    return [CurrencyRates(code, rows[0], rows[1 : most + 1]) for code, rows in found.items()]
