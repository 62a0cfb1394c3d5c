"""Imports: all writes. Each batch of rows is one transaction with its records, its rows' outcomes and the cursor."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer import events, files
from takt.gateways.transfer.fields import FIELDS, REQUIRED, field_of
from takt.gateways.transfer.fields import KINDS as KIND_LABELS
from takt.gateways.transfer.kinds import Kind
from takt.gateways.transfer.kinds.base import Raw
from takt.gateways.transfer.models import Import, ImportRow, SavedMapping
from takt.gateways.transfer.presets import PRESETS
from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.bulk import copy_rows
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.failpoints import failpoint
from takt.kernel.lib.refusals import Invalid, NotFound, Refused

State = Import.State
BEFORE = (State.UPLOADED, State.READY, State.REFUSED, State.FAILED)  # nothing is written yet
OUTCOMES = ("read", "created", "updated", "skipped", "refused")
OPTIONS = {
    "create_missing", "keep_going", "auto_start", "currency", "owner", "pipeline", "stages", "ignore_owners",
    "date_order", "decimal",
}  # fmt: skip


@dataclass
class Batch:
    """What one batch of rows came to."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    rows: list[tuple[int, str, str, int, Any, str]] = field(default_factory=list)

    def add(self, name: str, number: int = 1) -> None:
        self.counts[name] += number


class RowsRefused(Exception):
    """A row that passed the check is refused now, and the file is all or nothing."""

    def __init__(self, refused: Sequence[tuple[int, str]]) -> None:
        super().__init__("rows refused")
        self.refused = list(refused)


