"""Pipelines, stages and the lists that deals choose from."""

import datetime as dt
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, demand_add
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Refused
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.creating import refuse_unless_known
from takt.sales.deals.models import DealType, Pipeline, Stage

MOST_STAGES = 30


def _demand_name_free(model: Any, name: str, besides: int | None = None, **within: Any) -> None:
    if model.objects.filter(name__iexact=name, **within).exclude(pk=besides).exists():
        raise Invalid.field("name", _("This name is taken."), "taken")


@command
def create_pipeline(*, name: str, stages: list[dict[str, Any]], by: Actor, at: dt.datetime) -> Pipeline:
    """A line of business with its stages, each {name, probability, norm_days?}."""
    demand(by, "edit_pipelines")
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    if not stages:
        checks.wrong("stages", _("A pipeline needs at least one stage."), "required")
    checks.finish()
    _demand_name_free(Pipeline, name)
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline = Pipeline.objects.create(name=name, position=0 if last is None else last + 1)
    record(events.PipelineCreated(name=name), about=pipeline, by=by, at=at)
    for stage in stages:
        add_stage(pipeline, by=by, at=at, **stage)
    return pipeline


@command
def edit_pipeline(pipeline: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime) -> Pipeline:
    """Rename a pipeline, retire it, or name who gets its automatic deals."""
    demand(by, "edit_pipelines")
    row = Pipeline.objects.select_for_update().get(pk=lookups.pipeline_of(pipeline).pk)
    refuse_unless_known(set(changes), {"name", "is_active", "default_owner", "cycle_start"})
    checks = Checks()
    noted = []
    for field, value in changes.items():
        if field == "name":
            value = checks.text(field, value, most=80, required=True)
            checks.finish()
            _demand_name_free(Pipeline, value, row.pk)
        elif field == "default_owner":
            value = lookups.owner_of(value, by=by) if value else None
        elif field == "cycle_start" and value not in Pipeline.CycleStart.values:
            raise Invalid.field(field, _("Choose where the cycle starts."), "unknown")
        old = getattr(row, field)
        if old != value:
            noted.append({"field": field, "old": str(old), "new": str(value)})
            setattr(row, field, value)
    if noted:
        row.version += 1
        row.save()
        record(events.PipelineEdited(name=row.name, changes=noted), about=row, by=by, at=at)
    return row


@command
def add_stage(
    pipeline: Any,
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    probability: Any = 0,
    norm_days: int | None = None,
    max_gap_days: int | None = None,
    hint: str = "",
) -> Stage:
    """Add a stage at the end of a pipeline."""
    demand(by, "edit_pipelines")
    row = Pipeline.objects.select_for_update().get(pk=lookups.pipeline_of(pipeline).pk)
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    percent = checks.percent("probability", probability) or 0
    hint = checks.text("hint", hint, most=2000)
    days = _days("norm_days", norm_days, checks)
    gap = _days("max_gap_days", max_gap_days, checks)
    checks.finish()
    _demand_name_free(Stage, name, pipeline=row)
    if row.stages.count() >= MOST_STAGES:
        raise Refused(
            _("A pipeline has at most %(most)d stages.") % {"most": MOST_STAGES}, code="limit_reached"
        )
    last = row.stages.aggregate(last=Max("position"))["last"] or 0
    stage = Stage.objects.create(
        pipeline=row,
        name=name,
        position=last + 1,
        probability=percent,
        norm_days=days,
        max_gap_days=gap,
        hint=hint,
    )
    fact = events.StageAdded(name=name, pipeline=row.pk, probability=percent)
    record(fact, about=[stage, row], by=by, at=at)
    return stage


def _days(field: str, value: Any, checks: Checks) -> int | None:
    if value is None or value == "":
        return None
    if not str(value).isdigit() or not 0 < int(value) <= 3650:
        checks.wrong(field, _("Enter a number of days."), "out_of_range")
        return None
    return int(value)


@command
def edit_stage(
    stage: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Stage:
    """Change a stage's name, probability, norm or hint."""
    demand(by, "edit_pipelines")
    row = Stage.objects.select_for_update().get(pk=lookups.stage_of(stage).pk)
    refuse_unless_known(set(changes), {"name", "probability", "norm_days", "max_gap_days", "hint"})
    checks = Checks()
    noted = []
    for field, value in changes.items():
        if field in {"norm_days", "max_gap_days"}:
            value = _days(field, value, checks)
        elif field == "probability":
            value = checks.percent(field, value) or 0
        else:
            value = checks.text(field, value, most=80 if field == "name" else 2000, required=field == "name")
        checks.finish()
        if field == "name":
            _demand_name_free(Stage, value, row.pk, pipeline=row.pipeline)
        if getattr(row, field) != value:
            noted.append({"field": field, "old": getattr(row, field), "new": value})
            setattr(row, field, value)
    if noted:
        row.version += 1
        row.save()
        record(
            events.StageEdited(name=row.name, changes=noted),
            about=[row, ("pipeline", row.pipeline_id)],
            by=by,
            at=at,
        )
    return row


@command
def add_deal_type(*, name: str, by: Actor, at: dt.datetime) -> DealType:
    """Add a type of deal in place; whoever may add deals may do so."""
    demand_add(by, "deal")
    checks = Checks()
    name = checks.text("name", name, most=60, required=True)
    checks.finish()
    _demand_name_free(DealType, name)
    last = DealType.objects.aggregate(last=Max("position"))["last"] or 0
    row = DealType.objects.create(name=name, position=last + 1)
    record(events.DealTypeAdded(name=name), about=("deal_type", row.pk), by=by, at=at)
    return row
