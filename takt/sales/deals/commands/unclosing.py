"""The end of a deal taken back, so that nothing of it is left but its events."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.undo.registry import inverse
from takt.sales.activities import events as task_events
from takt.sales.activities.commands import reopen_done_task
from takt.sales.activities.commands import subjects_of as subjects_of_task
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import refresh_next_steps, subjects_of
from takt.sales.deals.models import Competitor, Deal, DealCompetitor, Qualification, StagePassage


def before_closing(deal: Deal) -> dict[str, Any]:
    """What `unclose_deal` needs to know, read before the deal is won or lost."""
    tasks = deal.tasks.filter(status="open", deleted_at=None)  # type: ignore[attr-defined]
    return {
        "deal": deal.pk,
        "tasks": list(tasks.order_by("pk").values_list("pk", flat=True)),
        "amount": None if deal.amount is None else str(deal.amount),
        "is_estimated": deal.amount_is_estimated,
        "rivals": list(deal.rivals.values_list("competitor_id", flat=True)),  # type: ignore[attr-defined]
        "newest": Competitor.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        "has_none": Qualification.objects.filter(deal=deal, has_no_competitors=True).exists(),
        "snoozed_until": deal.snoozed_until.isoformat() if deal.snoozed_until else None,
        "snooze_reason": deal.snooze_reason,
        "active": deal.last_activity_at.isoformat(),
    }


@inverse("deals.unclose_deal")
@command
def unclose_deal(
    deal: int,
    version: int,
    tasks: list[int],
    amount: str | None,
    is_estimated: bool,
    snoozed_until: str | None,
    snooze_reason: str,
    active: str,
    rivals: list[int] | None = None,
    newest: int | None = None,
    has_none: bool = False,
    *,
    by: Actor,
    at: dt.datetime,
) -> Deal:
    """Make the deal open again as it was, with the tasks that its end has dropped; refused as stale where something
    has happened to it since. Whoever closed it may, a won deal too: it is his own slip."""
    row = Deal.objects.locked(deal, by=by, version=version)
    was = row.status
    if row.try_again_task_id is not None:
        _forget(row.try_again_task_id, by=by, at=at)
    last = row.passages.order_by("-left_at", "-pk").exclude(exit="skipped_over").first()  # type: ignore[attr-defined]
    StagePassage.objects.filter(pk=last.pk if last else 0).update(
        left_at=None, exit="", left_by=None, checklist_snapshot=None, forced_reason=""
    )
    with counted(row):
        row.status, row.closed_at = Deal.Status.OPEN, None
        row.rate = row.rate_on = row.amount_base = None
        row.loss_reason, row.loss_comment, row.competitor = None, "", ""
        row.try_again_on, row.try_again_task = None, None
        row.amount, row.amount_is_estimated = None if amount is None else Decimal(amount), is_estimated
        row.snoozed_until = dt.date.fromisoformat(snoozed_until) if snoozed_until else None
        row.snooze_reason = snooze_reason
        row.last_activity_at = dt.datetime.fromisoformat(active)
        row.version += 1
        row.updated_at = at
        row.save()
    if rivals is not None:
        _drop_rivals(row, rivals, newest)
        Qualification.objects.filter(deal=row).update(has_no_competitors=has_none)
    for task in Task.objects.select_for_update().filter(pk__in=tasks, status="cancelled", deleted_at=None):
        reopen_done_task(task, by=by, at=at)
    refresh_next_steps([row.pk])
    row.refresh_from_db(fields=["next_task", "next_due_at"])
    record(events.DealClosingUndone(was=was, stage=row.stage_id), about=subjects_of(row), by=by, at=at)
    return row


def _drop_rivals(deal: Deal, before: list[int], newest: int | None) -> None:
    """Who was named as the winner goes; out of the directory, too, where the end has put him there."""
    links = deal.rivals.exclude(competitor__in=before)  # type: ignore[attr-defined]
    named = list(links.values_list("competitor", flat=True))
    links.delete()
    if newest is not None:
        elsewhere = DealCompetitor.objects.filter(competitor=OuterRef("pk"))
        new = Competitor.objects.filter(pk__in=named, pk__gt=newest)
        new.filter(~Exists(elsewhere)).delete()


def _forget(pk: int, *, by: Actor, at: dt.datetime) -> None:
    """The task of another try goes with the loss that planned it, unless somebody has done it already."""
    for task in Task.objects.select_for_update().filter(pk=pk, status="open", deleted_at=None):
        Task.objects.filter(pk=pk).update(deleted_at=at)
        record(task_events.TaskDeleted(title=task.title), about=subjects_of_task(task), by=by, at=at)
