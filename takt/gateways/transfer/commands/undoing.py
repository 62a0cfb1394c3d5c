"""An import taken back: what it made and nobody has touched since goes, what it changed gets its old values."""

import datetime as dt
import uuid
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from takt.gateways.transfer import events
from takt.gateways.transfer.commands.standing import State, in_work, of
from takt.gateways.transfer.models import Import, ImportRow
from takt.kernel.accounts.models import Team, User
from takt.kernel.events.models import EventSubject
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk_update import delete_rows
from takt.sales.catalog.importing import put_products_back, remove_imported_products
from takt.sales.catalog.models import Product
from takt.sales.contacts.commands.importing import put_back, remove_imported
from takt.sales.contacts.models import Company, Contact, Email, Phone, Source
from takt.sales.deals.commands.import_undone import (
    put_deals_back,
    remove_imported_deals,
    remove_imported_lists,
)
from takt.sales.deals.commands.updating_tasks import put_tasks_back, remove_imported_tasks
from takt.sales.deals.models import ClosedTotal, DealType, Pipeline, Stage, StageTotal

UNDO_ROWS = 1000
MODELS: dict[str, type[Model]] = {
    "company": Company, "contact": Contact, "product": Product, "user": User, "team": Team, "source": Source,
    "pipeline": Pipeline, "stage": Stage, "deal_type": DealType,
}  # fmt: skip
GROUND = {"pipeline", "stage", "user"}
# What goes along with a record, or is no more than a sum of others.
_OWN: tuple[type[Model], ...] = (Phone, Email, StageTotal, ClosedTotal)


@command
def undo_import(job: Any, *, by: Actor, at: dt.datetime) -> Import:
    """Take a whole import back. Records edited since are kept and listed."""
    row = of(job, by=by, states=(State.DONE, State.STOPPED))
    row.state = State.UNDOING
    row.counts = {**row.counts, "removed": 0, "restored": 0, "kept": 0}
    row.save()
    record(events.ImportUndoStarted(holds=row.kind), about=row, by=by, at=at)
    return row


@command
def undo_batch(job: int, *, by: Actor, at: dt.datetime) -> bool:
    """Take back the latest thousand rows not yet taken back; False at the end. Each goes in one transaction."""
    row = in_work(job)
    if row.state != State.UNDOING:
        return False
    left = list(
        ImportRow.objects.filter(job=row, outcome__in=["created", "updated"]).order_by("-pk")[:UNDO_ROWS]
    )
    if not left:
        return _finish(row, by=by, at=at)
    # Sums per stage and owner are written at the end of the command: what they stand on goes in the next one.
    is_ground = left[0].kind in GROUND
    left = list(takewhile(lambda r: (r.kind in GROUND) == is_ground, left))
    batch = uuid.uuid4()
    kept: list[tuple[ImportRow, str]] = []
    done: list[ImportRow] = []
    counts = {"removed": 0, "restored": 0}
    for kind, outcome, rows in _runs(left):
        touched = _touched(row, kind, [r.record for r in rows])
        free = [r for r in rows if r.record not in touched]
        kept += [(r, _("Somebody has changed it since.")) for r in rows if r.record in touched]
        if outcome == "updated":
            _put_back(kind, free, by=by, at=at, batch=batch)
            counts["restored"] += len(free)
        else:
            in_use = _in_use(kind, [r.record for r in free])
            kept += [(r, _("Other records refer to it.")) for r in free if r.record in in_use]
            free = [r for r in free if r.record not in in_use]
            _remove(kind, [r.record for r in free], by=by, at=at, batch=batch)
            counts["removed"] += len(free)
        done += free
    delete_rows("import_row", [r.pk for r in done])
    for item, reason in kept:
        item.outcome, item.reason = "kept", reason
    ImportRow.objects.bulk_update([r for r, _why in kept], ["outcome", "reason"], batch_size=500)
    row.counts = {
        **row.counts,
        **{name: row.count(name) + number for name, number in counts.items()},
        "kept": row.count("kept") + len(kept),
    }
    row.save(update_fields=["counts"])
    record(events.ImportBatchWritten(rows=len(left)), about=row, by=by, at=at)
    return True


