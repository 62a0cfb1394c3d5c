"""How long sales take, and how long the open ones have been going (M4)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.groups import grouped
from takt.insight.metrics.reports.parts import Column, Part, Report, Table, iso, stages_of
from takt.insight.metrics.reports.rules import fine, half
from takt.insight.metrics.reports.scope import Scope

SPAN = """count(days) AS count, avg(days) AS mean, percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
    min(days) AS min, max(days) AS max"""


def span(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "count": row["count"],
        "mean": fine(row["mean"]),
        "median": half(row["median"]),
        "min": row["min"],
        "max": row["max"],
    }


def overall(scope: Scope) -> Part:
    """Days from the start of the cycle to closing."""
    found = scope.rows(
        f"""SELECT CASE GROUPING(status) WHEN 1 THEN 'closed' ELSE status END AS status, {SPAN}
        FROM d WHERE status <> 'open' GROUP BY GROUPING SETS ((status), ())"""
    )
    by_status = {row["status"]: span(row) for row in found}
    nothing = {"count": 0, "mean": None, "median": None, "min": None, "max": None}
    labels = {"won": _("Won"), "lost": _("Lost"), "closed": _("Closed")}
    rows = [{"status": labels[key], "state": key} | by_status.get(key, nothing) for key in labels]
    dates = scope.row(
        """SELECT min(cycle_on) AS first_start, max(cycle_on) AS last_start,
        min(closed_on) AS first_close, max(closed_on) AS last_close FROM d"""
    )
    columns = [
        Column("status", _("State"), "text"),
        Column("count", _("Deals")),
        Column("mean", _("Days, mean"), "days"),
        Column("median", _("Days, median"), "days"),
        Column("min", _("Shortest")),
        Column("max", _("Longest")),
    ]
    totals = {f"days_{key}": by_status.get(key, nothing) for key in labels}
    return Part(
        totals | {key: iso(day) for key, day in dates.items()},
        [Table("days", _("Days from start to closing"), columns, rows)],
    )


def ages(scope: Scope) -> Part:
    """How long the deals that were open at the end of the day had been going, by the stage of that day."""
    day = scope.day
    over = ", ".join(f"count(*) FILTER (WHERE age > %s) AS over_{days}" for days in scope.over)
    found = scope.rows(
        f"""SELECT stage_id, count(*) AS count, avg(age) AS mean,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY age) AS median, min(age) AS min, max(age) AS max
            {", " + over if over else ""}
        FROM (SELECT stage_id, %s::date - cycle_on AS age FROM d WHERE status = 'open' AND cycle_on <= %s) o
        GROUP BY 1""",
        *scope.over,
        *(day, day),
        period=False,
    )
    by_stage = {row["stage_id"]: row for row in found}
    rows = []
    for stage in stages_of(scope):
        if row := by_stage.get(stage.pk):
            over_counts = {f"over_{days}": row[f"over_{days}"] for days in scope.over}
            rows.append({"stage": stage.label, "stage_id": stage.pk} | span(row) | over_counts)
    columns = [
        Column("stage", _("Stage"), "text"),
        Column("count", _("Open deals")),
        Column("mean", _("Age in days, mean"), "days"),
        Column("median", _("Age in days, median"), "days"),
        Column("min", _("Youngest")),
        Column("max", _("Oldest")),
        *[Column(f"over_{days}", _("Older than %(days)d days") % {"days": days}) for days in scope.over],
    ]
    title = _("Age of the deals open at the end of the day")
    return Part({"as_of": day.isoformat()}, [Table("ages", title, columns, rows)])


def divided(scope: Scope) -> Part:
    """The same, divided by whom or what was asked for."""
    keys = ("won", "lost", "avg_days_won", "median_days_won", "avg_days_lost")
    return Part({}, [grouped(scope, scope.by, only=keys)])


REPORT = Report(
    "cycle",
    gettext_lazy("Sales cycle"),
    gettext_lazy(
        "Days from the start of a deal's cycle to its closing, as the difference of calendar dates; "
        "deals whose start is unknown are left out. Ages are counted to the end of the chosen day."
    ),
    {"overall": overall, "divided": divided, "ages": ages},
    {
        "overall": gettext_lazy("Days from start to closing"),
        "divided": gettext_lazy("Compared"),
        "ages": gettext_lazy("Age of open deals"),
    },
)
