"""Pace by program: what is usual in each stage, and the deals that are flagged."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from takt.insight.pace import queries
from takt.insight.pace.models import StagePace
from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS
from takt.sales.deals.models import Stage

router = Router(tags=["pace"])
MOST = 500


class PaceStageOut(Schema):
    """How long deals stay in a stage, in days, of the last 180 days. `source` tells where the limit comes from."""

    stage: int
    pipeline: int
    limit: int | None
    source: str = Field(description="own, norm or none")
    passages: int
    mean: Decimal | None
    median: Decimal | None
    p75: Decimal | None
    p90: Decimal | None
    censored_median: Decimal | None = Field(description="Kaplan-Meier, the open deals thought of")


class PaceFlagOut(Schema):
    """An open deal that has a next step and needs a look all the same."""

    deal: int
    owner: int
    too_far: bool
    stale: bool
    gap_days: int
    gap_limit: int | None
    age_days: int
    age_limit: Decimal | None
    since: dt.datetime


class PaceFlagsOut(Schema):
    items: list[PaceFlagOut]


class PacePersonOut(Schema):
    """One person's overdue tasks and deals that need a look."""

    owner: int
    name: str
    overdue: int
    without_step: int
    overrun: int
    too_far: int
    stale: int


@router.get("/pace/stages", response={200: list[PaceStageOut], **PROBLEMS})
def pace_stages(request: HttpRequest) -> Any:
    """Each stage's usual time and its limit."""
    kept = {row.stage_id: row for row in StagePace.objects.all()}
    found = []
    for stage in Stage.objects.order_by("pipeline__position", "pipeline_id", "position"):
        row = kept.get(stage.pk) or StagePace(stage=stage)
        source = "own" if stage.usual_days is not None else "norm" if stage.norm_days else "none"
        figures = {n: getattr(row, n) for n in ("mean", "median", "p75", "p90", "censored_median")}
        found.append(
            {
                "stage": stage.pk,
                "pipeline": stage.pipeline_id,
                "limit": stage.limit_days,
                "source": source,
                "passages": row.count,
                **figures,
            }
        )
    return found


@router.get("/pace/flags", response={200: PaceFlagsOut, **PROBLEMS})
def pace_flags(
    request: HttpRequest,
    owner: int | None = Query(None),
    flag: str = Query("", description="too_far or stale"),
) -> Any:
    """The flagged deals that one may see, the largest first; at most 500."""
    rows = queries.flagged(request.user, owner=owner, flag=flag)[:MOST]
    plain = ("too_far", "stale", "gap_days", "gap_limit", "age_days", "age_limit", "since")
    return {
        "items": [
            {"deal": row.deal_id, "owner": row.deal.owner_id} | {name: getattr(row, name) for name in plain}
            for row in rows
        ]
    }


@router.get("/pace/people", response={200: list[PacePersonOut], **PROBLEMS})
def pace_people(request: HttpRequest) -> Any:
    """Per person what is overdue and what needs a look, of what one may see."""
    return [
        {"owner": one.id, "name": one.name} | {kind: one.count(kind) for kind in queries.KINDS}
        for one in queries.people(request.user, acting(request)["at"])
    ]
