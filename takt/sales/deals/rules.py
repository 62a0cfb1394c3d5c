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


def line_net(quantity: Decimal, price: Decimal, discount: Decimal = ZERO) -> Decimal:
    """A line without the tax that comes on top, rounded to the cent."""
    return (quantity * price * (100 - discount) / 100).quantize(CENT, ROUND_HALF_UP)


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
    is_tax_included: bool = True,
) -> Decimal:
    """What the customer pays for a line; net and tax are each rounded, line by line (domain spec T-INV)."""
    net = line_net(quantity, price, discount)
    return net if is_tax_included else net + line_tax(net, tax_rate, is_included=False)


def missing_for_win(amount: Decimal | None, contacts: int) -> list[str]:
    """What a won deal still needs (domain spec, Decided 3)."""
    missing = []
    if not amount:
        missing.append("amount")
    if not contacts:
        missing.append("contacts")
    return missing
