"""How deals pass from stage to stage (M3), from their passages."""

from django.conf import settings
from django.utils.translation import gettext as _

from takt.insight.metrics.reports.parts import Column, Part, Table, stages_of
from takt.insight.metrics.reports.rules import MATURE_FROM, Passing
from takt.insight.metrics.reports.scope import Scope, once


@once
def passings(scope: Scope) -> dict[tuple[int, int], Passing]:
    """Of the deals that entered a stage in the period, how many went on, were lost there, or are open: by owner and
    stage."""
    condition, values = scope.days_within("f.entered_on")
    found = scope.rows(
        f""", p AS (
            SELECT d.id, d.status, d.owner_id, q.stage_id,
                (q.entered_at AT TIME ZONE %s)::date AS entered_on,
                row_number() OVER (PARTITION BY q.deal_id, q.stage_id ORDER BY q.entered_at, q.id) AS visit,
                s.position, max(s.position) OVER (PARTITION BY q.deal_id ORDER BY q.entered_at, q.id
                    ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS later
            FROM d JOIN stage_passage q ON q.deal_id = d.id AND q.pipeline_id = d.pipeline_id
            JOIN stage s ON s.id = q.stage_id),
        f AS (SELECT p.*, p.status = 'won' OR coalesce(p.later > p.position, FALSE) AS advanced FROM p
            WHERE visit = 1)
        SELECT f.owner_id, f.stage_id, count(*) AS entered, count(*) FILTER (WHERE f.advanced) AS advanced,
            count(*) FILTER (WHERE NOT f.advanced AND f.status = 'lost') AS lost
        FROM f WHERE {condition} GROUP BY 1, 2""",
        settings.TIME_ZONE,
        *values,
        period=False,
    )
    return {
        (row["owner_id"], row["stage_id"]): Passing(row["entered"], row["advanced"], row["lost"])
        for row in found
    }


def by_stage(scope: Scope) -> dict[int, Passing]:
    """The same for all owners together."""
    found: dict[int, Passing] = {}
    for (_owner, stage), one in passings(scope).items():
        found[stage] = found.get(stage, Passing(0, 0, 0)) + one
    return found


def passing(scope: Scope) -> Part:
    """Of the deals that entered a stage in the period, how many went on, were lost there, or are open."""
    found = by_stage(scope)
    rows = []
    for stage in stages_of(scope):
        one = found.get(stage.pk, Passing(0, 0, 0))
        low, high = one.interval or (None, None)
        rows.append(
            {
                "stage": stage.label,
                "stage_id": stage.pk,
                "entered": one.entered,
                "advanced": one.advanced,
                "lost": one.lost,
                "open": one.open,
                "raw": one.raw,
                "mature": one.mature,
                "low": low,
                "high": high,
                "lost_rate": one.lost_rate,
                "is_enough": one.settled >= MATURE_FROM,
            }
        )
    columns = [
        Column("stage", _("Stage"), "text"),
        Column("entered", _("Entered")),
        Column("advanced", _("Went on")),
        Column("lost", _("Lost here")),
        Column("open", _("Still open")),
        Column("raw", _("Went on, of all entered"), "rate"),
        Column("mature", _("Went on, of those settled"), "rate"),
        Column("low", _("At least (95 %)"), "rate"),
        Column("high", _("At most (95 %)"), "rate"),
        Column("lost_rate", _("Lost, of all entered"), "rate"),
    ]
    return Part({}, [Table("passing", _("From stage to stage"), columns, rows)])
