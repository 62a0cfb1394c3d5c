"""The bonus by program: months, objections, approvals and the rule, within the same reach as the pages."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from takt.insight.bonus import commands, queries
from takt.insight.bonus.models import BonusAppeal, BonusRule, BonusSheet
from takt.insight.bonus.views import month_of
from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.accounts.models import User
from takt.kernel.lib.refusals import NotFound
from takt.sales.deals.queries.gates import today_of

router = Router(tags=["bonus"])


class BonusEvidenceOut(Schema):
    """A deal that failed the check: since when, until when it was to be put right, and when it was."""

    deal: int
    found_on: dt.date
    found_by: str = Field(description="takt: found by Takt itself too; auditor: only on the walk")
    fix_until: dt.date
    fixed_on: dt.date | None
    is_in_time: bool
    comment: str


class BonusLineOut(Schema):
    """`state` is counts, warns, annulled, same or running."""

    audit: int
    check: str
    state: str
    began_on: dt.date
    finished_on: dt.date
    applicable: int
    appeal: str
    appeal_id: int | None
    appeal_until: dt.date | None
    deals: list[BonusEvidenceOut]


class BonusLedgerOut(Schema):
    """A person's month; without `sheet` it is counted anew each time."""

    person: int
    name: str
    month: str
    percent: int
    base: str | None
    amount: str | None
    currency: str
    ready_on: dt.date | None
    sheet: int | None
    approved_by: int | None
    approved_at: dt.datetime | None
    seal: str | None
    lines: list[BonusLineOut]


class BonusMonthOut(Schema):
    items: list[BonusLedgerOut]


class BonusAppealIn(Input):
    audit: int
    check: str
    comment: str


class BonusDecisionIn(Input):
    accept: bool
    answer: str


class BonusAppealOut(Schema):
    id: int
    audit: int
    person: int
    check: str
    month: str
    comment: str
    made_at: dt.datetime
    verdict: str
    answer: str
    decided_by: int | None
    decided_at: dt.datetime | None


class BonusApprovalIn(Input):
    """Everybody who is ready, unless people are named."""

    month: str
    people: list[int] | None = None


class BonusReopenIn(Input):
    reason: str


class BonusSheetOut(Schema):
    id: int
    person: int
    month: str
    percent: int
    seal: str
    approved_at: dt.datetime
    reopened_at: dt.datetime | None
    reopened_because: str


class BonusSheetsOut(Schema):
    items: list[BonusSheetOut]


class BonusBaseIn(Input):
    month: str
    amount: str
    currency: str


class BonusRuleIn(Input):
    """`modes` by check, A1 to A7: off, warn or enforce."""

    from_on: dt.date
    single: int = 95
    repeated: int = 90
    repeats: int = 2
    tolerance: int = 2
    appeal_days: int = 3
    modes: dict[str, str]


class BonusRuleOut(BonusRuleIn):
    id: int
    set_by: int
    set_at: dt.datetime


class BonusRulesOut(Schema):
    items: list[BonusRuleOut]


def _today(request: HttpRequest) -> dt.date:
    return today_of(acting(request)["at"])


def _ledger(one: queries.Ledger) -> dict[str, Any]:
    sheet = one.sheet
    return {
        "person": one.person.pk,
        "name": one.person.name,
        "month": f"{one.month:%Y-%m}",
        "percent": one.percent,
        "base": None if one.base is None else str(one.base),
        "amount": None if one.amount is None else str(one.amount),
        "currency": one.currency,
        "ready_on": one.ready_on,
        "sheet": sheet.pk if sheet else None,
        "approved_by": sheet.approved_by_id if sheet else None,
        "approved_at": sheet.approved_at if sheet else None,
        "seal": sheet.seal if sheet else None,
        "lines": [_line(one, line) for line in one.lines],
    }


def _line(one: queries.Ledger, line: Any) -> dict[str, Any]:
    finding = line.finding
    said = one.appeals.get((finding.audit, line.check))
    return {
        "audit": finding.audit,
        "check": line.check,
        "state": line.state,
        "began_on": finding.began_on,
        "finished_on": finding.finished_on,
        "applicable": finding.applicable,
        "appeal": line.appeal,
        "appeal_id": said.pk if said else None,
        "appeal_until": line.appeal_until,
        "deals": [
            {
                "deal": e.deal,
                "found_on": e.found_on,
                "found_by": "takt" if e.is_computed else "auditor",
                "fix_until": e.fix_until,
                "fixed_on": e.fixed_on,
                "is_in_time": not e.is_left(),
                "comment": e.comment,
            }
            for e in finding.failed
        ],
    }


