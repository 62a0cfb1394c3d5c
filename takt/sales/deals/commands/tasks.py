"""Tasks: finishing one asks at once for the next step of its deal (domain spec, Decided 4)."""

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.access.reach import demand_add, touched
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Forbidden, Invalid, Refused
from takt.sales.activities import commands as primitives
from takt.sales.activities import events as task_events
from takt.sales.activities.commands import NewTask
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals.commands.closing import lose_deal, win_deal
from takt.sales.deals.commands.cycles import begin_by_action
from takt.sales.deals.commands.moving import AlreadyClosed, move_deal
from takt.sales.deals.commands.steps import (
    Closing,
    NextTaskRequired,
    Snooze,
    has_open_task,
    plan_step,
    put_off,
    refresh_next_steps,
)
from takt.sales.deals.models import Deal


@command
def create_task(
    new: NewTask, *, by: Actor, at: dt.datetime, deal: Any = None, company: Any = None, contact: Any = None
) -> Task:
    """Plan a sales action on a deal, a company or a contact, or an internal one on nothing."""
    demand_add(by, "task")
    on_contact = Contact.objects.found(contact, by=by.user) if contact else None
    on_company = Company.objects.found(company, by=by.user) if company else None
    if deal is None:
        if on_company is None and on_contact is not None:
            on_company = on_contact.company
        return primitives.plan_task(new, company=on_company, contact=on_contact, by=by, at=at)
    on_deal = Deal.objects.locked(deal, by=by)
    if not on_deal.is_open:
        raise Refused(_("This deal is closed. Return it to work to plan a next step."), code="already_closed")
    if on_contact is not None and new.contact is None:
        new = NewTask(**{**new.__dict__, "contact": on_contact})
    task = plan_step(on_deal, new, by=by, at=at)
    _note_activity(on_deal, at)
    return task


def _note_activity(deal: Deal, at: dt.datetime) -> None:
    if at > deal.last_activity_at:
        Deal.objects.filter(pk=deal.pk).update(last_activity_at=at)


def _taken(task: Any, *, by: Actor, version: int | None) -> tuple[Task, Deal | None]:
    """The task and its deal, both locked, the deal first as every command does."""
    seen = Task.objects.found(task, by=by.user)
    deal = None
    if seen.deal_id:
        deal = Deal.objects.alive().select_for_update(of=("self",)).filter(pk=seen.deal_id).first()
    return Task.objects.locked(seen, by=by, version=version), deal


