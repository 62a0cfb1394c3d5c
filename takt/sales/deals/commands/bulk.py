"""One act on many deals: set-based, one event per deal, all or nothing."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_own
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Refused
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.cycles import begin_cycle
from takt.sales.deals.commands.editing import pass_ownership
from takt.sales.deals.commands.gates import (
    NOTHING,
    Passed,
    demand_way_back,
    note_back,
    note_forced,
    pass_gates,
    reason_given,
)
from takt.sales.deals.commands.moving import stages_of
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import follow_owners, subjects_of
from takt.sales.deals.models import Deal, Stage, StagePassage
from takt.sales.deals.rules import skipped

_CHUNK = 1000


def all_editable(deals: Iterable[Any], *, by: Actor, may: str = "edit") -> list[Deal]:
    """Every one of the deals, locked; one that can't be changed refuses the whole act."""
    wanted = {getattr(d, "pk", d) for d in deals}
    found = Deal.objects.locked_many(wanted, by=by, may=may)
    if len(found) != len(wanted):
        missing = len(wanted) - len(found)
        sentence = _("%(count)d of the chosen deals can't be changed by you. Nothing was changed.")
        raise Forbidden(sentence % {"count": missing})
    return found


def _write(deals: list[Deal], fields: list[str], at: dt.datetime) -> None:
    for deal in deals:
        deal.version += 1
        deal.updated_at = at
        deal.last_activity_at = max(deal.last_activity_at, at)
    Deal.objects.bulk_update(deals, [*fields, "version", "updated_at", "last_activity_at"], batch_size=_CHUNK)


@command
def move_deals(
    deals: Iterable[Any],
    stage: Any,
    *,
    by: Actor,
    at: dt.datetime,
    reason: str = "",
    force: bool = False,
) -> int:
    """Move open deals of one pipeline to a stage, each by the rules of a single move; answers how many changed."""
    target = lookups.stage_of(stage)
    found = [d for d in all_editable(deals, by=by) if d.stage_id != target.pk]
    if any(not d.is_open for d in found):
        raise Refused(_("Some of the chosen deals are closed. Nothing was moved."), code="already_closed")
    if any(d.pipeline_id != target.pipeline_id for d in found):
        raise Refused(
            _("Some of the chosen deals belong to another pipeline. Nothing was moved."),
            code="other_pipeline",
        )
    stages = stages_of(target.pipeline_id)
    places = {d.pk: stages[d.stage_id].position for d in found}
    ahead = {d.pk: (d, places[d.pk]) for d in found if places[d.pk] < target.position}
    reason = reason_given(reason)
    if len(ahead) < len(found):
        demand_way_back(target.pipeline, by=by, reason=reason)
    passed = pass_gates(
        target.pipeline, stages.values(), ahead, target.position, by=by, at=at, reason=reason, force=force
    )
    move_all(found, target, stages, passed, reason=reason, by=by, at=at, batch=uuid.uuid4())
    return len(found)


