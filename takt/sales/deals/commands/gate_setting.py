"""What a stage asks for before it goes on, and in which mode a pipeline's gates are."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.fields.models import FieldDefinition
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Problem, Refused, Stale
from takt.kernel.undo.registry import inverse
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.gates import MOST_TICKS
from takt.sales.deals.models import CriterionTick, Deal, Pipeline, Stage, StageCriterion, StageField
from takt.sales.deals.rules_checks import CHECKS, FIELDS
from takt.sales.deals.rules_gates import ENFORCE

MOST_CRITERIA = 30


@dataclass(frozen=True)
class NewCriterion:
    """A criterion as given: a sentence to confirm, or the name of a check with its number; `id` keeps one that is."""

    text: str = ""
    check: str = ""
    number: int | str | None = None
    id: int | None = None


@dataclass(frozen=True)
class NewField:
    """A field that a stage requires; a date may have to be of today or later."""

    field: str
    not_past: bool = False


@command
def set_gate(
    stage: Any,
    *,
    criteria: Sequence[NewCriterion],
    fields: Sequence[NewField],
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Stage:
    """Say what a stage asks for before a deal leaves it forward. What was confirmed stays with criteria that stay."""
    demand(by, "edit_pipelines")
    asked = lookups.stage_of(stage)
    pipeline = Pipeline.objects.select_for_update().get(pk=asked.pipeline_id)
    row = Stage.objects.select_for_update().get(pk=asked.pk)
    if version is not None and version != row.version:
        raise Stale
    before, kept = _told(row), _kept(row)
    after, unticked = write_gate(row, criteria, fields)
    if after == before:
        return row
    row.version += 1
    row.save(update_fields=["version"])
    renew_stamp(pipeline)
    if unticked is not None:
        row.way_back = kept | {"version": row.version, "ticks": unticked}
    fact = events.StageGateSet(name=row.name, **after)
    record(fact, about=[row, ("pipeline", row.pipeline_id)], by=by, at=at)
    return row


def _kept(stage: Stage) -> dict[str, Any]:
    """What a stage asks for, row by row, as `restore_gate` takes it."""
    criteria = StageCriterion.objects.filter(stage=stage).values(
        "id", "text", "check_name", "number", "position"
    )
    fields = StageField.objects.filter(stage=stage).values("id", "field", "not_past", "position")
    return {"stage": stage.pk, "criteria": list(criteria), "fields": list(fields)}


@inverse("deals.restore_gate")
@command
def restore_gate(
    stage: int,
    version: int,
    criteria: list[dict[str, Any]],
    fields: list[dict[str, Any]],
    ticks: list[list[Any]],
    *,
    by: Actor,
    at: dt.datetime,
) -> Stage:
    """What a stage asked for before it was changed, with all that was confirmed of criteria that were taken out."""
    demand(by, "edit_pipelines")
    asked = lookups.stage_of(stage)
    pipeline = Pipeline.objects.select_for_update().get(pk=asked.pipeline_id)
    row = Stage.objects.select_for_update().get(pk=asked.pk)
    if row.version != version:
        raise Stale
    _put_criteria(row, criteria)
    StageField.objects.filter(stage=row).delete()
    StageField.objects.bulk_create(StageField(stage=row, **f) for f in fields)
    there = set(Deal.objects.filter(pk__in={t[1] for t in ticks}).values_list("pk", flat=True))
    CriterionTick.objects.bulk_create(
        [
            CriterionTick(pk=pk, deal_id=deal, criterion_id=criterion, ticked_by_id=person, ticked_at=when)
            for pk, deal, criterion, person, when in ticks
            if deal in there
        ],
        batch_size=5000,
    )
    row.version += 1
    row.save(update_fields=["version"])
    renew_stamp(pipeline)
    fact = events.StageGateSet(name=row.name, **_told(row))
    record(fact, about=[row, ("pipeline", row.pipeline_id)], by=by, at=at)
    return row


def _put_criteria(stage: Stage, criteria: list[dict[str, Any]]) -> None:
    standing = StageCriterion.objects.filter(stage=stage)
    standing.exclude(pk__in=[c["id"] for c in criteria]).delete()
    known = set(standing.values_list("pk", flat=True))
    # A check stands once in a stage: rows that exchange theirs go by way of names that none has.
    blank = Concat(Value("~"), Cast("pk", CharField()))
    standing.update(check_name=blank, text="", number=None)
    for one in criteria:
        values = {name: value for name, value in one.items() if name != "id"}
        if one["id"] in known:
            StageCriterion.objects.filter(pk=one["id"]).update(**values)
        else:
            StageCriterion.objects.create(pk=one["id"], stage=stage, **values)


def write_gate(
    stage: Stage, criteria: Sequence[NewCriterion], fields: Sequence[NewField]
) -> tuple[dict[str, list[str]], list[list[Any]] | None]:
    """Store what a stage asks for; answers it as events keep it, and what was confirmed of criteria that go (None
    where that is too much to be kept). The pipeline's stamp is renewed by the caller.
    """
    checks = Checks()
    wanted = _criteria(criteria, checks)
    required = _fields(fields, checks)
    checks.finish()
    unticked = _write_criteria(stage, wanted)
    StageField.objects.filter(stage=stage).delete()
    StageField.objects.bulk_create(
        StageField(stage=stage, field=f.field, not_past=f.not_past, position=i)
        for i, f in enumerate(required)
    )
    return _told(stage), unticked


def renew_stamp(pipeline: Pipeline) -> None:
    """What the pipeline's stages ask for has changed: whatever is kept in memory is out of date."""
    has_any = (
        StageCriterion.objects.filter(stage__pipeline=pipeline).exists()
        or StageField.objects.filter(stage__pipeline=pipeline).exists()
    )
    pipeline.gate_stamp = uuid.uuid4() if has_any else None
    Pipeline.objects.filter(pk=pipeline.pk).update(gate_stamp=pipeline.gate_stamp)


