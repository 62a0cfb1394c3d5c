"""The totals of open deals per stage and of closed ones per pipeline, kept by every command that changes a deal."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from takt.kernel.events.unit import Deltas, current_unit
from takt.sales.deals.models import Deal
from takt.sales.deals.rules import standing

type Sums = tuple[int | Decimal, ...]
ZERO = Decimal(0)

_OPEN = """
INSERT INTO stage_total (stage_id, owner_id, currency, deals, amount, overridden, overridden_weighted)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::numeric[], %s::numeric[], %s::numeric[])
ON CONFLICT (stage_id, owner_id, currency) DO UPDATE SET
    deals = stage_total.deals + EXCLUDED.deals,
    amount = stage_total.amount + EXCLUDED.amount,
    overridden = stage_total.overridden + EXCLUDED.overridden,
    overridden_weighted = stage_total.overridden_weighted + EXCLUDED.overridden_weighted
"""
_CLOSED = """
INSERT INTO closed_total (pipeline_id, owner_id, status, currency, deals, amount, base, unrated)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::int[],
                     %s::numeric[], %s::numeric[], %s::numeric[])
ON CONFLICT (pipeline_id, owner_id, status, currency) DO UPDATE SET
    deals = closed_total.deals + EXCLUDED.deals,
    amount = closed_total.amount + EXCLUDED.amount,
    base = closed_total.base + EXCLUDED.base,
    unrated = closed_total.unrated + EXCLUDED.unrated
"""


class Counted(NamedTuple):
    """What the totals know of a deal, where no whole record is at hand."""

    pipeline_id: int
    stage_id: int
    owner_id: int
    status: str
    currency: str
    amount: Decimal | None
    probability: int | None
    amount_base: Decimal | None
    rate: Decimal | None
    deleted_at: None = None

    @property
    def is_open(self) -> bool:
        return self.status == "open"


class TotalDeltas(Deltas):
    """What a command adds to the rows of one rollup, by their key."""

    def __init__(self, upsert: str) -> None:
        self.upsert = upsert
        self.sums: dict[tuple[Any, ...], Sums] = {}

    def add(self, key: tuple[Any, ...], change: Sums, sign: int) -> None:
        known = self.sums.get(key)
        signed = tuple(sign * part for part in change)
        self.sums[key] = tuple(a + b for a, b in zip(known, signed, strict=True)) if known else signed

    def apply(self) -> None:
        rows = [(*key, *sums) for key, sums in sorted(self.sums.items()) if any(sums)]
        self.sums.clear()
        if rows:
            columns: list[Any] = [list(column) for column in zip(*rows, strict=True)]
            with connection.cursor() as cursor:
                cursor.execute(self.upsert, columns)


def _deltas(name: str, upsert: str) -> TotalDeltas:
    found = current_unit().deltas.setdefault(name, TotalDeltas(upsert))
    assert isinstance(found, TotalDeltas)
    return found


def _count(deal: Deal | Counted, sign: int) -> None:
    if deal.deleted_at is not None:
        return
    if deal.is_open:
        sums = standing(deal.amount, deal.probability)
        change: Sums = (sums.deals, sums.amount, sums.overridden, sums.overridden_weighted)
        _deltas("stage_total", _OPEN).add((deal.stage_id, deal.owner_id, deal.currency), change, sign)
    else:
        amount = deal.amount or ZERO
        change = (1, amount, deal.amount_base or ZERO, amount if deal.rate is None else ZERO)
        key = (deal.pipeline_id, deal.owner_id, deal.status, deal.currency)
        _deltas("closed_total", _CLOSED).add(key, change, sign)


def count_in(deal: Deal | Counted) -> None:
    _count(deal, 1)


def count_out(deal: Deal | Counted) -> None:
    _count(deal, -1)


@contextmanager
def counted(*deals: Deal) -> Iterator[None]:
    """Within it the deals may change stage, owner, money or status; the totals follow."""
    for deal in deals:
        count_out(deal)
    yield
    for deal in deals:
        count_in(deal)
