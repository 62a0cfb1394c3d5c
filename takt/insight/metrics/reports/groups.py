"""Figures of deals divided by owner, team, product, customer or whatever else a deal is sorted by."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.insight.metrics.reports.parts import Column, StageRow, Table, closed_columns, money, stages_of
from takt.insight.metrics.reports.rules import fine, half, ratio
from takt.insight.metrics.reports.scope import Scope
from takt.kernel.access.reach import owners_within

PLAIN = """SELECT d.status, d.stage_id, d.days, {key} AS key, {label} AS label, d.amount_base AS value
    FROM d {join}"""
# A deal of several products adds to each its own lines, at the rate of the deal's closing; without a rate nothing.
LINES = """SELECT d.status, d.stage_id, d.days, {key} AS key, {label} AS label,
    round(sum(l.total) * d.rate, 2) AS value
    FROM d JOIN deal_line l ON l.deal_id = d.id JOIN product p ON p.id = l.product_id
    WHERE {label} <> '' GROUP BY d.id, d.status, d.stage_id, d.days, d.rate, 4, 5"""
USER = 'JOIN "user" u ON u.id = d.owner_id'
TEAM = f"{USER} JOIN team t ON t.id = u.team_id"
DEAL = "JOIN deal x ON x.id = d.id"
COMPANY = "JOIN company c ON c.id = d.company_id AND c.deleted_at IS NULL AND {seen}"

SOURCES: dict[str, str] = {
    "owner": PLAIN.format(key="u.id", label="u.name", join=USER),
    "team": PLAIN.format(key="t.id", label="t.name", join=TEAM),
    "parent_team": PLAIN.format(
        key="r.id", label="r.name", join=f"{TEAM} JOIN team r ON r.id = coalesce(t.parent_id, t.id)"
    ),
    "product": LINES.format(key="p.id", label="p.name"),
    "series": LINES.format(key="NULL::bigint", label="p.series"),
    "industry": PLAIN.format(
        key="NULL::bigint",
        label="c.industry",
        join=f"{COMPANY} AND c.industry <> ''",
    ),
    "company": PLAIN.format(key="c.id", label="c.name", join=COMPANY),
    "region": PLAIN.format(key="NULL::bigint", label="c.region", join=f"{COMPANY} AND c.region <> ''"),
    "pipeline": PLAIN.format(key="w.id", label="w.name", join="JOIN pipeline w ON w.id = d.pipeline_id"),
    "type": PLAIN.format(key="y.id", label="y.name", join=f"{DEAL} JOIN deal_type y ON y.id = x.type_id"),
    "source": PLAIN.format(key="o.id", label="o.name", join="JOIN source o ON o.id = d.source_id"),
    "first_source": PLAIN.format(
        key="o.id",
        label="o.name",
        join="LEFT JOIN company f ON f.id = d.company_id "
        "JOIN source o ON o.id = coalesce(f.source_id, d.source_id)",
    ),
}
TITLES: dict[str, Callable[[], str]] = {
    "owner": lambda: _("By owner"),
    "team": lambda: _("By team"),
    "parent_team": lambda: _("By the team above"),
    "product": lambda: _("By product"),
    "series": lambda: _("By series"),
    "industry": lambda: _("By industry"),
    "company": lambda: _("By company"),
    "region": lambda: _("By region"),
    "pipeline": lambda: _("By pipeline"),
    "type": lambda: _("By type"),
    "source": lambda: _("By source"),
    "first_source": lambda: _("By first source"),
}
OF_COMPANIES = ("industry", "company", "region")
LINKS = ("owner", "company", "pipeline", "type", "source")  # a filter of the list of deals


def grouped(scope: Scope, by: str, *, only: Sequence[str] = (), limit: int = 0) -> Table:
    """Closed deals of the period and those open at the moment, for each owner, team or product."""
    seen, values = company_seen(scope)
    source = SOURCES[by].replace("{seen}", seen) if by in OF_COMPANIES else SOURCES[by]
    found = scope.rows(
        f""", g AS ({source}),
        s AS (SELECT key, label, stage_id, count(*) AS open FROM g WHERE status = 'open' GROUP BY 1, 2, 3),
        o AS (SELECT key, label, jsonb_object_agg(stage_id, open) AS open FROM s GROUP BY 1, 2),
        c AS (SELECT key, label, count(*) FILTER (WHERE status = 'won') AS won,
            count(*) FILTER (WHERE status = 'lost') AS lost,
            coalesce(sum(value) FILTER (WHERE status = 'won'), 0) AS won_value,
            avg(days) FILTER (WHERE status = 'won') AS avg_days_won,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE status = 'won')
                AS median_days_won,
            avg(days) FILTER (WHERE status = 'lost') AS avg_days_lost
            FROM g GROUP BY 1, 2)
        SELECT c.*, coalesce(o.open, '{{}}'::jsonb)::text AS open FROM c
            LEFT JOIN o ON o.label = c.label AND o.key IS NOT DISTINCT FROM c.key
        ORDER BY c.won_value DESC, c.won DESC, c.label, c.key {f"LIMIT {limit:d}" if limit else ""}""",
        *(values if by in OF_COMPANIES else []),
    )
    stages = stages_of(scope)
    columns = [
        Column("name", _("Name"), "text"),
        *closed_columns(),
        Column("avg_won_value", _("Won amount, mean"), "money"),
        Column("avg_days_won", _("Days to win, mean"), "days"),
        Column("median_days_won", _("Days to win, median"), "days"),
        Column("avg_days_lost", _("Days to loss, mean"), "days"),
        *[Column(f"open_{stage.pk}", stage.label, "count", stage.name) for stage in stages],
    ]
    if only:
        columns = [column for column in columns if column.key in {"name", *only}]
    keys = {column.key for column in columns} | {"id", "deals"}
    rows = [{key: value for key, value in _row(row, by, stages).items() if key in keys} for row in found]
    return Table(f"by_{by}", TITLES[by](), columns, rows)


def company_seen(scope: Scope) -> tuple[str, list[Any]]:
    """Customers whom the person may not see stay nameless in reports too."""
    owners = owners_within(scope.user, "company")
    if owners is None:
        return "TRUE", []
    if not owners:
        return "FALSE", []
    return "(c.owner_id IS NULL OR c.owner_id = ANY(%s))", [sorted(owners)]


def _row(row: dict[str, Any], by: str, stages: list[StageRow]) -> dict[str, Any]:
    closed = row["won"] + row["lost"]
    open_in: dict[str, int] = json.loads(row["open"])
    shown: dict[str, Any] = {
        "id": row["key"],
        "name": row["label"],
        "won": row["won"],
        "lost": row["lost"],
        "closed": closed,
        "win_rate": ratio(row["won"], closed),
        "won_value": money(row["won_value"]),
        "avg_won_value": fine(row["won_value"] / row["won"]) if row["won"] else None,
        "avg_days_won": fine(row["avg_days_won"]),
        "median_days_won": half(row["median_days_won"]),
        "avg_days_lost": fine(row["avg_days_lost"]),
    }
    shown |= {f"open_{stage.pk}": open_in.get(str(stage.pk), 0) for stage in stages}
    if by in LINKS:
        shown["deals"] = f"{by}={row['key']}"
    return shown