def _told(stage: Stage) -> dict[str, list[str]]:
    """The gate as its event keeps it."""
    criteria = StageCriterion.objects.filter(stage=stage).order_by("position", "id")
    fields = StageField.objects.filter(stage=stage).order_by("position", "id")
    return {
        "criteria": [
            c.text or (c.check_name if c.number is None else f"{c.check_name}={c.number}") for c in criteria
        ],
        "fields": [f"{f.field}!" if f.not_past else f.field for f in fields],
    }


def _criteria(given: Sequence[NewCriterion], checks: Checks) -> list[NewCriterion]:
    if len(given) > MOST_CRITERIA:
        checks.wrong(
            "criteria", _("A stage has at most %(most)d criteria.") % {"most": MOST_CRITERIA}, "too_many"
        )
    found: list[NewCriterion] = []
    seen: set[str] = set()
    for one in given:
        if one.check:
            known = CHECKS.get(one.check)
            if known is None or one.text:
                checks.wrong("criteria", _("There is no such automatic check."), "unknown")
                continue
            made = NewCriterion(
                check=one.check, number=_number(one, known.number, known.most, checks), id=one.id
            )
        else:
            made = NewCriterion(text=checks.text("criteria", one.text, most=200, required=True), id=one.id)
        key = (made.check or made.text).casefold()
        if key in seen:
            checks.wrong("criteria", _("Each criterion stands once."), "twice")
        seen.add(key)
        found.append(made)
    return found


def _number(given: NewCriterion, usual: int | None, most: int, checks: Checks) -> int | None:
    if usual is None:
        return None
    if given.number in (None, ""):
        return usual
    text = str(given.number)
    if not text.isdecimal() or not 0 < int(text) <= most:
        checks.wrong("criteria", _("Enter a number from 1 to %(most)d.") % {"most": most}, "out_of_range")
        return usual
    return int(text)


def _fields(given: Sequence[NewField], checks: Checks) -> list[NewField]:
    own = {f"custom.{slug}": kind for slug, kind in _own_fields()}
    found = {}
    for one in given:
        kind = FIELDS[one.field].kind if one.field in FIELDS else own.get(one.field)
        if kind is None:
            checks.wrong("fields", _("There is no such field, or it is retired."), "unknown_field")
        elif one.not_past and kind not in {"date", "datetime"}:
            checks.wrong("fields", _("Only a date can be asked to be of today or later."), "not_a_date")
        else:
            found[one.field] = one
    return list(found.values())


