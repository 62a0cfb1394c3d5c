"""Won and lost within the period: what several reports say in the same words."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from takt.insight.metrics import rules
from takt.insight.metrics.figures import Column, Part, Total
from takt.insight.metrics.queries.facts import closed_in, fetched
from takt.insight.metrics.scope import Scope

# Every SELECT over closed deals sums the same way.
SUMS = """
    COUNT(*) FILTER (WHERE status = 'won') AS won,
    COUNT(*) FILTER (WHERE status = 'lost') AS lost,
    COALESCE(SUM(value) FILTER (WHERE status = 'won'), 0) AS won_value,
    COALESCE(SUM(value) FILTER (WHERE status = 'lost'), 0) AS lost_value,
    COALESCE(SUM(days) FILTER (WHERE status = 'won'), 0) AS days_won,
    COUNT(days) FILTER (WHERE status = 'won') AS timed_won,
    COALESCE(SUM(days) FILTER (WHERE status = 'lost'), 0) AS days_lost,
    COUNT(days) FILTER (WHERE status = 'lost') AS timed_lost
"""
RESULT = (
    Column("won", _("Won")),
    Column("lost", _("Lost")),
    Column("closed", _("Closed")),
    Column("win_rate", _("Win rate"), "ratio"),
    Column("won_value", _("Won amount"), "money"),
    Column("avg_won_value", _("Average won"), "money"),
    Column("avg_days_won", _("Days to win"), "days"),
    Column("avg_days_lost", _("Days to loss"), "days"),
)


def result_of(row: Any) -> dict[str, Any]:
    """The shared figures of one group."""
    closed = row.won + row.lost
    return {
        "won": row.won,
        "lost": row.lost,
        "closed": closed,
        "win_rate": rules.ratio(row.won, closed),
        "won_value": row.won_value,
        "avg_won_value": rules.mean(row.won_value, row.won),
        "avg_days_won": rules.mean(row.days_won, row.timed_won),
        "avg_days_lost": rules.mean(row.days_lost, row.timed_lost),
    }


_ALL = f"""
SELECT {SUMS},
    COUNT(value) FILTER (WHERE status = 'won') AS valued,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FILTER (WHERE status = 'won') AS median_value,
    COUNT(*) FILTER (WHERE status = 'won' AND COALESCE(amount, 0) = 0) AS won_without_value,
    COUNT(*) FILTER (WHERE status = 'lost' AND COALESCE(amount, 0) <> 0) AS lost_with_value,
    MIN(start_on) AS first_start, MAX(start_on) AS last_start,
    MIN(closed_on) AS first_close, MAX(closed_on) AS last_close
FROM facts WHERE """


def outcome(scope: Scope) -> Part:
    """Won against lost, by number and by amount."""
    where, params = closed_in(scope)
    row = fetched(scope, _ALL + where, params)[0]
    median = None if row.median_value is None else rules.rounded(row.median_value, 2)
    totals = [
        Total("won", _("Won deals"), row.won),
        Total("lost", _("Lost deals"), row.lost),
        Total("closed", _("Closed deals"), row.won + row.lost, is_shown=False),
        Total("win_rate", _("Win rate"), rules.ratio(row.won, row.won + row.lost), "ratio"),
        Total(
            "win_rate_by_amount",
            _("Win rate by amount"),
            rules.ratio(row.won_value, row.won_value + row.lost_value),
            "ratio",
            is_shown=False,
        ),
        Total("won_value", _("Won amount"), row.won_value, "money"),
        Total("avg_won_value", _("Average won deal"), rules.mean(row.won_value, row.valued), "money"),
        Total("median_won_value", _("Median won deal"), median, "money"),
        Total("lost_value", _("Lost amount"), row.lost_value, "money", is_shown=False),
        Total("won_without_value", _("Won with no amount"), row.won_without_value, is_shown=False),
        Total("lost_with_value", _("Lost with an amount"), row.lost_with_value, is_shown=False),
        Total("first_close", _("First close"), row.first_close, "date", is_shown=False),
        Total("last_close", _("Last close"), row.last_close, "date", is_shown=False),
    ]
    return Part(totals, not_converted=left_out(scope))


def left_out(scope: Scope) -> dict[str, tuple[int, Decimal]]:
    """Closed deals whose currency had no rate on their day."""
    where, params = closed_in(scope)
    rows = fetched(
        scope,
        "SELECT currency, COUNT(*) AS deals, SUM(amount) AS amount FROM facts"
        f" WHERE {where} AND amount IS NOT NULL AND value IS NULL GROUP BY currency",
        params,
    )
    return {r.currency: (r.deals, r.amount) for r in rows}
