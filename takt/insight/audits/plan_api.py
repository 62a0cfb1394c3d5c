"""The weekly plan of audits by program."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from takt.insight.audits import commands, planned
from takt.insight.audits.rules import week_of
from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.access.reach import demand
from takt.sales.deals.queries.gates import today_of

router = Router(tags=["audits"])


class AuditPartOut(Schema):
    """One person's part of a week; `audit` once it is begun."""

    id: int
    auditor: int
    person: int
    sample: int
    seed: int
    audit: int | None
    deals: int
    looked_at: int
    is_done: bool


class AuditPlanOut(Schema):
    week: dt.date
    items: list[AuditPartOut]
    done: int
    left: int


class AuditRoundIn(Input):
    """Whose deals are audited every week; without a team everybody's within the auditor's reach."""

    auditor: int
    team: int | None = None
    sample: int = 10


class AuditRoundOut(Schema):
    id: int
    auditor: int
    team: int | None
    sample: int


class AuditRoundsOut(Schema):
    items: list[AuditRoundOut]


class AuditBegunOut(Schema):
    audit: int


@router.get("/audits/plan", response={200: AuditPlanOut, **PROBLEMS}, summary="The plan of a week")
def plan(request: HttpRequest, week: dt.date | None = None) -> dict[str, Any]:
    act = acting(request)
    demand(act["by"], "audit")
    monday = week_of(week or today_of(act["at"]))
    parts = planned.plan_of(request.user, monday)  # type: ignore[arg-type]
    done = sum(part.is_done for part in parts)
    items = [
        {
            "id": p.id,
            "auditor": p.auditor,
            "person": p.person,
            "sample": p.sample,
            "seed": p.seed,
            "audit": p.session,
            "deals": p.deals,
            "looked_at": p.looked_at,
            "is_done": p.is_done,
        }
        for p in parts
    ]
    return {"week": monday, "items": items, "done": done, "left": len(parts) - done}


@router.post(
    "/audits/plan/{int:pk}/start",
    response={200: AuditBegunOut, **PROBLEMS},
    summary="Begin a part of the plan",
)
def start_planned(request: HttpRequest, pk: int) -> dict[str, int]:
    return {"audit": commands.start_planned(pk, **acting(request)).pk}


def _round(row: Any) -> dict[str, Any]:
    return {"id": row.pk, "auditor": row.auditor_id, "team": row.team_id, "sample": row.sample}


@router.get(
    "/audits/rounds", response={200: AuditRoundsOut, **PROBLEMS}, summary="What is audited every week"
)
def rounds(request: HttpRequest) -> dict[str, Any]:
    demand(acting(request)["by"], "audit")
    return {"items": [_round(row) for row in planned.rounds_of(request.user)]}  # type: ignore[arg-type]


@router.post("/audits/rounds", response={201: AuditRoundOut, **PROBLEMS}, summary="Audit a team every week")
def set_round(request: HttpRequest, payload: AuditRoundIn) -> Any:
    return 201, _round(commands.set_round(**payload.model_dump(), **acting(request)))


@router.delete("/audits/rounds/{int:pk}", response={204: None, **PROBLEMS}, summary="End a weekly audit")
def end_round(request: HttpRequest, pk: int) -> HttpResponse:
    commands.end_round(pk, **acting(request))
    return HttpResponse(status=204)
