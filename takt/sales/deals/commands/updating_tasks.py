"""Tasks that a later file changes, and the next steps that follow."""

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from takt.kernel.events.facts import plain
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import delete_rows, update_rows
from takt.sales.activities import events as task_events
from takt.sales.activities.models import Task
from takt.sales.deals import imported
from takt.sales.deals.commands.steps import refresh_next_steps
from takt.sales.deals.commands.whole_rows import read_back
from takt.sales.deals.models import Deal

TASK_COLUMNS = {
    "title": "title", "body": "body", "due_at": "due_at", "assignee": "assignee_id", "minutes": "minutes",
    "status": "status", "done_at": "done_at", "result": "result", "outcome": "outcome",
}  # fmt: skip


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
        row.update({c: read_back(c, v) for c, v in kept[pk]["values"].items()})
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
