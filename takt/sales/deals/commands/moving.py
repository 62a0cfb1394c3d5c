"""Moves between stages and pipelines, with the passages that history is told from."""

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _

from takt.kernel.access.reach import touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Invalid, Refused
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import subjects_of
from takt.sales.deals.models import Deal, Stage, StagePassage
from takt.sales.deals.rules import skipped


class AlreadyClosed(Refused):
    code = "already_closed"

    def __init__(self) -> None:
        super().__init__(_("This deal is closed. Return it to work first."))


def leave_stage(deal: Deal, exit: str, *, at: dt.datetime) -> dt.datetime:
    """End the deal's current passage and answer when: a request that waited for another one's lock carries an
    earlier time than the act it waited for, and a deal's history never runs backwards."""
    when = max(at, deal.stage_entered_at)
    StagePassage.objects.filter(deal=deal, left_at=None).update(left_at=when, exit=exit)
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


@command
def move_deal(deal: Any, stage: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> Deal:
    """Put an open deal into another stage of its pipeline; stages passed over get a passage of no length."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    if not deal.is_open:
        raise AlreadyClosed
    stages = {s.pk: s for s in Stage.objects.filter(pipeline=deal.pipeline_id)}
    if stage is None or stage == "":
        raise Invalid.field("stage", _("Choose the stage to move to."), "required")
    target = lookups.stage_among(stages, stage)
    if target.pk == deal.stage_id:
        return deal
    old = stages[deal.stage_id]
    is_forward = target.position > old.position
    exit = StagePassage.Exit.ADVANCED if is_forward else StagePassage.Exit.MOVED_BACK
    when = leave_stage(deal, exit, at=at)
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
            via=by.via[:20],
        )
        for stage_id in over
    )
    with counted(deal):
        deal.stage, deal.stage_entered_at = target, when
        deal.max_stage_position = max(deal.max_stage_position, target.position)
        deal.last_activity_at = max(deal.last_activity_at, at)
        touched(deal, at)
        deal.save(
            update_fields=[
                "stage",
                "stage_entered_at",
                "max_stage_position",
                "last_activity_at",
                "version",
                "updated_at",
            ]
        )
    enter_stage(deal, by=by)
    fact = events.DealMoved(
        old=old.pk, new=target.pk, old_name=old.name, new_name=target.name, is_forward=is_forward
    )
    record(fact, about=subjects_of(deal), by=by, at=at)
    return deal


@command
def change_pipeline(
    deal: Any, pipeline: Any, *, stage: Any = None, by: Actor, at: dt.datetime, version: int | None = None
) -> Deal:
    """Move an open deal to another line of business, into its first stage unless one is given."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    if not deal.is_open:
        raise AlreadyClosed
    target = lookups.pipeline_of(pipeline)
    if target.pk == deal.pipeline_id:
        return move_deal(deal, stage, by=by, at=at) if stage else deal
    old = deal.pipeline_id
    first = lookups.stage_of(stage, target)
    when = leave_stage(deal, StagePassage.Exit.PIPELINE_CHANGED, at=at)
    with counted(deal):
        deal.pipeline, deal.stage, deal.stage_entered_at = target, first, when
        deal.max_stage_position = first.position
        deal.last_activity_at = max(deal.last_activity_at, at)
        touched(deal, at)
        deal.save()
    enter_stage(deal, by=by)
    fact = events.DealPipelineChanged(old=old, new=target.pk, pipeline_name=target.name, stage=first.pk)
    record(fact, about=subjects_of(deal), by=by, at=at)
    return deal
