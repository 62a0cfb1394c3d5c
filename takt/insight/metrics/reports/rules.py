"""Pure sums of the reports, as the domain's definitions M1, M3 and M4 have them."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import sqrt

Z95 = 1.959963984540054
CENT = Decimal("0.01")
RATE = Decimal("0.000001")
FINE = Decimal("0.0001")
MATURE_FROM = 10


def ratio(part: int | Decimal, whole: int | Decimal) -> float | None:
    """A share to six decimals; None where there is nothing to share."""
    if not whole:
        return None
    return float((Decimal(part) / Decimal(whole)).quantize(RATE, ROUND_HALF_UP))


def fine(value: Decimal | float | None) -> float | None:
    """A mean to four decimals."""
    return None if value is None else float(Decimal(value).quantize(FINE, ROUND_HALF_EVEN))


def cents(value: Decimal | None) -> Decimal:
    return (value or Decimal(0)).quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Chance:
    """An open deal's amount and its probability in percent."""

    amount: Decimal
    percent: int


@dataclass(frozen=True)
class Forecast:
    """M1: what the open deals weigh, what is expected with the won ones, and the spread of it."""

    won: Decimal
    weighted: Decimal
    variance: Decimal

    @classmethod
    def of(cls, won: Decimal, deals: Iterable[Chance]) -> "Forecast":
        chances = list(deals)
        weighted = sum((c.amount * c.percent / 100 for c in chances), Decimal(0))
        variance = sum((spread(c.amount, c.percent) for c in chances), Decimal(0))
        return cls(won, weighted, variance)

    @property
    def expected(self) -> Decimal:
        return self.won + self.weighted

    @property
    def sigma(self) -> Decimal:
        return self.variance.sqrt()


def spread(amount: Decimal, percent: int) -> Decimal:
    return amount * amount * percent * (100 - percent) / 10000


@dataclass(frozen=True)
class Passing:
    """M3: of the deals that entered a stage, how many went on, were lost there, or are still under way."""

    entered: int
    advanced: int
    lost: int

    @property
    def open(self) -> int:
        return self.entered - self.advanced - self.lost

    @property
    def settled(self) -> int:
        return self.advanced + self.lost

    @property
    def raw(self) -> float | None:
        return ratio(self.advanced, self.entered)

    @property
    def mature(self) -> float | None:
        return ratio(self.advanced, self.settled)

    @property
    def lost_rate(self) -> float | None:
        return ratio(self.lost, self.entered)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the mature rate."""
        return wilson(self.advanced, self.settled)


def wilson(hits: int, tries: int) -> tuple[float, float] | None:
    if not tries:
        return None
    share, square = hits / tries, Z95 * Z95
    centre = share + square / (2 * tries)
    half = Z95 * sqrt(share * (1 - share) / tries + square / (4 * tries * tries))
    whole = 1 + square / tries
    return round(max(0.0, (centre - half) / whole), 6), round(min(1.0, (centre + half) / whole), 6)


@dataclass(frozen=True)
class Cycle:
    """M4: how many days the sales took."""

    count: int
    mean: float | None
    median: float | None

    @classmethod
    def of(cls, days: Sequence[int]) -> "Cycle":
        if not days:
            return cls(0, None, None)
        return cls(len(days), fine(Decimal(sum(days)) / len(days)), float(statistics.median(days)))