def _finish(row: Import, *, by: Actor, at: dt.datetime) -> bool:
    was_refused = bool(row.problem) and row.finished_at is None and row.count("refused") > 0
    row.state, row.undone_at = (State.REFUSED if was_refused else State.UNDONE), at
    if was_refused:
        row.counts = {**row.counts, "created": 0, "updated": 0}
    row.save(update_fields=["state", "undone_at", "counts"])
    undone = events.ImportUndone(
        removed=row.count("removed"), restored=row.count("restored"), kept=row.count("kept")
    )
    record(undone, about=row, by=by, at=at)
    return False


def _runs(rows: Sequence[ImportRow]) -> list[tuple[str, str, list[ImportRow]]]:
    """Rows of one kind and outcome together, the latest first, so that nothing goes before what hangs on it."""
    out: list[tuple[str, str, list[ImportRow]]] = []
    for item in rows:
        if not out or out[-1][:2] != (item.kind, item.outcome):
            out.append((item.kind, item.outcome, []))
        out[-1][2].append(item)
    return out


def _touched(job: Import, kind: str, ids: Sequence[int]) -> set[int]:
    """Records about which something has been noted since the import began, other than by the import itself."""
    found = EventSubject.objects.filter(kind=kind, object_id__in=ids, event__recorded_at__gte=job.started_at)
    return set(found.exclude(event__via=f"import:{job.pk}").values_list("object_id", flat=True))


def _in_use(kind: str, ids: Sequence[int]) -> set[int]:
    """Records that others refer to."""
    model = MODELS.get(kind)
    found: set[int] = set()
    if model is None or not ids:
        return found
    if kind == "user":
        for kept in (StageTotal, ClosedTotal):
            kept.objects.filter(owner__in=ids, deals=0).delete()
    relations: list[Any] = list(model._meta.get_fields(include_hidden=True))
    for relation in relations:
        if not (relation.one_to_many and relation.auto_created) or relation.related_model in _OWN:
            continue
        other = relation.field.name
        if relation.related_model is Company and other == "parent":
            continue  # a subsidiary only loses its parent
        if kind == "pipeline" and relation.related_model is Stage:
            continue  # its stages go along; deals in them have been asked for
        rows = relation.related_model._base_manager.filter(**{f"{other}__in": ids})
        if relation.related_model is model:
            rows = rows.exclude(pk__in=ids)
        found.update(rows.values_list(other, flat=True)[:100_000])
    return found


def _put_back(kind: str, rows: Sequence[ImportRow], *, by: Actor, at: dt.datetime, batch: uuid.UUID) -> None:
    kept: dict[int, Any] = {r.record: r.old for r in rows}
    if not kept:
        return
    if kind == "deal":
        put_deals_back(kept, by=by, at=at, batch=batch)
    elif kind == "task":
        put_tasks_back(kept, by=by, at=at, batch=batch)
    elif kind == "product":
        put_products_back(kept, by=by, at=at, batch=batch)
    else:
        put_back(kind, kept, by=by, at=at, batch=batch)


def _remove(kind: str, ids: Sequence[int], *, by: Actor, at: dt.datetime, batch: uuid.UUID) -> None:
    if not ids:
        return
    if kind == "deal":
        remove_imported_deals(ids, by=by, at=at, batch=batch)
    elif kind == "task":
        remove_imported_tasks(ids, by=by, at=at, batch=batch)
    elif kind == "product":
        remove_imported_products(ids, by=by, at=at, batch=batch)
    elif kind in {"company", "contact", "source"}:
        remove_imported(kind, ids, by=by, at=at, batch=batch)
    elif kind in {"pipeline", "stage", "deal_type"}:
        remove_imported_lists(kind, ids, by=by, at=at, batch=batch)
    else:
        delete_rows({"user": "user", "team": "team"}[kind], ids)