@router.get("/bonus", response={200: BonusMonthOut, **PROBLEMS}, summary="A month of everybody within reach")
def month(request: HttpRequest, month: str = "") -> dict[str, Any]:
    today = _today(request)
    wanted = month_of(month, today)
    people = queries.people_of(request.user, wanted)  # type: ignore[arg-type]
    return {"items": [_ledger(one) for one in queries.ledgers(people, wanted, today)]}


@router.get("/bonus/rules", response={200: BonusRulesOut, **PROBLEMS}, summary="The rule and its history")
def rules(request: HttpRequest) -> dict[str, Any]:
    return {"items": [_rule(row) for row in BonusRule.objects.order_by("-from_on", "-pk")]}


def _rule(row: BonusRule) -> dict[str, Any]:
    names = ("from_on", "single", "repeated", "repeats", "tolerance", "appeal_days", "modes", "set_at")
    return {"id": row.pk, "set_by": row.set_by_id, **{name: getattr(row, name) for name in names}}


@router.post("/bonus/rules", response={201: BonusRuleOut, **PROBLEMS}, summary="Set the rule from a day on")
def set_rule(request: HttpRequest, payload: BonusRuleIn) -> Any:
    return 201, _rule(commands.set_rule(**payload.model_dump(), **acting(request)))


@router.get(
    "/bonus/people/{int:pk}", response={200: BonusLedgerOut, **PROBLEMS}, summary="One person's month"
)
def person(request: HttpRequest, pk: int, month: str = "") -> dict[str, Any]:
    today = _today(request)
    who: User | None = queries.people_seen(request.user).filter(pk=pk).first()  # type: ignore[arg-type]
    if who is None:
        raise NotFound
    return _ledger(queries.ledgers([who], month_of(month, today), today)[0])


@router.post(
    "/bonus/people/{int:pk}/base", response={200: BonusLedgerOut, **PROBLEMS}, summary="A person's full bonus"
)
def set_base(request: HttpRequest, pk: int, payload: BonusBaseIn) -> dict[str, Any]:
    wanted = month_of(payload.month, _today(request))
    commands.set_base(pk, month=wanted, amount=payload.amount, currency=payload.currency, **acting(request))
    return person(request, pk, payload.month)


def _appeal(row: BonusAppeal) -> dict[str, Any]:
    return {
        "id": row.pk,
        "audit": row.session_id,
        "person": row.person_id,
        "check": row.check_code,
        "month": f"{row.month:%Y-%m}",
        "comment": row.comment,
        "made_at": row.made_at,
        "verdict": row.verdict,
        "answer": row.answer,
        "decided_by": row.decided_by_id,
        "decided_at": row.decided_at,
    }


@router.post(
    "/bonus/appeals", response={201: BonusAppealOut, **PROBLEMS}, summary="Object to a violation of one's own"
)
def appeal(request: HttpRequest, payload: BonusAppealIn) -> Any:
    return 201, _appeal(
        commands.appeal(payload.audit, payload.check, comment=payload.comment, **acting(request))
    )


@router.post(
    "/bonus/appeals/{int:pk}/decide",
    response={200: BonusAppealOut, **PROBLEMS},
    summary="Decide about an objection",
)
def decide_appeal(request: HttpRequest, pk: int, payload: BonusDecisionIn) -> dict[str, Any]:
    return _appeal(
        commands.decide_appeal(pk, accept=payload.accept, answer=payload.answer, **acting(request))
    )


def _sheet(row: BonusSheet) -> dict[str, Any]:
    return {
        "id": row.pk,
        "person": row.person_id,
        "month": f"{row.month:%Y-%m}",
        "percent": row.percent,
        "seal": row.seal,
        "approved_at": row.approved_at,
        "reopened_at": row.reopened_at,
        "reopened_because": row.reopened_because,
    }


@router.post(
    "/bonus/approve", response={200: BonusSheetsOut, **PROBLEMS}, summary="Approve a month, which freezes it"
)
def approve(request: HttpRequest, payload: BonusApprovalIn) -> dict[str, Any]:
    wanted = month_of(payload.month, _today(request))
    sheets = commands.approve_month(wanted, people=payload.people, **acting(request))
    return {"items": [_sheet(row) for row in sheets]}


@router.post(
    "/bonus/sheets/{int:pk}/reopen",
    response={200: BonusSheetOut, **PROBLEMS},
    summary="Reopen an approved month",
)
def reopen(request: HttpRequest, pk: int, payload: BonusReopenIn) -> dict[str, Any]:
    return _sheet(commands.reopen_sheet(pk, reason=payload.reason, **acting(request)))
