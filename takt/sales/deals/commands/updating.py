"""Deals and tasks that a later file changes, and imports taken back."""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
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
from takt.kernel.lib.bulk_update import delete_rows, update_rows
from takt.kernel.lib.names import grams, search_text, sort_key
from takt.kernel.money.rates import Rates
from takt.sales.activities import events as task_events
from takt.sales.activities.commands import subjects_of as task_subjects
from takt.sales.activities.models import Task
from takt.sales.contacts.models import Company, Contact
from takt.sales.deals import events, imported
from takt.sales.deals.commands.gates import missing_for
from takt.sales.deals.commands.rollup import Counted, count_in, count_out
from takt.sales.deals.commands.steps import refresh_next_steps
from takt.sales.deals.models import Deal, DealContact, LossReason, OwnerPeriod, Pipeline, Stage, StagePassage

# Attribute of a deal that a file may change: its column.
COLUMNS = {
    "name": "name", "company": "company_id", "type": "type_id", "source": "source_id", "amount": "amount",
    "currency": "currency", "is_estimated": "amount_is_estimated", "probability": "probability",
    "expected_close_on": "expected_close_on", "about": "about", "tags": "tags", "owner": "owner_id",
    "stage": "stage_id", "status": "status", "closed_at": "closed_at", "loss_reason": "loss_reason_id",
    "loss_comment": "loss_comment", "competitor": "competitor", "cycle_start_at": "cycle_start_at",
    "import_key": "import_key", "custom": "custom",
}  # fmt: skip
_FOLLOWING = [
    "rate", "rate_on", "amount_base", "stage_entered_at", "max_stage_position", "next_task_id", "next_due_at",
    "snoozed_until", "snooze_reason", "last_activity_at",
]  # fmt: skip
_STORED = [*COLUMNS.values(), *_FOLLOWING]
_MONEY = {"amount", "amount_base", "rate"}
_DAYS = {"expected_close_on", "rate_on", "snoozed_until"}
_MOMENTS = {"closed_at", "cycle_start_at", "stage_entered_at", "next_due_at", "last_activity_at"}
TASK_COLUMNS = {
    "title": "title", "body": "body", "due_at": "due_at", "assignee": "assignee_id", "minutes": "minutes",
    "status": "status", "done_at": "done_at", "result": "result", "outcome": "outcome",
}  # fmt: skip


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
    rows = _locked([c.id for c in changes])
    _count(rows, count_out)
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
        before = {c: plain(row[c]) for c in _STORED}
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
    _rewrite(rows, at)
    _note_debts(rows, moves, kept, stages, at)
    _count(rows, count_in)
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


