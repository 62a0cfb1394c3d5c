"""How much of what is closed is won, and how deals pass through the stages."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import Column, Part, Report, Table, closed_columns, money
from takt.insight.metrics.reports.passing import passing
from takt.insight.metrics.reports.rules import ratio
from takt.insight.metrics.reports.scope import Scope

COUNTED = """count(*) FILTER (WHERE status = 'won') AS won, count(*) FILTER (WHERE status = 'lost') AS lost,
    coalesce(sum(amount_base) FILTER (WHERE status = 'won'), 0) AS won_value,
    coalesce(sum(amount_base) FILTER (WHERE status = 'lost'), 0) AS lost_value"""


def closed(row: dict[str, Any]) -> dict[str, Any]:
    """The figures of closed deals that every report shows."""
    count = row["won"] + row["lost"]
    return {
        "won": row["won"],
        "lost": row["lost"],
        "closed": count,
        "win_rate": ratio(row["won"], count),
        "won_value": money(row["won_value"]),
    }


def overall(scope: Scope) -> Part:
    """Won, lost and the win rate: by count, by amount, and by the time of closing."""
    found = scope.rows(
        f"""SELECT to_char(closed_on, 'YYYY-MM') AS month, to_char(closed_on, 'YYYY"Q"Q') AS quarter,
        {COUNTED} FROM d WHERE status <> 'open' GROUP BY 1, 2 ORDER BY 1"""
    )
    every = summed(found)
    totals = closed(every)
    value = every["won_value"] + every["lost_value"]
    totals["win_rate_by_amount"] = ratio(every["won_value"], value)
    quarters: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        quarters.setdefault(row["quarter"], []).append(row)
    tables = [
        Table(
            "quarters",
            _("By quarter of closing"),
            [Column("quarter", _("Quarter"), "text"), *closed_columns()],
            [{"quarter": quarter} | closed(summed(rows)) for quarter, rows in quarters.items()],
        ),
        Table(
            "months",
            _("By month of closing"),
            [Column("month", _("Month"), "text"), *closed_columns()],
            [{"month": row["month"]} | closed(row) for row in found],
        ),
    ]
    return Part(totals, tables)


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "won": sum(row["won"] for row in rows),
        "lost": sum(row["lost"] for row in rows),
        "won_value": sum((row["won_value"] for row in rows), Decimal(0)),
        "lost_value": sum((row["lost_value"] for row in rows), Decimal(0)),
    }


REPORT = Report(
    "conversion",
    gettext_lazy("Conversion"),
    gettext_lazy(
        "Win rate is won divided by won and lost, by closing day. A stage's conversion counts the deals that "
        "entered it in the period: those that later went further or were won, of all entered and of those settled."
    ),
    {"overall": overall, "passing": passing},
    {"overall": gettext_lazy("By time of closing"), "passing": gettext_lazy("From stage to stage")},
    sums={"overall": ("won", "lost")},
)
