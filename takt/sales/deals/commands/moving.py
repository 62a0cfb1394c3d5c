"""Moves between stages and pipelines, with the passages that history is told from."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.accounts.models import User
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, Refused
from takt.kernel.lib.standing import standing
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.cycles import begin_cycle
from takt.sales.deals.commands.editing import hand_on
from takt.sales.deals.commands.gates import (
    NOTHING,
    Passed,
    demand_way_back,
    note_back,
    note_forced,
    pass_gates,
    reason_given,
)
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal, Stage, StagePassage
from takt.sales.deals.rules import skipped


class AlreadyClosed(Refused):
    code = "already_closed"

    def __init__(self) -> None:
        super().__init__(_("This deal is closed. Return it to work first."))


def leave_stage(
    deal: Deal, exit: str, *, by: Actor, at: dt.datetime, passed: Passed = NOTHING
) -> dt.datetime:
    """End the deal's current passage and answer when: a request that waited for another one's lock carries an
    earlier time than the act it waited for, and a deal's history never runs backwards."""
    when = max(at, deal.stage_entered_at)
    StagePassage.objects.filter(deal=deal, left_at=None).update(
        left_at=when, exit=exit, left_by=by.user, **passed.left(deal.stage_id)
    )
    return when


def enter_stage(deal: Deal, *, by: Actor) -> None:
    """Begin the passage that the deal's own stage and time tell."""
    StagePassage.objects.create(
        deal=deal,
        pipeline_id=deal.pipeline_id,
        stage_id=deal.stage_id,
        entered_at=deal.stage_entered_at,
        entered_by=by.user,
        via=by.via[:20],
    )


def stages_of(pipeline: int) -> dict[int, Stage]:
    """A pipeline's stages, each with the pipeline itself: one query."""
    return {s.pk: s for s in _stages(pipeline)}


@standing
def _stages(pipeline: int) -> QuerySet[Stage]:
    return Stage.objects.filter(pipeline=pipeline).select_related("pipeline")


@command
def move_deal(
    deal: Any,
    stage: Any,
    *,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    reason: str = "",
    force: bool = False,
) -> Deal:
    """Put an open deal into another stage of its pipeline; stages passed over get a passage of no length.

    Forward, the gates of all stages left are judged: `missing` of the answer is what it went on without, and where
    they are enforced the move is refused (409 stage_gate) unless who may passes them with `force` and a `reason`.
    Backward, its owner gives a `reason`, where the pipeline lets him at all.
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    if not deal.is_open:
        raise AlreadyClosed
    stages = stages_of(deal.pipeline_id)
    if stage is None or stage == "":
        raise Invalid.field("stage", _("Choose the stage to move to."), "required")
    target = lookups.stage_among(stages, stage)
    if target.pk == deal.stage_id:
        return deal
    old = stages[deal.stage_id]
    is_forward = target.position > old.position
    reason = reason_given(reason)
    passed = NOTHING
    if is_forward:
        judged = {deal.pk: (deal, old.position)}
        found = pass_gates(
            target.pipeline,
            stages.values(),
            judged,
            target.position,
            by=by,
            at=at,
            reason=reason,
            force=force,
        )
        passed = found.get(deal.pk, NOTHING)
    else:
        demand_way_back(target.pipeline, by=by, reason=reason)
    exit = StagePassage.Exit.ADVANCED if is_forward else StagePassage.Exit.MOVED_BACK
    when = leave_stage(deal, exit, by=by, at=at, passed=passed)
    over = skipped(old.position, target.position, ((s.pk, s.position) for s in stages.values()))
    StagePassage.objects.bulk_create(
        StagePassage(
            deal=deal,
            pipeline_id=deal.pipeline_id,
            stage_id=stage_id,
            entered_at=when,
            left_at=when,
            exit=StagePassage.Exit.SKIPPED_OVER,
            entered_by=by.user,
            left_by=by.user,
            via=by.via[:20],
            **passed.left(stage_id),
        )
        for stage_id in over
    )
    with counted(deal):
        deal.stage, deal.stage_entered_at = target, when
        deal.max_stage_position = max(deal.max_stage_position, target.position)
        deal.last_activity_at = max(deal.last_activity_at, at)
        begin_cycle(deal, target.pipeline, stages, when)
        touched(deal, at)
        deal.save(
            update_fields=[
                "stage",
                "stage_entered_at",
                "max_stage_position",
                "last_activity_at",
                "cycle_start_at",
                "version",
                "updated_at",
            ]
        )
    enter_stage(deal, by=by)
    fact = events.DealMoved(
        old=old.pk, new=target.pk, old_name=old.name, new_name=target.name, is_forward=is_forward
    )
    record(fact, about=subjects_of(deal), by=by, at=at)
    note_forced(deal, passed, by=by, at=at)
    if not is_forward:
        note_back(deal, reason, by=by, at=at)
    hand_to_specialist(deal, target, by=by, at=at)
    deal.missing = passed.missing
    return deal


def hand_to_specialist(deal: Deal, stage: Stage, *, by: Actor, at: dt.datetime) -> None:
    """A stage may belong to the colleague who is best at it: the deal that comes in becomes his."""
    if stage.specialist_id is None or stage.specialist_id == deal.owner_id:
        return
    specialist = User.objects.filter(pk=stage.specialist_id, is_active=True).first()
    if specialist is not None:
        hand_on(deal, specialist, by=by, at=at)


@command
def change_pipeline(
    deal: Any,
    pipeline: Any,
    *,
    stage: Any = None,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    reason: str = "",
    force: bool = False,
) -> Deal:
    """Move an open deal to another line of business, into its first stage unless one is given.

    A later stage is judged as if the deal went there from the first one, so that no gate is passed by a detour.
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    if not deal.is_open:
        raise AlreadyClosed
    target = lookups.pipeline_of(pipeline)
    if target.pk == deal.pipeline_id:
        if not stage:
            return deal
        return move_deal(deal, stage, by=by, at=at, reason=reason, force=force)
    old = deal.pipeline_id
    stages = stages_of(target.pk)
    into = lookups.stage_among(stages, stage)
    first = min(s.position for s in stages.values())
    found = pass_gates(
        target, stages.values(), {deal.pk: (deal, first)}, into.position, by=by, at=at,
        reason=reason_given(reason), force=force,
    )  # fmt: skip
    passed = found.get(deal.pk, NOTHING)
    whole = Passed(tuple(replace(m, stage=deal.stage_id) for m in passed.missing), passed.forced_reason)
    when = leave_stage(deal, StagePassage.Exit.PIPELINE_CHANGED, by=by, at=at, passed=whole)
    with counted(deal):
        deal.pipeline, deal.stage, deal.stage_entered_at = target, into, when
        deal.max_stage_position = into.position
        deal.last_activity_at = max(deal.last_activity_at, at)
        begin_cycle(deal, target, stages, when)
        touched(deal, at)
        deal.save()
    enter_stage(deal, by=by)
    fact = events.DealPipelineChanged(old=old, new=target.pk, pipeline_name=target.name, stage=into.pk)
    record(fact, about=subjects_of(deal), by=by, at=at)
    note_forced(deal, passed, by=by, at=at)
    hand_to_specialist(deal, into, by=by, at=at)
    deal.missing = passed.missing
    return deal
