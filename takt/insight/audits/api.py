"""Audits by program: scores, the deals to be put right, walks and their verdicts."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from takt.insight.audits import commands, queries
from takt.insight.audits.judging import judge_at
from takt.insight.audits.models import AuditSession, AuditVerdict
from takt.insight.audits.plan_api import router as plan_router
from takt.insight.audits.rules import codes_in
from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.lib.refusals import NotFound
from takt.sales.deals.models import Deal
from takt.sales.deals.queries.gates import today_of

router = Router(tags=["audits"])
MOST = 200


class QualityCheckOut(Schema):
    """One check over some deals: to how many it applied and how many failed it."""

    check: str = Field(description="A1 to A7")
    applicable: int
    failed: int


class ScoreOut(Schema):
    """`score` is a fraction as text: passed of applicable points; null where nothing applied."""

    deals: int
    score: str | None
    checks: list[QualityCheckOut]


class PersonOut(ScoreOut):
    owner: int
    name: str
    team: int | None


class DayOut(Schema):
    day: dt.date
    score: str


class ScoresOut(Schema):
    total: ScoreOut
    owners: list[PersonOut]
    trend: list[DayOut]


class ReasonOut(Schema):
    check: str
    text: str
    url: str


class QualityOut(Schema):
    """What the seven checks say of one deal this moment."""

    deal: int
    applicable: list[str]
    failed: list[str]
    reasons: list[ReasonOut]


class AuditOut(Schema):
    id: int
    scope: str
    person: int | None
    stage: int | None
    from_: dt.date = Field(alias="from")
    until: dt.date
    sample: int | None
    seed: int | None
    auditor: int
    started_at: dt.datetime
    finished_at: dt.datetime | None
    deals: int
    looked_at: int


class AuditsOut(Schema):
    items: list[AuditOut]
    next_cursor: str | None


class VerdictOut(Schema):
    check: str
    found: str = Field(description="What Takt found itself: pass, fail or na")
    verdict: str
    comment: str
    fixed_at: dt.datetime | None


class AuditedDealOut(Schema):
    deal: int
    owner: int
    position: int
    looked_at: dt.datetime | None
    fix_until: dt.date | None
    task: int | None
    verdicts: list[VerdictOut]


class WholeAuditOut(AuditOut):
    items: list[AuditedDealOut]
    score: str | None
    violated: list[str]


class AuditIn(Input):
    """Of a person or of a stage."""

    person: int | None = None
    stage: int | None = None
    from_: dt.date | None = Field(None, alias="from")
    until: dt.date | None = None
    sample: int | None = None
    seed: int | None = Field(None, description="Draws the same sample of the same deals again")


class VerdictsIn(Input):
    """By check, A1 to A7; what isn't named stays as Takt found it."""

    verdicts: dict[str, str] = {}
    comments: dict[str, str] = {}
    fix_until: dt.date | None = None


def _score(tally: queries.Tally, codes: list[str]) -> dict[str, Any]:
    return {
        "deals": tally.deals,
        "score": None if tally.score is None else f"{tally.score:.4f}",
        "checks": [{"check": c, "applicable": tally.applicable[c], "failed": tally.failed[c]} for c in codes],
    }


@router.get(
    "/audits/scores", response={200: ScoresOut, **PROBLEMS}, summary="Scores of everybody within reach"
)
def scores(request: HttpRequest, owner: int | None = None, team: int | None = None) -> dict[str, Any]:
    reach = queries.reach_for(request.user, owner=owner, team=team)
    found = queries.scores(reach)
    since = today_of(acting(request)["at"]) - dt.timedelta(days=84)
    return {
        "total": _score(found.total, found.codes),
        "owners": [
            {"owner": p.id, "name": p.name, "team": p.team, **_score(p.tally, found.codes)}
            for p in found.people
        ],
        "trend": [{"day": day, "score": f"{value:.4f}"} for day, value in queries.trend(reach, since)],
    }


@router.get(
    "/audits/deals/{int:pk}", response={200: QualityOut, **PROBLEMS}, summary="The checks of one deal"
)
def deal_quality(request: HttpRequest, pk: int) -> dict[str, Any]:
    deal = Deal.objects.found(pk, by=request.user)
    judged = judge_at([deal.pk], acting(request)["at"]).get(deal.pk)
    if judged is None:
        return {"deal": pk, "applicable": [], "failed": [], "reasons": []}
    judged = queries.only(judged, queries.reach_for(request.user).mask)
    return {
        "deal": pk,
        "applicable": codes_in(judged.applicable),
        "failed": codes_in(judged.failed),
        "reasons": [{"check": r.code, "text": r.text, "url": r.url} for r in judged.reasons],
    }


