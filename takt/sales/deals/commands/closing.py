"""The end of a deal, and its return to work."""

import datetime as dt
from dataclasses import replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import may, touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Forbidden, Problem, Refused
from takt.kernel.money.rates import Rates
from takt.sales.activities.commands import NewTask, drop_task
from takt.sales.deals import events
from takt.sales.deals.commands import lookups
from takt.sales.deals.commands.editing import edit_deal
from takt.sales.deals.commands.gates import (
    NOTHING,
    ApprovalRequired,
    Passed,
    demand_way_back,
    missing_for,
    note_back,
    note_forced,
    pass_gates,
    reason_given,
    with_approvals,
)
from takt.sales.deals.commands.moving import AlreadyClosed, enter_stage, leave_stage, stages_of
from takt.sales.deals.commands.qualifying import link_competitors
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import (
    NextTaskRequired,
    Snooze,
    plan_step,
    put_off,
    subjects_of,
)
from takt.sales.deals.commands.trying_again import (
    day_to_try,
    end_other_tries,
    plan_another_try,
    planned_try,
    take_up_try,
)
from takt.sales.deals.models import Deal, Stage, StagePassage
from takt.sales.deals.queries.special import unapproved
from takt.sales.deals.rules import missing_for_win

_CLOSING_FIELDS = [
    "status", "closed_at", "rate", "rate_on", "amount_base", "loss_reason", "loss_comment", "competitor",
    "snoozed_until", "snooze_reason", "next_task", "next_due_at", "last_activity_at", "version", "updated_at",
]  # fmt: skip


def _missing(deal: Deal) -> list[Problem]:
    sentences = {
        "amount": _("Enter the amount of the deal."),
        "contacts": _("Add at least one contact."),
    }
    missing = missing_for_win(deal.amount, deal.parts.count())
    return [Problem(item, "required", sentences[item]) for item in missing]


def _close(deal: Deal, status: str, *, by: Actor, at: dt.datetime, passed: Passed = NOTHING) -> None:
    """Set the state, freeze the exchange rate of the day and drop what was still planned."""
    for task in deal.tasks.filter(status="open", deleted_at=None).select_for_update():
        drop_task(task, reason=_("The deal was closed."), by=by, at=at)
    exit = StagePassage.Exit.WON if status == Deal.Status.WON else StagePassage.Exit.LOST
    when = leave_stage(deal, exit, by=by, at=at, passed=passed)
    day = timezone.localdate(at, timezone.get_default_timezone())
    rates = Rates().on(day)
    deal.rate, deal.rate_on = rates.rate(deal.currency), day
    deal.amount_base = None if deal.amount is None else rates.convert(deal.amount, deal.currency)
    deal.status, deal.closed_at = status, when
    deal.snoozed_until, deal.snooze_reason = None, ""
    deal.next_task, deal.next_due_at = None, None
    deal.last_activity_at = max(deal.last_activity_at, at)
    touched(deal, at)
    deal.save(update_fields=_CLOSING_FIELDS)


@command
def win_deal(
    deal: Any, *, by: Actor, at: dt.datetime, amount: Any = None, version: int | None = None
) -> Deal:
    """Close a deal as won. It needs an amount, which may come with the act, and a contact.

    Winning twice is refused, so that a bonus counts once. What the gates of this stage and of those after it still
    miss doesn't hold it up; it is kept as not confirmed (domain spec, Decided 3) and answered as `missing`. A special
    opportunity without its approval is won only by who may pass gates.
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    if not deal.is_open:
        raise AlreadyClosed
    if amount is not None:
        deal = edit_deal(deal, {"amount": amount}, by=by, at=at)
    if missing := _missing(deal):
        raise Refused(_("A won deal needs more than it has."), code="stage_gate", errors=missing)
    unconfirmed = _not_confirmed(deal, by=by, at=at)
    with counted(deal):
        _close(deal, Deal.Status.WON, by=by, at=at, passed=unconfirmed)
    deal.missing = unconfirmed.missing
    fact = events.DealWon(amount=str(deal.amount), currency=deal.currency, stage=deal.stage_id)
    record(fact, about=_all_subjects(deal), by=by, at=at)
    return deal


def _not_confirmed(deal: Deal, *, by: Actor, at: dt.datetime) -> Passed:
    """What the gates miss from this stage to the end, all of it noted where the deal stands."""
    pipeline = deal.pipeline
    if pipeline.gate_stamp is None and (pipeline.approval_stage_id is None or not deal.special):
        return NOTHING
    stages = stages_of(deal.pipeline_id)
    end = max(s.position for s in stages.values()) + 1
    place = stages[deal.stage_id].position
    waiting = unapproved(pipeline, stages.values(), [deal], end)
    if waiting and not by.is_historic and not may(by, "pass_gates"):
        raise ApprovalRequired([Problem(m.field, m.code, m.text) for m in waiting.values()])
    found = with_approvals(missing_for(pipeline, stages.values(), {deal.pk: place}, end, at=at), waiting)
    return Passed(
        tuple(replace(m, stage=deal.stage_id) for m in found.get(deal.pk, ()) if m.field != "next_task")
    )


@command
def lose_deal(
    deal: Any,
    reason: Any,
    *,
    comment: str = "",
    competitor: str = "",
    try_again_on: Any = None,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Deal:
    """Close a deal as lost: a reason on every road, a comment where the reason asks for one.

    `try_again_on` is a day to come back to it: a task of the customer's, so that nothing stays open as "postponed".
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    if not deal.is_open:
        raise AlreadyClosed
    why = lookups.reason_of(reason, by=by)
    checks = Checks()
    deal.loss_comment = checks.text("comment", comment, most=5000, required=why.needs_comment)
    deal.competitor = checks.text("competitor", competitor, most=120)
    again = day_to_try(try_again_on, at, checks)
    checks.finish()
    link_competitors([(deal.pk, deal.competitor)])
    with counted(deal):
        deal.loss_reason = why
        _close(deal, Deal.Status.LOST, by=by, at=at)
    fact = events.DealLost(
        reason=why.pk,
        reason_name=why.name,
        comment=deal.loss_comment,
        competitor=deal.competitor,
        amount=None if deal.amount is None else str(deal.amount),
        currency=deal.currency,
        stage=deal.stage_id,
    )
    record(fact, about=_all_subjects(deal), by=by, at=at)
    if again is not None:
        plan_another_try(deal, again, by=by, at=at)
    return deal