def move_all(
    found: list[Deal],
    target: Stage,
    stages: Mapping[int, Stage],
    passed: Mapping[int, Passed],
    *,
    reason: str,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> None:
    """Write the move of locked deals that were judged, with what their gates missed and to whom the stage belongs."""
    back = [d for d in found if stages[d.stage_id].position > target.position]
    carry(found, target, stages, passed, by=by, at=at, batch=batch)
    for d in found:
        if d.pk in passed:
            note_forced(d, passed[d.pk], by=by, at=at, batch=batch)
    for d in back:
        note_back(d, reason, by=by, at=at, batch=batch)
    strangers = [d.pk for d in found if target.specialist_id not in {None, d.owner_id}]
    specialist = (
        User.objects.filter(pk=target.specialist_id or 0, is_active=True).first() if strangers else None
    )
    if specialist is not None:
        hand_over([d for d in found if d.pk in strangers], specialist, by=by, at=at, batch=batch)


def carry(
    found: list[Deal],
    target: Stage,
    stages: Mapping[int, Stage],
    passed: Mapping[int, Passed],
    *,
    by: Actor,
    at: dt.datetime,
    batch: uuid.UUID,
) -> None:
    """Write the move of locked deals; what they may and miss has been judged, or doesn't count: a stage goes."""
    places = [(s.pk, s.position) for s in stages.values()]
    forward = {d.pk: target.position > stages[d.stage_id].position for d in found}
    # As in `leave_stage`: no history runs backwards.
    when = {d.pk: max(at, d.stage_entered_at) for d in found}
    for is_forward, exit in ((True, "advanced"), (False, "moved_back")):
        ids = [d.pk for d in found if forward[d.pk] is is_forward]
        StagePassage.objects.filter(deal_id__in=ids, left_at=None).update(
            left_at=Greatest(Value(at), F("entered_at")), exit=exit, left_by=by.user
        )
    _note_lacks({d.pk: passed[d.pk].left(d.stage_id) for d in found if d.pk in passed})
    made = [
        StagePassage(
            deal=d, pipeline_id=d.pipeline_id, stage_id=pk, entered_at=when[d.pk], left_at=left, exit=exit,
            entered_by=by.user, via=by.via[:20],
            **({"left_by": by.user, **passed.get(d.pk, NOTHING).left(pk)} if left else {}),
        )
        for d in found
        for pk, left, exit in [
            *((over, when[d.pk], "skipped_over") for over in skipped(stages[d.stage_id].position, target.position, places)),
            (target.pk, None, ""),
        ]
    ]  # fmt: skip
    StagePassage.objects.bulk_create(made, batch_size=_CHUNK)
    for d in found:
        old = stages[d.stage_id]
        fact = events.DealMoved(
            old=old.pk, new=target.pk, old_name=old.name, new_name=target.name, is_forward=forward[d.pk]
        )
        record(fact, about=subjects_of(d), by=by, at=at, batch=batch)
    with counted(*found):
        for d in found:
            d.stage, d.stage_entered_at = target, when[d.pk]
            d.max_stage_position = max(d.max_stage_position, target.position)
            begin_cycle(d, target.pipeline, stages, when[d.pk])
        _write(found, ["stage", "stage_entered_at", "max_stage_position", "cycle_start_at"], at)


def _note_lacks(left: Mapping[int, Mapping[str, Any]]) -> None:
    """What each deal's gate missed goes into the passage that it has just left."""
    kept = {pk: values for pk, values in left.items() if values["checklist_snapshot"]}
    if not kept:
        return
    rows = []
    last = StagePassage.objects.filter(deal__in=kept).order_by("deal", "-left_at", "-id").distinct("deal")
    for passage in last:
        values = kept[passage.deal_id]
        passage.checklist_snapshot = values["checklist_snapshot"]
        passage.forced_reason = values["forced_reason"]
        rows.append(passage)
    StagePassage.objects.bulk_update(rows, ["checklist_snapshot", "forced_reason"], batch_size=_CHUNK)


@command
def assign_deals(deals: Iterable[Any], owner: Any, *, by: Actor, at: dt.datetime) -> int:
    """Make one colleague responsible for many deals; the old owners' open tasks go along."""
    new = lookups.owner_of(owner, by=by)
    lookups.demand_within(new, by=by)
    found = [d for d in all_editable(deals, by=by) if d.owner_id != new.pk]
    demand_own((d.owner_id for d in found), "deal", by=by)
    hand_over(found, new, by=by, at=at, batch=uuid.uuid4())
    return len(found)


def hand_over(found: list[Deal], new: User, *, by: Actor, at: dt.datetime, batch: uuid.UUID) -> None:
    """Write the change of owner of locked deals, with their tasks and history."""
    ids = [d.pk for d in found]
    for d in found:
        record(
            events.DealOwnerChanged(old=d.owner_id, new=new.pk),
            about=subjects_of(d),
            by=by,
            at=at,
            batch=batch,
        )
    for old in {d.owner_id for d in found}:
        of_old = [d.pk for d in found if d.owner_id == old]
        Task.objects.filter(deal_id__in=of_old, assignee_id=old, status="open", deleted_at=None).update(
            assignee=new, version=F("version") + 1, updated_at=at
        )
    pass_ownership(ids, new, at=at)
    with counted(*found):
        for d in found:
            d.owner = new
        _write(found, ["owner"], at)
    follow_owners(ids)
