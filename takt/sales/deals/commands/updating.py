"""Deals that a later file changes."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from takt.kernel.events.facts import plain
from takt.kernel.events.unit import command, record
from takt.kernel.fields.queries import fields_in_use
from takt.kernel.fields.values import changes_between
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows, next_ids
from takt.kernel.lib.bulk_update import update_rows
from takt.kernel.money.rates import Rates
from takt.sales.activities import events as task_events
from takt.sales.activities.commands import subjects_of as task_subjects
from takt.sales.activities.models import Task
from takt.sales.deals import events
from takt.sales.deals.commands.gates import missing_for
from takt.sales.deals.commands.qualifying import link_competitors
from takt.sales.deals.commands.rollup import count_in, count_out
from takt.sales.deals.commands.steps import follow_owners
from takt.sales.deals.commands.whole_rows import COLUMNS, STORED, count_all, locked_whole, store_whole
from takt.sales.deals.models import (
    DealContact,
    LossReason,
    OwnerPeriod,
    Pipeline,
    Stage,
    StagePassage,
)


@dataclass(frozen=True)
class DealChange:
    """What one row of a file changes in an existing deal: values by attribute, contacts added."""

    id: int
    values: Mapping[str, Any]
    contacts: Sequence[int] = field(default_factory=tuple)


@command
def update_deals(
    changes: Sequence[DealChange], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> dict[int, dict[str, Any]]:
    """Change deals as a file says, with their passages and owner history; answers what an undo has to put back.

    A closed deal isn't returned to work, and its money stays: the caller has refused such rows.
    """
    if not changes:
        return {}
    batch = batch or uuid.uuid4()
    rows = locked_whole([c.id for c in changes])
    count_all(rows, count_out)
    stages = {s.pk: s for s in Stage.objects.all()}
    reasons = dict(LossReason.objects.values_list("pk", "name"))
    rates = Rates()
    fields = fields_in_use("deal") if any("custom" in c.values for c in changes) else []
    kept: dict[int, dict[str, Any]] = {}
    people = _people_of([c.id for c in changes if "status" in c.values])
    owners: list[tuple[int, int]] = []
    moves: list[tuple[int, int, int]] = []
    ends: list[tuple[int, dt.datetime, str]] = []
    for change in changes:
        row = rows[change.id]
        before = {c: plain(row[c]) for c in STORED}
        about = [("deal", change.id), ("company", row["company_id"]) if row["company_id"] else None]
        noted = []
        for attribute, value in change.values.items():
            column = COLUMNS[attribute]
            if attribute == "custom":
                noted += changes_between(fields, row["custom"], value)
            elif attribute not in {"owner", "stage", "status", "closed_at", "loss_reason"}:
                noted.append({"field": attribute, "old": before[column], "new": plain(value)})
            row[column] = value
        if noted:
            record(events.DealEdited(changes=noted), about=about, by=by, at=at, batch=batch)
        if row["owner_id"] != before["owner_id"]:
            owners.append((change.id, row["owner_id"]))
            handed = events.DealOwnerChanged(old=before["owner_id"], new=row["owner_id"])
            record(handed, about=about, by=by, at=at, batch=batch)
        if row["stage_id"] != before["stage_id"]:
            old, new = stages[before["stage_id"]], stages[row["stage_id"]]
            moves.append((change.id, old.position, new.pk))
            row["max_stage_position"] = max(row["max_stage_position"], new.position)
            moved = events.DealMoved(
                old=old.pk,
                new=new.pk,
                old_name=old.name,
                new_name=new.name,
                is_forward=new.position > old.position,
            )
            record(moved, about=about, by=by, at=at, batch=batch)
        if row["status"] != before["status"]:
            ends.append((change.id, row["closed_at"], row["status"]))
            _close(row, rates)
            _note_end(row, reasons, [*about, *people.get(change.id, ())], by=by, batch=batch)
        kept[change.id] = {"values": before, "contacts": [], "passages": [], "reopened": None, "periods": []}
    dropped = _drop_tasks([pk for pk, _when, _how in ends], by=by, at=at, batch=batch)
    for pk, tasks in dropped.items():
        kept[pk]["tasks"] = tasks
    _pass_stages(rows, moves, ends, kept, by=by, at=at)
    _hand_on(owners, kept, at)
    _attach(changes, kept)
    for pk, rival in link_competitors((c.id, c.values.get("competitor") or "") for c in changes):
        kept[pk].setdefault("rivals", []).append(rival)
    store_whole(rows, at)
    follow_owners([pk for pk, _owner in owners])
    _note_debts(rows, moves, kept, stages, at)
    count_all(rows, count_in)
    return kept


def _note_debts(
    rows: Mapping[int, Mapping[str, Any]],
    moves: Sequence[tuple[int, int, int]],
    kept: Mapping[int, Mapping[str, Any]],
    stages: Mapping[int, Stage],
    at: dt.datetime,
) -> None:
    """A file is never held up by a gate: what a deal went on without is kept in the passage that it left."""
    ways: dict[tuple[int, int], dict[int, int]] = {}
    for deal, position, stage in moves:
        if stages[stage].position > position and kept[deal]["reopened"]:
            ways.setdefault((rows[deal]["pipeline_id"], stages[stage].position), {})[deal] = position
    for (number, target), places in ways.items():
        pipeline = Pipeline.objects.get(pk=number)
        own = [s for s in stages.values() if s.pipeline_id == number]
        for deal, missing in missing_for(pipeline, own, places, target, at=at).items():
            left = StagePassage.objects.filter(pk=kept[deal]["reopened"])
            left.update(checklist_snapshot=[m.stored() for m in missing])


def _close(row: dict[str, Any], rates: Rates) -> None:
    day = timezone.localdate(row["closed_at"], timezone.get_default_timezone())
    on = rates.on(day)
    row["rate"], row["rate_on"] = on.rate(row["currency"]), day
    row["amount_base"] = None if row["amount"] is None else on.convert(row["amount"], row["currency"])
    row["next_task_id"] = row["next_due_at"] = row["snoozed_until"] = None
    row["snooze_reason"] = ""
    row["last_activity_at"] = max(row["last_activity_at"], row["closed_at"])


def _people_of(deals: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Whose timelines tell of the end of these deals."""
    found: dict[int, list[tuple[str, int]]] = {}
    if deals:
        for deal, contact in DealContact.objects.filter(deal__in=deals).values_list("deal_id", "contact_id"):
            found.setdefault(deal, []).append(("contact", contact))
    return found


