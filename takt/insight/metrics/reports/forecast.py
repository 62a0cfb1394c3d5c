"""What the open deals are likely to bring (M1)."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.funnel import stages
from takt.insight.metrics.reports.parts import (
    Column,
    Part,
    Report,
    Table,
    converted,
    left_over,
    money,
    rates_of,
)
from takt.insight.metrics.reports.rules import Forecast
from takt.insight.metrics.reports.scope import Scope

SHOWN = 200
PERCENT = "coalesce(d.probability, s.probability)"


def expected(scope: Scope) -> Part:
    """Won in the period, and the open deals expected to close in it, weighted by probability."""
    rates = rates_of(scope)
    condition, values = scope.days_within("d.expected_close_on")
    found = scope.rows(
        f"""SELECT to_char(d.expected_close_on, 'YYYY-MM') AS month, d.currency, count(*) AS count,
        coalesce(sum(d.amount), 0) AS amount, coalesce(sum(d.amount * {PERCENT} / 100), 0) AS weighted,
        coalesce(sum(d.amount * d.amount * {PERCENT} * (100 - {PERCENT}) / 10000), 0) AS variance
        FROM d JOIN stage s ON s.id = d.stage_id
        WHERE d.status = 'open' AND d.expected_close_on IS NOT NULL AND {condition} GROUP BY 1, 2 ORDER BY 1""",
        *values,
    )
    won = scope.row("SELECT count(*) AS count, sum(amount_base) AS value FROM d WHERE status = 'won'")
    variance = Decimal(0)
    months: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        months.setdefault(row["month"], []).append(row)
        if (rate := rates.rate(row["currency"])) is not None:
            variance += row["variance"] * rate * rate
    weighted, left = converted(rates, [(row["weighted"], row["currency"]) for row in found])
    result = Forecast(won["value"] or Decimal(0), Decimal(weighted), variance)
    rows = []
    for month, parts in months.items():
        amount, without = converted(rates, [(p["amount"], p["currency"]) for p in parts])
        rows.append(
            {
                "month": month,
                "count": sum(p["count"] for p in parts),
                "amount": amount,
                "weighted": converted(rates, [(p["weighted"], p["currency"]) for p in parts])[0],
                "not_converted": left_over(without),
            }
        )
    totals = {
        "won": won["count"],
        "won_value": money(result.won),
        "dated": sum(row["count"] for row in found),
        "weighted": money(result.weighted),
        "expected": money(result.expected),
        "sigma": money(result.sigma),
        "weighted_not_converted": left,
    }
    columns = [
        Column("month", _("Month"), "text"),
        Column("count", _("Open deals")),
        Column("amount", _("Amount"), "money"),
        Column("weighted", _("Weighted amount"), "money"),
        Column("not_converted", _("Without a rate"), "text"),
    ]
    return Part(totals, [Table("months", _("By month of expected closing"), columns, rows)])


def no_date(scope: Scope) -> Part:
    """Open deals that weigh nothing in the forecast, because nobody has said when they close."""
    found = scope.rows(
        """SELECT d.id, d.name, s.name AS stage, u.name AS owner, d.amount, d.currency, d.is_named,
        count(*) OVER () AS count FROM d JOIN stage s ON s.id = d.stage_id JOIN "user" u ON u.id = d.owner_id
        WHERE d.status = 'open' AND d.expected_close_on IS NULL
        ORDER BY d.is_named DESC, d.amount DESC NULLS LAST, d.id LIMIT %s""",
        SHOWN,
    )
    rows = [
        {
            "id": row["id"],
            "name": row["name"],
            "stage": row["stage"],
            "owner": row["owner"],
            "amount": None if row["amount"] is None else money(row["amount"]),
            "currency": row["currency"],
            "deal": row["id"],
        }
        for row in found
        if row["is_named"]
    ]
    columns = [
        Column("name", _("Deal"), "text"),
        Column("stage", _("Stage"), "text"),
        Column("owner", _("Owner"), "text"),
        Column("amount", _("Amount"), "own_money"),
        Column("currency", _("Currency"), "text"),
    ]
    count = found[0]["count"] if found else 0
    title = _("Without an expected closing date")
    return Part({"no_date": count}, [Table("no_date", title, columns, rows)])


REPORT = Report(
    "forecast",
    gettext_lazy("Forecast"),
    gettext_lazy(
        "Won in the period plus the open deals expected to close in it, each amount times its own or its stage's "
        "probability. A deal without an expected closing date adds nothing and is listed."
    ),
    {"stages": stages, "expected": expected, "no_date": no_date},
    {
        "stages": gettext_lazy("Open deals by stage"),
        "expected": gettext_lazy("By month of expected closing"),
        "no_date": gettext_lazy("Without an expected closing date"),
    },
    sums={"stages": ("open",), "expected": ("open", "won")},
)
