"""Where the deals stand: stages, cohorts, and any past day's pipeline."""

import calendar
import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import (
    Column,
    Part,
    Report,
    Table,
    converted,
    left_over,
    money,
    rates_of,
    stages_of,
)
from takt.insight.metrics.reports.passing import passing
from takt.insight.metrics.reports.rules import ratio
from takt.insight.metrics.reports.scope import Scope
from takt.sales.deals.models import Deal, StageTotal
from takt.sales.deals.rules import Standing, weighted

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


def standings(scope: Scope) -> dict[int, dict[str, Standing]]:
    """What stands open in each stage, by currency: the kept totals where they answer, else the deals."""
    if scope.is_whole:
        rows = StageTotal.objects.all()
        if scope.pipeline:
            rows = rows.filter(stage__pipeline_id=scope.pipeline)
        sums = rows.values_list("stage_id", "currency").annotate(
            Sum("deals"), Sum("amount"), Sum("overridden"), Sum("overridden_weighted")
        )
        found = [tuple(row) for row in sums]
    else:
        live = scope.rows(
            """SELECT stage_id, currency, count(*) AS deals, coalesce(sum(amount), 0) AS amount,
            coalesce(sum(amount) FILTER (WHERE probability IS NOT NULL), 0) AS overridden,
            coalesce(sum(amount * probability / 100) FILTER (WHERE probability IS NOT NULL), 0) AS own
            FROM d WHERE status = 'open' GROUP BY 1, 2""",
            period=False,
        )
        found = [tuple(row.values()) for row in live]
    out: dict[int, dict[str, Standing]] = {}
    for stage, currency, deals, amount, overridden, own in found:
        if deals:
            out.setdefault(stage, {})[currency] = Standing(deals, amount, overridden, own)
    return out


def stages(scope: Scope) -> Part:
    """The open pipeline by stage."""
    rates, found, rows = rates_of(scope), standings(scope), []
    every: list[tuple[Decimal, str]] = []
    heavy: list[tuple[Decimal, str]] = []
    count = 0
    for stage in stages_of(scope):
        standing = found.get(stage.pk, {})
        amounts = [(s.amount, code) for code, s in standing.items()]
        weights = [(weighted(s, stage.probability), code) for code, s in standing.items()]
        amount, left = converted(rates, amounts)
        deals = sum(s.deals for s in standing.values())
        every, heavy, count = every + amounts, heavy + weights, count + deals
        rows.append(
            {
                "stage": stage.label,
                "stage_id": stage.pk,
                "probability": stage.probability,
                "count": deals,
                "amount": amount,
                "weighted": converted(rates, weights)[0],
                "not_converted": left_over(left),
                "deals": f"stage={stage.pk}&status=open",
            }
        )
    amount, left = converted(rates, every)
    columns = [
        Column("stage", _("Stage"), "text"),
        Column("probability", _("Probability, %")),
        Column("count", _("Open deals")),
        Column("amount", _("Amount"), "money"),
        Column("weighted", _("Weighted amount"), "money"),
    ]
    if left:
        columns.append(Column("not_converted", _("Without a rate"), "text"))
    totals = {
        "open": count,
        "open_amount": amount,
        "open_weighted": converted(rates, heavy)[0],
        "not_converted": left,
    }
    return Part(totals, [Table("stages", _("Open deals by stage"), columns, rows)])


