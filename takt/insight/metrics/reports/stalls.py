"""Where deals stall: how long those that went on had stayed in each stage, by owner and by month (feature ST5)."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from takt.insight.metrics.reports.parts import Column, Part, Table, stages_of
from takt.insight.metrics.reports.rules import fine
from takt.insight.metrics.reports.scope import Scope
from takt.kernel.accounts.models import User


def _stays(scope: Scope, what: str) -> list[dict[str, Any]]:
    """Quantiles of the stays that ended onwards in the period, divided by stage and by `what`."""
    condition, values = scope.days_within("left_on")
    return scope.rows(
        f""", t AS (
            SELECT q.stage_id, d.owner_id, (q.left_at AT TIME ZONE %s)::date AS left_on,
                extract(epoch FROM q.left_at - q.entered_at) / 86400 AS days
            FROM d JOIN stage_passage q ON q.deal_id = d.id AND q.pipeline_id = d.pipeline_id
            WHERE q.exit IN ('advanced', 'won'))
        SELECT stage_id, {what} AS what, count(*) AS count,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
            percentile_cont(0.75) WITHIN GROUP (ORDER BY days) AS p75,
            percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS p90
        FROM t WHERE {condition} GROUP BY 1, 2""",
        settings.TIME_ZONE,
        *values,
        period=False,
    )


def _columns() -> list[Column]:
    return [
        Column("count", _("Passages")),
        Column("median", _("Days, median"), "days"),
        Column("p75", _("Three in four within"), "days"),
        Column("p90", _("Nine in ten within"), "days"),
    ]


def _figures(row: dict[str, Any]) -> dict[str, Any]:
    return {"count": row["count"]} | {name: fine(row[name]) for name in ("median", "p75", "p90")}


def stalls(scope: Scope) -> Part:
    """Per stage and owner, the slowest owner of each stage first."""
    found = _stays(scope, "owner_id")
    names = dict(User.objects.filter(pk__in={row["what"] for row in found}).values_list("pk", "name"))
    rows = []
    for stage in stages_of(scope):
        here = [row for row in found if row["stage_id"] == stage.pk]
        for row in sorted(here, key=lambda row: (-row["median"], names[row["what"]])):
            rows.append(
                {"stage": stage.label, "stage_id": stage.pk, "id": row["what"], "name": names[row["what"]]}
                | _figures(row)
            )
    columns = [Column("stage", _("Stage"), "text"), Column("name", _("Owner"), "text"), *_columns()]
    return Part({}, [Table("stalls", _("Days in the stage, by owner"), columns, rows)])


def trend(scope: Scope) -> Part:
    """Per stage and month, the months in order."""
    found = sorted(_stays(scope, "to_char(left_on, 'YYYY-MM')"), key=lambda row: row["what"])
    rows = [
        {"stage": stage.label, "stage_id": stage.pk, "when": row["what"]} | _figures(row)
        for stage in stages_of(scope)
        for row in found
        if row["stage_id"] == stage.pk
    ]
    columns = [Column("stage", _("Stage"), "text"), Column("when", _("Month"), "text"), *_columns()]
    return Part({}, [Table("trend", _("Days in the stage, by month"), columns, rows)])
