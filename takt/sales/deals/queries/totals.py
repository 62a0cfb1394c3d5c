"""What a list of deals adds up to: from the kept totals where these know it, else counted live; both are equal."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from takt.kernel.access.reach import granted, owners_within
from takt.kernel.lib.standing import standing
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
    states = set(Deal.Status.values)
    wanted: dict[str, Any] = {}
    for asked in ask.filters:
        if asked.column.name == "status":
            states &= set(asked.values)
        else:
            name, values = asked.column.name, frozenset(asked.values)
            wanted[name] = wanted.get(name, values) & values
    found: list[Any] = []
    only = (
        owners_within(ask.user, "deal"),
        wanted.get("owner"),
        wanted.get("pipeline"),
        tuple(sorted(wanted["currency"])) if "currency" in wanted else None,
    )
    if OPEN in states:
        found += [
            (OPEN, currency, deals, amount, ZERO, ZERO) for currency, deals, amount in _open_sums(*only)
        ]
    if closed := states - {OPEN}:
        found += _closed_sums(tuple(sorted(closed)), *only)
    return found


type Numbers = frozenset[int] | None


def _only(path: str, seen: Numbers, owners: Numbers, pipelines: Numbers, currencies: Any) -> Q:
    """Among the owners that are seen; None where nothing is asked of it. `path` leads to the pipeline."""
    found = Q()
    for name, values in (("owner", seen), ("owner", owners), (path, pipelines)):
        if values is not None:
            found &= Q((f"{name}__in", sorted(values)))
    return found if currencies is None else found & Q(currency__in=currencies)


@standing
def _open_sums(seen: Numbers, owners: Numbers, pipelines: Numbers, currencies: Any) -> QuerySet[Any]:
    # The totals of open deals know their pipeline by the stage.
    rows = StageTotal.objects.filter(_only("stage__pipeline", seen, owners, pipelines, currencies))
    return rows.values_list("currency").annotate(Sum("deals"), Sum("amount"))


@standing
def _closed_sums(
    states: tuple[str, ...], seen: Numbers, owners: Numbers, pipelines: Numbers, currencies: Any
) -> QuerySet[Any]:
    rows = ClosedTotal.objects.filter(_only("pipeline", seen, owners, pipelines, currencies))
    rows = rows.filter(status__in=states)
    return rows.values_list("status", "currency").annotate(
        Sum("deals"), Sum("amount"), Sum("base"), Sum("unrated")
    )


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
