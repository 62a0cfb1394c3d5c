"""The totals per stage, kept by every command that changes an open deal."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from takt.kernel.events.unit import Deltas, current_unit
from takt.sales.deals.models import Deal
from takt.sales.deals.rules import Standing, standing

type Key = tuple[int, int, str]

_UPSERT = """
INSERT INTO stage_total (stage_id, owner_id, currency, deals, amount, overridden, overridden_weighted)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::numeric[], %s::numeric[], %s::numeric[])
ON CONFLICT (stage_id, owner_id, currency) DO UPDATE SET
    deals = stage_total.deals + EXCLUDED.deals,
    amount = stage_total.amount + EXCLUDED.amount,
    overridden = stage_total.overridden + EXCLUDED.overridden,
    overridden_weighted = stage_total.overridden_weighted + EXCLUDED.overridden_weighted
"""


class StageDeltas(Deltas):
    def __init__(self) -> None:
        self.sums: dict[Key, Standing] = {}

    def add(self, key: Key, change: Standing) -> None:
        self.sums[key] = self.sums.get(key, Standing()) + change

    def apply(self) -> None:
        rows = [(k, s) for k, s in sorted(self.sums.items()) if not s.is_nothing]
        self.sums.clear()
        if not rows:
            return
        columns: list[Any] = [
            [k[0] for k, _ in rows],
            [k[1] for k, _ in rows],
            [k[2] for k, _ in rows],
            [s.deals for _, s in rows],
            [s.amount for _, s in rows],
            [s.overridden for _, s in rows],
            [s.overridden_weighted for _, s in rows],
        ]
        with connection.cursor() as cursor:
            cursor.execute(_UPSERT, columns)


def _deltas() -> StageDeltas:
    found = current_unit().deltas.setdefault("stage_total", StageDeltas())
    assert isinstance(found, StageDeltas)
    return found


def _counts(deal: Deal) -> bool:
    return deal.is_open and deal.deleted_at is None


def count_in(deal: Deal) -> None:
    if _counts(deal):
        key = (deal.stage_id, deal.owner_id, deal.currency)
        _deltas().add(key, standing(deal.amount, deal.probability))


def count_out(deal: Deal) -> None:
    if _counts(deal):
        key = (deal.stage_id, deal.owner_id, deal.currency)
        _deltas().add(key, -standing(deal.amount, deal.probability))


@contextmanager
def counted(*deals: Deal) -> Iterator[None]:
    """Within it the deals may change stage, owner, money or status; the totals follow."""
    for deal in deals:
        count_out(deal)
    yield
    for deal in deals:
        count_in(deal)


def count_all_in(deals: Iterable[Deal]) -> None:
    for deal in deals:
        count_in(deal)
