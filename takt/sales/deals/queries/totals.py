"""What a list of deals adds up to: from the kept totals where these know it, else counted live; both are equal."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from takt.kernel.access.reach import granted, owners_within
from takt.kernel.lists.asking import Asked
from takt.kernel.money.rates import Rates, Total
from takt.sales.deals.models import ClosedTotal, Deal, StageTotal

ZERO = Decimal(0)
OPEN = Deal.Status.OPEN
# What the kept totals are kept by, as the list calls it.
KEPT_BY = {"pipeline", "owner", "currency"}

type Sums = Iterable[tuple[str, str, int, Decimal, Decimal, Decimal]]


def totals_of(ask: Asked, rows: QuerySet[Any]) -> tuple[int, Total]:
    """How many deals, and their sum: closed ones at the rate of their day, open ones at today's.

    `rows` are those that meet `ask`.
    """
    return _summed(_kept(ask) if _is_kept(ask) else _live(rows))


def _is_kept(ask: Asked) -> bool:
    # The kept totals know owners, not single deals: where some are shared, the sums are counted live.
    return (
        not ask.q
        and not ask.groups
        and not _has_shared(ask.user)
        and all(
            f.operator == "eq" and (f.column.name in KEPT_BY or f.column.name == "status")
            for f in ask.filters
        )
    )


def _has_shared(user: Any) -> bool:
    return owners_within(user, "deal") is not None and bool(granted(user, "deal"))


def _kept(ask: Asked) -> Sums:
    """(status, currency, deals, amount, at the frozen rate, without any rate) of the kept totals."""
    wanted: list[tuple[str, Any]] = []
    states = set(Deal.Status.values)
    owners = owners_within(ask.user, "deal")
    if owners is not None:
        wanted.append(("owner__in", sorted(owners)))
    for asked in ask.filters:
        if asked.column.name == "status":
            states &= set(asked.values)
        else:
            wanted.append((f"{asked.column.name}__in", asked.values))
    found: list[Any] = []
    if OPEN in states:
        # The totals of open deals know their pipeline by the stage.
        by_stage = [(f"stage__{n}" if n == "pipeline__in" else n, v) for n, v in wanted]
        rows = StageTotal.objects.filter(Q(*by_stage)).values_list("currency")
        found += [
            (OPEN, currency, deals, amount, ZERO, ZERO)
            for currency, deals, amount in rows.annotate(Sum("deals"), Sum("amount"))
        ]
    if closed := states - {OPEN}:
        ended = ClosedTotal.objects.filter(Q(*wanted), status__in=sorted(closed))
        found += ended.values_list("status", "currency").annotate(
            Sum("deals"), Sum("amount"), Sum("base"), Sum("unrated")
        )
    return found


def _live(rows: QuerySet[Any]) -> Sums:
    sums = (
        rows.order_by()
        .values("status", "currency")
        .annotate(
            deals=Count("*"),
            money=Sum("amount", default=ZERO),
            base=Sum("amount_base", default=ZERO),
            unrated=Sum("amount", filter=Q(rate=None), default=ZERO),
        )
    )
    return sums.values_list("status", "currency", "deals", "money", "base", "unrated")


def _summed(sums: Sums) -> tuple[int, Total]:
    count, frozen, left = 0, ZERO, dict[str, Decimal]()
    today: list[tuple[Decimal | None, str]] = []
    for status, currency, deals, amount, base, unrated in sums:
        count += deals
        if status == OPEN:
            today.append((amount, currency))
            continue
        frozen += base
        if unrated:
            left[currency] = left.get(currency, ZERO) + unrated
    day = timezone.localdate(timezone=timezone.get_default_timezone())
    whole = Rates().on(day).total(today) if today else Total()
    for currency, amount in whole.not_converted.items():
        if amount:
            left[currency] = left.get(currency, ZERO) + amount
    return count, Total(frozen + whole.amount, left)
