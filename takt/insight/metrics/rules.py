"""The sums behind the reports (domain spec 2.3): pure, exact, no database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import sqrt

CENT = Decimal("0.01")
Z95 = 1.959964  # two-sided 95 %
ENOUGH = 10  # closed passages from which on reps are compared


def rounded(value: Decimal | float, places: int) -> Decimal:
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def ratio(part: Decimal | int, whole: Decimal | int, places: int = 6) -> Decimal | None:
    """A share as a fraction; None where there is nothing to have a share of."""
    return rounded(Decimal(part) / Decimal(whole), places) if whole else None


def mean(total: Decimal | int, count: int, places: int = 4) -> Decimal | None:
    """The average; None of nothing."""
    return rounded(Decimal(total) / count, places) if count else None


@dataclass(frozen=True)
class Conversion:
    """What became of the deals that entered a stage (domain spec M3)."""

    entered: int
    advanced: int
    lost: int

    @property
    def open(self) -> int:
        return self.entered - self.advanced - self.lost

    @property
    def decided(self) -> int:
        return self.advanced + self.lost

    @property
    def raw(self) -> Decimal | None:
        """Advanced of all that entered: low while many are still open."""
        return ratio(self.advanced, self.entered)

    @property
    def mature(self) -> Decimal | None:
        """Advanced of those whose fate is known."""
        return ratio(self.advanced, self.decided)

    @property
    def lost_rate(self) -> Decimal | None:
        return ratio(self.lost, self.entered)

    @property
    def interval(self) -> tuple[Decimal, Decimal] | None:
        """The Wilson 95 % interval of the mature conversion; None where too few are decided."""
        return wilson(self.advanced, self.decided) if self.decided >= ENOUGH else None

    def __add__(self, other: "Conversion") -> "Conversion":
        return Conversion(
            self.entered + other.entered, self.advanced + other.advanced, self.lost + other.lost
        )


def wilson(successes: int, of: int) -> tuple[Decimal, Decimal]:
    """Bounds between which the true share lies with 95 % confidence."""
    share, square = successes / of, Z95 * Z95
    middle = share + square / (2 * of)
    spread = Z95 * sqrt(share * (1 - share) / of + square / (4 * of * of))
    whole = 1 + square / of
    low, high = max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)
    return rounded(low, 6), rounded(high, 6)


def standouts(reps: Mapping[int, Conversion]) -> tuple[int | None, int | None]:
    """Champion and laggard of a stage: highest and lowest, where the interval doesn't hold the team's mean."""
    team = sum(reps.values(), Conversion(0, 0, 0)).mature
    ranked = sorted(
        ((c.mature, who, c.interval) for who, c in reps.items() if c.mature is not None and c.interval),
        key=lambda r: (r[0], r[1]),
    )
    if team is None or not ranked:
        return None, None
    (_low, worst, under), (_high, best, over) = ranked[0], ranked[-1]
    return (best if over[0] > team else None), (worst if under[1] < team else None)


@dataclass(frozen=True)
class Forecast:
    """The stage-weighted forecast (domain spec M1) and its relation to a plan."""

    won: Decimal
    weighted: Decimal
    variance: Decimal = Decimal(0)  # sum of a² p (1 − p)
    plan: Decimal | None = None

    @property
    def expected(self) -> Decimal:
        return self.won + self.weighted

    @property
    def sigma(self) -> Decimal:
        """One standard deviation of what the open deals may bring."""
        return rounded(self.variance.sqrt(), 2)

    @property
    def low(self) -> Decimal:
        return max(self.won, self.expected - self.sigma)

    @property
    def high(self) -> Decimal:
        return self.expected + self.sigma

    def to_plan(self, amount: Decimal) -> Decimal | None:
        return ratio(amount, self.plan, 4) if self.plan else None


def forecast(won: Decimal, deals: Iterable[tuple[Decimal, Decimal]], plan: Decimal | None = None) -> Forecast:
    """M1 over (amount, probability as a fraction)."""
    weighted, variance = Decimal(0), Decimal(0)
    for amount, chance in deals:
        weighted += amount * chance
        variance += amount * amount * chance * (1 - chance)
    return Forecast(won, rounded(weighted, 2), variance, plan)


def bottleneck(stages: Sequence[tuple[int, Decimal | None, int | None]]) -> int | None:
    """The stage with the largest mean time against its norm, from (stage, mean days, norm days)."""
    found = [(mean_days / norm, pk) for pk, mean_days, norm in stages if mean_days is not None and norm]
    return max(found)[1] if found else None
