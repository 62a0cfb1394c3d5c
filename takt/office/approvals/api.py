"""Approvals for programs."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.lib.refusals import Invalid
from takt.office.approvals import commands, queries

router = Router(tags=["approvals"])


class ApprovalOut(Schema):
    """A request on a deal. Who is asked sees the deal's name and amount here, even where its page is hidden from him."""

    id: int
    deal: int
    name: str
    amount: Decimal | None
    currency: str
    state: str
    reasons: list[str]
    stage: int
    comment: str
    requested_by: int
    requested_at: dt.datetime
    approvers: list[int]
    decided_by: int | None
    decided_at: dt.datetime | None
    answer: str
    may_decide: bool
    version: int


class ApprovalsOut(Schema):
    items: list[ApprovalOut]
    next_cursor: str | None = None


class RequestIn(Input):
    comment: str = ""


class DecisionIn(Input):
    comment: str = ""
    version: int | None = None


def as_json(shown: queries.Shown) -> dict[str, Any]:
    row = shown.row
    plain = ("state", "comment", "requested_at", "decided_at", "answer", "version")
    return {
        "id": row.pk,
        "deal": row.object_id,
        "name": shown.name,
        "amount": shown.amount,
        "currency": shown.currency,
        "reasons": row.about["names"],
        "stage": row.about["stage"],
        "requested_by": row.requested_by_id,
        "decided_by": row.decided_by_id,
        "approvers": [a.user_id for a in row.approvers.all()],  # type: ignore[attr-defined]
        "may_decide": shown.may_decide,
        **{name: getattr(row, name) for name in plain},
    }


def _answer(request: HttpRequest, pk: int) -> dict[str, Any]:
    return as_json(queries.one(pk, request.user))  # type: ignore[arg-type]


@router.get("/approvals", response={200: ApprovalsOut, **PROBLEMS})
def list_approvals(request: HttpRequest, show: str = "waiting", cursor: str = "") -> dict[str, Any]:
    """Requests that wait for you (`show=waiting`), your own (`mine`), or all that you may see (`all`)."""
    if unknown := sorted(request.GET.keys() - {"show", "cursor"}):
        raise Invalid.field(unknown[0][:80], _("There is no such filter."), "unknown_filter")
    if show not in {"waiting", "mine", "all"}:
        raise Invalid.field("show", _("There is no such filter."), "unknown_filter")
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid.field("cursor", _("This cursor can't be read."), "unreadable")
    rows, more = queries.approvals(request.user, show, before=int(cursor) if cursor else None)  # type: ignore[arg-type]
    return {"items": [as_json(r) for r in rows], "next_cursor": str(more) if more else None}


@router.get("/approvals/{int:pk}", response={200: ApprovalOut, **PROBLEMS})
def get_approval(request: HttpRequest, pk: int) -> dict[str, Any]:
    return _answer(request, pk)


@router.post("/deals/{int:pk}/approval", response={201: ApprovalOut, **PROBLEMS})
def request_approval(request: HttpRequest, pk: int, payload: RequestIn) -> Any:
    """Ask for the approval of a special opportunity."""
    made = commands.request_approval(pk, comment=payload.comment, **acting(request))
    return 201, _answer(request, made.pk)


@router.post("/approvals/{int:pk}/approve", response={200: ApprovalOut, **PROBLEMS})
def approve(request: HttpRequest, pk: int, payload: DecisionIn) -> dict[str, Any]:
    commands.approve(pk, comment=payload.comment, version=payload.version, **acting(request))
    return _answer(request, pk)


@router.post("/approvals/{int:pk}/reject", response={200: ApprovalOut, **PROBLEMS})
def reject(request: HttpRequest, pk: int, payload: DecisionIn) -> dict[str, Any]:
    """Refuse it; the comment says why."""
    commands.reject(pk, comment=payload.comment, version=payload.version, **acting(request))
    return _answer(request, pk)


@router.post("/approvals/{int:pk}/withdraw", response={200: dict[str, Any], **PROBLEMS})
def withdraw(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Take a request back before it is decided."""
    row = commands.withdraw(pk, **acting(request))
    return {"id": row.pk, "state": row.state}
