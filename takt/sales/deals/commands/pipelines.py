"""Pipelines and their stages."""

import datetime as dt
from typing import Any

from django.db.models import F, Max
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Refused
from takt.kernel.undo.registry import inverse
from takt.sales.contacts.models import Source
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.choices import demand_name_free
from takt.sales.deals.commands.creating import refuse_unless_known
from takt.sales.deals.commands.cycles import recount_cycles
from takt.sales.deals.commands.gate_setting import renew_stamp
from takt.sales.deals.commands.moving import stages_of
from takt.sales.deals.commands.stages import add_stage, begin_gate, demand_fresh, locked_pipeline
from takt.sales.deals.hooks import cycle_ends
from takt.sales.deals.models import Pipeline
from takt.sales.deals.rules_pipelines import placed

_PIPELINE_FIELDS = {
    "name", "is_active", "default_owner", "allow_back_own", "cycle_start", "cycle_start_stage",
    "cycle_start_by_source", "cycle_end",
}  # fmt: skip


@command
def create_pipeline(
    *, name: str, stages: list[dict[str, Any]], gate_mode: str = "warn", by: Actor, at: dt.datetime
) -> Pipeline:
    """A line of business with its stages, each {name, probability, norm_days?, criteria?, fields?}.

    Its gates warn at first; who wants them enforced sees beforehand what it means (`set_gate_mode`).
    """
    demand(by, "edit_pipelines")
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    if not stages:
        checks.wrong("stages", _("A pipeline needs at least one stage."), "required")
    checks.finish()
    demand_name_free(Pipeline, name)
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    if gate_mode not in {"off", "warn"}:
        raise Invalid.field("gate_mode", _("A new pipeline's gates are off, or warn."), "unknown")
    position = 0 if last is None else last + 1
    pipeline = Pipeline.objects.create(name=name, position=position, gate_mode=gate_mode)
    record(events.PipelineCreated(name=name), about=pipeline, by=by, at=at)
    for stage in stages:
        own = {key: value for key, value in stage.items() if key not in {"criteria", "fields"}}
        made = add_stage(pipeline, by=by, at=at, **own)
        if stage.get("criteria") or stage.get("fields"):
            begin_gate(made, stage)
    renew_stamp(pipeline)
    return pipeline


@command
def edit_pipeline(
    pipeline: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Pipeline:
    """Rename a pipeline, retire it, name who gets its automatic deals, say where a deal's cycle starts and ends."""
    demand(by, "edit_pipelines")
    row = locked_pipeline(pipeline)
    demand_fresh(row, version)
    refuse_unless_known(set(changes), _PIPELINE_FIELDS)
    checks = Checks()
    noted = []
    for field, value in changes.items():
        if field == "name":
            value = checks.text(field, value, most=80, required=True)
            checks.finish()
            demand_name_free(Pipeline, value, row.pk)
        elif field == "default_owner":
            value = lookups.owner_of(value, by=by) if value else None
        elif field == "is_active" and not value:
            _demand_another_active(row)
        elif field == "cycle_start" and value not in Pipeline.CycleStart.values:
            raise Invalid.field(field, _("Choose where the cycle starts."), "unknown")
        elif field == "cycle_start_stage":
            value = lookups.stage_among(stages_of(row.pk), value) if value else None
        elif field == "cycle_start_by_source":
            value = _starts_by_source(value)
        elif field == "cycle_end":
            _demand_end_known(value)
        old = getattr(row, field)
        if old != value:
            noted.append({"field": field, "old": _noted(old), "new": _noted(value)})
            setattr(row, field, value)
    _demand_start_stage(row)
    if noted:
        row.version += 1
        row.save()
        if any(str(n["field"]).startswith("cycle_start") for n in noted):
            recount_cycles(row)
        record(events.PipelineEdited(name=row.name, changes=noted), about=row, by=by, at=at)
    return row


inverse("deals.edit_pipeline")(edit_pipeline)


def _demand_another_active(row: Pipeline) -> None:
    if not Pipeline.objects.filter(is_active=True).exclude(pk=row.pk).exists():
        sentence = _("This is the only active pipeline. New deals need one: activate another first.")
        raise Refused(sentence, code="last_pipeline")


def _noted(value: Any) -> Any:
    """A value of a pipeline as its event keeps it; a person and a stage by number."""
    return value if value is None or isinstance(value, str | bool | dict) else value.pk


def _starts_by_source(given: Any) -> dict[str, str]:
    """Sources whose deals start their cycle otherwise, each with its start."""
    known = {str(pk) for pk in Source.objects.values_list("pk", flat=True)}
    found = {str(source): start for source, start in dict(given or {}).items() if start}
    if not set(found) <= known or not set(found.values()) <= set(Pipeline.CycleStart.values):
        raise Invalid.field("cycle_start_by_source", _("Choose where the cycle starts."), "unknown")
    return found


def _demand_end_known(value: Any) -> None:
    if value not in Pipeline.CycleEnd.values:
        raise Invalid.field("cycle_end", _("Choose where the cycle ends."), "unknown")
    if value not in cycle_ends:
        sentence = _("Takt doesn't record this yet, so no cycle could end with it.")
        raise Invalid.field("cycle_end", sentence, "not_recorded")


def _demand_start_stage(row: Pipeline) -> None:
    starts = {row.cycle_start, *row.cycle_start_by_source.values()}
    if Pipeline.CycleStart.STAGE in starts and row.cycle_start_stage_id is None:
        raise Invalid.field(
            "cycle_start_stage", _("Choose the stage with which the cycle starts."), "required"
        )


@command
def place_pipeline(
    pipeline: Any, place: int, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Pipeline:
    """Give a pipeline its place, counted from 0; the first active one takes deals that name none."""
    demand(by, "edit_pipelines")
    rows = {p.pk: p for p in Pipeline.objects.select_for_update().order_by("position", "id")}
    row = rows[lookups.pipeline_of(pipeline).pk]
    demand_fresh(row, version)
    order = list(rows)
    wanted = placed(order, row.pk, place)
    if wanted == order:
        return row
    for position, pk in enumerate(wanted):
        if rows[pk].position != position:
            Pipeline.objects.filter(pk=pk).update(position=position, version=F("version") + 1)
    noted = {"field": "place", "old": order.index(row.pk) + 1, "new": wanted.index(row.pk) + 1}
    record(events.PipelineEdited(name=row.name, changes=[noted]), about=row, by=by, at=at)
    row.refresh_from_db()
    return row
