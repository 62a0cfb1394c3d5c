"""The stages of a pipeline: added, changed, moved, merged into another, brought back."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import F, Max
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, current_unit, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid, Problem, Refused, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.bulk import carry
from takt.sales.deals.commands.choices import demand_name_free
from takt.sales.deals.commands.creating import refuse_unless_known
from takt.sales.deals.commands.gate_setting import NewCriterion, NewField, renew_stamp, write_gate
from takt.sales.deals.commands.moving import stages_of
from takt.sales.deals.models import Deal, Pipeline, Stage, StagePassage
from takt.sales.deals.rules_pipelines import placed

_STAGE_FIELDS = {
    "name",
    "probability",
    "norm_days",
    "max_gap_days",
    "target_share",
    "level",
    "hint",
    "color",
    "specialist",
}


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


def demand_fresh(row: Pipeline | Stage, version: int | None) -> None:
    if version is not None and version != row.version:
        raise Stale


def locked_pipeline(pipeline: Any) -> Pipeline:
    """Whoever changes a pipeline or the row of its stages holds the pipeline meanwhile."""
    return Pipeline.objects.select_for_update().get(pk=lookups.pipeline_of(pipeline).pk)


def begin_gate(stage: Stage, given: Mapping[str, Any]) -> None:
    """What a new stage asks for, given as plain values."""
    criteria = [NewCriterion(**c) for c in given.get("criteria", ())]
    write_gate(stage, criteria, [NewField(**f) for f in given.get("fields", ())])


MOST_STAGES = 30


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
    target_share: Any = None,
    level: str = "",
    hint: str = "",
    color: str = "",
    specialist: Any = None,
) -> Stage:
    """Add a stage at the end of a pipeline. Deals that come into it become its `specialist`'s, if it has one."""
    demand(by, "edit_pipelines")
    row = locked_pipeline(pipeline)
    checks = Checks()
    name = checks.text("name", name, most=80, required=True)
    percent = checks.percent("probability", probability) or 0
    hint = checks.text("hint", hint, most=2000)
    days = _days("norm_days", norm_days, checks)
    gap = _days("max_gap_days", max_gap_days, checks)
    color = _color(color, checks)
    level = _level(level, checks)
    share = checks.percent("target_share", target_share)
    checks.finish()
    expert = lookups.owner_of(specialist, by=by) if specialist else None
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
        target_share=share,
        level=level,
        color=color,
        specialist=expert,
    )
    fact = events.StageAdded(name=name, pipeline=row.pk, probability=percent)
    record(fact, about=[stage, row], by=by, at=at)
    return stage


def _color(value: Any, checks: Checks) -> str:
    if value and value not in Stage.Color.values:
        checks.wrong("color", _("Choose one of the colours."), "unknown")
    return value or ""


def _level(value: Any, checks: Checks) -> str:
    if value and value not in Stage.Level.values:
        checks.wrong("level", _("Choose one of the levels."), "unknown")
    return value or ""


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
    """Change a stage's name, probability, norms, level, hint, colour, or whose it is."""
    demand(by, "edit_pipelines")
    row = Stage.objects.select_for_update().get(pk=lookups.stage_of(stage).pk)
    demand_fresh(row, version)
    refuse_unless_known(set(changes), _STAGE_FIELDS)
    checks = Checks()
    cleaned: dict[str, Any] = {}
    for field, value in changes.items():
        if field in {"norm_days", "max_gap_days"}:
            cleaned[field] = _days(field, value, checks)
        elif field == "probability":
            cleaned[field] = checks.percent(field, value) or 0
        elif field == "target_share":
            cleaned[field] = checks.percent(field, value)
        elif field == "level":
            cleaned[field] = _level(value, checks)
        elif field == "color":
            cleaned[field] = _color(value, checks)
        elif field == "specialist":
            cleaned[field] = lookups.owner_of(value, by=by) if value else None
        else:
            most = 80 if field == "name" else 2000
            cleaned[field] = checks.text(field, value, most=most, required=field == "name")
    checks.finish()
    if "name" in cleaned:
        demand_name_free(Stage, cleaned["name"], row.pk, pipeline=row.pipeline)
    noted = []
    for field, value in cleaned.items():
        if getattr(row, field) != value:
            noted.append({"field": field, "old": _noted_of(getattr(row, field)), "new": _noted_of(value)})
            setattr(row, field, value)
    if noted:
        row.version += 1
        row.save()
        fact = events.StageEdited(name=row.name, changes=noted)
        record(fact, about=[row, ("pipeline", row.pipeline_id)], by=by, at=at)
    return row