@command
def complete_task(
    task: Any,
    *,
    result: str = "",
    outcome: str = "",
    minutes: int | None = None,
    next_task: NewTask | None = None,
    close_deal: Closing | None = None,
    snooze: Snooze | None = None,
    move_to: Any = None,
    reason: str = "",
    force: bool = False,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Task:
    """Mark a task done. The last one of an open deal needs a next task, a snooze or the deal's end with it.

    With `move_to` the deal goes to that stage in the same save, by the rules of `move_deal`.
    """
    done, deal = _taken(task, by=by, version=version)
    primitives.finish_task(done, result=result, outcome=outcome, minutes=minutes, by=by, at=at)
    # What is planned already has not moved the deal on: a review ends with a step of its own.
    has_step = (
        next_task is not None or close_deal is not None or snooze is not None or move_to not in (None, "")
    )
    if deal is not None and deal.is_open and not has_step and primitives.is_strict_review(done, by):
        raise NextTaskRequired
    if deal is not None:
        begin_by_action(deal, done.type.counts_as_action, at)
    _go_on(done, deal, next_task, close_deal, snooze, by=by, at=at)
    if move_to not in (None, ""):
        if deal is None or close_deal is not None:
            raise Invalid.field("move_to", _("Only an open deal changes its stage."), "no_deal")
        move_deal(deal, move_to, by=by, at=at, reason=reason, force=force)
    return done


@command
def cancel_task(
    task: Any,
    *,
    reason: str = "",
    next_task: NewTask | None = None,
    close_deal: Closing | None = None,
    snooze: Snooze | None = None,
    by: Actor,
    at: dt.datetime,
    version: int | None = None,
) -> Task:
    """Cancel a task; the rule of the next step holds as for completing."""
    dropped, deal = _taken(task, by=by, version=version)
    primitives.drop_task(dropped, reason=reason, by=by, at=at)
    _go_on(dropped, deal, next_task, close_deal, snooze, by=by, at=at)
    return dropped


def _go_on(
    task: Task,
    deal: Deal | None,
    next_task: NewTask | None,
    close_deal: Closing | None,
    snooze: Snooze | None,
    *,
    by: Actor,
    at: dt.datetime,
) -> None:
    """What comes after: the one place where the next-step rule is held."""
    if sum(x is not None for x in (next_task, close_deal, snooze)) > 1:
        raise Invalid.field(
            "next_task", _("Choose one: a next task, a snooze or the end of the deal."), "ambiguous"
        )
    if deal is None:
        if close_deal or snooze:
            raise Invalid.field("close_deal", _("This task has no deal."), "no_deal")
        if next_task:
            following = primitives.plan_task(
                next_task, company=task.company, contact=task.contact, owner=task.assignee, by=by, at=at
            )
            _follow(task, following)
        return
    if not deal.is_open:
        if close_deal or snooze or next_task:
            raise Refused(_("This deal is closed."), code="already_closed")
        return
    if close_deal is not None:
        refresh_next_steps([deal.pk])
        _end(deal, close_deal, by=by, at=at)
    elif snooze is not None:
        if not Deal.objects.visible_to(by.user, "edit").filter(pk=deal.pk).exists():
            raise Forbidden  # winning and losing ask the same of whoever closes
        _follow(task, put_off(deal, snooze, by=by, at=at))
        _save_snooze(deal, at)
    elif next_task is not None:
        _clear_snooze(deal, at)
        _follow(task, plan_step(deal, next_task, by=by, at=at))
    elif has_open_task(deal):
        _clear_snooze(deal, at)
        refresh_next_steps([deal.pk])
    else:
        raise NextTaskRequired
    _note_activity(deal, at)


def _clear_snooze(deal: Deal, at: dt.datetime) -> None:
    if deal.snoozed_until is not None:
        deal.snoozed_until, deal.snooze_reason = None, ""
        _save_snooze(deal, at)


def _save_snooze(deal: Deal, at: dt.datetime) -> None:
    touched(deal, at)
    deal.save(update_fields=["snoozed_until", "snooze_reason", "version", "updated_at"])


def _follow(task: Task, following: Task) -> None:
    task.next_task = following
    task.save(update_fields=["next_task"])


def _end(deal: Deal, closing: Closing, *, by: Actor, at: dt.datetime) -> None:
    if closing.status == Deal.Status.WON:
        win_deal(deal, by=by, at=at)
    elif closing.status == Deal.Status.LOST:
        lose_deal(deal, closing.reason, comment=closing.comment, competitor=closing.competitor, by=by, at=at)
    else:
        raise Invalid.field("close_deal", _("A deal ends won or lost."), "unknown")


@command
def reschedule_task(
    task: Any, due_at: dt.datetime, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Task:
    """Move an open task to another time."""
    moved, deal = _taken(task, by=by, version=version)
    primitives.move_task(moved, due_at=due_at, by=by, at=at)
    if deal is not None:
        refresh_next_steps([deal.pk])
    return moved


@command
def reassign_task(
    task: Any, assignee: Any, *, by: Actor, at: dt.datetime, version: int | None = None
) -> Task:
    """Hand a task to a colleague."""
    given, _deal = _taken(task, by=by, version=version)
    primitives.hand_over_task(given, assignee=assignee, by=by, at=at)
    return given


@command
def edit_task(
    task: Any, changes: dict[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> Task:
    """Change an open task; time and assignee by the commands of their own."""
    edited, deal = _taken(task, by=by, version=version)
    rest = dict(changes)
    if "due_at" in rest:
        primitives.move_task(edited, due_at=rest.pop("due_at"), by=by, at=at)
        if deal is not None:
            refresh_next_steps([deal.pk])
    if "assignee" in rest:
        primitives.hand_over_task(edited, assignee=rest.pop("assignee"), by=by, at=at)
    if rest:
        primitives.amend_task(edited, rest, by=by, at=at)
    return edited


@command
def delete_task(task: Any, *, by: Actor, at: dt.datetime) -> None:
    """Move a task made by mistake to the recycle bin; the last open one of an open deal stays, by the rule of the next step."""
    gone, deal = _taken(task, by=by, version=None)
    if not Task.objects.visible_to(by.user, "delete").filter(pk=gone.pk).exists():
        raise Forbidden
    if deal is not None and deal.is_open and gone.is_open and not has_open_task(deal, besides=gone):
        raise NextTaskRequired
    Task.objects.filter(pk=gone.pk).update(deleted_at=at, deleted_by=by.user)
    if deal is not None:
        refresh_next_steps([deal.pk])
    record(task_events.TaskDeleted(title=gone.title), about=primitives.subjects_of(gone), by=by, at=at)


@command
def take_back_completion(task: Any, was: dict[str, Any] | None = None, *, by: Actor, at: dt.datetime) -> Task:
    """Undo a completion: the task is open again, the next step made with it is gone, the deal's snooze is as before.

    `was` is what `before_completing` noted. Refused once the deal is closed, which keeps no plans.
    """
    done, deal = _taken(task, by=by, version=None)
    if deal is not None and not deal.is_open and not done.is_open:
        raise AlreadyClosed
    following, done_at = done.next_task, done.done_at
    primitives.reopen_done_task(done, by=by, at=at)
    if following is not None and following.is_open:
        Task.objects.filter(pk=following.pk).update(deleted_at=at)
        record(
            task_events.TaskDeleted(title=following.title),
            about=primitives.subjects_of(following),
            by=by,
            at=at,
        )
        Task.objects.filter(pk=done.pk).update(next_task=None)
    if was is not None and done.minutes != was["minutes"]:
        done.minutes = was["minutes"]
        done.save(update_fields=["minutes"])
    if deal is not None:
        refresh_next_steps([deal.pk])
        _wake_again(deal, done_at, following, was or {}, at)
    return done


def _wake_again(
    deal: Deal, done_at: dt.datetime | None, following: Task | None, was: dict[str, Any], at: dt.datetime
) -> None:
    """The deal as before the completion, unless something has happened to it since."""
    if was and not was.get("began") and done_at is not None and deal.cycle_start_at == done_at:
        Deal.objects.filter(pk=deal.pk).update(cycle_start_at=None)
    put_off_to = timezone.localdate(following.due_at, timezone.get_default_timezone()) if following else None
    if was and put_off_to is not None and deal.snoozed_until == put_off_to:  # put off with this completion
        until = was.get("snoozed_until")
        deal.snoozed_until = dt.date.fromisoformat(until) if until else None
        deal.snooze_reason = was.get("snooze_reason", "")
        _save_snooze(deal, at)
    if was.get("active") and deal.last_activity_at == done_at:
        Deal.objects.filter(pk=deal.pk).update(last_activity_at=dt.datetime.fromisoformat(was["active"]))
    if was.get("snoozed_until") and deal.snoozed_until is None:
        deal.snoozed_until = dt.date.fromisoformat(was["snoozed_until"])
        deal.snooze_reason = was["snooze_reason"]
        _save_snooze(deal, at)
