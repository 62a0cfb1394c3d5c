"""Moves and changes of owner taken back, so that nothing of them is left but their events."""

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import F

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.refusals import Stale
from takt.kernel.undo.registry import inverse
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands.rollup import counted
from takt.sales.deals.commands.steps import follow_owners, subjects_of
from takt.sales.deals.commands.tasks import take_back_completion
from takt.sales.deals.commands.unclosing import unclose_deal
from takt.sales.deals.models import Deal, OwnerPeriod, Stage, StagePassage

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
    columns = (
        "minutes", "deal__snoozed_until", "deal__snooze_reason", "deal__last_activity_at", "deal__cycle_start_at",
    )  # fmt: skip
    row = Task.objects.filter(pk=task).values_list(*columns).first()
    if row is None:
        return {"task": task}
    minutes, until, reason, active, began = row
    return {
        "task": task,
        "was": {
            "minutes": minutes,
            "snoozed_until": until.isoformat() if until else None,
            "snooze_reason": reason or "",
            "active": active.isoformat() if active else None,
            "began": began.isoformat() if began else None,
        },
    }


def as_it_left(note: dict[str, Any]) -> dict[str, Any] | None:
    """The note with the version of the deal after the save: what changes it later isn't taken back with it.

    None where the stage handed the deal to a colleague: it is his now.
    """
    if "closing" in note:
        ended = note["closing"]
        ended["version"] = Deal.objects.values_list("version", flat=True).get(pk=ended["deal"])
    if "moving" in note:
        (moved,) = note["moving"]["deals"]
        deal = Deal.objects.only("version", "stage", "owner").get(pk=moved["deal"])
        if deal.owner_id != note["moving"].pop("owner"):
            return None
        moved["version"] = deal.version
        if deal.stage_id == moved["stage"]:
            del note["moving"]
    return note


@inverse("deals.take_back_end")
@command
def take_back_end(
    task: int,
    was: dict[str, Any] | None = None,
    closing: dict[str, Any] | None = None,
    moving: dict[str, Any] | None = None,
    *,
    by: Actor,
    at: dt.datetime,
) -> None:
    """Take back all that one save of a task did: the deal's end or its move, the completion, and what followed.

    `closing` and `moving` are what `before_closing` and `before_move` noted, with the version that the save left.
    """
    if closing is not None:
        unclose_deal(**closing, by=by, at=at)
    if moving is not None:
        unmove_deals(**moving, by=by, at=at)
    if not Task.objects.found(task, by=by.user).is_open:  # a cancelled one was brought back with the deal
        take_back_completion(task, was, by=by, at=at)


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
    follow_owners(ids)
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
