"""Acts on many records: what is to change is fixed at the start, then it is done piece by piece, and taken back so.

Each piece is one transaction that also notes what became of its records: a worker may be killed at any moment, and no
record is done twice.
"""

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from takt.kernel.access.reach import granted, owners_within
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import update_rows
from takt.kernel.lib.failpoints import failpoint
from takt.kernel.lib.refusals import Forbidden, Invalid, NotFound, Refused
from takt.kernel.lists.acts import AT_ONCE, MOST_BY_IDS, Act, Doings, doings
from takt.kernel.lists.events import BulkEnded, BulkStarted, BulkUndone
from takt.kernel.lists.models import BulkItem, BulkRun
from takt.kernel.undo.commands import offer
from takt.kernel.undo.registry import inverse

PIECE = 500
State, ItemState = BulkRun.State, BulkItem.State


@command
def start_bulk(
    resource: str,
    act: str,
    arguments: Mapping[str, Any],
    *,
    ids: Sequence[int] | None = None,
    rows: QuerySet[Any] | None = None,
    expected: int | None = None,
    by: Actor,
    at: dt.datetime,
) -> BulkRun:
    """Do one act with the records of `ids`, or with all `rows` (what a filter leaves of what may be seen).

    Up to 500 at once, more in the background. `expected` is the number that was confirmed: another one is refused.
    """
    what, doing = _known(resource, act)
    if not may_do(by.user, what, doing):
        raise Forbidden
    arguments = dict(arguments)
    doing.check(arguments, by=by)
    if ids is not None:
        ids = sorted(set(ids))
        if not 0 < len(ids) <= MOST_BY_IDS:
            sentence = _("Choose between 1 and %(most)d records.")
            raise Invalid.field("ids", sentence % {"most": MOST_BY_IDS}, "out_of_range")
    run = BulkRun.objects.create(
        user=by.user,
        resource=resource,
        act=act,
        arguments=arguments,
        total=0,
        batch=uuid.uuid4(),
        via=by.via[:20],
        started_at=at,
    )
    if ids is not None:
        run.total = _list_ids(run, ids)
    else:
        assert rows is not None
        run.total = _list_rows(run, rows)
    if run.total == 0:
        raise Invalid.field("ids", _("No record is chosen, or none is there any more."), "required")
    if expected is not None and expected != run.total:
        sentence = ngettext(
            "It would be %(count)s record now. Look at it again, then confirm.",
            "It would be %(count)s records now. Look at it again, then confirm.",
            run.total,
        )
        raise Refused(sentence % {"count": run.total}, code="count_changed")
    run.save(update_fields=["total"])
    record(
        BulkStarted(resource=resource, act=act, total=run.total),
        about=("user", by.user_id or 0),
        by=by,
        at=at,
    )
    if run.total <= AT_ONCE:
        carry_on(run.pk, by=by, at=at)
        run.refresh_from_db()
    return run


def may_do(user: Any, what: Doings, doing: Act) -> bool:
    """Whether the person may do this with any record at all."""
    if what.may_act is not None:
        return what.may_act(user, doing.may)
    owners = owners_within(user, what.spec.entity, doing.may)
    return owners is None or bool(owners or granted(user, what.spec.entity, doing.may))


def _known(resource: str, act: str) -> tuple[Doings, Act]:
    what = doings.get(resource)
    doing = what.act(act) if what else None
    if what is None or doing is None:
        raise Invalid.field("act", _("There is no such act for this list."), "unknown")
    return what, doing


