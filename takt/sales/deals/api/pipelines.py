"""Pipelines and their stages for programs."""

import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from takt.kernel.access.edge import acting
from takt.kernel.access.problems import PROBLEMS, Input
from takt.kernel.lib.refusals import Invalid, NotFound
from takt.kernel.lists.answers import api_whole, check_if_match, with_etag
from takt.sales.deals import commands
from takt.sales.deals import commands as order
from takt.sales.deals.first_pipelines import TEMPLATES, stages_in
from takt.sales.deals.models import Pipeline, Stage

router = Router(tags=["pipelines"])
LARGEST_ID = 2**63 - 1
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class StageOut(Schema):
    id: int
    pipeline: int
    name: str
    position: int
    probability: int
    norm_days: int | None
    max_gap_days: int | None
    target_share: int | None
    level: str = Field(description="first_contact, competition, signing; empty: as the stage before it")
    hint: str
    color: str
    specialist: int | None
    version: int


class PipelineOut(Schema):
    id: int
    name: str
    position: int
    is_active: bool
    cycle_start: str
    cycle_start_stage: int | None
    cycle_start_by_source: dict[str, str] = Field(description="Sources (id) whose deals start otherwise")
    cycle_end: str
    gate_mode: str
    gate_from: dt.date | None
    allow_back_own: bool
    default_owner: int | None
    stages: list[StageOut]
    version: int


class PipelinesOut(Schema):
    items: list[PipelineOut]
    next_cursor: str | None = None
    total: int | None = None


class StagesOut(Schema):
    items: list[StageOut]
    next_cursor: str | None = None
    total: int | None = None


class NewStageIn(Input):
    name: str
    probability: int = Field(0, ge=0, le=100)
    norm_days: int | None = Field(None, ge=1, le=3650)
    max_gap_days: int | None = Field(None, ge=1, le=3650)
    level: str = ""
    hint: str = ""
    color: str = ""
    specialist: Id | str | None = None


class NewStageOfIn(NewStageIn):
    pipeline: Id


class NewPipelineIn(Input):
    """With stages of its own, or those of a `template`: simple, b2b or enterprise."""

    name: str
    stages: list[NewStageIn] = []
    template: str = ""


class PipelineChanges(Input):
    name: str = ""
    is_active: bool = True
    cycle_start: str = ""
    cycle_start_stage: Id | None = None
    cycle_start_by_source: dict[str, str] = {}
    cycle_end: str = ""
    allow_back_own: bool = True
    default_owner: Id | str | None = None


class StageChanges(Input):
    name: str = ""
    probability: int = Field(0, ge=0, le=100)
    norm_days: int | None = Field(None, ge=1, le=3650)
    max_gap_days: int | None = Field(None, ge=1, le=3650)
    target_share: int | None = Field(None, ge=0, le=100)
    level: str = ""
    hint: str = ""
    color: str = ""
    specialist: Id | str | None = None


class StagePlaceIn(Input):
    place: int = Field(ge=0, le=1000)


class StageMergeIn(Input):
    into: Id


class MergedOut(Schema):
    moved: int
    stage: StageOut


def stage_json(stage: Stage) -> dict[str, Any]:
    plain = (
        *("name", "position", "probability", "norm_days", "max_gap_days", "target_share"),
        *("level", "hint", "color", "version"),
    )
    ids = {"id": stage.pk, "pipeline": stage.pipeline_id, "specialist": stage.specialist_id}
    return {**ids, **{f: getattr(stage, f) for f in plain}}


def pipeline_json(pipeline: Pipeline) -> dict[str, Any]:
    stages = sorted(pipeline.stages.all(), key=lambda s: s.position)
    return {
        "id": pipeline.pk,
        "name": pipeline.name,
        "position": pipeline.position,
        "is_active": pipeline.is_active,
        "cycle_start": pipeline.cycle_start,
        "cycle_start_stage": pipeline.cycle_start_stage_id,
        "cycle_start_by_source": pipeline.cycle_start_by_source,
        "cycle_end": pipeline.cycle_end,
        "gate_mode": pipeline.gate_mode,
        "gate_from": pipeline.gate_from,
        "allow_back_own": pipeline.allow_back_own,
        "default_owner": pipeline.default_owner_id,
        "stages": [stage_json(s) for s in stages],
        "version": pipeline.version,
    }


def found_pipeline(pk: int) -> Pipeline:
    found = Pipeline.objects.prefetch_related("stages").filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


def found_stage(pk: int) -> Stage:
    found = Stage.objects.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if found is None:
        raise NotFound
    return found


def read_version(request: HttpRequest, row: Pipeline | Stage) -> int | None:
    """The version that `If-Match` was checked against, for the command to check once more under its lock."""
    return row.version if "If-Match" in request.headers else None


@router.get("/pipelines", response={200: PipelinesOut, **PROBLEMS}, exclude_unset=True)
def list_pipelines(request: HttpRequest) -> dict[str, Any]:
    """Every pipeline with its stages, in the order of the settings."""
    rows = Pipeline.objects.prefetch_related("stages").order_by("position", "id")
    return api_whole(request, [pipeline_json(p) for p in rows])


