"""What stands open in each stage, and which deals no sum holds because their currency has no rate."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from takt.insight.metrics.reports.parts import money, rates_of
from takt.insight.metrics.reports.scope import Scope, once
from takt.sales.deals.rules import Standing

KEPT = """SELECT t.stage_id, t.currency, sum(t.deals) AS deals, sum(t.amount) AS amount,
    sum(t.overridden) AS overridden, sum(t.overridden_weighted) AS own
    FROM stage_total t JOIN stage s ON s.id = t.stage_id
    WHERE s.pipeline_id = coalesce(%s, s.pipeline_id) GROUP BY 1, 2"""
COUNTED = """SELECT stage_id, currency, count(*) AS deals, coalesce(sum(amount), 0) AS amount,
    coalesce(sum(amount) FILTER (WHERE probability IS NOT NULL), 0) AS overridden,
    coalesce(sum(amount * probability / 100) FILTER (WHERE probability IS NOT NULL), 0) AS own
    FROM d WHERE status = 'open' GROUP BY 1, 2"""
LEFT_OUT = """SELECT currency, count(*) AS deals, sum(amount) AS amount FROM d
    WHERE amount IS NOT NULL AND (status = 'open' AND currency = ANY(%s)
        OR status <> 'open' AND status = ANY(%s) AND amount_base IS NULL) GROUP BY 1 ORDER BY 1"""


@once
def standings(scope: Scope) -> dict[int, dict[str, Standing]]:
    """What stands open in each stage, by currency: the kept totals where they answer, else the deals."""
    rows = scope.ask("", KEPT, scope.pipeline) if scope.is_whole else scope.rows(COUNTED, period=False)
    out: dict[int, dict[str, Standing]] = {}
    for row in rows:
        if row["deals"]:
            one = Standing(int(row["deals"]), row["amount"], row["overridden"], row["own"])
            out.setdefault(row["stage_id"], {})[row["currency"]] = one
    return out


def left_out(scope: Scope, statuses: Iterable[str]) -> list[dict[str, Any]]:
    """The deals of these states that no sum holds: how many and how much, for each currency without a rate."""
    asked, unknown = set(statuses), []
    if "open" in asked:
        rates = rates_of(scope)
        currencies = {code for standing in standings(scope).values() for code in standing}
        unknown = sorted(code for code in currencies if rates.convert(Decimal(1), code) is None)
    closed = sorted(asked - {"open"})
    if not unknown and not closed:
        return []
    return [row | {"amount": money(row["amount"])} for row in scope.rows(LEFT_OUT, unknown, closed)]
