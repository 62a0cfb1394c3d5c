"""Pure decisions and sums about deals."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)


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


def line_net(
    quantity: Decimal, price: Decimal, discount: Decimal = ZERO, discount_amount: Decimal = ZERO
) -> Decimal:
    """A line after its discount, in percent or an amount, and without the tax that comes on top; to the cent."""
    net = quantity * price * (100 - discount) / 100 - discount_amount
    return max(net.quantize(CENT, ROUND_HALF_UP), ZERO)


def line_tax(net: Decimal, tax_rate: Decimal | None, *, is_included: bool) -> Decimal:
    """The tax of a line, rounded to the cent: on top of it, or the part of it that is tax."""
    if not tax_rate:
        return ZERO
    tax = net * tax_rate / (100 + tax_rate if is_included else 100)
    return tax.quantize(CENT, ROUND_HALF_UP)


def line_total(
    quantity: Decimal,
    price: Decimal,
    discount: Decimal = ZERO,
    tax_rate: Decimal | None = None,
    *,
    discount_amount: Decimal = ZERO,
    is_tax_included: bool = True,
) -> Decimal:
    """What a line comes to by itself, its own tax rounded with it."""
    net = line_net(quantity, price, discount, discount_amount)
    return net if is_tax_included else net + line_tax(net, tax_rate, is_included=False)


@dataclass(frozen=True)
class Bill:
    """Lines summed up: what the customer pays, and each rate's tax in it."""

    total: Decimal
    taxes: tuple[tuple[Decimal, Decimal], ...] = ()

    @property
    def tax(self) -> Decimal:
        return sum((tax for _rate, tax in self.taxes), ZERO)


def billed(lines: Iterable[tuple[Decimal, Decimal | None, bool]]) -> Bill:
    """The sum of lines, each (net, tax rate, whether the price holds the tax): tax is rounded once per rate, over the
    lines' rounded sums (domain spec 4.5, T-INV), so it may differ by cents from that of the single lines."""
    net = ZERO
    on_top: dict[Decimal, Decimal] = {}
    inside: dict[Decimal, Decimal] = {}
    for amount, rate, is_included in lines:
        net += amount
        if rate:
            sums = inside if is_included else on_top
            sums[rate] = sums.get(rate, ZERO) + amount
    added = {rate: line_tax(base, rate, is_included=False) for rate, base in on_top.items()}
    held = {rate: line_tax(base, rate, is_included=True) for rate, base in inside.items()}
    taxes = tuple((r, added.get(r, ZERO) + held.get(r, ZERO)) for r in sorted({*added, *held}))
    return Bill(net + sum(added.values(), ZERO), taxes)


def missing_for_win(amount: Decimal | None, contacts: int) -> list[str]:
    """What a won deal still needs (domain spec, Decided 3)."""
    missing = []
    if not amount:
        missing.append("amount")
    if not contacts:
        missing.append("contacts")
    return missing
