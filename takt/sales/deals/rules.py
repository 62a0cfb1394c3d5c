"""Pure decisions and sums about deals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Standing:
    """What one open deal adds to its stage's totals."""

    deals: int = 0
    amount: Decimal = Decimal(0)
    overridden: Decimal = Decimal(0)
    overridden_weighted: Decimal = Decimal(0)


def standing(amount: Decimal | None, probability: int | None) -> Standing:
    """The totals of one open deal; an overridden probability is summed apart from the stage's."""
    amount = amount or Decimal(0)
    if probability is None:
        return Standing(1, amount)
    return Standing(1, amount, amount, amount * probability / 100)


def weighted(total: Standing, stage_probability: int) -> Decimal:
    """Amount times probability over a stage (domain spec M1), exact: a rate multiplies what was rounded before it."""
    return (total.amount - total.overridden) * stage_probability / 100 + total.overridden_weighted


def skipped(position: int, target: int, stages: Iterable[tuple[int, int]]) -> list[int]:
    """Stages (id) passed over by a move forward, from (id, position) pairs in order."""
    return [pk for pk, at in sorted(stages, key=lambda s: s[1]) if position < at < target]


@dataclass(frozen=True)
class Priced:
    """What one line comes to after its discount, and the tax rate that holds for it (None: not taxed)."""

    total: Decimal
    tax_rate: Decimal | None = None


@dataclass(frozen=True)
class Bill:
    """Lines summed up: `net` without tax, `taxes` per rate, `total` to pay."""

    net: Decimal
    taxes: tuple[tuple[Decimal, Decimal], ...]
    total: Decimal

    @property
    def tax(self) -> Decimal:
        return sum((tax for _rate, tax in self.taxes), Decimal(0))


def line_total(
    quantity: Decimal, price: Decimal, discount: Decimal = Decimal(0), is_percent: bool = True
) -> Decimal:
    """Quantity times price less the discount, rounded once, to the cent, half up (domain spec 4.5, T-INV)."""
    if is_percent:
        return (quantity * price * (100 - discount) / 100).quantize(CENT, ROUND_HALF_UP)
    return max((quantity * price - discount).quantize(CENT, ROUND_HALF_UP), Decimal(0))


def billed(lines: Iterable[Priced], *, includes_tax: bool) -> Bill:
    """The lines' sum with tax, which is rounded once per rate over the lines' rounded totals (T-INV).

    Where prices include the tax (domain spec, Decided 22) it is taken out of the sum, else it comes on top.
    """
    sums: dict[Decimal | None, Decimal] = {}
    for line in lines:
        sums[line.tax_rate] = sums.get(line.tax_rate, Decimal(0)) + line.total
    whole = sum(sums.values(), Decimal(0))
    taxes = []
    for rate in sorted(r for r in sums if r is not None):
        base = (100 + rate) if includes_tax else Decimal(100)
        taxes.append((rate, (sums[rate] * rate / base).quantize(CENT, ROUND_HALF_UP)))
    tax = sum((t for _rate, t in taxes), Decimal(0))
    return Bill(whole - tax, tuple(taxes), whole) if includes_tax else Bill(whole, tuple(taxes), whole + tax)


def plain_bill(totals: Iterable[Decimal]) -> Bill:
    """The sum of lines without any tax."""
    whole = sum(totals, Decimal(0))
    return Bill(whole, (), whole)


BANT = ("budget", "authority", "need", "timing")
MEDDIC = (
    "metrics",
    "economic_buyer",
    "decision_criteria",
    "decision_process",
    "identify_pain",
    "champion",
)


def is_bant_qualified(answers: Sequence[int]) -> bool:
    """5 of 8 points, with the need confirmed (domain spec 6.1)."""
    return sum(answers) >= 5 and answers[BANT.index("need")] == 2


def meddic_share(points: int) -> Decimal:
    """Points of twelve as a fraction (domain spec 6.1, T-MED)."""
    return (Decimal(points) / 12).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def may_commit(answers: Sequence[int]) -> bool:
    """Whether MEDDIC allows the forecast category Commit: 9 of 12, the economic buyer confirmed."""
    return sum(answers) >= 9 and answers[MEDDIC.index("economic_buyer")] == 2


def missing_for_win(amount: Decimal | None, contacts: int) -> list[str]:
    """What a won deal still needs (domain spec, Decided 3)."""
    missing = []
    if not amount:
        missing.append("amount")
    if not contacts:
        missing.append("contacts")
    return missing
