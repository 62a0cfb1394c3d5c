"""The pace of stages and deals as it is now, found from passages and tasks; a constant number of queries."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from takt.insight.pace.rules import (
    ENOUGH,
    WINDOW_DAYS,
    Limit,
    Stay,
    flags_of,
    gap_limit,
    limit_of,
    survival,
    survival_quantile,
    without,
    working_days,
)
from takt.sales.deals.models import Stage
from takt.sales.deals.queries.gates import today_of

CYCLE_DAYS = 365
_STAYS = """
SELECT q.stage_id, q.deal_id, q.entered_at, q.left_at, q.exit
FROM stage_passage q JOIN deal d ON d.id = q.deal_id AND d.deleted_at IS NULL
JOIN stage s ON s.id = q.stage_id AND s.pipeline_id = q.pipeline_id
WHERE q.left_at IS NULL AND d.status = 'open' OR q.left_at >= %s AND q.left_at <= %s AND q.left_at > q.entered_at
    AND q.exit <> 'skipped_over'
"""
_SNOOZES = """
SELECT about.object_id, event.at, event.payload->>'until'
FROM event JOIN event_subject about ON about.event_id = event.id AND about.kind = 'deal'
WHERE event.kind = 'deal.snoozed' AND event.at >= %s
"""
_CYCLES = """
SELECT pipeline_id, count(*), avg(extract(epoch FROM closed_at - cycle_start_at) / 86400)
FROM deal WHERE status = 'won' AND deleted_at IS NULL AND cycle_start_at IS NOT NULL AND closed_at >= %s
    AND closed_at >= cycle_start_at
GROUP BY 1
"""
_OPEN = """
SELECT d.id, d.pipeline_id, d.stage_id, d.stage_entered_at, d.next_due_at, d.snoozed_until,
    coalesce((SELECT max(t.done_at) FROM task t JOIN task_type k ON k.id = t.type_id AND k.counts_as_action
        WHERE t.deal_id = d.id AND t.status = 'done' AND t.deleted_at IS NULL), d.created_at)
FROM deal d
WHERE d.status = 'open' AND d.deleted_at IS NULL AND d.next_due_at IS NOT NULL AND (%s OR d.id = ANY(%s))
"""


@dataclass(frozen=True)
class Found:
    """The figures of one stage."""

    stage: int
    stays: list[float]
    censored_median: float | None

    def quantile(self, part: float) -> float | None:
        """Between the two nearest stays, as the reports do it."""
        if not self.stays:
            return None
        place = part * (len(self.stays) - 1)
        low = int(place)
        high = min(low + 1, len(self.stays) - 1)
        return self.stays[low] + (self.stays[high] - self.stays[low]) * (place - low)


def stages_found(at: dt.datetime) -> dict[int, Found]:
    """Each stage's stays of the last 180 days with an exit onwards, without what was put off (Decided 11)."""
    since = at - dt.timedelta(days=WINDOW_DAYS)
    rows = _asked(_STAYS, [since, at])
    pauses: dict[int, list[Any]] = defaultdict(list)
    for deal, began, until in _asked(_SNOOZES, [since - dt.timedelta(days=2 * WINDOW_DAYS)]):
        end = dt.datetime.combine(dt.date.fromisoformat(until), dt.time(), at.tzinfo)
        pauses[deal].append((began, end))
    onwards: dict[int, list[float]] = defaultdict(list)
    every: dict[int, list[Stay]] = defaultdict(list)
    for stage, deal, entered, left, how in rows:
        days = without(entered, max(left or at, entered), pauses.get(deal, ()))
        every[stage].append(Stay(round(days, 3), left is not None))
        if how in {"advanced", "won"}:
            onwards[stage].append(days)
    return {
        stage: Found(stage, sorted(onwards[stage]), survival_quantile(survival(stays)))
        for stage, stays in every.items()
    }


def limits_kept() -> dict[int, Limit]:
    """Each stage's limit as the last night found it, the norm where too little is known."""
    found = {}
    for stage, norm, mean, count in Stage.objects.values_list("pk", "norm_days", "pace__mean", "pace__count"):
        if mean is not None and (count or 0) >= ENOUGH:
            found[stage] = Limit(max(mean, Decimal(1)), count)
        elif (limit := limit_of((), norm)) is not None:
            found[stage] = limit
    return found


def cycles(at: dt.datetime) -> dict[int, Decimal]:
    """Each pipeline's mean cycle of the last year; the sum of its norms where too few deals were won."""
    norms: dict[int, list[int | None]] = defaultdict(list)
    for pipeline, norm in Stage.objects.values_list("pipeline_id", "norm_days"):
        norms[pipeline].append(norm)
    found = {
        pipeline: Decimal(sum(known))
        for pipeline, days in norms.items()
        if len(known := [d for d in days if d is not None]) == len(days)
    }
    for pipeline, count, mean in _asked(_CYCLES, [at - dt.timedelta(days=CYCLE_DAYS)]):
        if count >= ENOUGH:
            found[pipeline] = mean
    return found


@dataclass(frozen=True)
class Flagged:
    """A deal's flags with the figures that they come from."""

    deal: int
    flags: tuple[str, ...]
    gap_days: int
    gap_limit: int | None
    age_days: int
    age_limit: Decimal | None


def flagged(at: dt.datetime, percent: int, deals: Collection[int] | None = None) -> list[Flagged]:
    """The open deals that are suspicious although they have a next step; those put off rest on purpose."""
    limits, lengths, today = limits_kept(), cycles(at), today_of(at)
    own = dict(Stage.objects.values_list("pk", "max_gap_days"))
    found = []
    for deal, pipeline, stage, entered, due, snoozed, contact in _asked(
        _OPEN, [deals is None, sorted(deals or ())]
    ):
        if snoozed is not None and snoozed > today:
            continue
        gap = working_days(today_of(contact), today_of(due))
        allowed = gap_limit(lengths.get(pipeline), own.get(stage), percent)
        age, limit = (today - today_of(entered)).days, limits.get(stage)
        if flags := flags_of(gap, allowed, age, limit):
            found.append(Flagged(deal, flags, gap, allowed, age, limit.days if limit else None))
    return found


def _asked(sql: str, values: list[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
