"""Rows being written: each batch is one transaction with its records, its rows' outcomes and the cursor."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from takt.gateways.transfer import events
from takt.gateways.transfer.commands.preparing import choice_of
from takt.gateways.transfer.commands.standing import State, added, in_work, no_counts, of, worked
from takt.gateways.transfer.kinds import Kind
from takt.gateways.transfer.kinds.base import Plan, Raw
from takt.gateways.transfer.kinds.likeness import Like
from takt.gateways.transfer.models import Import, ImportRow
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows
from takt.kernel.lib.failpoints import failpoint

_ONE_WRITES = 7_425_011


@dataclass
class Batch:
    """What one batch of rows came to."""

    counts: dict[str, int] = field(default_factory=no_counts)
    rows: list[tuple[int, str, str, int, Any, str]] = field(default_factory=list)

    def add(self, name: str, number: int = 1) -> None:
        self.counts[name] += number


class RowsRefused(Exception):
    """A row that passed the check is refused now, and the file is all or nothing."""

    def __init__(self, refused: Sequence[tuple[int, str]]) -> None:
        super().__init__("rows refused")
        self.refused = list(refused)


@command
def begin_import(job: Any, *, duplicates: str = "", by: Actor, at: dt.datetime) -> Import:
    """Start to write, or go on where it was stopped.

    `duplicates` says what becomes of new customers who look like one that is here: create, skip or update.
    """
    row = of(job, by=by, states=(State.READY, State.STOPPED))
    if duplicates:
        row.options = {**row.options, "duplicates": choice_of(duplicates)}
    if row.state == State.READY:
        ImportRow.objects.filter(job=row).delete()
        row.counts, row.part, row.row, row.started_at = {}, 0, 0, at
    row.state = State.RUNNING
    row.save()
    record(events.ImportStarted(holds=row.kind), about=row, by=by, at=at)
    return row


@command
def stop_import(job: Any, *, by: Actor, at: dt.datetime) -> Import:
    """Stop after the batch at hand; it may go on later, or be undone."""
    row = of(job, by=by, states=(State.RUNNING, State.CHECKING))
    row.state = State.STOPPED if row.state == State.RUNNING else State.UPLOADED
    row.save(update_fields=["state"])
    record(events.ImportStopped(read=row.read), about=row, by=by, at=at)
    return row


@command
def run_batch(
    job: Any,
    part: int,
    start: int,
    raws: Sequence[Raw],
    kind: Kind,
    *,
    seconds: float = 0,
    by: Actor,
    at: dt.datetime,
) -> dict[str, int] | None:
    """Write one batch: records, what became of each row, and the cursor, in one transaction.

    `seconds` of work have gone by since the last one.

    None where the import has been stopped, or another worker has written these rows already.
    """
    row = in_work(job)
    if row.state != State.RUNNING or (row.part, row.row) != (part, start):
        return None
    batch = Batch()
    batch.add("read", len(raws))
    with connection.cursor() as cursor:
        # Two imports at once: the second looks for its customers when the first has written its own.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_WRITES])
    keep_going, choice = bool(row.options.get("keep_going")), str(row.options.get("duplicates", ""))
    for piece in kind.pieces(raws):
        _write_piece(piece, kind, batch, choice, keep_going=keep_going)
    copy_rows(
        "import_row",
        ["job_id", "part", "line", "outcome", "kind", "record", "old", "reason"],
        ((row.pk, part, *r) for r in batch.rows),
    )
    failpoint("import.in_batch")
    row.row = start + len(raws)
    row.counts = added(row.counts, part, batch.counts, len(row.parts), seconds)
    row.save(update_fields=["row", "counts"])
    record(events.ImportBatchWritten(rows=len(raws)), about=row, by=by, at=at)
    return batch.counts


def _without_likely(piece: Sequence[Raw], plan: Plan, kind: Kind, choice: str) -> tuple[Plan, list[Raw]]:
    """The plan as one has chosen for rows that look like somebody: left out, or changing whom they look like.

    Rows that look like an earlier one of the same piece are answered apart: they come when that one is written.
    """
    found = kind.likely(plan) if choice in {"skip", "update"} else {}
    if not found:
        return plan, []
    if choice == "skip":
        plan.skipped += [line for line, _row in plan.creates if line in found]
        plan.creates = [(line, row) for line, row in plan.creates if line not in found]
        return plan, []
    later = [raw for raw in piece if raw[0] in found and not found[raw[0]].id]
    now = [_meaning(raw, found.get(raw[0])) for raw in piece if raw not in later]
    return kind.plan(now), later


def _meaning(raw: Raw, like: Like | None) -> Raw:
    """The row as one that changes what it looks like, which keeps its name and its key."""
    if like is None:
        return raw
    values = {
        k: v for k, v in raw[1].items() if k not in {"import_key", "first_name", "middle_name", "last_name"}
    }
    return raw[0], {**values, "id": str(like.id), "name": like.name}


def _write_piece(
    piece: Sequence[Raw], kind: Kind, batch: Batch, choice: str = "", *, keep_going: bool
) -> None:
    plan, later = _without_likely(piece, kind.plan(piece), kind, choice)
    _write_plan(plan, kind, batch, keep_going=keep_going)
    for raw in later:
        # Whom it looks like is written by now; where it isn't, the row is a record of its own.
        like = kind.likely(kind.plan([raw])).get(raw[0])
        _write_plan(
            kind.plan([_meaning(raw, like if like and like.id else None)]), kind, batch, keep_going=keep_going
        )


def _write_plan(plan: Plan, kind: Kind, batch: Batch, *, keep_going: bool) -> None:
    once: set[int] = set()
    for line, pk, _change in list(plan.updates):
        if pk in once:
            plan.refused.append((line, _("Another row of the file has just changed the same record.")))
        once.add(pk)
    if plan.refused and not keep_going:
        raise RowsRefused(plan.refused)
    ids = kind.create([r for _l, r in plan.creates])
    for line, record_kind, pk in kind.world.made:
        batch.rows.append((line, "created", record_kind, pk, None, ""))
    kind.world.made.clear()
    for (line, _r), pk in zip(plan.creates, ids, strict=True):
        batch.rows.append((line, "created", kind.record, pk, None, ""))
    unique = {pk: (line, change) for line, pk, change in reversed(plan.updates)}
    kept = kind.update([(pk, change) for pk, (_l, change) in unique.items()]) if unique else {}
    for pk, (line, _change) in unique.items():
        batch.rows.append((line, "updated", kind.record, pk, json.dumps(kept[pk], ensure_ascii=False), ""))
    batch.rows.extend((line, "refused", "", 0, None, reason) for line, reason in plan.refused)
    batch.add("created", len(ids))
    batch.add("updated", len(unique))
    batch.add("skipped", len(plan.skipped))
    batch.add("refused", len(plan.refused))


@command
def next_part(job: Any, part: int, *, seconds: float = 0, by: Actor, at: dt.datetime) -> Import:
    """One file is through: go to the next, or finish."""
    row = in_work(job)
    if row.state != State.RUNNING or row.part != part:
        return row
    row.counts = {**row.counts, **worked(row.counts, seconds)}
    if part + 1 < len(row.parts):
        row.part, row.row = part + 1, 0
        record(events.ImportBatchWritten(rows=0), about=row, by=by, at=at)
    else:
        row.state, row.finished_at = State.DONE, at
        finished = events.ImportFinished(
            created=row.count("created"), updated=row.count("updated"), refused=row.count("refused")
        )
        record(finished, about=row, by=by, at=at)
    row.save()
    return row


@command
def note_failure(job: Any, reason: str, *, by: Actor, at: dt.datetime) -> Import:
    """It can't be carried to its end: what is written stays until it is undone, nothing more comes."""
    row = in_work(job)
    row.problem = reason[:2000]
    if row.state == State.UNDOING:
        row.state = State.DONE  # so that the undo may be tried again
    elif row.state == State.RUNNING and (row.part or row.row):
        row.state = State.STOPPED
    else:
        row.state = State.FAILED
    row.save(update_fields=["problem", "state"])
    record(events.ImportFailed(reason=row.problem), about=row, by=by, at=at)
    return row


@command
def note_late_refusals(
    job: Any, part: int, refused: Sequence[tuple[int, str]], *, by: Actor, at: dt.datetime
) -> Import:
    """Rows that passed the check are refused now: all that has been written is taken back."""
    row = in_work(job)
    copy_rows(
        "import_row",
        ["job_id", "part", "line", "outcome", "kind", "record", "reason"],
        ((row.pk, part, line, "refused", "", 0, reason) for line, reason in refused),
    )
    row.counts = added(row.counts, part, no_counts() | {"refused": len(refused)}, len(row.parts))
    row.state = State.UNDOING
    row.problem = _("Some rows could not be written any more, so everything was taken back.")
    row.save()
    record(events.ImportFailed(reason=row.problem), about=row, by=by, at=at)
    return row
