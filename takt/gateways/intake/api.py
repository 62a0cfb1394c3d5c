"""Web forms for programs: their settings, and what came in by them. What visitors typed stands with the deals."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from takt.gateways.intake import commands, queries
from takt.gateways.intake.commands.forms import state_of
from takt.gateways.intake.models import Submission, WebForm
from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input, one_of
from takt.kernel.access.reach import demand
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lists.answers import check_if_match, with_etag

router = Router(tags=["web forms"])
PAGE = 50
Outcome = one_of(["", *Submission.Outcome.values])


class AskedField(Schema):
    """A field that a form asks for: `name`, `company`, `tax_id`, `phone`, `email`, `message` or `custom.SLUG`."""

    name: str
    label: str = ""
    is_required: bool = False


class WebFormOut(Schema):
    """`path` is the public page; `secret` is what a program shows there to send answers as JSON."""

    id: int
    name: str
    path: str
    secret: str
    pipeline: int
    stage: int | None
    type: int | None
    source: int | None
    owners: list[int]
    task_type: str
    task_title: str
    task_minutes: int
    fields: list[AskedField]
    consent: str
    thanks: str
    redirect_url: str
    sites: list[str]
    language: str
    is_active: bool
    version: int


class WebFormsOut(Schema):
    items: list[WebFormOut]
    next_cursor: str | None = None


class WebFormIn(Input):
    name: str | None = None
    pipeline: int | None = None
    stage: int | None = None
    type: int | None = None
    source: int | None = None
    owners: list[int] | None = None
    task_type: str | None = None
    task_title: str | None = None
    task_minutes: int | None = None
    fields: list[AskedField] | None = None
    consent: str | None = None
    thanks: str | None = None
    redirect_url: str | None = None
    sites: list[str] | None = None
    language: str | None = None
    is_active: bool | None = None


class WebFormAnswerOut(Schema):
    id: int
    at: dt.datetime
    outcome: str
    reason: str
    deal: int | None
    is_known_customer: bool
    campaign: dict[str, str] = Field(description="The utm_ fields that came with it")
    consented_at: dt.datetime | None


class WebFormAnswersOut(Schema):
    items: list[WebFormAnswerOut]
    next_cursor: str | None = None


def _json(row: WebForm) -> dict[str, Any]:
    return {
        "id": row.pk, "path": row.path, "secret": queries.secret_of(row), "version": row.version, **state_of(row)
    }  # fmt: skip


def _found(request: HttpRequest, pk: int) -> WebForm:
    demand(acting(request)["by"], "administer")
    row = WebForm.objects.filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None:
        raise NotFound
    return row


@router.get("/web_forms", response={200: WebFormsOut, **PROBLEMS})
def list_web_forms(request: HttpRequest) -> dict[str, Any]:
    """All web forms; for administrators."""
    demand(acting(request)["by"], "administer")
    return {"items": [_json(row) for row in queries.web_forms()]}


@router.post("/web_forms", response={201: WebFormOut, **PROBLEMS})
def create_web_form(
    request: HttpRequest, payload: WebFormIn, response: HttpResponse
) -> tuple[int, dict[str, Any]]:
    """Add a form; without `fields` it asks for name, phone, e-mail and a message."""
    row = commands.create_web_form(**payload.model_dump(exclude_unset=True), **acting(request))
    with_etag(response, row)
    return 201, _json(row)


@router.get("/web_forms/{pk}", response={200: WebFormOut, **PROBLEMS})
def read_web_form(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    row = _found(request, pk)
    with_etag(response, row)
    return _json(row)


@router.patch("/web_forms/{pk}", response={200: WebFormOut, **PROBLEMS})
def edit_web_form(
    request: HttpRequest, pk: int, payload: WebFormIn, response: HttpResponse
) -> dict[str, Any]:
    """Change a form; `is_active: false` switches it off."""
    row = _found(request, pk)
    check_if_match(request, row)
    changes = payload.model_dump(exclude_unset=True)
    changed = commands.edit_web_form(pk, changes, version=row.version, **acting(request))
    with_etag(response, changed)
    return _json(changed)


@router.post("/web_forms/{pk}/key", response={200: WebFormOut, **PROBLEMS})
def renew_key(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    """Another address and secret; the old ones end at once."""
    _found(request, pk)
    row = commands.renew_key(pk, **acting(request))
    with_etag(response, row)
    return _json(row)


@router.get("/web_forms/{pk}/answers", response={200: WebFormAnswersOut, **PROBLEMS})
def list_answers(
    request: HttpRequest,
    pk: int,
    outcome: Outcome = "",  # type: ignore[valid-type]
    cursor: str = "",
) -> dict[str, Any]:
    """What came in, the newest first."""
    rows = queries.submissions(_found(request, pk), outcome)
    if cursor:
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise Invalid.field("cursor", _("This cursor can't be read."), "unreadable")
        rows = rows.filter(pk__lt=int(cursor))
    found = list(rows[: PAGE + 1])
    items = [
        {
            "id": one.pk, "at": one.at, "outcome": one.outcome, "reason": one.reason, "deal": one.deal_id,
            "is_known_customer": one.is_known_customer, "campaign": one.campaign, "consented_at": one.consented_at,
        }
        for one in found[:PAGE]
    ]  # fmt: skip
    return {"items": items, "next_cursor": str(found[PAGE - 1].pk) if len(found) > PAGE else None}