def of(job: Any, *, by: Actor, states: Sequence[str] = ()) -> Import:
    """The import, locked, where the person may have it and it stands in one of `states`."""
    demand(by, "import")
    pk = job.pk if isinstance(job, Import) else job
    row = Import.objects.visible_to(by.user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise NotFound
    if states and row.state not in states:
        raise Refused(_("The import can't do this now."), code="wrong_state")
    return row


@command
def start_import(
    kind: str,
    parts: Sequence[dict[str, Any]],
    *,
    options: Mapping[str, Any] | None = None,
    preset: str = "",
    by: Actor,
    at: dt.datetime,
) -> Import:
    """Note uploaded files as one import; nothing is read from their rows yet."""
    demand(by, "import")
    if kind not in KIND_LABELS:
        raise Invalid.field("kind", _("Choose what the file holds."), "unknown")
    if preset and preset not in PRESETS:
        raise Invalid.field("preset", _("There is no such preset."), "unknown")
    if not parts:
        raise Invalid.field("file", _("Choose a file."), "required")
    ordered = list(parts)
    if preset:
        order = [p.kind for p in PRESETS[preset].parts]
        if strange := [p["name"] for p in ordered if p["preset"] != preset]:
            sentence = _("“%(name)s” has none of the headings of this preset.") % {"name": strange[0]}
            raise Invalid.field("file", sentence, "not_of_preset")
        ordered.sort(key=lambda p: order.index(p["kind"]))
    chosen = _options(options or {}, PRESETS[preset].options if preset else {})
    job = Import.objects.create(
        kind=kind,
        preset=preset,
        name=", ".join(p["name"] for p in ordered)[:200],
        parts=ordered,
        options=chosen,
        user=by.user,
        created_at=at,
    )
    record(events.ImportUploaded(name=job.name, holds=kind), about=job, by=by, at=at)
    return job


def _options(given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    if strange := set(given) - OPTIONS:
        raise Invalid.field(min(strange), _("There is no such option."), "unknown")
    checks = Checks()
    found = {**own, **{k: v for k, v in given.items() if v not in (None, "")}}
    if "currency" in found:
        found["currency"] = checks.currency("currency", found["currency"])
    if found.get("date_order") not in (None, "dmy", "mdy"):
        checks.wrong("date_order", _("Choose day first or month first."), "unknown")
    if found.get("decimal") not in (None, ".", ","):
        checks.wrong("decimal", _("Choose a point or a comma."), "unknown")
    checks.finish()
    return found


@command
def set_up_import(
    job: Any,
    parts: Sequence[dict[str, Any]],
    *,
    options: Mapping[str, Any] | None = None,
    kind: str | None = None,
    by: Actor,
    at: dt.datetime,
) -> Import:
    """Say where each column goes and how the file is to be read; the whole file is checked next."""
    row = of(job, by=by, states=BEFORE)
    if kind is not None:
        if kind not in KIND_LABELS:
            raise Invalid.field("kind", _("Choose what the file holds."), "unknown")
        row.kind = kind
    for part in parts:
        _check_mapping(part)
    if row.preset and any(p["preset"] != row.preset for p in parts):
        raise Invalid.field("preset", _("A file has none of the headings of this preset."), "not_of_preset")
    row.parts = list(parts)
    row.options = _options(options or {}, PRESETS[row.preset].options if row.preset else {})
    row.state, row.counts, row.problem, row.part, row.row = State.CHECKING, {}, "", 0, 0
    row.save()
    ImportRow.objects.filter(job=row).delete()
    columns = sum(1 for p in row.parts for m in p["mapping"] if m)
    record(events.ImportSetUp(holds=row.kind, columns=columns), about=row, by=by, at=at)
    return row


@command
def look_again(
    job: Any, parts: Sequence[dict[str, Any]], *, kind: str, preset: str, by: Actor, at: dt.datetime
) -> Import:
    """Take the files as read once more, with another encoding, delimiter, sheet, kind or mapping."""
    row = of(job, by=by, states=BEFORE)
    if kind not in KIND_LABELS:
        raise Invalid.field("kind", _("Choose what the file holds."), "unknown")
    if preset and preset not in PRESETS:
        raise Invalid.field("preset", _("There is no such preset."), "unknown")
    row.parts, row.kind, row.preset = list(parts), kind, preset
    row.state, row.counts, row.problem = State.UPLOADED, {}, ""
    row.save()
    ImportRow.objects.filter(job=row).delete()
    record(events.ImportUploaded(name=row.name, holds=kind), about=row, by=by, at=at)
    return row


def _check_mapping(part: Mapping[str, Any]) -> None:
    if part["preset"]:
        return
    kind, mapping = part["kind"], part["mapping"]
    taken: set[str] = set()
    for name in mapping:
        known = field_of(kind, name) if name else None
        if name and known is None:
            raise Invalid.field(
                "mapping", _("“%(name)s” isn't a field.") % {"name": str(name)[:80]}, "unknown"
            )
        if known and known.name in taken and not known.gathers:
            sentence = _("Two columns go to “%(field)s”. Choose one.") % {"field": known.label}
            raise Invalid.field("mapping", sentence, "twice")
        if known:
            taken.add(known.name)
    if "id" in taken:
        return
    for group in REQUIRED[kind]:
        if not taken & set(group):
            labels = ", ".join(str(f.label) for f in FIELDS[kind] if f.name in group)
            sentence = _("Choose a column for: %(fields)s.") % {"fields": labels}
            raise Invalid.field("mapping", sentence, "required")


@command
def note_check(
    job: Any,
    counts: Mapping[str, Any],
    refused: Sequence[tuple[int, int, str]],
    *,
    is_end: bool,
    by: Actor,
    at: dt.datetime,
) -> Import:
    """Keep how far the check has come, and at its end whether the import may start."""
    row = of(job, by=by)
    if row.state != State.CHECKING:
        return row
    row.counts = dict(counts)
    copy_rows(
        "import_row",
        ["job_id", "part", "line", "outcome", "kind", "record", "reason"],
        ((row.pk, part, line, "refused", "", 0, reason) for part, line, reason in refused),
    )
    if is_end:
        for part, found in zip(row.parts, counts["parts"], strict=True):
            part["total"] = found["read"]
        all_or_nothing = not row.options.get("keep_going")
        row.state = State.REFUSED if counts["refused"] and all_or_nothing else State.READY
        checked = events.ImportChecked(read=counts["read"], refused=counts["refused"])
        record(checked, about=row, by=by, at=at)
    else:
        record(events.ImportBatchWritten(rows=0), about=row, by=by, at=at)
    row.save()
    return row


@command
def begin_import(job: Any, *, by: Actor, at: dt.datetime) -> Import:
    """Start to write, or go on where it was stopped."""
    row = of(job, by=by, states=(State.READY, State.STOPPED))
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
    job: Any, part: int, start: int, raws: Sequence[Raw], kind: Kind, *, by: Actor, at: dt.datetime
) -> dict[str, int] | None:
    """Write one batch: records, what became of each row, and the cursor, in one transaction.

    None where the import has been stopped, or another worker has written these rows already.
    """
    row = Import.objects.select_for_update().get(pk=job.pk if isinstance(job, Import) else job)
    if row.state != State.RUNNING or (row.part, row.row) != (part, start):
        return None
    batch = Batch()
    batch.add("read", len(raws))
    for piece in kind.pieces(raws):
        _write_piece(piece, kind, batch, keep_going=bool(row.options.get("keep_going")))
    copy_rows(
        "import_row",
        ["job_id", "part", "line", "outcome", "kind", "record", "old", "reason"],
        ((row.pk, part, *r) for r in batch.rows),
    )
    failpoint("import.in_batch")
    row.row = start + len(raws)
    row.counts = added(row.counts, part, batch.counts, len(row.parts))
    row.save(update_fields=["row", "counts"])
    record(events.ImportBatchWritten(rows=len(raws)), about=row, by=by, at=at)
    return batch.counts


def _write_piece(piece: Sequence[Raw], kind: Kind, batch: Batch, *, keep_going: bool) -> None:
    plan = kind.plan(piece)
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


def added(counts: Mapping[str, Any], part: int, more: Mapping[str, int], parts: int) -> dict[str, Any]:
    """Totals of the import and of each of its files."""
    found: dict[str, Any] = {name: int(counts.get(name, 0)) + more[name] for name in OUTCOMES}
    each = [dict(p) for p in counts.get("parts") or ({} for _ in range(parts))]
    each[part] = {name: int(each[part].get(name, 0)) + more[name] for name in OUTCOMES}
    return {**found, "parts": each}


@command
def next_part(job: Any, part: int, *, by: Actor, at: dt.datetime) -> Import:
    """One file is through: go to the next, or finish."""
    row = Import.objects.select_for_update().get(pk=job.pk if isinstance(job, Import) else job)
    if row.state != State.RUNNING or row.part != part:
        return row
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
    """The file can't be read to its end: what is written stays until it is undone, nothing more comes."""
    row = Import.objects.select_for_update().get(pk=job.pk if isinstance(job, Import) else job)
    row.problem = reason[:2000]
    row.state = State.STOPPED if row.state == State.RUNNING and (row.part or row.row) else State.FAILED
    row.save(update_fields=["problem", "state"])
    record(events.ImportFailed(reason=row.problem), about=row, by=by, at=at)
    return row


@command
def note_late_refusals(
    job: Any, part: int, refused: Sequence[tuple[int, str]], *, by: Actor, at: dt.datetime
) -> Import:
    """Rows that passed the check are refused now: all that has been written is taken back."""
    row = Import.objects.select_for_update().get(pk=job.pk if isinstance(job, Import) else job)
    copy_rows(
        "import_row",
        ["job_id", "part", "line", "outcome", "kind", "record", "reason"],
        ((row.pk, part, line, "refused", "", 0, reason) for line, reason in refused),
    )
    row.counts = added(
        row.counts, part, dict.fromkeys(OUTCOMES, 0) | {"refused": len(refused)}, len(row.parts)
    )
    row.state = State.UNDOING
    row.problem = _("Some rows could not be written any more, so everything was taken back.")
    row.save()
    record(events.ImportFailed(reason=row.problem), about=row, by=by, at=at)
    return row


@command
def delete_import(job: Any, *, by: Actor, at: dt.datetime) -> None:
    """Take an import that wrote nothing, or was undone, off the list, with its files."""
    row = of(job, by=by, states=(State.UPLOADED, State.READY, State.REFUSED, State.FAILED, State.UNDONE))
    files.forget(row.parts)
    record(events.ImportDeleted(name=row.name), about=("import", row.pk), by=by, at=at)
    row.delete()


@command
def save_mapping(
    name: str,
    kind: str,
    columns: Mapping[str, str],
    options: Mapping[str, Any],
    *,
    by: Actor,
    at: dt.datetime,
) -> SavedMapping:
    """Keep a mapping under a name for the next file of this make; the same name replaces it."""
    demand(by, "import")
    checks = Checks()
    name = checks.text("mapping_name", name, most=80, required=True)
    checks.finish()
    row, _new = SavedMapping.objects.update_or_create(
        user=by.user,
        kind=kind,
        name=name,
        defaults={"columns": dict(columns), "options": dict(options), "updated_at": at},
    )
    record(events.MappingSaved(name=name, holds=kind), about=("mapping", row.pk), by=by, at=at)
    return row


@command
def delete_mapping(mapping: int, *, by: Actor, at: dt.datetime) -> None:
    """Forget a mapping of one's own."""
    demand(by, "import")
    row = SavedMapping.objects.filter(pk=mapping, user=by.user).first()
    if row is None:
        raise NotFound
    record(events.MappingDeleted(name=row.name), about=("mapping", row.pk), by=by, at=at)
    row.delete()
