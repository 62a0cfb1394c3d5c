"""Pipelines and their stages."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import F, Max
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, current_unit, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Problem, Refused, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.bulk import move_deals
from takt.sales.deals.commands.choices import add_deal_type, demand_name_free
from takt.sales.deals.commands.creating import refuse_unless_known
from takt.sales.deals.models import Deal, Pipeline, Stage, StagePassage
from takt.sales.deals.rules_pipelines import placed

__all__ = [
    "add_deal_type",
    "add_stage",
    "bring_stage_back",
    "create_pipeline",
    "edit_pipeline",
    "edit_stage",
    "place_pipeline",
    "place_stage",
    "remove_stage",
]
MOST_STAGES = 30


def _demand_fresh(row: Pipeline | Stage, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Stale


@command
def create_pipeline(*, name: str, stages: list[dict[str, Any]], by: Actor, at: dt.datetime) -> Pipeline:
    """A line of business with its stages, each {name, probability, norm_days?}."""
    demand(by, "edit_pipelines")
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    if not stages:
        checks.wrong("stages", _("A pipeline needs at least one stage."), "required")
    checks.finish()
    demand_name_free(Pipeline, name)
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline = Pipeline.objects.create(name=name, position=0 if last is None else last + 1)
    record(events.PipelineCreated(name=name), about=pipeline, by=by, at=at)
    for stage in stages:
        add_stage(pipeline, by=by, at=at, **stage)
    return pipeline


@command
def edit_pipeline(
    pipeline: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Pipeline:
    """Rename a pipeline, retire it, or name who gets its automatic deals."""
    demand(by, "edit_pipelines")
    row = _locked(pipeline)
    _demand_fresh(row, version)
    refuse_unless_known(set(changes), {"name", "is_active", "default_owner", "cycle_start"})
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
        old = getattr(row, field)
        if old != value:
            noted.append({"field": field, "old": _noted(old), "new": _noted(value)})
            setattr(row, field, value)
    if noted:
        row.version += 1
        row.save()
        record(events.PipelineEdited(name=row.name, changes=noted), about=row, by=by, at=at)
    return row


inverse("deals.edit_pipeline")(edit_pipeline)


def _locked(pipeline: Any) -> Pipeline:
    """Whoever changes a pipeline or the row of its stages holds the pipeline meanwhile."""
    return Pipeline.objects.select_for_update().get(pk=lookups.pipeline_of(pipeline).pk)


def _demand_another_active(row: Pipeline) -> None:
    if not Pipeline.objects.filter(is_active=True).exclude(pk=row.pk).exists():
        sentence = _("This is the only active pipeline. New deals need one: activate another first.")
        raise Refused(sentence, code="last_pipeline")


def _noted(value: Any) -> Any:
    """A value of a pipeline as its event keeps it; a person by number."""
    return value if value is None or isinstance(value, str | bool) else value.pk


@command
def place_pipeline(
    pipeline: Any, place: int, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Pipeline:
    """Give a pipeline its place, counted from 0; the first active one takes deals that name none."""
    demand(by, "edit_pipelines")
    rows = {p.pk: p for p in Pipeline.objects.select_for_update().order_by("position", "id")}
    row = rows[lookups.pipeline_of(pipeline).pk]
    _demand_fresh(row, version)
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


@command
def add_stage(
    pipeline: Any,
    *,
    name: str,
    by: Actor,
    at: dt.datetime,
    probability: Any = 0,
    norm_days: int | str | None = None,
    max_gap_days: int | str | None = None,
    hint: str = "",
) -> Stage:
    """Add a stage at the end of a pipeline."""
    demand(by, "edit_pipelines")
    row = _locked(pipeline)
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    percent = checks.percent("probability", probability) or 0
    hint = checks.text("hint", hint, most=2000)
    days = _days("norm_days", norm_days, checks)
    gap = _days("max_gap_days", max_gap_days, checks)
    checks.finish()
    demand_name_free(Stage, name, pipeline=row)
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
    if not str(value).isdecimal() or not 0 < int(value) <= 3650:
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
    _demand_fresh(row, version)
    refuse_unless_known(
        set(changes), {"name", "probability", "norm_days", "max_gap_days", "target_share", "hint"}
    )
    checks = Checks()
    cleaned: dict[str, Any] = {}
    for field, value in changes.items():
        if field in {"norm_days", "max_gap_days"}:
            cleaned[field] = _days(field, value, checks)
        elif field == "probability":
            cleaned[field] = checks.percent(field, value) or 0
        elif field == "target_share":
            cleaned[field] = checks.percent(field, value)
        else:
            most = 80 if field == "name" else 2000
            cleaned[field] = checks.text(field, value, most=most, required=field == "name")
    checks.finish()
    if "name" in cleaned:
        demand_name_free(Stage, cleaned["name"], row.pk, pipeline=row.pipeline)
    noted = []
    for field, value in cleaned.items():
        if getattr(row, field) != value:
            noted.append({"field": field, "old": getattr(row, field), "new": value})
            setattr(row, field, value)
    if noted:
        row.version += 1
        row.save()
        fact = events.StageEdited(name=row.name, changes=noted)
        record(fact, about=[row, ("pipeline", row.pipeline_id)], by=by, at=at)
    return row


@command
def place_stage(stage: Any, place: int, *, by: Actor, at: dt.datetime, version: int | None = None) -> Stage:
    """Give a stage its place in the pipeline, counted from 0; deals stay in their stages."""
    demand(by, "edit_pipelines")
    pipeline = _locked(lookups.stage_of(stage).pipeline_id)
    rows = {s.pk: s for s in pipeline.stages.select_for_update().order_by("position")}
    row = rows[lookups.stage_of(stage).pk]
    _demand_fresh(row, version)
    order = list(rows)
    wanted = placed(order, row.pk, place)
    if wanted == order:
        return row
    changed = []
    for pk, position in zip(wanted, sorted(s.position for s in rows.values()), strict=True):
        if rows[pk].position != position:
            changed.append(position)
            Stage.objects.filter(pk=pk).update(position=position, version=F("version") + 1)
    _furthest_again(pipeline.pk, changed)
    noted = {"field": "place", "old": order.index(row.pk) + 1, "new": wanted.index(row.pk) + 1}
    record(events.StageEdited(name=row.name, changes=[noted]), about=[row, pipeline], by=by, at=at)
    row.refresh_from_db()
    return row


_FURTHEST = """
UPDATE deal SET max_stage_position = truth.furthest
FROM (
    SELECT passage.deal_id, max(stage.position) AS furthest
    FROM stage_passage passage JOIN stage ON stage.id = passage.stage_id
    WHERE passage.pipeline_id = %s GROUP BY 1
) truth
WHERE deal.id = truth.deal_id AND deal.pipeline_id = %s
  AND deal.max_stage_position = ANY(%s) AND deal.max_stage_position <> truth.furthest
