"""The funnel cut by any parameter of a deal; every deal stands in one row, so the rows add up to the whole."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from takt.insight.metrics.reports.groups import LINKS, TITLES, company_seen
from takt.insight.metrics.reports.parts import Column, Part, Table, converted, money, rates_of, stages_of
from takt.insight.metrics.reports.rules import ratio
from takt.insight.metrics.reports.scope import Scope
from takt.kernel.lib.refusals import Invalid

# parameter: the key and the label of a deal's row, and what has to be joined
CUTS: dict[str, tuple[str, str, str]] = {
    "owner": ("u.id", "u.name", 'LEFT JOIN "user" u ON u.id = d.owner_id'),
    "team": (
        "t.id",
        "t.name",
        'LEFT JOIN "user" u ON u.id = d.owner_id LEFT JOIN team t ON t.id = u.team_id',
    ),
    "parent_team": (
        "r.id",
        "r.name",
        'LEFT JOIN "user" u ON u.id = d.owner_id LEFT JOIN team t ON t.id = u.team_id '
        "LEFT JOIN team r ON r.id = coalesce(t.parent_id, t.id)",
    ),
    "pipeline": ("l.id", "l.name", "LEFT JOIN pipeline l ON l.id = d.pipeline_id"),
    "type": ("y.id", "y.name", "LEFT JOIN deal x ON x.id = d.id LEFT JOIN deal_type y ON y.id = x.type_id"),
    "source": ("o.id", "o.name", "LEFT JOIN source o ON o.id = d.source_id"),
    # Where the customer first came from goes with all deals of the company, whatever each says of itself.
    "first_source": (
        "o.id",
        "o.name",
        "LEFT JOIN company f ON f.id = d.company_id LEFT JOIN source o ON o.id = coalesce(f.source_id, d.source_id)",
    ),
    "industry": ("NULL::bigint", "nullif(c.industry, '')", "{company}"),
    "region": ("NULL::bigint", "nullif(c.region, '')", "{company}"),
    "company": ("c.id", "c.name", "{company}"),
}
COMPANY = "LEFT JOIN company c ON c.id = d.company_id AND c.deleted_at IS NULL AND {seen}"
MOST = 50


def slices(scope: Scope) -> Part:
    """Open deals by stage, and what was won and lost in the period, for each value of the parameter."""
    by = scope.by
    if by not in CUTS:
        sentence = _("A deal can have several products, so a funnel can't be cut by them.")
        raise Invalid.field("by", sentence, "unknown")
    key, label, join = CUTS[by]
    values: list[Any] = []
    if "{company}" in join:
        seen, values = company_seen(scope)
        join = join.replace("{company}", COMPANY.replace("{seen}", seen))
    found = scope.rows(
        f"""SELECT {key} AS key, {label} AS label, d.status, CASE WHEN d.status = 'open' THEN d.stage_id END AS stage,
        d.currency, count(*) AS deals, coalesce(sum(d.amount) FILTER (WHERE d.status = 'open'), 0) AS amount,
        coalesce(sum(d.amount_base), 0) AS base FROM d {join} GROUP BY 1, 2, 3, 4, 5""",
        *values,
    )
    groups: dict[tuple[int | None, str | None], list[dict[str, Any]]] = {}
    for row in found:
        groups.setdefault((row["key"], row["label"]), []).append(row)
    ordered = sorted(groups.items(), key=lambda one: (one[0][1] is None, -_count(one[1]), one[0][1] or ""))
    shown, rest = ordered[:MOST], ordered[MOST:]
    rows = [_row(scope, by, name, pk, parts) for (pk, name), parts in shown]
    if rest:
        others = [part for _key, parts in rest for part in parts]
        rows.append(_row(scope, "", _("All others"), None, others))
    rows.append(_row(scope, "", _("Together"), None, found) | {"is_total": True})
    columns = [
        Column("name", _("Name"), "text"),
        *[Column(f"open_{stage.pk}", stage.label, "count", stage.name) for stage in stages_of(scope)],
        Column("open", _("Open")),
        Column("open_amount", _("Open amount"), "money"),
        Column("won", _("Won")),
        Column("lost", _("Lost")),
        Column("win_rate", _("Win rate"), "rate"),
        Column("won_value", _("Won amount"), "money"),
    ]
    return Part({}, [Table(f"slices_by_{by}", TITLES[by](), columns, rows)])


def _count(parts: list[dict[str, Any]]) -> int:
    return sum(part["deals"] for part in parts)


def _row(
    scope: Scope, by: str, name: str | None, pk: int | None, parts: list[dict[str, Any]]
) -> dict[str, Any]:
    of = {status: [p for p in parts if p["status"] == status] for status in ("open", "won", "lost")}
    won, lost = _count(of["won"]), _count(of["lost"])
    row: dict[str, Any] = {
        "id": pk,
        "name": _("Not given") if name is None else name,
        "open": _count(of["open"]),
        "open_amount": converted(rates_of(scope), [(p["amount"], p["currency"]) for p in of["open"]])[0],
        "won": won,
        "lost": lost,
        "win_rate": ratio(won, won + lost),
        "won_value": money(sum((p["base"] for p in of["won"]), Decimal(0))),
    }
    for stage in stages_of(scope):
        row[f"open_{stage.pk}"] = sum(p["deals"] for p in of["open"] if p["stage"] == stage.pk)
    if pk is not None and by in LINKS:
        row["deals"] = f"{by}={pk}"
    return row
