"""One act on many deals from a list: what the rules don't allow is left out and told, the rest is done by few queries.

Each act answers how every deal is put back; `put_back` does it for those that nobody has changed since.
"""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand, demand_own
from takt.kernel.events.facts import plain
from takt.kernel.events.unit import command, record
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import changes_between
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, Refusal
from takt.kernel.lists.acts import Outcome
from takt.kernel.undo.images import Image, Part, Picture, restore, untouched
from takt.sales.deals import events
from takt.sales.deals.commands import editing, lookups
from takt.sales.deals.commands.binning import delete_all, restore_deals
from takt.sales.deals.commands.bulk import hand_over, move_all
from takt.sales.deals.commands.gates import Passed, demand_way_back, missing_for, reason_given, with_approvals
from takt.sales.deals.commands.moving import stages_of
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import refresh_next_steps, subjects_of
from takt.sales.deals.commands.updating import DealChange, update_deals
from takt.sales.deals.models import Deal, Stage
from takt.sales.deals.queries.gates import today_of
from takt.sales.deals.queries.special import unapproved
from takt.sales.deals.rules_gates import ENFORCE, effective

EDITABLE = frozenset(editing.EDITABLE) - {"name", "about"}
OPEN_TASKS = Part("task", "deal_id", "t.status = 'open' AND t.deleted_at IS NULL")
PARTS = (Part("deal"), Part("stage_passage", "deal_id"), Part("owner_period", "deal_id"), OPEN_TASKS)
COLUMN_OF = {"expected_close_date": "expected_close_on", "type": "type_id", "source": "source_id",
             "company": "company_id"}  # fmt: skip
FIELD_OF = {column: field for field, column in COLUMN_OF.items()}
NOTED = (*(COLUMN_OF.get(f, f) for f in sorted(EDITABLE)),)


def changeable(ids: Iterable[int], out: Outcome, *, by: Actor, act: str = "edit") -> list[Deal]:
    """The deals that the person may change so, locked; the others are left out, and it is told why."""
    wanted = set(ids)
    found = Deal.objects.locked_many(wanted, by=by, may=act)
    left = wanted - {d.pk for d in found}
    if left:
        seen = set(Deal.objects.visible_to(by.user).filter(pk__in=left).values_list("pk", flat=True))
        out.skip(seen, _("You may not change this deal."))
        out.skip(left - seen, _("It is not there any more, or you may not see it."))
    return found


def sift(rows: Iterable[Deal], out: Outcome, reason_of: Any) -> list[Deal]:
    """The deals that nothing speaks against."""
    kept = []
    for deal in rows:
        reason = reason_of(deal)
        if reason:
            out.skip([deal.pk], reason)
        else:
            kept.append(deal)
    return kept


def _pictured(rows: Sequence[Deal]) -> Picture:
    return Picture(PARTS, [d.pk for d in rows])


