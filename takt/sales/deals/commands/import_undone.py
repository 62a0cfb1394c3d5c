"""Imports of deals taken back: deals as they were before, and what the import made removed."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F

from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import delete_rows
from takt.sales.activities import events as task_events
from takt.sales.activities.commands import subjects_of as task_subjects
from takt.sales.activities.models import Task
from takt.sales.deals import imported
from takt.sales.deals.commands.rollup import count_in, count_out
from takt.sales.deals.commands.steps import follow_owners, refresh_next_steps
from takt.sales.deals.commands.whole_rows import count_all, locked_whole, read_back, store_whole
from takt.sales.deals.models import Deal, DealCompetitor, DealContact, OwnerPeriod, Stage, StagePassage


@command
def put_deals_back(
    kept: Mapping[int, Mapping[str, Any]], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Give deals the values, passages and owners they had before an import changed them."""
    rows = locked_whole(list(kept))
    count_all(rows, count_out)
    for pk, row in rows.items():
        old = kept[pk]
        for column, value in old["values"].items():
            row[column] = read_back(column, value)
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
        DealCompetitor.objects.filter(deal=pk, competitor__in=old.get("rivals", ())).delete()
        _plan_again(old.get("tasks", ()), by=by, at=at, batch=batch)
        record(imported.DealImportUndone(is_removed=False), about=("deal", pk), by=by, at=at, batch=batch)
    if rows:
        store_whole(rows, at)
        follow_owners(rows)
        refresh_next_steps(rows)
    count_all(rows, count_in)


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


@command
def remove_imported_deals(
    ids: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID | None = None
) -> None:
    """Remove deals that an import made and nobody has touched since, with their history and tasks."""
    rows = locked_whole(ids)
    count_all(rows, count_out)
    Deal.objects.filter(pk__in=ids).update(next_task=None, next_due_at=None)
    for table in (
        "stage_passage",
        "owner_period",
        "deal_line",
        "deal_contact",
        "deal_competitor",
        "deal_qualification",
        "task",
        "note",
    ):
        delete_rows(table, ids, "deal_id")
    delete_rows("deal", ids)
    for pk in ids:
        record(imported.DealImportUndone(is_removed=True), about=("deal", pk), by=by, at=at, batch=batch)


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