"""


def _furthest_again(pipeline: int, positions: Sequence[int]) -> None:
    """How far deals once came, where that was one of these positions, is told anew from their passages."""
    with connection.cursor() as cursor:
        cursor.execute(_FURTHEST, [pipeline, pipeline, list(positions)])


@command
def remove_stage(
    stage: Any, *, into: Any = None, by: Actor, at: dt.datetime, version: int | None = None
) -> int:
    """Take a stage out of its pipeline; answers how many open deals moved.

    A stage that deals are in or passed through is merged into another: its open deals move there, and what
    was in it counts as that stage from now on, in the reports of past days as well.
    """
    demand(by, "edit_pipelines")
    asked = lookups.stage_of(stage)
    target = None if into is None or into == "" else _target(into, asked)
    # Deals first, as every move locks them; then the pipeline's row of stages, so that no deal comes in.
    waiting = _open_in(asked)
    pipeline = _locked(asked.pipeline_id)
    row = Stage.objects.select_for_update().get(pk=asked.pk)
    _demand_fresh(row, version)
    if pipeline.stages.count() == 1:
        raise Refused(_("A pipeline needs at least one stage."), code="last_stage")
    is_used = Deal.objects.filter(stage=row).exists() or StagePassage.objects.filter(stage=row).exists()
    if target is None and is_used:
        sentence = _("Deals are in this stage or passed through it. Choose the stage that takes them.")
        raise Refused(sentence, code="stage_in_use", errors=[Problem("into", "required", sentence)])
    about = [row, pipeline]
    if target is None or not is_used:
        record(events.StageRemoved(name=row.name, pipeline=pipeline.pk), about=about, by=by, at=at)
        row.delete()
        return 0
    moved = move_deals({*waiting, *_open_in(row)}, target, by=by, at=at)
    _hand_history_over(row, target, at)
    fact = events.StageMerged(
        name=row.name, pipeline=pipeline.pk, into=target.pk, into_name=target.name, deals=moved
    )
    record(fact, about=[*about, target], by=by, at=at)
    # The totals have to be out of the stage before it goes.
    if "stage_total" in current_unit().deltas:
        current_unit().deltas["stage_total"].apply()
    position = row.position
    row.delete()
    _furthest_again(pipeline.pk, [position])
    return moved


def _target(into: Any, stage: Stage) -> Stage:
    found = lookups.stage_of(into, stage.pipeline)
    if found.pk == stage.pk:
        raise Invalid.field("into", _("Choose another stage of this pipeline."), "same")
    return found


def _open_in(stage: Stage) -> list[int]:
    rows = Deal.objects.filter(stage=stage, status=Deal.Status.OPEN, deleted_at=None)
    return list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def _hand_history_over(stage: Stage, target: Stage, at: dt.datetime) -> None:
    """Closed and deleted deals, and every passage, belong to the other stage from now on."""
    rest = Deal.objects.filter(stage=stage)
    rest.update(stage=target, version=F("version") + 1, updated_at=at)
    StagePassage.objects.filter(stage=stage).update(stage=target)


@inverse("deals.bring_stage_back")
@command
def bring_stage_back(fields: dict[str, Any], *, by: Actor, at: dt.datetime) -> Stage:
    """An empty stage that was just removed stands where it stood, or at the end if that place is taken."""
    demand(by, "edit_pipelines")
    pipeline = _locked(fields["pipeline_id"])
    demand_name_free(Stage, fields["name"], pipeline=pipeline)
    position = fields["position"]
    if pipeline.stages.filter(position=position).exists():
        position = (pipeline.stages.aggregate(last=Max("position"))["last"] or 0) + 1
    stage = Stage.objects.create(**fields | {"position": position})
    fact = events.StageAdded(name=stage.name, pipeline=pipeline.pk, probability=stage.probability)
    record(fact, about=[stage, pipeline], by=by, at=at)
    return stage