def _row(session: AuditSession, counts: dict[int, tuple[int, int]]) -> dict[str, Any]:
    deals, looked_at = counts.get(session.pk, (0, 0))
    return {
        "id": session.pk,
        "scope": session.scope,
        "person": session.person_id,
        "stage": session.stage_id,
        "from": session.from_on,
        "until": session.until_on,
        "sample": session.sample,
        "seed": session.seed,
        "auditor": session.auditor_id,
        "started_at": session.started_at,
        "finished_at": session.finished_at,
        "deals": deals,
        "looked_at": looked_at,
    }


@router.get(
    "/audits", response={200: AuditsOut, **PROBLEMS}, by_alias=True, summary="Audits, the latest first"
)
def audits(request: HttpRequest, limit: int = 50, cursor: str = "") -> dict[str, Any]:
    limit = min(max(limit, 1), MOST)
    rows = AuditSession.objects.visible_to(request.user)
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows.order_by("-pk")[: limit + 1])
    shown = found[:limit]
    counts = queries.counts_of(shown)
    return {
        "items": [_row(one, counts) for one in shown],
        "next_cursor": str(shown[-1].pk) if len(found) > limit else None,
    }


@router.post("/audits", response={201: AuditOut, **PROBLEMS}, by_alias=True, summary="Begin an audit")
def start_audit(request: HttpRequest, payload: AuditIn, response: HttpResponse) -> Any:
    session = commands.start_audit(
        person=payload.person,
        stage=payload.stage,
        from_on=payload.from_,
        until_on=payload.until,
        sample=payload.sample,
        seed=payload.seed,
        **acting(request),
    )
    response["Location"] = f"/api/v1/audits/{session.pk}"
    return 201, _row(session, queries.counts_of([session]))


def _found(request: HttpRequest, pk: int) -> AuditSession:
    session = AuditSession.objects.visible_to(request.user).filter(pk=pk).first()
    if session is None:
        raise NotFound
    return session


def _whole(request: HttpRequest, pk: int) -> dict[str, Any]:
    session = _found(request, pk)
    report = queries.report_of(session, today_of(acting(request)["at"]))
    said: dict[int, list[dict[str, Any]]] = {}
    for v in AuditVerdict.objects.filter(audited__session=session).order_by("audited", "check_code"):
        said.setdefault(v.audited_id, []).append(
            {
                "check": v.check_code,
                "found": v.found,
                "verdict": v.verdict,
                "comment": v.comment,
                "fixed_at": v.fixed_at,
            }
        )
    items = [
        {
            "deal": row.deal_id,
            "owner": row.owner_id,
            "position": row.position,
            "looked_at": row.looked_at,
            "fix_until": row.fix_until,
            "task": row.task_id,
            "verdicts": said.get(row.pk, []),
        }
        for row in session.deals.order_by("position")
    ]
    score = report.tally.score
    return _row(session, queries.counts_of([session])) | {
        "items": items,
        "score": None if score is None else f"{score:.4f}",
        "violated": report.violated,
    }


@router.get(
    "/audits/{int:pk}",
    response={200: WholeAuditOut, **PROBLEMS},
    by_alias=True,
    summary="An audit with its verdicts",
)
def audit(request: HttpRequest, pk: int) -> dict[str, Any]:
    return _whole(request, pk)


@router.post(
    "/audits/{int:pk}/deals/{int:deal}",
    response={200: AuditedDealOut, **PROBLEMS},
    summary="Write down the verdicts about a deal",
)
def confirm_deal(request: HttpRequest, pk: int, deal: int, payload: VerdictsIn) -> dict[str, Any]:
    commands.confirm_deal(
        pk,
        deal,
        verdicts=payload.verdicts,
        comments=payload.comments,
        fix_until=payload.fix_until,
        **acting(request),
    )
    return next(item for item in _whole(request, pk)["items"] if item["deal"] == deal)


@router.post(
    "/audits/{int:pk}/finish",
    response={200: WholeAuditOut, **PROBLEMS},
    by_alias=True,
    summary="End an audit",
)
def finish_audit(request: HttpRequest, pk: int) -> dict[str, Any]:
    commands.finish_audit(pk, **acting(request))
    return _whole(request, pk)


router.add_router("", plan_router)
