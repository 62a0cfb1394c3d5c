"""Moves and changes of owner taken back, so that nothing of them is left but their events."""

import datetime as dt
import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import F

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Stale
from takt.kernel.undo.commands import offer
from takt.kernel.undo.registry import inverse
from takt.sales.activities import events as task_events
from takt.sales.activities.commands import subjects_of as task_subjects
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import refresh_next_steps, subjects_of
from takt.sales.deals.commands.tasks import take_back_completion
from takt.sales.deals.models import Deal, DealCompetitor, OwnerPeriod, Stage, StagePassage

inverse("deals.take_back_completion")(take_back_completion)


def before_move(deals: Iterable[Deal]) -> dict[str, Any]:
    """What `unmove_deals` needs to know, read before the move."""
    return {
        "deals": [
            {
                "deal": d.pk,
                "version": d.version + 1,
                "stage": d.stage_id,
                "entered": d.stage_entered_at.isoformat(),
                "furthest": d.max_stage_position,
                "active": d.last_activity_at.isoformat(),
            }
            for d in deals
        ],
    }


@inverse("deals.unmove_deals")
@command
def unmove_deals(deals: list[dict[str, Any]], *, by: Actor, at: dt.datetime) -> int:
    """Put deals back into the stages they came from; refused as stale where one changed since."""
    rows = _as_left(deals, by)
    stages = {
        s.pk: s for s in Stage.objects.filter(pk__in={w["stage"] for w in deals} | {d.stage_id for d in rows})
    }
    ids = [d.pk for d in rows]
    passages = StagePassage.objects.filter(deal__in=ids)
    before: dict[int, int] = {}
    made: list[int] = []
    for deal_id, pk, exit in passages.order_by("deal", "-id").values_list("deal_id", "pk", "exit"):
        if deal_id not in before:  # from the newest back to the stay that the move ended
            if exit in {"", "skipped_over"}:
                made.append(pk)
            else:
                before[deal_id] = pk
    passages.filter(pk__in=made).delete()
    passages.filter(pk__in=before.values()).update(
        left_at=None, exit="", left_by=None, checklist_snapshot=None, forced_reason=""
    )
    wanted = {w["deal"]: w for w in deals}
    batch = uuid.uuid4() if len(rows) > 1 else None
    with counted(*rows):
        for deal in rows:
            was, old = wanted[deal.pk], stages[deal.stage_id]
            deal.stage = stages[was["stage"]]
            deal.stage_entered_at = dt.datetime.fromisoformat(was["entered"])
            deal.max_stage_position = was["furthest"]
            fact = events.DealMoved(
                old=old.pk,
                new=deal.stage.pk,
                old_name=old.name,
                new_name=deal.stage.name,
                is_forward=deal.stage.position > old.position,
            )
            record(fact, about=subjects_of(deal), by=by, at=at, batch=batch)
        _write(rows, wanted, ["stage", "stage_entered_at", "max_stage_position"], at)
    return len(rows)


def before_completing(task: int) -> dict[str, Any]:
    """What `take_back_completion` needs to know, read before the task is completed."""
    columns = ("minutes", "deal__snoozed_until", "deal__snooze_reason", "deal__last_activity_at")
    row = Task.objects.filter(pk=task).values_list(*columns).first()
    if row is None:
        return {"task": task}
    minutes, until, reason, active = row
    return {
        "task": task,
        "was": {
            "minutes": minutes,
            "snoozed_until": until.isoformat() if until else None,
            "snooze_reason": reason or "",
            "active": active.isoformat() if active else None,
        },
    }


def before_closing(deal: Deal) -> dict[str, Any]:
    """What `take_back_closing` needs to know, read before the deal is won or lost."""
    tasks = Task.objects.filter(deal=deal, status="open", deleted_at=None)
    return {
        "deal": deal.pk,
        "was": {
            "tasks": list(tasks.values_list("pk", flat=True)),
            "rivals": list(deal.rivals.values_list("competitor_id", flat=True)),  # type: ignore[attr-defined]
            "amount": None if deal.amount is None else str(deal.amount),
            "is_estimated": deal.amount_is_estimated,
            "follows_lines": deal.amount_follows_lines,
            "no_competitors": deal.has_no_competitors,
            "snoozed_until": deal.snoozed_until.isoformat() if deal.snoozed_until else None,
            "snooze_reason": deal.snooze_reason,
            "active": deal.last_activity_at.isoformat(),
        },
    }


def offer_reopening(note: dict[str, Any], closed: Deal, *, by: Actor, at: dt.datetime) -> str | None:
    """Where the end of a deal is taken back, for the toast."""
    arguments = {**note, "version": closed.version}
    token = offer(inverse="deals.take_back_closing", arguments=arguments, by=by, at=at)
    return f"/undo/{token}" if token else None


