"""Stage gates for programs: what stages ask for, how strictly, what a deal lacks, and what was passed all the same."""

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.access.reach import demand
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lists.answers import check_if_match
from takt.sales.deals import commands
from takt.sales.deals.api.answers import missing_json
from takt.sales.deals.api.pipelines import (
    PipelineOut,
    found_pipeline,
    found_stage,
    pipeline_json,
    read_version,
)
from takt.sales.deals.api.shapes import Id, MissingOut
from takt.sales.deals.commands import NewCriterion, NewField
from takt.sales.deals.models import Stage
from takt.sales.deals.queries import passings, ways
from takt.sales.deals.queries.gates import facts_given, read_asked
from takt.sales.deals.rules_checks import CHECKS, FIELDS

router = Router(tags=["gates"])


class CriterionIn(Input):
    """A sentence that a person confirms (`text`), or an automatic `check` by name with its `number`."""

    id: Id | None = None
    text: str = ""
    check: str = ""
    number: int | None = Field(None, ge=1, le=1000)


class FieldIn(Input):
    field: str
    not_past: bool = False


class GateIn(Input):
    criteria: list[CriterionIn]
    fields: list[FieldIn]
    version: int | None = None


class CriterionOut(Schema):
    id: int
    text: str
    check: str
    number: int | None
    label: str


class GateFieldOut(Schema):
    field: str
    not_past: bool


class GateOut(Schema):
    stage: int
    criteria: list[CriterionOut]
    fields: list[GateFieldOut]
    version: int


class CheckOut(Schema):
    name: str
    label: str
    number: int | None
    is_answered: bool = Field(description="Whether anything in this Takt gives the facts it reads")


class ChoiceOut(Schema):
    checks: list[CheckOut]
    fields: list[dict[str, str]]


class ModeIn(Input):
    mode: str
    starts_on: dt.date | None = None
    confirmed: bool = False
    version: int | None = None


class CountOut(Schema):
    message: str
    deals: int


class StagePreviewOut(Schema):
    stage: int
    open: int
    held: int
    items: list[CountOut]


class HeldOut(Schema):
    deal: int
    name: str
    missing: list[MissingOut]


class PreviewOut(Schema):
    open: int
    judged: int
    quick: int
    held: int
    stages: list[StagePreviewOut]
    deals: list[HeldOut]


class DealGateOut(Schema):
    """What a deal lacks to leave its stage, and what earlier stages asked for and it still lacks."""

    mode: str
    missing: list[MissingOut]
    debts: list[MissingOut]


class TickIn(Input):
    is_met: bool = True


class PassingOut(Schema):
    id: int
    kind: str
    deal: int
    stage: int
    pipeline: int
    at: dt.datetime
    by: int | None
    reason: str
    missing: list[dict[str, Any]]


class PassingsOut(Schema):
    items: list[PassingOut]
    next_cursor: str | None


def gate_json(stage: Stage) -> dict[str, Any]:
    criteria, fields = read_asked(stage.pipeline_id).get(stage.pk, ((), ()))
    return {
        "stage": stage.pk,
        "criteria": [
            {"id": c.pk, "text": c.text, "check": c.check, "number": c.number, "label": c.sentence}
            for c in criteria
        ],
        "fields": [{"field": f.field, "not_past": f.not_past} for f in fields],
        "version": stage.version,
    }


@router.get("/gates/choices", response={200: ChoiceOut, **PROBLEMS})
def gate_choices(request: HttpRequest) -> dict[str, Any]:
    """The automatic checks and the built-in fields that a stage may ask for; one's own fields are `custom.<slug>`."""
    given = facts_given()
    return {
        "checks": [
            {
                "name": name,
                "label": str(check.label),
                "number": check.number,
                "is_answered": set(check.facts) - {"today"} <= given,
            }
            for name, check in CHECKS.items()
        ],
        "fields": [{"field": name, "label": str(f.label), "kind": f.kind} for name, f in FIELDS.items()],
    }


@router.get("/stages/{int:pk}/gate", response={200: GateOut, **PROBLEMS})
def stage_gate(request: HttpRequest, pk: int) -> dict[str, Any]:
    """What must be true for a deal to leave the stage forward."""
    return gate_json(found_stage(pk))


