"""The start of a deal's cycle, from which reports count its days (domain spec P5)."""

import datetime as dt
import json
from collections.abc import Mapping

from django.db import connection

from takt.sales.deals.models import Deal, Pipeline, Stage
from takt.sales.deals.rules_pipelines import start_of

_RECOUNT = """
UPDATE deal SET cycle_start_at = found.began
FROM (
    SELECT deal.id, deal.import_key IS NOT NULL AS is_imported, CASE coalesce(%(by_source)s::jsonb ->> deal.source_id::text, %(start)s)
        WHEN 'created' THEN deal.created_at
        WHEN 'first_activity' THEN (
            SELECT min(task.done_at) FROM task JOIN task_type type ON type.id = task.type_id
            WHERE task.deal_id = deal.id AND task.status = 'done' AND task.deleted_at IS NULL
              AND type.counts_as_action)
        WHEN 'stage' THEN (
            SELECT min(passage.entered_at) FROM stage_passage passage JOIN stage ON stage.id = passage.stage_id
            WHERE passage.deal_id = deal.id AND passage.pipeline_id = deal.pipeline_id
              AND stage.position >= %(position)s)
        END AS began
    FROM deal WHERE deal.pipeline_id = %(pipeline)s
) found
WHERE deal.id = found.id AND deal.cycle_start_at IS DISTINCT FROM found.began
  AND NOT (found.is_imported AND found.began IS NULL)
"""


def starts_at_creation(pipeline: Pipeline, source: int | None) -> bool:
    return (
        start_of(pipeline.cycle_start, pipeline.cycle_start_by_source, source) == Pipeline.CycleStart.CREATED
    )


def begin_cycle(deal: Deal, pipeline: Pipeline, stages: Mapping[int, Stage], when: dt.datetime) -> None:
    """The cycle of a deal that waited for a stage starts when it is there, or beyond."""
    if deal.cycle_start_at is not None or pipeline.cycle_start_stage_id is None:
        return
    start = start_of(pipeline.cycle_start, pipeline.cycle_start_by_source, deal.source_id)
    first, here = stages.get(pipeline.cycle_start_stage_id), stages.get(deal.stage_id)
    is_there = first is not None and here is not None and here.position >= first.position
    if start == Pipeline.CycleStart.STAGE and is_there:
        deal.cycle_start_at = when


def begin_by_action(deal: Deal, is_action: bool, at: dt.datetime) -> None:
    """The cycle of a deal that waited for its first sales action starts with it."""
    if deal.cycle_start_at is not None or not is_action:
        return
    pipeline = deal.pipeline
    start = start_of(pipeline.cycle_start, pipeline.cycle_start_by_source, deal.source_id)
    if start == Pipeline.CycleStart.FIRST_ACTIVITY:
        Deal.objects.filter(pk=deal.pk).update(cycle_start_at=at)
        deal.cycle_start_at = at


def recount_cycles(pipeline: Pipeline) -> None:
    """The starts of all deals of a pipeline by its present rule, from their history.

    Deals that came with a start from elsewhere keep it where their history tells none. One statement over the whole
    pipeline: changing this rule is rare, and the reports have to agree with it at once.
    """
    first = pipeline.cycle_start_stage
    with connection.cursor() as cursor:
        cursor.execute(
            _RECOUNT,
            {
                "pipeline": pipeline.pk,
                "start": pipeline.cycle_start,
                "by_source": json.dumps(pipeline.cycle_start_by_source),
                "position": first.position if first is not None else 1 << 14,
            },
        )