def states(scope: Scope) -> Part:
    """All deals by state, and what is missing in them."""
    rates = rates_of(scope)
    names = {stage.pk: stage.label for stage in stages_of(scope)}
    found = scope.rows(
        """SELECT status, CASE WHEN status = 'open' THEN stage_id END AS stage_id, currency,
        count(*) AS count, sum(amount) AS amount, sum(amount_base) AS base,
        count(*) FILTER (WHERE company_id IS NULL) AS no_company,
        count(*) FILTER (WHERE cycle_on IS NULL) AS no_cycle_start,
        count(*) FILTER (WHERE closed_on IS NULL) AS no_closed_at,
        count(*) FILTER (WHERE amount IS NULL OR amount_is_estimated) AS no_amount,
        sum(amount) FILTER (WHERE NOT amount_is_estimated) AS stated,
        sum(amount_base) FILTER (WHERE NOT amount_is_estimated) AS stated_base,
        coalesce(sum(amount) FILTER (WHERE status <> 'open' AND amount_base IS NULL), 0) AS without_rate
        FROM d GROUP BY 1, 2, 3"""
    )
    blanks = ("no_company", "no_cycle_start", "no_closed_at", "no_amount")
    labels = {str(value): str(label) for value, label in Deal.Status.choices}
    order = [("open", pk) for pk in names] + [("won", None), ("lost", None)]
    groups: dict[tuple[str, int | None], list[dict[str, Any]]] = {key: [] for key in order}
    for row in found:
        groups.setdefault((row["status"], row["stage_id"]), []).append(row)
    rows, missing = [], []
    for (status, stage), parts in groups.items():
        shown = {"status": labels[status], "state": status, "stage": names.get(stage, "") if stage else ""}
        link = f"status={status}" + (f"&stage={stage}" if stage else "")
        if status == "open":
            amount, left = converted(rates, [(p["amount"], p["currency"]) for p in parts])
            stated = converted(rates, [(p["stated"], p["currency"]) for p in parts])[0]
        else:
            amount = money(sum((p["base"] or Decimal(0) for p in parts), Decimal(0)))
            left = {p["currency"]: money(p["without_rate"]) for p in parts if p["without_rate"]}
            stated = money(sum((p["stated_base"] or Decimal(0) for p in parts), Decimal(0)))
        count = sum(p["count"] for p in parts)
        rows.append(
            shown
            | {
                "count": count,
                "amount": amount,
                "stated": stated,
                "not_converted": left_over(left),
                "deals": link,
            }
        )
        missing.append(shown | {name: sum(p[name] for p in parts) for name in blanks} | {"deals": link})
    about = [Column("status", _("State"), "text"), Column("stage", _("Stage"), "text")]
    totals = {"deals": sum(row["count"] for row in found)}
    totals |= {name: sum(row[name] for row in found) for name in blanks}
    tables = [
        Table(
            "states",
            _("All deals by state"),
            [
                *about,
                Column("count", _("Deals")),
                Column("amount", _("Amount"), "money"),
                Column("stated", _("Of it stated, not estimated"), "money"),
                Column("not_converted", _("Without a rate"), "text"),
            ],
            rows,
        ),
        Table(
            "blanks",
            _("What is not filled in"),
            [
                *about,
                Column("no_company", _("No company")),
                Column("no_cycle_start", _("No start of the cycle")),
                Column("no_closed_at", _("No closing date")),
                Column("no_amount", _("No amount stated")),
            ],
            missing,
        ),
    ]
    return Part(totals, tables)


def cohorts(scope: Scope) -> Part:
    """Deals by the month in which their cycle began, and what became of them up to now."""
    condition, values = scope.days_within("cycle_on")
    found = scope.rows(
        f"""SELECT to_char(cycle_on, 'YYYY-MM') AS month, count(*) AS entered,
        count(*) FILTER (WHERE status = 'won') AS won, count(*) FILTER (WHERE status = 'lost') AS lost,
        count(*) FILTER (WHERE status = 'open') AS open
        FROM d WHERE cycle_on IS NOT NULL AND {condition} GROUP BY 1 ORDER BY 1""",
        *values,
        period=False,
    )
    rows = [row | {"won_share": ratio(row["won"], row["entered"])} for row in found]
    columns = [
        Column("month", _("Month"), "text"),
        Column("entered", _("Begun")),
        Column("won", _("Won")),
        Column("lost", _("Lost")),
        Column("open", _("Open")),
        Column("won_share", _("Won of those begun"), "rate"),
    ]
    return Part({}, [Table("cohorts", _("By month of the cycle's start"), columns, rows)])


def three_months_on(day: dt.date) -> dt.date:
    """The same day three months later; from a month's last day to a month's last day."""
    month = day.month + 3
    year, month = day.year + (month - 1) // 12, (month - 1) % 12 + 1
    last = calendar.monthrange(year, month)[1]
    is_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month, last if is_last else min(day.day, last))