def _locked(ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    rows = Deal.objects.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    return {r["id"]: r for r in rows.values("id", "version", "pipeline_id", *_STORED)}


def _count(rows: Mapping[int, Mapping[str, Any]], how: Any) -> None:
    for row in rows.values():
        how(Counted(**{name: row[name] for name in Counted._fields if name != "deleted_at"}))


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


def _rewrite(rows: Mapping[int, Mapping[str, Any]], at: dt.datetime) -> None:
    """Store changed deals whole, their order and search words with them."""
    companies = dict(
        Company.objects.filter(pk__in={r["company_id"] for r in rows.values()} - {None}).values_list(
            "pk", "name"
        )
    )
    people: dict[int, list[str]] = {}
    for deal, name in Contact.objects.filter(parts__deal__in=list(rows)).values_list("parts__deal", "name"):
        people.setdefault(deal, []).append(name)
    stored = []
    for pk, row in rows.items():
        text = search_text(row["name"], companies.get(row["company_id"], ""), *people.get(pk, ()))
        values = (json.dumps(row[c]) if c == "custom" else row[c] for c in _STORED)
        stored.append((pk, *values, sort_key(row["name"]), text, grams(text), at, row["version"] + 1))
    update_rows("deal", [*_STORED, "sort_key", "search", "search_grams", "updated_at", "version"], stored)


@command
def put_deals_back(
    kept: Mapping[int, Mapping[str, Any]], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Give deals the values, passages and owners they had before an import changed them."""
    rows = _locked(list(kept))
    _count(rows, count_out)
    for pk, row in rows.items():
        old = kept[pk]
        for column, value in old["values"].items():
            row[column] = _read_back(column, value)
        delete_rows("stage_passage", old["passages"])
        if old["reopened"]:
            StagePassage.objects.filter(pk=old["reopened"]).update(
                left_at=None, exit="", left_by=None, checklist_snapshot=None, forced_reason=""
            )
        if old["periods"]:
            number, when = old["periods"]
            delete_rows("owner_period", [number])
            OwnerPeriod.objects.filter(deal=pk, until_at=dt.datetime.fromisoformat(when)).update(
                until_at=None
            )
        DealContact.objects.filter(deal=pk, contact__in=old["contacts"], position=100).delete()
        _plan_again(old.get("tasks", ()), by=by, at=at, batch=batch)
        record(imported.DealImportUndone(is_removed=False), about=("deal", pk), by=by, at=at, batch=batch)
    if rows:
        _rewrite(rows, at)
        refresh_next_steps(rows)
    _count(rows, count_in)


def _plan_again(tasks: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None) -> None:
    dropped = Task.objects.filter(pk__in=tasks, status="cancelled").order_by("pk")
    ids = []
    for task in dropped.select_for_update(of=("self",)):
        ids.append(task.pk)
        record(
            task_events.TaskReopened(title=task.title), about=task_subjects(task), by=by, at=at, batch=batch
        )
    Task.objects.filter(pk__in=ids).update(
        status="open", cancel_reason="", version=F("version") + 1, updated_at=at
    )


def _read_back(column: str, value: Any) -> Any:
    if value is None:
        return None
    if column in _MONEY:
        return Decimal(value)
    if column in _DAYS:
        return dt.date.fromisoformat(value)
    if column in _MOMENTS or column in {"due_at", "done_at"}:
        return dt.datetime.fromisoformat(value)
    return value


@command
def remove_imported_deals(
    ids: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Remove deals that an import made and nobody has touched since, with their history and tasks."""
    rows = _locked(ids)
    _count(rows, count_out)
    Deal.objects.filter(pk__in=ids).update(next_task=None, next_due_at=None)
    for table in ("stage_passage", "owner_period", "deal_line", "deal_contact", "task", "note"):
        delete_rows(table, ids, "deal_id")
    delete_rows("deal", ids)
    for pk in ids:
        record(imported.DealImportUndone(is_removed=True), about=("deal", pk), by=by, at=at, batch=batch)


@command
def update_tasks(
    changes: Mapping[int, Mapping[str, Any]], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> dict[int, dict[str, Any]]:
    """Change tasks as a file says; the next step of each deal follows. Answers what an undo has to put back."""
    rows = _locked_tasks(changes)
    kept = {}
    for pk, row in rows.items():
        kept[pk] = {"values": {TASK_COLUMNS[f]: plain(row[TASK_COLUMNS[f]]) for f in changes[pk]}}
        noted = [
            {"field": f, "old": plain(row[TASK_COLUMNS[f]]), "new": plain(v)} for f, v in changes[pk].items()
        ]
        record(
            task_events.TaskEdited(title=row["title"], changes=noted),
            about=("task", pk),
            by=by,
            at=at,
            batch=batch,
        )
        row.update({TASK_COLUMNS[f]: v for f, v in changes[pk].items()})
    _rewrite_tasks(rows, at)
    return kept


@command
def put_tasks_back(
    kept: Mapping[int, Mapping[str, Any]], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Give tasks the values they had before an import changed them."""
    rows = _locked_tasks(kept)
    for pk, row in rows.items():
        row.update({c: _read_back(c, v) for c, v in kept[pk]["values"].items()})
        record(imported.TaskImportUndone(is_removed=False), about=("task", pk), by=by, at=at, batch=batch)
    _rewrite_tasks(rows, at)


@command
def remove_imported_tasks(
    ids: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Remove tasks that an import made and nobody has touched since; the next steps follow."""
    deals = list(Task.objects.filter(pk__in=ids).exclude(deal=None).values_list("deal_id", flat=True))
    Deal.objects.filter(next_task__in=ids).update(next_task=None, next_due_at=None)
    delete_rows("task", ids)
    refresh_next_steps(deals)
    for pk in ids:
        record(imported.TaskImportUndone(is_removed=True), about=("task", pk), by=by, at=at, batch=batch)


def _locked_tasks(wanted: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
    rows = Task.objects.filter(pk__in=list(wanted)).order_by("pk").select_for_update(of=("self",))
    return {r["id"]: r for r in rows.values("id", "version", "deal_id", *TASK_COLUMNS.values())}


def _rewrite_tasks(rows: Mapping[int, Mapping[str, Any]], at: dt.datetime) -> None:
    if not rows:
        return
    columns = list(TASK_COLUMNS.values())
    update_rows(
        "task",
        [*columns, "updated_at", "version"],
        [(pk, *(r[c] for c in columns), at, r["version"] + 1) for pk, r in rows.items()],
    )
    refresh_next_steps(r["deal_id"] for r in rows.values() if r["deal_id"])


@command
def remove_imported_lists(
    kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Remove pipelines, stages or types of deal that an import made and nothing uses any more."""
    table = {"pipeline": "pipeline", "stage": "stage", "deal_type": "deal_type"}[kind]
    if kind in {"pipeline", "stage"}:
        column = "stage_id"
        stages = (
            ids
            if kind == "stage"
            else list(Stage.objects.filter(pipeline__in=ids).values_list("pk", flat=True))
        )
        delete_rows("stage_total", stages, column)
        if kind == "pipeline":
            delete_rows("closed_total", ids, "pipeline_id")
        delete_rows("stage", stages)
    if kind != "stage":
        delete_rows(table, ids)
    for pk in ids:
        record(imported.ListImportUndone(list=kind), about=(kind, pk), by=by, at=at, batch=batch)