def _note_end(
    row: Mapping[str, Any], reasons: dict[int, str], about: list[Any], *, by: Actor, batch: uuid.UUID
) -> None:
    if row["status"] == "won":
        fact: Any = events.DealWon(amount=str(row["amount"]), currency=row["currency"], stage=row["stage_id"])
    else:
        fact = events.DealLost(
            reason=row["loss_reason_id"],
            reason_name=reasons[row["loss_reason_id"]],
            comment=row["loss_comment"],
            competitor=row["competitor"],
            amount=None if row["amount"] is None else str(row["amount"]),
            currency=row["currency"],
            stage=row["stage_id"],
        )
    record(fact, about=about, by=by, at=row["closed_at"], batch=batch)


def _drop_tasks(
    deals: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID
) -> dict[int, list[int]]:
    """A closed deal keeps no plans; they are noted, so that an undo plans them again."""
    found: dict[int, list[int]] = {}
    reason = _("The deal was closed.")
    tasks = Task.objects.filter(deal__in=deals, status="open", deleted_at=None)
    for task in tasks.select_related("type").order_by("pk").select_for_update(of=("self",)):
        assert task.deal_id is not None
        found.setdefault(task.deal_id, []).append(task.pk)
        fact = task_events.TaskCancelled(type=task.type.slug, title=task.title, reason=reason)
        record(fact, about=task_subjects(task), by=by, at=at, batch=batch)
    Task.objects.filter(pk__in=[t for ids in found.values() for t in ids]).update(
        status="cancelled", cancel_reason=reason, version=F("version") + 1, updated_at=at
    )
    return found