def snapshot(scope: Scope) -> Part:
    """The pipeline as it was at the end of a day, and what the next three months made of it."""
    day, end = scope.day, three_months_on(scope.day)
    rates = rates_of(scope)
    standing = "d.cycle_on <= %s AND (d.closed_on IS NULL OR d.closed_on > %s)"
    row = scope.row(
        f"""SELECT count(*) FILTER (WHERE {standing}) AS open,
        count(*) FILTER (WHERE closed_on <= %s AND status = 'won') AS won_so_far,
        count(*) FILTER (WHERE closed_on <= %s) AS closed_so_far,
        count(*) FILTER (WHERE {standing} AND status = 'won' AND closed_on <= %s) AS these_won,
        count(*) FILTER (WHERE {standing} AND status = 'lost' AND closed_on <= %s) AS these_lost,
        sum(amount_base) FILTER (WHERE {standing} AND status = 'won' AND closed_on <= %s) AS these_value,
        count(*) FILTER (WHERE closed_on > %s AND closed_on <= %s AND status = 'won') AS all_won,
        sum(amount_base) FILTER (WHERE closed_on > %s AND closed_on <= %s AND status = 'won') AS all_value
        FROM d""",
        *(day, day),
        *(day, day),
        *(day, day, end),
        *(day, day, end),
        *(day, day, end),
        *(day, end),
        *(day, end),
        period=False,
    )
    worth = scope.rows(
        f""", {LIST_VALUE} SELECT d.stage_id, l.currency,
        sum(l.value) FILTER (WHERE d.status = 'open') AS now, sum(l.value) FILTER (WHERE {standing}) AS then
        FROM d JOIN lines l ON l.id = d.id
        WHERE d.status = 'open' OR ({standing}) GROUP BY 1, 2""",
        *(day, day),
        *(day, day),
        period=False,
    )
    value, left = converted(rates, [(w["then"], w["currency"]) for w in worth])
    found = {
        "as_of": day.isoformat(),
        "until": end.isoformat(),
        "open": row["open"],
        "list_value": value,
        "not_converted": left_over(left),
        "win_rate_so_far": ratio(row["won_so_far"], row["closed_so_far"]),
        "of_these_won": row["these_won"],
        "of_these_won_value": money(row["these_value"]),
        "of_these_lost": row["these_lost"],
        "all_won": row["all_won"],
        "all_won_value": money(row["all_value"]),
    }
    columns = [
        Column("as_of", _("At the end of"), "date"),
        Column("open", _("Open deals")),
        Column("list_value", _("Value by list prices"), "money"),
        Column("win_rate_so_far", _("Win rate so far"), "rate"),
        Column("until", _("Followed until"), "date"),
        Column("of_these_won", _("Of these won")),
        Column("of_these_won_value", _("Of these won, amount"), "money"),
        Column("of_these_lost", _("Of these lost")),
        Column("all_won", _("All won")),
        Column("all_won_value", _("All won, amount"), "money"),
    ]
    priced = []
    for stage in stages_of(scope):
        amounts = [(w["now"], w["currency"]) for w in worth if w["stage_id"] == stage.pk]
        value, left = converted(rates, amounts)
        link = f"stage={stage.pk}&status=open"
        priced.append(
            {"stage": stage.label, "list_value": value, "not_converted": left_over(left), "deals": link}
        )
    return Part(
        {},
        [
            Table("snapshot", _("The pipeline on a day"), columns, [found]),
            Table(
                "list_value",
                _("Open deals now, by list prices"),
                [
                    Column("stage", _("Stage"), "text"),
                    Column("list_value", _("Value by list prices"), "money"),
                    Column("not_converted", _("Without a rate"), "text"),
                ],
                priced,
            ),
        ],
    )


REPORT = Report(
    "funnel",
    gettext_lazy("Funnel"),
    gettext_lazy(
        "Open deals by stage now, at today's rates; weighted is amount times probability. "
        "Closed deals count by their closing day, cohorts by the day their cycle began."
    ),
    {"stages": stages, "states": states, "cohorts": cohorts, "snapshot": snapshot, "passing": passing},
    {
        "stages": gettext_lazy("Open deals by stage"),
        "states": gettext_lazy("All deals by state"),
        "cohorts": gettext_lazy("By month of the cycle's start"),
        "snapshot": gettext_lazy("The pipeline on a day"),
        "passing": gettext_lazy("From stage to stage"),
    },
)
