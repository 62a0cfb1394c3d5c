"""What a customer bought and could buy, as far as the reader sees it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone

from takt.kernel.accounts.models import User
from takt.kernel.money.rates import Rates
from takt.sales.contacts.models import Contact, Employment
from takt.sales.customers.models import LadderMove, SegmentMove
from takt.sales.customers.rules import average_change
from takt.sales.deals.models import Deal

MOST_PURCHASES = 200
GRID = {"top": 12, "right": 8, "bottom": 8, "left": 8, "containLabel": True}


@dataclass
class Heap:
    """The deals of one status: how many, their money in the organisation's currency, and what had no rate."""

    status: str
    count: int = 0
    amount: Decimal = Decimal(0)
    by_currency: dict[str, Decimal] = field(default_factory=dict)
    not_converted: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Purchase:
    id: int
    name: str
    on: dt.date
    amount: Decimal


@dataclass(frozen=True)
class Sales:
    """Deals of a customer: open, won and lost ones, and the purchases in their order."""

    open: Heap
    won: Heap
    lost: Heap
    purchases: list[Purchase]  # the latest of them, oldest first

    @property
    def repeats(self) -> int:
        """How often he bought after the first time."""
        return max(0, self.won.count - 1)

    @property
    def average(self) -> Decimal | None:
        return self.won.amount / self.won.count if self.won.count else None

    @property
    def change(self) -> Decimal | None:
        """How the check changes from one purchase to the next, on the average."""
        return average_change([p.amount for p in self.purchases])


def sales_of(user: User | None, day: dt.date, **customer: Any) -> Sales:
    """The deals that the user sees; open ones by the rates of `day`, closed ones by those of their end."""
    deals = Deal.objects.visible_to(user).filter(**customer)
    heaps = {status: Heap(status) for status in ("open", "won", "lost")}
    rates = Rates().on(day)
    rows: Any = deals.order_by().values("status", "currency").annotate(
        n=Count("pk"), total=Sum("amount"), base=Sum("amount_base")
    )  # fmt: skip
    for found in rows:
        _add(heaps[found["status"]], dict(found), rates)
    for status, currency, amount in (
        deals.exclude(status="open")
        .filter(amount_base=None, amount__isnull=False)
        .order_by()
        .values_list("status", "currency")
        .annotate(unrated=Sum("amount"))
    ):
        heaps[status].not_converted[currency] = amount
    return Sales(heaps["open"], heaps["won"], heaps["lost"], _purchases(deals))


def _add(heap: Heap, row: dict[str, Any], rates: Any) -> None:
    heap.count += row["n"]
    total = row["total"] or Decimal(0)
    if total:
        heap.by_currency[row["currency"]] = total
    if heap.status != "open":
        heap.amount += row["base"] or Decimal(0)
    elif (found := rates.convert(total, row["currency"])) is not None:
        heap.amount += found
    elif total:
        heap.not_converted[row["currency"]] = total


def _purchases(deals: Any) -> list[Purchase]:
    won = deals.filter(status="won", amount_base__isnull=False).order_by("-closed_at", "-pk")
    rows = won.values_list("pk", "name", "closed_at", "amount_base")[:MOST_PURCHASES]
    return [Purchase(pk, name, timezone.localdate(at), amount) for pk, name, at, amount in reversed(rows)]


def chart_of(purchases: Iterable[Purchase]) -> dict[str, Any]:
    """The purchases as bars; each leads to its deal."""
    rows = list(purchases)
    return {
        "grid": GRID,
        "xAxis": {
            "type": "category",
            "data": [p.on.isoformat() for p in rows],
            "axisLabel": {"hideOverlap": True},
        },
        "yAxis": {"type": "value", "splitNumber": 2, "axisLabel": {"formatter": "fn:short"}},
        "tooltip": {"trigger": "item", "valueFormatter": f"fn:money:{settings.TAKT_CURRENCY}"},
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 26,
                "itemStyle": {"color": "var:--tk-chart-1"},
                "data": [{"value": float(p.amount), "name": p.name, "url": f"/deals/{p.id}"} for p in rows],
            }
        ],
    }


def ladder_of(company: int) -> list[LadderMove]:
    """Where a company stood on the ladder, from its first day there."""
    return list(LadderMove.objects.filter(company=company).order_by("on"))


def ladder_chart(moves: Iterable[LadderMove], day: dt.date) -> dict[str, Any]:
    """The ladder as steps up to today."""
    points: list[list[Any]] = [[m.on.isoformat(), m.ladder] for m in moves]
    if points and points[-1][0] < day.isoformat():
        points.append([day.isoformat(), points[-1][1]])
    return {
        "grid": GRID,
        "xAxis": {
            "type": "time",
            "splitNumber": 3,
            "axisLabel": {"hideOverlap": True, "formatter": "{yyyy}-{MM}"},
        },
        "yAxis": {"type": "value", "min": min([0, *(p[1] for p in points)]), "max": 8, "interval": 2},
        "tooltip": {"trigger": "axis"},
        "series": [
            {
                "type": "line",
                "step": "end",
                "symbolSize": 5,
                "lineStyle": {"color": "var:--tk-chart-1"},
                "itemStyle": {"color": "var:--tk-chart-1"},
                "data": points,
            }
        ],
    }


def segments_of(company: int) -> list[SegmentMove]:
    return list(SegmentMove.objects.filter(company=company).order_by("-on", "-pk")[:12])


def left_behind(user: User, contact: Contact) -> list[Deal]:
    """Open deals of companies that a person has left, in which he still takes part."""
    former = Employment.objects.filter(contact=contact.pk).values("company")
    rows = Deal.objects.visible_to(user).filter(status="open", parts__contact=contact.pk, company__in=former)
    return list(rows.exclude(company=contact.company_id).select_related("stage").order_by("-pk")[:20])
