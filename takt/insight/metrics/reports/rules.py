"""Pure sums of the reports, as the domain's definitions M1, M3 and M4 have them.

Shares and means are text with a fixed number of places, as the API writes every decimal.
"""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import sqrt

Z95 = 1.959963984540054
CENT = Decimal("0.01")
RATE = Decimal("0.000001")
FINE = Decimal("0.0001")
HALF = Decimal("0.1")
MATURE_FROM = 10


def ratio(part: int | Decimal, whole: int | Decimal) -> str | None:
    """A share to six decimals; None where there is nothing to share."""
    if not whole:
        return None
    return share(Decimal(part) / Decimal(whole))


def share(value: Decimal | float) -> str:
    return str(Decimal(value).quantize(RATE, ROUND_HALF_UP))


def fine(value: Decimal | float | None) -> str | None:
    """A mean to four decimals."""
    return None if value is None else str(Decimal(value).quantize(FINE, ROUND_HALF_EVEN))


def half(value: Decimal | float | None) -> str | None:
    """A median of whole days, which is whole or a half."""
    return None if value is None else str(Decimal(value).quantize(HALF))


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

    def __add__(self, other: "Passing") -> "Passing":
        return Passing(self.entered + other.entered, self.advanced + other.advanced, self.lost + other.lost)

    @property
    def open(self) -> int:
        return self.entered - self.advanced - self.lost

    @property
    def settled(self) -> int:
        return self.advanced + self.lost

    @property
    def raw(self) -> str | None:
        return ratio(self.advanced, self.entered)

    @property
    def mature(self) -> str | None:
        return ratio(self.advanced, self.settled)

    @property
    def lost_rate(self) -> str | None:
        return ratio(self.lost, self.entered)

    @property
    def interval(self) -> tuple[str, str] | None:
        """Wilson's 95 % interval of the mature rate."""
        return wilson(self.advanced, self.settled)


def narrowest(found: Mapping[int, Passing]) -> int | None:
    """The stage with the lowest mature rate among those with enough settled deals; the first of equals."""
    told = [(one.advanced / one.settled, pk) for pk, one in found.items() if one.settled >= MATURE_FROM]
    return min(told)[1] if told else None


def shares(counts: Sequence[int | Decimal]) -> list[Decimal]:
    """Each count's part of the whole; nothing where there is no whole."""
    whole = sum(counts, Decimal(0))
    return [Decimal(count) / whole for count in counts] if whole else []


def imbalance(found: Sequence[Decimal], targets: Sequence[Decimal]) -> Decimal:
    """Half the sum of the differences (M5): 0 is ideal, 1 is the worst."""
    return sum((abs(a - b) for a, b in zip(found, targets, strict=True)), Decimal(0)) / 2


def steady(entering: Decimal, times: Sequence[Decimal], rates: Sequence[Decimal]) -> list[Decimal]:
    """How many deals stand in each stage once as many leave it as enter it (M5b, Little's law): `entering` the first
    one per unit of time, `times` in each, and the `rates` at which they go on from each but the last."""
    found = []
    for place, time in enumerate(times):
        found.append(entering * time)
        if place < len(rates):
            entering *= rates[place]
    return found


def wilson(hits: int, tries: int) -> tuple[str, str] | None:
    if not tries:
        return None
    part, square = hits / tries, Z95 * Z95
    centre = part + square / (2 * tries)
    reach = Z95 * sqrt(part * (1 - part) / tries + square / (4 * tries * tries))
    whole = 1 + square / tries
    return share(max(0.0, (centre - reach) / whole)), share(min(1.0, (centre + reach) / whole))


@dataclass(frozen=True)
class Cycle:
    """M4: how many days the sales took."""

    count: int
    mean: str | None
    median: str | None

    @classmethod
    def of(cls, days: Sequence[int]) -> "Cycle":
        if not days:
            return cls(0, None, None)
        return cls(len(days), fine(Decimal(sum(days)) / len(days)), half(statistics.median(days)))