def _pass_stages(
    rows: Mapping[int, dict[str, Any]],
    moves: Sequence[tuple[int, int, int]],
    ends: Sequence[tuple[int, dt.datetime, str]],
    kept: dict[int, dict[str, Any]],
    *,
    by: Actor,
    at: dt.datetime,
) -> None:
    """Leave the current passages and enter new ones; a deal that ends leaves its last one at its end."""
    touched = {pk for pk, _p, _s in moves} | {pk for pk, _w, _h in ends}
    if not touched:
        return
    current = {
        deal: (pk, entered)
        for pk, deal, entered in StagePassage.objects.filter(deal__in=touched, left_at=None).values_list(
            "pk", "deal_id", "entered_at"
        )
    }
    positions = dict(Stage.objects.values_list("pk", "position"))
    left: list[tuple[int, dt.datetime, str]] = []
    entered: list[tuple[int, int, int, int, dt.datetime, dt.datetime | None, str, int | None, str]] = []
    end_of = {pk: (when, how) for pk, when, how in ends}
    ids = next_ids("stage_passage", len(moves))
    for number, (deal, old_position, stage) in zip(ids, moves, strict=True):
        forward = positions[stage] > old_position
        when = min(at, end_of[deal][0]) if deal in end_of else at
        if deal in current:
            pk, since = current[deal]
            when = max(when, since)
            left.append((pk, when, "advanced" if forward else "moved_back"))
            kept[deal]["reopened"] = pk
        rows[deal]["stage_entered_at"] = when
        end, how = end_of.get(deal, (None, ""))
        end = max(end, when) if end is not None else None
        entered.append(
            (number, deal, rows[deal]["pipeline_id"], stage, when, end, how, by.user_id, by.via[:20])
        )
        kept[deal]["passages"].append(number)
    moved = {deal for deal, _p, _s in moves}
    for deal, (when, how) in end_of.items():
        if deal not in moved and deal in current:
            pk, since = current[deal]
            left.append((pk, max(when, since), how))
            kept[deal]["reopened"] = pk
    if left:
        update_rows("stage_passage", ["left_at", "exit"], left)
    copy_rows(
        "stage_passage",
        ["id", "deal_id", "pipeline_id", "stage_id", "entered_at", "left_at", "exit", "entered_by_id", "via"],
        entered,
    )


def _hand_on(owners: Sequence[tuple[int, int]], kept: dict[int, dict[str, Any]], at: dt.datetime) -> None:
    if not owners:
        return
    deals = [pk for pk, _owner in owners]
    current = OwnerPeriod.objects.filter(deal__in=deals, until_at=None)
    began = dict(current.values_list("deal_id", "from_at"))
    current.update(until_at=Greatest(Value(at), F("from_at")))
    ids = next_ids("owner_period", len(owners))
    new = [
        (n, deal, owner, max(at, began.get(deal, at))) for n, (deal, owner) in zip(ids, owners, strict=True)
    ]
    copy_rows("owner_period", ["id", "deal_id", "owner_id", "from_at"], new)
    for number, deal, _owner, since in new:
        kept[deal]["periods"] = [number, since.isoformat()]


def _attach(changes: Sequence[DealChange], kept: dict[int, dict[str, Any]]) -> None:
    wanted = [(c.id, contact) for c in changes for contact in c.contacts]
    known = set(
        DealContact.objects.filter(deal__in=[d for d, _c in wanted]).values_list("deal_id", "contact_id")
    )
    new = [pair for pair in dict.fromkeys(wanted) if pair not in known]
    copy_rows(
        "deal_contact", ["deal_id", "contact_id", "part", "position"], ((d, c, "", 100) for d, c in new)
    )
    for deal, contact in new:
        kept[deal]["contacts"].append(contact)
