"""What the board shows: totals over all deals of a stage, and the first cards of each in one query."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum, Value
from django.utils import timezone

from takt.kernel.access.reach import granted, owners_within, reach_of
from takt.kernel.accounts.models import User
from takt.kernel.lib.standing import standing
from takt.kernel.lists.asking import Asked
from takt.kernel.lists.keyset import cursor_after
from takt.kernel.money.rates import CENT, DayRates, Rates
from takt.sales.deals.models import Deal, DealQuerySet, Pipeline, Stage, StageTotal
from takt.sales.deals.rules import Standing, weighted

FIRST_CARDS = 20
MONEY = DecimalField(max_digits=24, decimal_places=4)
FIELDS = (
    "id", "version", "name", "amount", "currency", "stage_entered_at", "next_due_at", "next_task__title",
    "next_task__type__icon", "owner_id", "owner__name", "company__name", "company__owner_id",
    "company__deleted_at", "stage_id", "snoozed_until", "offer_until",
)  # fmt: skip
ZERO = Decimal(0)


@dataclass(frozen=True)
class Sum_:
    """Deals, money and weighted money in the organisation's currency; what has no rate stands apart."""

    deals: int
    amount: Decimal
    weighted: Decimal
    not_converted: tuple[tuple[str, int], ...] = ()

    @property
    def left_out(self) -> int:
        return sum(n for _currency, n in self.not_converted)


@dataclass(frozen=True)
class Column:
    """A stage with its totals and its first cards; `cursor` leads to the rest."""

    stage: Stage
    total: Sum_
    rows: list[Any]
    cursor: str | None


def pipeline_of(given: str, user: User | None) -> Pipeline | None:
    """The pipeline asked for, or the first active one; None where there is none at all."""
    found = Pipeline.objects.order_by("position", "id")
    if given.isascii() and given.isdigit() and int(given) < 2**63:
        chosen = found.filter(pk=int(given)).first()
        if chosen is not None:
            return chosen
    return found.filter(is_active=True).first()


def is_plain(ask: Asked) -> bool:
    """No filter narrows the open deals, so that the kept totals hold."""
    return (
        not ask.q
        and not ask.groups
        and all(f.column.name == "status" and f.values == ("open",) for f in ask.filters)
    )


def open_deals(ask: Asked, user: User | None) -> DealQuerySet:
    rows: DealQuerySet = ask.apply(Deal.objects.visible_to(user).open())  # type: ignore[assignment]
    return rows


def totals(stages: Iterable[Stage], ask: Asked, user: User | None, *, at: dt.datetime) -> dict[int, Sum_]:
    """The totals of each stage, kept ones where no filter is set, else counted live; both ways are equal."""
    stages = list(stages)
    ids = [s.pk for s in stages]
    # The kept totals know owners, not single deals that were shared.
    is_kept = is_plain(ask) and (owners_within(user, "deal") is None or not granted(user, "deal"))
    found = (
        _kept(frozenset(ids), owners_within(user, "deal")) if is_kept else _live(ids, open_deals(ask, user))
    )
    return _converted(stages, found, at)


@standing
def _kept(stages: frozenset[int], owners: frozenset[int] | None) -> QuerySet[Any]:
    rows = StageTotal.objects.filter(stage__in=sorted(stages))
    if owners is not None:
        rows = rows.filter(owner__in=sorted(owners))
    return rows.values_list("stage_id", "currency").annotate(
        Sum("deals"), Sum("amount"), Sum("overridden"), Sum("overridden_weighted")
    )


def _live(stages: list[int], rows: QuerySet[Any]) -> QuerySet[Any]:
    own = Q(probability__isnull=False)
    hoped = F("amount") * F("probability") / Value(Decimal(100))
    counted = rows.filter(stage__in=stages).order_by().values("stage_id", "currency")
    return counted.annotate(
        deals=Count("*"),
        money=Sum("amount", default=ZERO),
        overridden=Sum("amount", filter=own, default=ZERO),
        overridden_weighted=Sum(hoped, filter=own, default=ZERO, output_field=MONEY),
    ).values_list("stage_id", "currency", "deals", "money", "overridden", "overridden_weighted")


