"""Where the deals stand: stages, states and cohorts."""

from decimal import Decimal
from typing import Any

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
from takt.insight.metrics.reports.slices import slices
from takt.insight.metrics.reports.snapshot import snapshot
from takt.insight.metrics.reports.standing import standings
from takt.sales.deals.models import Deal
from takt.sales.deals.rules import weighted


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


REPORT = Report(
    "funnel",
    gettext_lazy("Funnel"),
    gettext_lazy(
        "Open deals by stage, at the rates of the day; weighted is amount times probability. "
        "Closed deals count by their closing day, cohorts by the day their cycle began."
    ),
    {
        "stages": stages,
        "states": states,
        "cohorts": cohorts,
        "slices": slices,
        "snapshot": snapshot,
        "passing": passing,
    },
    {
        "stages": gettext_lazy("Open deals by stage"),
        "states": gettext_lazy("All deals by state"),
        "cohorts": gettext_lazy("By month of the cycle's start"),
        "slices": gettext_lazy("The funnel cut by a parameter"),
        "snapshot": gettext_lazy("The pipeline on a day"),
        "passing": gettext_lazy("From stage to stage"),
    },
    sums={
        "stages": ("open",),
        "states": ("open", "won", "lost"),
        "slices": ("open", "won"),
        "snapshot": ("open", "won"),
    },
)