def _list_ids(run: BulkRun, ids: Sequence[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bulk_item (run_id, record, state, reason) SELECT %s, unnest(%s::bigint[]), 'waiting', ''",
            [run.pk, list(ids)],
        )
        return int(cursor.rowcount)


def _list_rows(run: BulkRun, rows: QuerySet[Any]) -> int:
    found, params = rows.order_by().values_list("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bulk_item (run_id, record, state, reason)"
            f" SELECT %s, chosen.id, 'waiting', '' FROM ({found}) AS chosen(id)",
            [run.pk, *params],
        )
        return int(cursor.rowcount)


@command
def carry_on(run: int, *, seconds: float = 0, by: Actor, at: dt.datetime) -> bool:
    """Do the next piece of an act, or take the next piece back; answers whether there is more to do.

    The run is locked, so two workers never have the same piece in hand.
    """
    row = BulkRun.objects.select_for_update().get(pk=run)
    if row.state == State.RUNNING:
        return _forward(row, seconds, by=by, at=at)
    if row.state == State.UNDOING:
        return _back(row, seconds, by=by, at=at)
    return False


def _forward(run: BulkRun, seconds: float, *, by: Actor, at: dt.datetime) -> bool:
    _what, doing = _known(run.resource, run.act)
    waiting = BulkItem.objects.filter(run=run, state=ItemState.WAITING).order_by("record")
    items = dict(waiting.values_list("record", "pk")[:PIECE])
    if items:
        outcome = doing.carry(list(items), run.arguments, by=by, at=at, batch=run.batch)
        outcome.skip(items.keys() - outcome.changed.keys() - {*outcome.same, *outcome.skipped}, _gone())
        noted: list[Any] = [
            (items[r], ItemState.CHANGED, "", json.dumps(image)) for r, image in outcome.changed.items()
        ]
        noted += [(items[r], ItemState.SAME, "", None) for r in outcome.same]
        noted += [(items[r], ItemState.SKIPPED, why[:400], None) for r, why in outcome.skipped.items()]
        update_rows("bulk_item", ["state", "reason", "image"], noted)
        run.done += len(items)
        run.changed += len(outcome.changed)
        run.skipped += len(outcome.skipped)
        run.seconds += seconds
    failpoint("bulk.after_piece")
    if run.done < run.total and items:
        run.save(update_fields=["done", "changed", "skipped", "seconds"])
        return True
    _end(run, State.DONE, by=by, at=at)
    return False


def _gone() -> str:
    return _("It is not there any more, or you may not see it.")


def _end(run: BulkRun, state: str, *, by: Actor, at: dt.datetime) -> None:
    run.state, run.finished_at = state, at
    _what, doing = _known(run.resource, run.act)
    if run.changed and doing.back is not None:
        run.undo = offer(inverse="lists.undo_bulk", arguments={"run": run.pk}, by=by, at=at)
    run.save(update_fields=["done", "changed", "skipped", "seconds", "state", "finished_at", "undo"])
    fact = BulkEnded(
        resource=run.resource, act=run.act, total=run.total, changed=run.changed, skipped=run.skipped
    )
    record(fact, about=("user", run.user_id), by=by, at=at)


@command
def stop_bulk(run: int, *, by: Actor, at: dt.datetime) -> BulkRun:
    """End an act where it stands: what is done stays and can be taken back, the rest is left alone."""
    row = _own(run, by)
    if row.state == State.RUNNING:
        _end(row, State.STOPPED, by=by, at=at)
    return row


@command
def give_up(run: int, reason: str, *, by: Actor, at: dt.datetime) -> None:
    """End an act that can't go on: what is left to do is noted as left out, with the reason."""
    row = BulkRun.objects.select_for_update().get(pk=run)
    if row.state == State.RUNNING:
        left = BulkItem.objects.filter(run=row, state=ItemState.WAITING)
        row.skipped += left.update(state=ItemState.SKIPPED, reason=reason[:400])
        row.done = row.total
        _end(row, State.STOPPED, by=by, at=at)
    elif row.state == State.UNDOING:
        left = BulkItem.objects.filter(run=row, state=ItemState.CHANGED)
        row.kept += left.update(state=ItemState.KEPT, reason=reason[:400])
        row.state, row.finished_at = State.UNDONE, at
        row.save(update_fields=["kept", "state", "finished_at"])


@inverse("lists.undo_bulk")
@command
def undo_bulk(run: int, *, by: Actor, at: dt.datetime) -> str:
    """Take a whole act back. Records that were changed since are kept as they are, and listed."""
    row = _own(run, by)
    if row.state not in {State.DONE, State.STOPPED}:
        raise Refused(_("This act can't be taken back now."), code="wrong_state")
    row.state = State.UNDOING
    row.save(update_fields=["state"])
    if row.changed > AT_ONCE:
        from takt.kernel.lists.jobs import enqueue

        enqueue(row.pk)
        return _("Taking back %(count)s records; you may go on working.") % {"count": row.changed}
    while carry_on(row.pk, by=by, at=at):
        pass
    row.refresh_from_db()
    return said_back(row)


def said_back(run: BulkRun) -> str:
    """What was taken back, and how much was left because somebody changed it since."""
    if not run.kept:
        return _("Taken back.")
    sentence = ngettext(
        "Taken back, except for %(count)s record that was changed since.",
        "Taken back, except for %(count)s records that were changed since.",
        run.kept,
    )
    return sentence % {"count": run.kept}


def _back(run: BulkRun, seconds: float, *, by: Actor, at: dt.datetime) -> bool:
    _what, doing = _known(run.resource, run.act)
    assert doing.back is not None  # else nothing would have been offered
    changed = BulkItem.objects.filter(run=run, state=ItemState.CHANGED).order_by("record")
    items = {r: (pk, image) for r, pk, image in changed.values_list("record", "pk", "image")[:PIECE]}
    if items:
        batch = uuid.uuid5(run.batch, "back")
        kept = doing.back({r: image for r, (_pk, image) in items.items()}, by=by, at=at, batch=batch)
        update_rows(
            "bulk_item",
            ["state", "reason"],
            [
                (pk, ItemState.KEPT if r in kept else ItemState.RETURNED, kept.get(r, "")[:400])
                for r, (pk, _image) in items.items()
            ],
        )
        run.kept += len(kept)
        run.returned += len(items) - len(kept)
        run.seconds += seconds
    if len(items) == PIECE:
        run.save(update_fields=["kept", "returned", "seconds"])
        return True
    run.state, run.finished_at = State.UNDONE, at
    run.save(update_fields=["kept", "returned", "seconds", "state", "finished_at"])
    fact = BulkUndone(resource=run.resource, act=run.act, returned=run.returned, kept=run.kept)
    record(fact, about=("user", run.user_id), by=by, at=at)
    return False


def _own(run: int, by: Actor) -> BulkRun:
    row = BulkRun.objects.select_for_update().filter(pk=run, user=by.user).first()
    if row is None:
        raise NotFound
    return row


@command
def forget_old_runs(*, by: Actor, at: dt.datetime) -> int:
    """How records looked before is kept a day, the note of the act itself a month."""
    old = BulkRun.objects.exclude(state__in=[State.RUNNING, State.UNDOING])
    BulkItem.objects.filter(
        run__in=old.filter(finished_at__lt=at - dt.timedelta(days=1)), image__isnull=False
    ).update(image=None)
    return int(old.filter(finished_at__lt=at - dt.timedelta(days=30)).delete()[0])
