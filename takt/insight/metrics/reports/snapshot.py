"""The pipeline as it was on a day, what became of it, and what it is worth by list prices."""

import calendar
import datetime as dt

from django.utils.translation import gettext as _

from takt.insight.metrics.reports.parts import (
    Column,
    Part,
    Table,
    converted,
    left_over,
    money,
    rates_of,
    stages_of,
)
from takt.insight.metrics.reports.rules import ratio
from takt.insight.metrics.reports.scope import Scope

LIST_VALUE = """lines AS (
    SELECT v.id, v.currency, sum(v.value) AS value FROM (
        SELECT d.id, coalesce(nullif(p.currency, ''), d.currency) AS currency, l.quantity * p.price AS value
        FROM d JOIN deal_line l ON l.deal_id = d.id JOIN product p ON p.id = l.product_id
        WHERE p.price IS NOT NULL
        UNION ALL
        SELECT d.id, d.currency, coalesce(d.amount, 0) FROM d
        WHERE NOT EXISTS (SELECT 1 FROM deal_line l JOIN product p ON p.id = l.product_id
            WHERE l.deal_id = d.id AND p.price IS NOT NULL)
    ) v GROUP BY v.id, v.currency)"""


def three_months_on(day: dt.date) -> dt.date:
    """The same day three months later; from a month's last day to a month's last day."""
    month = day.month + 3
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    last = calendar.monthrange(year, month)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month, last if is_last else min(day.day, last))


def snapshot(scope: Scope) -> Part:
    """The pipeline at the end of a day, or now; of a past one also what the next three months made of it."""
    rates = rates_of(scope)
    row = scope.row(
        """SELECT count(*) FILTER (WHERE status = 'open' AND cycle_on <= %s) AS open,
        count(*) FILTER (WHERE status = 'won') AS won, count(*) FILTER (WHERE status <> 'open') AS closed FROM d""",
        scope.day,
        period=False,
    )
    worth = scope.rows(
        f""", {LIST_VALUE} SELECT d.stage_id, l.currency, sum(l.value) AS value,
        coalesce(sum(l.value) FILTER (WHERE d.cycle_on <= %s), 0) AS begun
        FROM d JOIN lines l ON l.id = d.id WHERE d.status = 'open' GROUP BY 1, 2""",
        scope.day,
        period=False,
    )
    value, left = converted(rates, [(w["begun"], w["currency"]) for w in worth])
    found = {
        "as_of": scope.day.isoformat(),
        "open": row["open"],
        "list_value": value,
        "not_converted": left_over(left),
        "win_rate_so_far": ratio(row["won"], row["closed"]),
    }
    columns = [
        Column("as_of", _("At the end of"), "date"),
        Column("open", _("Open deals")),
        Column("list_value", _("Value by list prices"), "money"),
        Column("not_converted", _("Without a rate"), "text"),
        Column("win_rate_so_far", _("Win rate so far"), "rate"),
    ]
    tables = [Table("snapshot", _("The pipeline on a day"), columns, [found])]
    if scope.moment:
        tables.append(followed(scope))
    priced = []
    for stage in stages_of(scope):
        amounts = [(w["value"], w["currency"]) for w in worth if w["stage_id"] == stage.pk]
        value, left = converted(rates, amounts)
        link = f"stage={stage.pk}&status=open"
        priced.append(
            {"stage": stage.label, "list_value": value, "not_converted": left_over(left), "deals": link}
        )
    columns = [
        Column("stage", _("Stage"), "text"),
        Column("list_value", _("Value by list prices"), "money"),
        Column("not_converted", _("Without a rate"), "text"),
    ]
    return Part({}, [*tables, Table("list_value", _("Open deals by list prices"), columns, priced)])


def followed(scope: Scope) -> Table:
    """What the next three months made of the deals then open, and what was won in them; known today only."""
    end = three_months_on(scope.day)
    later = "n.closed_at > %s AND n.closed_on <= %s"
    these = "d.status = 'open' AND d.cycle_on <= %s"
    row = scope.row(
        f"""SELECT count(*) FILTER (WHERE {these} AND n.status = 'won') AS these_won,
        sum(n.amount_base) FILTER (WHERE {these} AND n.status = 'won') AS these_value,
        count(*) FILTER (WHERE {these} AND n.status = 'lost') AS these_lost,
        count(*) FILTER (WHERE n.status = 'won') AS all_won,
        sum(n.amount_base) FILTER (WHERE n.status = 'won') AS all_value
        FROM n LEFT JOIN d ON d.id = n.id WHERE {later}""",
        *(scope.day, scope.day, scope.day),
        *(scope.moment, end),
        period=False,
        follows=True,
    )
    found = {
        "until": end.isoformat(),
        "of_these_won": row["these_won"],
        "of_these_won_value": money(row["these_value"]),
        "of_these_lost": row["these_lost"],
        "all_won": row["all_won"],
        "all_won_value": money(row["all_value"]),
    }
    columns = [
        Column("until", _("Followed until"), "date"),
        Column("of_these_won", _("Of these won")),
        Column("of_these_won_value", _("Of these won, amount"), "money"),
        Column("of_these_lost", _("Of these lost")),
        Column("all_won", _("All won")),
        Column("all_won_value", _("All won, amount"), "money"),
    ]
    return Table("followed", _("What the next three months made of it, as known today"), columns, [found])