@command
def move_many(
    deals: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Put open deals of one pipeline into a stage of it, each by the rules of a single move.

    `reason` is for those that go back, and with `force` for those whose gate somebody who may passes all the same.
    """
    target = lookups.stage_of(arguments.get("stage") or 0)
    reason, force = reason_given(arguments.get("reason") or ""), bool(arguments.get("force"))
    out = Outcome()
    rows = sift(changeable(deals, out, by=by), out, lambda d: _unmovable(d, target))
    out.same = [d.pk for d in rows if d.stage_id == target.pk]
    stages = stages_of(target.pipeline_id)
    places = {d.pk: stages[d.stage_id].position for d in rows if d.stage_id != target.pk}
    rows, passed = _judged(
        [d for d in rows if d.pk in places], places, target, stages, reason, force, out, by=by, at=at
    )
    picture = _pictured(rows)
    move_all(rows, target, stages, passed, reason=reason, by=by, at=at, batch=batch)
    out.changed = picture.changes()
    return out


def _judged(
    rows: list[Deal],
    places: Mapping[int, int],
    target: Stage,
    stages: Mapping[int, Stage],
    reason: str,
    force: bool,
    out: Outcome,
    *,
    by: Actor,
    at: dt.datetime,
) -> tuple[list[Deal], dict[int, Passed]]:
    """The deals that may go, and what each goes on without; the others are left out with what they miss."""
    line = target.pipeline
    back = [d.pk for d in rows if places[d.pk] > target.position]
    try:
        if back:
            demand_way_back(line, by=by, reason=reason)
    except Refusal as refusal:
        for pk in back:
            out.refuse(pk, refusal)
    ahead = {d.pk: places[d.pk] for d in rows if places[d.pk] < target.position}
    waiting = unapproved(line, stages.values(), (d for d in rows if d.pk in ahead), target.position)
    missing = with_approvals(missing_for(line, stages.values(), ahead, target.position, at=at), waiting)
    mode = effective(line.gate_mode, line.gate_from, today_of(at))
    strict = {d.pk for d in rows if d.pk in missing and mode == ENFORCE and not d.is_quick}
    held = strict | waiting.keys()
    if held and force:
        demand(by, "pass_gates")
        if not reason:
            raise Invalid.field("reason", _("Say why the deal goes on all the same."), "required")
    elif held:
        for pk in held:
            told = missing[pk] if pk in strict else [waiting[pk]]
            out.skipped[pk] = " ".join(str(m.text) for m in told)[:400]
    passed = {pk: Passed(tuple(found), reason if pk in held else "") for pk, found in missing.items()}
    return [d for d in rows if d.pk not in out.skipped], passed


def _unmovable(deal: Deal, target: Stage) -> str:
    if not deal.is_open:
        return _("The deal is closed.")
    if deal.pipeline_id != target.pipeline_id:
        return _("The deal belongs to another pipeline.")
    return ""


@command
def assign_many(
    deals: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Make one colleague responsible; the open tasks of whoever was go along."""
    new = lookups.owner_of(arguments.get("owner"), by=by)
    lookups.demand_within(new, by=by)
    out = Outcome()
    rows = changeable(deals, out, by=by)
    out.same = [d.pk for d in rows if d.owner_id == new.pk]
    rows = [d for d in rows if d.owner_id != new.pk]
    demand_own((d.owner_id for d in rows), "deal", by=by)
    picture = _pictured(rows)
    hand_over(rows, new, by=by, at=at, batch=batch)
    out.changed = picture.changes()
    return out


def outcome_of(
    changes: Sequence[DealChange], out: Outcome, *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    ids = [c.id for c in changes]
    picture = Picture(PARTS, ids)
    update_deals(changes, by=by, at=at, batch=batch)
    Deal.objects.filter(pk__in=ids).update(last_activity_at=Greatest(F("last_activity_at"), Value(at)))
    out.changed = picture.changes()
    return out


@command
def delete_many(
    deals: Sequence[int], arguments: Mapping[str, Any], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> Outcome:
    """Move deals to the recycle bin, with their tasks."""
    out = Outcome()
    rows = changeable(deals, out, by=by, act="delete")
    delete_all(rows, by=by, at=at, batch=batch)
    out.changed = {d.pk: {"deal": {str(d.pk): {"deleted_at": [None, at.isoformat()]}}} for d in rows}
    return out


@command
def undelete_many(
    images: Mapping[int, Image], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> dict[int, str]:
    """Bring back from the bin what is still there."""
    there = set(Deal.objects.restorable_by(by.user).filter(pk__in=list(images)).values_list("pk", flat=True))
    restore_deals(sorted(there), by=by, at=at)
    return dict.fromkeys(set(images) - there, _("It is not in the recycle bin any more."))


@command
def put_back(images: Mapping[int, Image], *, by: Actor, at: dt.datetime, batch: uuid.UUID) -> dict[int, str]:
    """Give deals back what an act on many took; those that were changed since stay, and are answered with the reason."""
    kept: dict[int, str] = {}
    mine = {d.pk: d for d in Deal.objects.locked_many(images, by=by)}
    kept |= dict.fromkeys(set(images) - mine.keys(), _("It is not there any more, or you may not change it."))
    same = untouched({pk: images[pk] for pk in mine})
    kept |= dict.fromkeys(mine.keys() - same, _("It was changed since, and stays as it is."))
    rows = [d for pk, d in mine.items() if pk in same]
    wanted = {d.pk: images[d.pk] for d in rows}
    stages = dict(Stage.objects.values_list("pk", "name"))
    positions = dict(Stage.objects.values_list("pk", "position"))
    with counted(*rows):
        restore(wanted, at)
        refresh_next_steps(wanted)
        for deal in rows:
            _tell(
                deal,
                images[deal.pk]["deal"][str(deal.pk)] or {},
                stages,
                positions,
                by=by,
                at=at,
                batch=batch,
            )
            _follow(deal, images[deal.pk]["deal"][str(deal.pk)] or {})
    return kept


def _follow(deal: Deal, changed: Mapping[str, list[Any]]) -> None:
    """The record in memory as its row is again, for the totals."""
    for column in {
        "stage_id",
        "owner_id",
        "status",
        "currency",
        "probability",
        "pipeline_id",
    } & changed.keys():
        setattr(deal, column, changed[column][0])
    for column in {"amount", "amount_base", "rate"} & changed.keys():
        was = changed[column][0]
        setattr(deal, column, None if was is None else Decimal(str(was)))


def _tell(
    deal: Deal,
    changed: Mapping[str, list[Any]],
    stages: Mapping[int, str],
    positions: Mapping[int, int],
    *,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> None:
    """The facts of the way back, the same as if somebody had gone it by hand."""
    about = subjects_of(deal)
    if "stage_id" in changed and "status" not in changed:
        new, old = changed["stage_id"]
        is_forward = positions.get(new, 0) > positions.get(old, 0)
        moved = events.DealMoved(
            old=old,
            new=new,
            old_name=stages.get(old, ""),
            new_name=stages.get(new, ""),
            is_forward=is_forward,
        )
        record(moved, about=about, by=by, at=at, batch=batch)
    if "owner_id" in changed:
        new, old = changed["owner_id"]
        record(events.DealOwnerChanged(old=old, new=new), about=about, by=by, at=at, batch=batch)
    if "status" in changed:
        reopened = events.DealReopened(was=changed["status"][1], stage=deal.stage_id)
        record(reopened, about=about, by=by, at=at, batch=batch)
    noted = [
        {"field": FIELD_OF.get(c, c), "old": plain(changed[c][1]), "new": plain(changed[c][0])}
        for c in NOTED
        if c in changed
    ]
    if "custom" in changed:
        noted += changes_between(fields_in_use("deal"), changed["custom"][1], changed["custom"][0])
    if noted:
        record(events.DealEdited(changes=noted), about=about, by=by, at=at, batch=batch)