@router.post("/pipelines", response={201: PipelineOut, **PROBLEMS})
def create_pipeline(
    request: HttpRequest, payload: NewPipelineIn, response: HttpResponse
) -> tuple[int, dict[str, Any]]:
    stages, mode = [s.dict() for s in payload.stages], "warn"
    if payload.template and not stages:
        if payload.template not in TEMPLATES:
            raise Invalid.field("template", _("Choose one of the templates."), "unknown")
        template = TEMPLATES[payload.template]
        stages, mode = stages_in(template, get_language() or "en"), template.gate_mode
    made = commands.create_pipeline(name=payload.name, stages=stages, gate_mode=mode, **acting(request))
    response["Location"] = f"/api/v1/pipelines/{made.pk}"
    return 201, pipeline_json(found_pipeline(made.pk))


@router.get("/pipelines/{int:pk}", response={200: PipelineOut, **PROBLEMS})
def one_pipeline(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    row = found_pipeline(pk)
    with_etag(response, row)
    return pipeline_json(row)


@router.patch("/pipelines/{int:pk}", response={200: PipelineOut, **PROBLEMS})
def edit_pipeline(request: HttpRequest, pk: int, payload: PipelineChanges) -> dict[str, Any]:
    row = found_pipeline(pk)
    check_if_match(request, row)
    changes = payload.dict(exclude_unset=True)
    commands.edit_pipeline(row, changes, version=read_version(request, row), **acting(request))
    return pipeline_json(found_pipeline(pk))


@router.post("/pipelines/{int:pk}/place", response={200: PipelineOut, **PROBLEMS})
def place_pipeline(request: HttpRequest, pk: int, payload: StagePlaceIn) -> dict[str, Any]:
    """Give a pipeline its place among the others, counted from 0."""
    row = found_pipeline(pk)
    check_if_match(request, row)
    order.place_pipeline(row, payload.place, version=read_version(request, row), **acting(request))
    return pipeline_json(found_pipeline(pk))


@router.get("/stages", response={200: StagesOut, **PROBLEMS}, exclude_unset=True)
def list_stages(request: HttpRequest, pipeline: Id | None = None) -> dict[str, Any]:
    rows = Stage.objects.order_by("pipeline__position", "pipeline_id", "position")
    if pipeline is not None:
        rows = rows.filter(pipeline=pipeline)
    return api_whole(request, [stage_json(s) for s in rows], filters=["pipeline"])


@router.post("/stages", response={201: StageOut, **PROBLEMS})
def add_stage(
    request: HttpRequest, payload: NewStageOfIn, response: HttpResponse
) -> tuple[int, dict[str, Any]]:
    """Add a stage at the end of a pipeline."""
    made = commands.add_stage(**payload.dict(), **acting(request))
    response["Location"] = f"/api/v1/stages/{made.pk}"
    return 201, stage_json(made)


@router.get("/stages/{int:pk}", response={200: StageOut, **PROBLEMS})
def one_stage(request: HttpRequest, pk: int, response: HttpResponse) -> dict[str, Any]:
    row = found_stage(pk)
    with_etag(response, row)
    return stage_json(row)


@router.patch("/stages/{int:pk}", response={200: StageOut, **PROBLEMS})
def edit_stage(request: HttpRequest, pk: int, payload: StageChanges) -> dict[str, Any]:
    row = found_stage(pk)
    check_if_match(request, row)
    changes = payload.dict(exclude_unset=True)
    return stage_json(
        commands.edit_stage(row, changes, version=read_version(request, row), **acting(request))
    )


@router.post("/stages/{int:pk}/place", response={200: StageOut, **PROBLEMS})
def place_stage(request: HttpRequest, pk: int, payload: StagePlaceIn) -> dict[str, Any]:
    """Give a stage its place in the pipeline, counted from 0; deals stay in their stages."""
    row = found_stage(pk)
    check_if_match(request, row)
    placed = order.place_stage(row, payload.place, version=read_version(request, row), **acting(request))
    return stage_json(placed)


@router.post("/stages/{int:pk}/merge", response={200: MergedOut, **PROBLEMS})
def merge_stage(request: HttpRequest, pk: int, payload: StageMergeIn) -> dict[str, Any]:
    """Move a stage's open deals to another stage of the pipeline, which takes its history too; then it is gone."""
    row = found_stage(pk)
    check_if_match(request, row)
    moved = order.remove_stage(row, into=payload.into, version=read_version(request, row), **acting(request))
    return {"moved": moved, "stage": stage_json(found_stage(payload.into))}


@router.delete("/stages/{int:pk}", response={204: None, **PROBLEMS})
def remove_stage(request: HttpRequest, pk: int) -> tuple[int, None]:
    """Remove a stage that no deal was ever in; any other is refused with `stage_in_use`."""
    row = found_stage(pk)
    check_if_match(request, row)
    order.remove_stage(row, version=read_version(request, row), **acting(request))
    return 204, None