def _all_subjects(deal: Deal) -> list[tuple[str, int] | None]:
    people = deal.parts.values_list("contact_id", flat=True)
    return [*subjects_of(deal), *(("contact", pk) for pk in people)]


@command
def reopen_deal(
    deal: Any,
    *,
    stage: Any = None,
    next_task: NewTask | None = None,
    snooze: Snooze | None = None,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
    reason: str = "",
    force: bool = False,
) -> Deal:
    """Return a closed deal to work, with its next step. A won one is reopened by a manager only.

    A lost one that is to be tried again has its step in the task of trying, unless another one is given.
    Into another stage than its last one it goes by the rules of a move.
    """
    deal = Deal.objects.locked(deal, by=by, version=version)
    if deal.is_open:
        raise Refused(_("This deal is open."), code="not_closed")
    was = deal.status
    if was == Deal.Status.WON and not may(by, "reopen_won"):
        raise Forbidden(_("Only a manager may return a won deal to work."))
    planned = planned_try(deal) if next_task is None and snooze is None else None
    if next_task is None and snooze is None and planned is None:
        raise NextTaskRequired
    target, passed, why = deal.stage, NOTHING, ""
    if stage:
        target = lookups.stage_of(stage, deal.pipeline)
        passed, why = _way_to(deal, target, reason=reason_given(reason), force=force, by=by, at=at)
    assert deal.closed_at is not None
    when = max(at, deal.closed_at)
    if planned is None:
        end_other_tries(deal, by=by, at=at)
    deal.try_again_on = None
    with counted(deal):
        deal.status, deal.closed_at = Deal.Status.OPEN, None
        deal.rate = deal.rate_on = deal.amount_base = None
        deal.loss_reason, deal.loss_comment, deal.competitor = None, "", ""
        deal.precision = Deal.Precision.TIME
        deal.stage, deal.stage_entered_at = target, when
        deal.max_stage_position = max(deal.max_stage_position, target.position)
        deal.last_activity_at = max(deal.last_activity_at, at)
        touched(deal, at)
        deal.save()
    if passed.missing:
        last = deal.passages.order_by("-left_at", "-id").first()  # type: ignore[attr-defined]
        whole = [m.stored() for m in passed.missing]
        StagePassage.objects.filter(pk=last.pk if last else 0).update(
            checklist_snapshot=whole, forced_reason=passed.forced_reason, left_by=by.user
        )
    enter_stage(deal, by=by)
    record(events.DealReopened(was=was, stage=target.pk), about=_all_subjects(deal), by=by, at=at)
    note_forced(deal, passed, by=by, at=at)
    note_back(deal, why, by=by, at=at)
    if next_task is not None:
        plan_step(deal, next_task, by=by, at=at)
    elif snooze is not None:
        put_off(deal, snooze, by=by, at=at)
    elif planned is not None:
        take_up_try(deal, planned, at=at)
    deal.refresh_from_db(fields=["next_task", "next_due_at"])
    return deal


def _way_to(
    deal: Deal, target: Stage, *, reason: str, force: bool, by: Actor, at: dt.datetime
) -> tuple[Passed, str]:
    """What a deal returns to work without, and why it goes back, where its stage becomes another one."""
    stages = stages_of(deal.pipeline_id)
    here = stages[deal.stage_id].position
    if target.position < here:
        demand_way_back(deal.pipeline, by=by, reason=reason)
        return NOTHING, reason
    judged = {deal.pk: (deal, here)}
    found = pass_gates(
        deal.pipeline, stages.values(), judged, target.position, by=by, at=at, reason=reason, force=force
    )
    return found.get(deal.pk, NOTHING), ""


@command
def snooze_deal(deal: Any, snooze: Snooze, *, by: Actor, at: dt.datetime, version: int | None = None) -> Deal:
    """Put an open deal off until a day, with the reason and a task on that day."""
    deal = Deal.objects.locked(deal, by=by, version=version)
    if not deal.is_open:
        raise AlreadyClosed
    put_off(deal, snooze, by=by, at=at)
    touched(deal, at)
    deal.save(update_fields=["version", "updated_at"])
    deal.refresh_from_db(fields=["next_task", "next_due_at"])
    return deal
