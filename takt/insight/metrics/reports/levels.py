"""The business funnel: customers, opportunities by their levels, and what was won (features DL37)."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import Column, Part, Report, Table
from takt.insight.metrics.reports.rules import ratio
from takt.insight.metrics.reports.scope import Scope
from takt.sales.deals.models import Stage

WON = len(Stage.Level.values)
_RANK = {level: rank for rank, level in enumerate(Stage.Level.values)}

# Of each deal the day it began, its customer (the company, else the first contact), and how far it came.
_FUNNEL = """, lv AS (SELECT * FROM unnest(%s::bigint[], %s::int[]) AS lv (stage_id, rank)),
    b AS MATERIALIZED (
        SELECT d.id, d.status, coalesce('c' || d.company_id, 'p' || min(p.contact_id)) AS customer,
            (min(q.entered_at) AT TIME ZONE %s)::date AS begun_on, max(lv.rank) AS rank
        FROM d JOIN stage_passage q ON q.deal_id = d.id JOIN lv ON lv.stage_id = q.stage_id
        LEFT JOIN LATERAL (SELECT contact_id FROM deal_contact WHERE deal_id = d.id AND d.company_id IS NULL
            ORDER BY position, id LIMIT 1) p ON TRUE
        GROUP BY d.id, d.status, d.company_id),
    fresh AS (SELECT customer FROM b WHERE customer IS NOT NULL GROUP BY customer HAVING {first_within}),
    became AS (
        SELECT b.customer, max(CASE WHEN b.status = 'won' THEN %s ELSE b.rank END) AS rank
        FROM b JOIN fresh ON fresh.customer = b.customer WHERE {within} GROUP BY b.customer)
    SELECT 'deals' AS unit, rank, status, count(*) AS count FROM b WHERE {within} GROUP BY rank, status
    UNION ALL SELECT 'customers', rank, '', count(*) FROM became GROUP BY rank"""


@dataclass(frozen=True)
class Level:
    """A level as the report names it, with the least rank of what reached it."""

    key: str
    label: str
    rank: int


def ranks() -> dict[int, int]:
    """The level of every stage; one without belongs to that of the stage before it, the first to first contact.

    Deals may come from another pipeline, so all of them are known, whichever is asked for.
    """
    found: dict[int, int] = {}
    line, rank = None, 0
    rows = Stage.objects.order_by("pipeline", "position").values_list("pk", "pipeline_id", "level")
    for pk, pipeline, level in rows:
        if pipeline != line:
            line, rank = pipeline, 0
        rank = _RANK.get(level, rank)
        found[pk] = rank
    return found


def levels(scope: Scope) -> Part:
    """How many of the customers and of the opportunities that began in the period came to each level."""
    of_stage = ranks()
    within, values = scope.days_within("b.begun_on")
    first_within, first_values = scope.days_within("min(begun_on)")
    found = scope.rows(
        _FUNNEL.format(within=within, first_within=first_within),
        list(of_stage),
        list(of_stage.values()),
        settings.TIME_ZONE,
        *first_values,
        WON,
        *values,
        *values,
        period=False,
    )
    deals = [row for row in found if row["unit"] == "deals"]
    customers = [row for row in found if row["unit"] == "customers"]
    used = sorted({*of_stage.values(), *(row["rank"] for row in deals)})
    steps = [Level(Stage.Level.values[r], _opportunity(Stage.Level.labels[r]), r) for r in used]
    rows = _rows([*steps, Level("won", _("Won"), WON)], deals, customers)
    totals = {
        "customers": sum(row["count"] for row in customers),
        "opportunities": sum(row["count"] for row in deals),
        "won": rows[-1]["opportunities"],
    }
    return Part(totals, [Table("levels", _("Business funnel"), _columns(), rows)])


def _opportunity(label: Any) -> str:
    return _("Opportunity: %(level)s") % {"level": label}


def _rows(
    steps: list[Level], deals: list[dict[str, Any]], customers: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The customers first: leads come before them as soon as there are any."""
    fresh = sum(row["count"] for row in customers)
    rows: list[dict[str, Any]] = [
        {
            "level": _("New customers"),
            "key": "customers",
            "customers": fresh,
            "customers_of_before": None,
            "customers_of_first": None,
            "opportunities": None,
            "opportunities_of_before": None,
            "opportunities_of_first": None,
            "open": None,
            "lost": None,
        }
    ]
    begun = sum(row["count"] for row in deals)
    before, bought = begun, fresh
    # What stands below the first level that is in use stands in it.
    for place, step in enumerate(steps):
        least = 0 if place == 0 else step.rank
        here = [row for row in deals if row["rank"] >= least or row["status"] == "won"]
        if step.rank == WON:
            here = [row for row in deals if row["status"] == "won"]
        beyond = steps[place + 1].rank if place + 1 < len(steps) else WON + 1
        furthest = [row for row in here if row["rank"] < beyond]
        count = sum(row["count"] for row in here)
        people = sum(row["count"] for row in customers if row["rank"] >= least)
        is_won = step.rank == WON
        rows.append(
            {
                "level": step.label,
                "key": step.key,
                "customers": people,
                "customers_of_before": ratio(people, bought),
                "customers_of_first": ratio(people, fresh),
                "opportunities": count,
                "opportunities_of_before": ratio(count, before),
                "opportunities_of_first": ratio(count, begun),
                "open": None if is_won else _sum(furthest, "open"),
                "lost": None if is_won else _sum(furthest, "lost"),
            }
        )
        before, bought = count, people
    return rows


def _sum(rows: list[dict[str, Any]], status: str) -> int:
    return sum(row["count"] for row in rows if row["status"] == status)


def _columns() -> list[Column]:
    return [
        Column("level", _("Level"), "text"),
        Column("customers", _("Customers")),
        Column("customers_of_before", _("Of the level before"), "rate"),
        Column("customers_of_first", _("Of all customers"), "rate"),
        Column("opportunities", _("Deals")),
        Column("opportunities_of_before", _("Of the level before"), "rate"),
        Column("opportunities_of_first", _("Of all opportunities"), "rate"),
        Column("open", _("Open at this level")),
        Column("lost", _("Lost at this level")),
    ]


REPORT = Report(
    "levels",
    gettext_lazy("Business funnel"),
    gettext_lazy(
        "Deals that began in the period, by the furthest level that they came to, with what became of them later. "
        "New customers are those whose first deal, of the deals counted here, began in the period; they stand at the "
        "furthest level of their deals of the period. The level of each stage is a setting of its pipeline."
    ),
    {"levels": levels},
    {"levels": gettext_lazy("Business funnel")},
)
