"""The deals of a customer, for his card; and what a list of deals adds up to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone

from takt.kernel.accounts.models import User
from takt.kernel.money.rates import Rates, Total
from takt.sales.deals.models import Deal

MOST = 20


@dataclass(frozen=True)
class Panel:
    deals: list[Deal]
    open_count: int
    won_count: int
    lost_count: int
    is_more: bool


def deals_of(user: User, **customer: Any) -> Panel:
    """The deals of a company or a person, open ones first, then the latest."""
    rows = Deal.objects.visible_to(user).filter(**customer)
    found = list(
        rows.select_related("stage", "owner").order_by("closed_at", "-last_activity_at", "-id")[:200]
    )
    found.sort(key=lambda d: not d.is_open)
    counts = {status: sum(d.status == status for d in found) for status in ("open", "won", "lost")}
    return Panel(found[:MOST], counts["open"], counts["won"], counts["lost"], len(found) > MOST)


def total_of(rows: QuerySet[Any]) -> Total:
    """The sum of a list in the organisation's currency: closed deals at the rate of their day, open ones at today's."""
    sums = (
        rows.order_by().values_list("status", "currency", "rate").annotate(Sum("amount"), Sum("amount_base"))
    )
    frozen, left, today = Decimal(0), dict[str, Decimal](), list[tuple[Decimal | None, str]]()
    for status, currency, rate, amount, base in sums:
        if status == "open":
            today.append((amount, currency))
        elif rate is not None:
            frozen += base or Decimal(0)
        elif amount:
            left[currency] = left.get(currency, Decimal(0)) + amount
    whole = (
        Rates().on(timezone.localdate(timezone=timezone.get_default_timezone())).total(today)
        if today
        else Total()
    )
    for currency, amount in whole.not_converted.items():
        left[currency] = left.get(currency, Decimal(0)) + amount
    return Total(frozen + whole.amount, left)
