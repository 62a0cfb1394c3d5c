"""Where deals get stuck: the transition that loses most, and the stage that takes most of its norm."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from takt.insight.metrics.reports.parts import Column, Part, Report, StageRow, Table, stages_of
from takt.insight.metrics.reports.passing import by_stage, passings
from takt.insight.metrics.reports.rules import MATURE_FROM, Passing, fine, narrowest, ratio
from takt.insight.metrics.reports.scope import Scope, once
from takt.insight.metrics.reports.stalls import stalls, trend
from takt.kernel.accounts.models import User
from takt.sales.deals.models import Stage


def transitions(scope: Scope) -> Part:
    """Each stage's conversion; the lowest among those with enough settled deals is the bottleneck."""
    found, stages = by_stage(scope), stages_of(scope)
    worst = narrowest(found)
    rows = []
    for stage in stages:
        one = found.get(stage.pk, Passing(0, 0, 0))
        low, high = one.interval or (None, None)
        rows.append(
            {
                "stage": stage.label,
                "stage_id": stage.pk,
                "mark": _("Bottleneck") if stage.pk == worst else "",
                "entered": one.entered,
                "advanced": one.advanced,
                "lost": one.lost,
                "mature": one.mature,
                "low": low,
                "high": high,
            }
        )
    columns = [
        Column("stage", _("Stage"), "text"),
        Column("mark", _("Mark"), "text"),
        Column("entered", _("Entered")),
        Column("advanced", _("Went on")),
        Column("lost", _("Lost here")),
        Column("mature", _("Went on, of those settled"), "rate"),
        Column("low", _("At least (95 %)"), "rate"),
        Column("high", _("At most (95 %)"), "rate"),
    ]
    names = {stage.pk: stage.label for stage in stages}
    totals = {"bottleneck": names.get(worst) if worst else None, "enough_from": MATURE_FROM}
    return Part(totals, [Table("transitions", _("From stage to stage"), columns, rows)])


def owners(scope: Scope) -> Part:
    """Each owner's own bottleneck beside the conversion of all at that stage."""
    found, stages, every = passings(scope), stages_of(scope), by_stage(scope)
    names = {stage.pk: stage.label for stage in stages}
    people = {owner for owner, _stage in found}
    rows: list[dict[str, Any]] = []
    for pk, name in User.objects.filter(pk__in=people).order_by("sort_key", "pk").values_list("pk", "name"):
        own = {stage: one for (owner, stage), one in found.items() if owner == pk and stage in names}
        worst = narrowest(own)
        one = own[worst] if worst else None
        rows.append(
            {
                "id": pk,
                "name": name,
                "stage": names[worst] if worst else _("Too few deals to tell"),
                "settled": one.settled if one else None,
                "mature": one.mature if one else None,
                "all": every[worst].mature if worst else None,
            }
        )
    columns = [
        Column("name", _("Owner"), "text"),
        Column("stage", _("Bottleneck"), "text"),
        Column("settled", _("Settled deals")),
        Column("mature", _("Went on, of those settled"), "rate"),
        Column("all", _("The same of all owners"), "rate"),
    ]
    return Part({}, [Table("by_owner", _("By owner"), columns, rows)])


@once
def dwell(scope: Scope) -> dict[int, dict[str, Any]]:
    """Days in each stage of the deals that went on from it in the period: how many, mean and median."""
    condition, values = scope.days_within("left_on")
    found = scope.rows(
        f""", t AS (
            SELECT q.stage_id, (q.left_at AT TIME ZONE %s)::date AS left_on,
                extract(epoch FROM q.left_at - q.entered_at) / 86400 AS days
            FROM d JOIN stage_passage q ON q.deal_id = d.id AND q.pipeline_id = d.pipeline_id
            WHERE q.exit IN ('advanced', 'won'))
        SELECT stage_id, count(*) AS count, avg(days) AS mean,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS median,
            percentile_cont(0.75) WITHIN GROUP (ORDER BY days) AS p75,
            percentile_cont(0.9) WITHIN GROUP (ORDER BY days) AS p90
        FROM t WHERE {condition} GROUP BY 1""",
        settings.TIME_ZONE,
        *values,
        period=False,
    )
    return {row["stage_id"]: row for row in found}


def times(scope: Scope) -> Part:
    """Days in each stage until the deal went on or was won, against the stage's norm (M4)."""
    found, stages = dwell(scope), stages_of(scope)
    norms = dict(Stage.objects.filter(pk__in=[s.pk for s in stages]).values_list("pk", "norm_days"))
    strain = {pk: row["mean"] / norms[pk] for pk, row in found.items() if norms.get(pk)}
    slowest = max(strain, key=lambda pk: (strain[pk], -pk)) if strain else None
    rows = [_time(stage, found.get(stage.pk), norms.get(stage.pk), stage.pk == slowest) for stage in stages]
    columns = [
        Column("stage", _("Stage"), "text"),
        Column("mark", _("Mark"), "text"),
        Column("count", _("Passages")),
        Column("mean", _("Days, mean"), "days"),
        Column("median", _("Days, median"), "days"),
        Column("p75", _("Three in four within"), "days"),
        Column("p90", _("Nine in ten within"), "days"),
        Column("norm", _("Norm, days")),
        Column("of_norm", _("Of the norm"), "rate"),
    ]
    return Part({}, [Table("times", _("Days in the stage"), columns, rows)])


def _time(stage: StageRow, row: dict[str, Any] | None, norm: int | None, is_slowest: bool) -> dict[str, Any]:
    mean = row["mean"] if row else None
    return {
        "stage": stage.label,
        "stage_id": stage.pk,
        "mark": _("Slowest against its norm") if is_slowest else "",
        "count": row["count"] if row else 0,
        "mean": fine(mean),
        "median": fine(row["median"]) if row else None,
        "p75": fine(row["p75"]) if row else None,
        "p90": fine(row["p90"]) if row else None,
        "norm": norm,
        "of_norm": ratio(Decimal(mean), norm) if mean is not None and norm else None,
    }


REPORT = Report(
    "bottleneck",
    gettext_lazy("Bottleneck"),
    gettext_lazy(
        "Of the deals that entered a stage in the period, the share that went on, of those settled. The lowest share "
        "is the bottleneck; a stage with fewer than ten settled deals is never called one."
    ),
    {"transitions": transitions, "owners": owners, "times": times, "stalls": stalls, "trend": trend},
    {
        "transitions": gettext_lazy("From stage to stage"),
        "owners": gettext_lazy("By owner"),
        "times": gettext_lazy("Days in the stage"),
        "stalls": gettext_lazy("Days in the stage, by owner"),
        "trend": gettext_lazy("Days in the stage, by month"),
    },
)