@router.put("/stages/{int:pk}/gate", response={200: GateOut, **PROBLEMS})
def set_stage_gate(request: HttpRequest, pk: int, payload: GateIn) -> dict[str, Any]:
    """Replace what the stage asks for. A criterion with its `id`, or the same as before, keeps what was confirmed."""
    row = found_stage(pk)
    check_if_match(request, row)
    version = payload.version if payload.version is not None else read_version(request, row)
    made = commands.set_gate(
        row,
        criteria=[NewCriterion(c.text, c.check, c.number, c.id) for c in payload.criteria],
        fields=[NewField(f.field, f.not_past) for f in payload.fields],
        version=version,
        **acting(request),
    )
    return gate_json(made)


@router.post("/pipelines/{int:pk}/gates", response={200: PipelineOut, **PROBLEMS})
def set_gate_mode(request: HttpRequest, pk: int, payload: ModeIn) -> dict[str, Any]:
    """How strictly the gates are held: off, warn or enforce, from a day on. An administrator enforces, `confirmed`."""
    row = found_pipeline(pk)
    check_if_match(request, row)
    version = payload.version if payload.version is not None else read_version(request, row)
    commands.set_gate_mode(
        row,
        payload.mode,
        starts_on=payload.starts_on,
        is_confirmed=payload.confirmed,
        version=version,
        **acting(request),
    )
    return pipeline_json(found_pipeline(pk))


@router.get("/pipelines/{int:pk}/gates/preview", response={200: PreviewOut, **PROBLEMS})
def gate_preview(request: HttpRequest, pk: int) -> dict[str, Any]:
    """What enforcing would mean for the deals that are open today."""
    act = acting(request)
    demand(act["by"], "edit_pipelines")
    found = passings.gate_preview(found_pipeline(pk), act["at"])
    return {
        "open": found.open,
        "judged": found.judged,
        "quick": found.quick,
        "held": found.held,
        "stages": [
            {
                "stage": s.stage.pk,
                "open": s.open,
                "held": s.held,
                "items": [{"message": text, "deals": count} for text, count in s.items],
            }
            for s in found.stages
        ],
        "deals": [{"deal": h.deal, "name": h.name, "missing": missing_json(h.missing)} for h in found.deals],
    }


@router.get("/deals/{int:pk}/gate", response={200: DealGateOut, **PROBLEMS})
def deal_gate(request: HttpRequest, pk: int, stage: Id | None = None) -> dict[str, Any]:
    """What the deal lacks to go on, to the next stage or to the one named."""
    at = acting(request)["at"]
    deal = ways.found_deal(pk, request.user)  # type: ignore[arg-type]
    stages = sorted(deal.pipeline.stages.all(), key=lambda s: s.position)
    here = deal.stage.position
    after = next((s for s in stages if s.position > here), None)
    target = next((s for s in stages if s.pk == stage), None) if stage is not None else after
    if stage is not None and target is None:
        raise Invalid.field("stage", _("There is no such stage."), "unknown")
    last = target.position if target is not None else here + 1
    found = ways.checklist_of(deal, at)
    return {
        "mode": found.mode,
        "missing": missing_json(ways.owed(deal, stages, here, last, at)),
        "debts": missing_json(found.debts),
    }


@router.post("/deals/{int:pk}/criteria/{int:criterion}", response={200: DealGateOut, **PROBLEMS})
def tick_criterion(request: HttpRequest, pk: int, criterion: int, payload: TickIn) -> dict[str, Any]:
    """Confirm that a criterion is met for a deal, or take that back."""
    if criterion >= 2**63:
        raise NotFound
    commands.tick_criterion(min(pk, 2**63 - 1), criterion, payload.is_met, **acting(request))
    return deal_gate(request, pk)  # type: ignore[no-any-return]


@router.get("/gate-passings", response={200: PassingsOut, **PROBLEMS})
def list_passings(
    request: HttpRequest,
    kind: str = "",
    pipeline: Id | None = None,
    person: Id | None = None,
    cursor: str = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """Gates passed although something was missing: `kind` is forced, warned or won; the latest first."""
    found = passings.passings(
        request.user,  # type: ignore[arg-type]
        kind=kind,
        pipeline=pipeline,
        person=person,
        cursor=cursor,
        limit=limit,
    )
    rows = [
        {
            name: getattr(r, name)
            for name in ("id", "kind", "deal", "stage", "pipeline", "at", "by", "reason", "missing")
        }
        for r in found.rows
    ]
    return {"items": rows, "next_cursor": found.cursor}