@inverse("deals.take_back_closing")
@command
def take_back_closing(deal: int, was: dict[str, Any], version: int, *, by: Actor, at: dt.datetime) -> Deal:
    """A deal just won or lost is open again as it was, in its stage and with its tasks.

    Refused as stale once anything else has happened to it.
    """
    row = Deal.objects.locked(deal, by=by, version=version)
    if row.is_open:
        raise Stale
    ended, retry = row.status, row.retry_task
    with counted(row):
        row.status, row.closed_at = Deal.Status.OPEN, None
        row.rate = row.rate_on = row.amount_base = None
        row.loss_reason, row.loss_comment, row.competitor = None, "", ""
        row.retry_task = None
        row.amount = None if was["amount"] is None else Decimal(was["amount"])
        row.amount_is_estimated, row.amount_follows_lines = was["is_estimated"], was["follows_lines"]
        row.has_no_competitors = was["no_competitors"]
        until = was["snoozed_until"]
        row.snoozed_until = dt.date.fromisoformat(until) if until else None
        row.snooze_reason = was["snooze_reason"]
        row.last_activity_at = dt.datetime.fromisoformat(was["active"])
        row.version += 1
        row.updated_at = at
        row.save()
    DealCompetitor.objects.filter(deal=row).exclude(competitor__in=was["rivals"]).delete()
    last = StagePassage.objects.filter(deal=row, exit=ended).order_by("-left_at", "-id").first()
    StagePassage.objects.filter(pk=last.pk if last else 0).update(
        left_at=None, exit="", left_by=None, checklist_snapshot=None, forced_reason=""
    )
    about = subjects_of(row)
    record(events.DealClosingUndone(was=ended), about=about, by=by, at=at)
    if retry is not None:
        Task.objects.filter(pk=retry.pk).update(deleted_at=at)
        record(task_events.TaskDeleted(title=retry.title), about=task_subjects(retry), by=by, at=at)
    dropped = Task.objects.filter(pk__in=was["tasks"], status="cancelled", deleted_at=None).order_by("pk")
    for task in dropped.select_for_update(of=("self",)):
        record(task_events.TaskReopened(title=task.title), about=task_subjects(task), by=by, at=at)
    dropped.update(status="open", cancel_reason="", version=F("version") + 1, updated_at=at)
    refresh_next_steps([row.pk])
    row.refresh_from_db(fields=["next_task", "next_due_at"])
    return row


def before_assigning(deals: Iterable[Deal]) -> dict[str, Any]:
    """What `unassign_deals` needs to know, read before the change of owner."""
    rows = list(deals)
    mine: dict[int, list[int]] = {d.pk: [] for d in rows}
    owners = {d.pk: d.owner_id for d in rows}
    tasks = Task.objects.filter(deal__in=owners, status="open", deleted_at=None)
    for pk, deal, assignee in tasks.values_list("pk", "deal_id", "assignee_id"):
        if assignee == owners[deal]:
            mine[deal].append(pk)
    return {
        "deals": [
            {
                "deal": d.pk,
                "version": d.version + 1,
                "owner": d.owner_id,
                "tasks": mine[d.pk],
                "active": d.last_activity_at.isoformat(),
            }
            for d in rows
        ],
    }


@inverse("deals.unassign_deals")
@command
def unassign_deals(deals: list[dict[str, Any]], *, by: Actor, at: dt.datetime) -> int:
    """Give deals and their tasks back to whom they belonged; refused as stale where one changed since."""
    rows = _as_left(deals, by)
    wanted = {w["deal"]: w for w in deals}
    ids = [d.pk for d in rows]
    periods = OwnerPeriod.objects.filter(deal__in=ids)
    periods.filter(until_at=None).delete()
    before = periods.order_by("deal", "-id").distinct("deal")
    periods.filter(pk__in=list(before.values_list("pk", flat=True))).update(until_at=None)
    by_owner: dict[int, list[int]] = {}
    batch = uuid.uuid4() if len(rows) > 1 else None
    with counted(*rows):
        for deal in rows:
            was = wanted[deal.pk]
            record(
                events.DealOwnerChanged(old=deal.owner_id, new=was["owner"]),
                about=subjects_of(deal),
                by=by,
                at=at,
                batch=batch,
            )
            deal.owner_id = was["owner"]
            by_owner.setdefault(was["owner"], []).extend(was["tasks"])
        _write(rows, wanted, ["owner"], at)
    for owner, tasks in by_owner.items():
        Task.objects.filter(pk__in=tasks).update(assignee=owner, version=F("version") + 1, updated_at=at)
    return len(rows)


def _as_left(deals: list[dict[str, Any]], by: Actor) -> list[Deal]:
    """The rows, locked, each still as the act left it."""
    rows = Deal.objects.locked_many([w["deal"] for w in deals], by=by)
    versions = {w["deal"]: w["version"] for w in deals}
    if len(rows) != len(deals) or any(d.version != versions[d.pk] for d in rows):
        raise Stale
    return rows


def _write(rows: list[Deal], wanted: dict[int, dict[str, Any]], fields: list[str], at: dt.datetime) -> None:
    for deal in rows:
        deal.version += 1
        deal.updated_at = at
        deal.last_activity_at = dt.datetime.fromisoformat(wanted[deal.pk]["active"])
    Deal.objects.bulk_update(rows, [*fields, "version", "updated_at", "last_activity_at"], batch_size=1000)