def _own_fields() -> Iterable[tuple[str, str]]:
    return FieldDefinition.objects.active().for_all().filter(entity="deal").values_list("slug", "kind")


def _write_criteria(stage: Stage, wanted: Sequence[NewCriterion]) -> list[list[Any]] | None:
    """Rows that stay keep their key, and with it what was confirmed; answers what was confirmed of those that go."""
    standing = {c.pk: c for c in StageCriterion.objects.filter(stage=stage)}
    by_key = {(c.check_name or c.text).casefold(): pk for pk, c in standing.items()}
    kept: set[int] = set()
    new: list[StageCriterion] = []
    for position, one in enumerate(wanted):
        pk = one.id if one.id in standing else by_key.get((one.check or one.text).casefold())
        values = {"text": one.text, "check_name": one.check, "number": one.number, "position": position}
        if pk is None or pk in kept:
            new.append(StageCriterion(stage=stage, **values))
        else:
            kept.add(pk)
            StageCriterion.objects.filter(pk=pk).update(**values)
    gone = standing.keys() - kept
    columns = ("pk", "deal", "criterion", "ticked_by", "ticked_at")
    ticks = CriterionTick.objects.filter(criterion__in=gone).values_list(*columns)[: MOST_TICKS + 1]
    lost = [[*tick[:4], tick[4].isoformat()] for tick in ticks] if gone else []
    StageCriterion.objects.filter(pk__in=gone).delete()
    StageCriterion.objects.bulk_create(new)
    return lost if len(lost) <= MOST_TICKS else None


@command
def set_gate_mode(
    pipeline: Any,
    mode: str,
    *,
    starts_on: Any = None,
    is_confirmed: bool = False,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Pipeline:
    """Say how strictly a pipeline's gates are held, and from which day.

    To enforce them an administrator confirms it, having seen what it means for the deals that are open
    (`queries.gate_preview`); before the day it starts the gates warn.
    """
    demand(by, "edit_pipelines")
    row = Pipeline.objects.select_for_update().get(pk=lookups.pipeline_of(pipeline).pk)
    if version is not None and version != row.version:
        raise Stale
    checks = Checks()
    day = checks.day("starts_on", starts_on)
    if mode not in Pipeline.GateMode.values:
        checks.wrong("mode", _("Choose off, warn or enforce."), "unknown")
    checks.finish()
    if (row.gate_mode, row.gate_from) == (mode, day):
        return row
    if mode == ENFORCE:
        demand(by, "administer")
        if not is_confirmed:
            sentence = _("Look at what it would mean for the open deals, and confirm it.")
            raise Refused(
                sentence, code="confirmation_required", errors=[Problem("confirmed", "required", sentence)]
            )
    _write_mode(row, mode, day, by=by, at=at)
    return row


def _write_mode(row: Pipeline, mode: str, day: dt.date | None, *, by: Actor, at: dt.datetime) -> None:
    old = row.gate_mode
    row.gate_mode, row.gate_from = mode, day
    row.version += 1
    row.save(update_fields=["gate_mode", "gate_from", "version"])
    fact = events.GateModeSet(name=row.name, old=old, new=mode, starts_on=day.isoformat() if day else None)
    record(fact, about=row, by=by, at=at)


@inverse("deals.restore_gate_mode")
@command
def restore_gate_mode(
    pipeline: int, version: int, mode: str, starts_on: str | None, *, by: Actor, at: dt.datetime
) -> Pipeline:
    """The mode that held before. It was confirmed when it was set: who may change it may take his own change back."""
    demand(by, "edit_pipelines")
    row = Pipeline.objects.select_for_update().get(pk=lookups.pipeline_of(pipeline).pk)
    if row.version != version:
        raise Stale
    _write_mode(row, mode, dt.date.fromisoformat(starts_on) if starts_on else None, by=by, at=at)
    return row