def _noted_of(value: Any) -> Any:
    return value.pk if isinstance(value, User) else value


@command
def place_stage(stage: Any, place: int, *, by: Actor, at: dt.datetime, version: int | None = None) -> Stage:
    """Give a stage its place in the pipeline, counted from 0; deals stay in their stages."""
    demand(by, "edit_pipelines")
    pipeline = locked_pipeline(lookups.stage_of(stage).pipeline_id)
    rows = {s.pk: s for s in pipeline.stages.select_for_update().order_by("position")}
    row = rows[lookups.stage_of(stage).pk]
    demand_fresh(row, version)
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
    pipeline = locked_pipeline(asked.pipeline_id)
    row = Stage.objects.select_for_update().get(pk=asked.pk)
    demand_fresh(row, version)
    if pipeline.stages.count() == 1:
        raise Refused(_("A pipeline needs at least one stage."), code="last_stage")
    is_used = Deal.objects.filter(stage=row).exists() or StagePassage.objects.filter(stage=row).exists()
    if target is None and is_used:
        sentence = _("Deals are in this stage or passed through it. Choose the stage that takes them.")
        raise Refused(sentence, code="stage_in_use", errors=[Problem("into", "required", sentence)])
    about = [row, pipeline]
    if target is None or not is_used:
        record(events.StageRemoved(name=row.name, pipeline=pipeline.pk), about=about, by=by, at=at)
        _start_elsewhere(pipeline, row, None)
        row.delete()
        renew_stamp(pipeline)
        return 0
    leaving = {*waiting, *_open_in(row)}
    moving = list(Deal.objects.filter(pk__in=leaving).order_by("pk"))
    # The stage goes, not the deal on: no gate is asked.
    carry(moving, target, stages_of(pipeline.pk), {}, by=by, at=at, batch=uuid.uuid4())
    moved = len(moving)
    _hand_history_over(row, target, at)
    fact = events.StageMerged(
        name=row.name, pipeline=pipeline.pk, into=target.pk, into_name=target.name, deals=moved
    )
    record(fact, about=[*about, target], by=by, at=at)
    # The totals have to be out of the stage before it goes.
    if "stage_total" in current_unit().deltas:
        current_unit().deltas["stage_total"].apply()
    position = row.position
    _start_elsewhere(pipeline, row, target)
    row.delete()
    renew_stamp(pipeline)
    _furthest_again(pipeline.pk, [position])
    return moved


def _start_elsewhere(pipeline: Pipeline, stage: Stage, target: Stage | None) -> None:
    """A cycle, or the duty of an approval, that starts with a stage that goes starts with the one that takes its
    deals, else with the next."""
    starts = ("cycle_start_stage", "approval_stage")
    meant = [name for name in starts if getattr(pipeline, f"{name}_id") == stage.pk]
    if not meant:
        return
    rest = pipeline.stages.exclude(pk=stage.pk).order_by("position")
    after = target or rest.filter(position__gt=stage.position).first() or rest.first()
    Pipeline.objects.filter(pk=pipeline.pk).update(**dict.fromkeys(meant, after))


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
    pipeline = locked_pipeline(fields["pipeline_id"])
    demand_name_free(Stage, fields["name"], pipeline=pipeline)
    position = fields["position"]
    if pipeline.stages.filter(position=position).exists():
        position = (pipeline.stages.aggregate(last=Max("position"))["last"] or 0) + 1
    own = {name: value for name, value in fields.items() if name not in {"criteria", "fields"}}
    stage = Stage.objects.create(**own | {"position": position})
    if fields.get("criteria") or fields.get("fields"):
        begin_gate(stage, fields)
        renew_stamp(pipeline)
    fact = events.StageAdded(name=stage.name, pipeline=pipeline.pk, probability=stage.probability)
    record(fact, about=[stage, pipeline], by=by, at=at)
    return stage


inverse("deals.edit_stage")(edit_stage)