def _converted(stages: list[Stage], found: Iterable[Any], at: dt.datetime) -> dict[int, Sum_]:
    chances = {s.pk: s.probability for s in stages}
    rates: DayRates | None = None
    deals, money = dict.fromkeys(chances, 0), dict.fromkeys(chances, ZERO)
    hoped, left = dict.fromkeys(chances, ZERO), {pk: list[tuple[str, int]]() for pk in chances}
    for stage, currency, count, amount, overridden, overridden_weighted in found:
        if not count:
            continue
        deals[stage] += count
        standing = Standing(count, amount, overridden, overridden_weighted)
        expected = weighted(standing, chances[stage])
        if currency == settings.TAKT_CURRENCY:
            money[stage] += amount
            hoped[stage] += expected
            continue
        rates = rates or Rates().on(timezone.localdate(at, timezone.get_default_timezone()))
        converted = rates.convert(amount, currency)
        if converted is None:
            if amount:
                left[stage].append((currency, count))
        else:
            money[stage] += converted
            hoped[stage] += rates.convert(expected, currency) or ZERO
    return {
        pk: Sum_(deals[pk], money[pk], hoped[pk].quantize(CENT, ROUND_HALF_UP), tuple(sorted(left[pk])))
        for pk in chances
    }


def whole(parts: Iterable[Sum_]) -> Sum_:
    """The sum over the stages."""
    parts = list(parts)
    left: dict[str, int] = {}
    for part in parts:
        for currency, count in part.not_converted:
            left[currency] = left.get(currency, 0) + count
    return Sum_(
        sum(p.deals for p in parts),
        sum((p.amount for p in parts), ZERO),
        sum((p.weighted for p in parts), ZERO),
        tuple(sorted(left.items())),
    )


def columns(
    stages: Iterable[Stage], ask: Asked, user: User | None, *, at: dt.datetime, more: Iterable[str] = ()
) -> list[Column]:
    """Every stage with its totals and first cards: one query for the cards of all. `more` fields are read along."""
    fields = tuple(dict.fromkeys((*_fields(ask), *more)))
    stages = list(stages)
    if not stages:
        return []
    sums = totals(stages, ask, user, at=at)
    by_stage: dict[int, list[Any]] = {s.pk: [] for s in stages}
    rows = open_deals(ask, user)
    heads = [
        _ordered(rows.filter(stage=s), ask).values_list(*fields, named=True)[: FIRST_CARDS + 1]
        for s in stages
    ]
    found = heads[0] if len(heads) == 1 else heads[0].union(*heads[1:], all=True)
    for row in found:
        by_stage[row.stage_id].append(row)
    made = []
    for stage in stages:
        cards = by_stage[stage.pk]
        cursor = None
        if len(cards) > FIRST_CARDS:
            cards = cards[:FIRST_CARDS]
            cursor = cursor_after(cards[-1], ask.order)
        made.append(Column(stage, sums[stage.pk], cards, cursor))
    return made


def _fields(ask: Asked) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*FIELDS, ask.order.path)))


def _ordered(rows: DealQuerySet, ask: Asked) -> QuerySet[Any]:
    """In the list's own order: empty values last, ties by id in the same direction."""
    order = ask.order
    if order.path == "id":
        return rows.order_by("-id" if order.is_descending else "id")
    first = F(order.path).desc(nulls_last=True) if order.is_descending else F(order.path).asc(nulls_last=True)
    if not order.nullable:
        first = F(order.path).desc() if order.is_descending else F(order.path).asc()
    return rows.order_by(first, "-id" if order.is_descending else "id")


def more_cards(
    stage: Stage, ask: Asked, user: User | None, more: Iterable[str] = ()
) -> tuple[list[Any], str | None]:
    """The next cards of one stage after the cursor."""
    page = ask.page(open_deals(ask, user).filter(stage=stage), (*FIELDS, *more))
    return page.rows, page.next_cursor


def one_card(deal: int, user: User | None, more: Iterable[str] = ()) -> Any:
    """The row of one open deal's card; None where it is hidden or closed."""
    fields = tuple(dict.fromkeys((*FIELDS, *more)))
    return next(iter(_card(deal, fields, *reach_of(user, "deal"))), None)


@standing
def _card(
    deal: int, fields: tuple[str, ...], owners: frozenset[int] | None, shared: frozenset[int]
) -> QuerySet[Any]:
    rows: Any = Deal.objects.within_reach(owners, shared).open().filter(pk=deal)
    return rows.values_list(*fields, named=True)  # type: ignore[no-any-return]
