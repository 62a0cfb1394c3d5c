"""An import before anything is read from its rows: uploaded, its columns told, taken off the list again."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from takt.gateways.transfer import events, files
from takt.gateways.transfer.commands.standing import BEFORE, State, of
from takt.gateways.transfer.fields import FIELDS, KINDS, REQUIRED, field_of
from takt.gateways.transfer.models import Import, ImportRow
from takt.gateways.transfer.presets import PRESETS
from takt.kernel.access.reach import demand
from takt.kernel.events.unit import command, record
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import Invalid

OPTIONS = {
    "create_missing", "keep_going", "auto_start", "currency", "owner", "pipeline", "stages", "ignore_owners",
    "date_order", "decimal", "duplicates",
}  # fmt: skip
DUPLICATES = ("create", "skip", "update")


def choice_of(given: str) -> str:
    """What becomes of new customers who look like one that is here."""
    if given not in DUPLICATES:
        raise Invalid.field("duplicates", _("Choose create, skip or update."), "unknown")
    return given


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
    if kind not in KINDS:
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
        if kind not in KINDS:
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
    if kind not in KINDS:
        raise Invalid.field("kind", _("Choose what the file holds."), "unknown")
    if preset and preset not in PRESETS:
        raise Invalid.field("preset", _("There is no such preset."), "unknown")
    row.parts, row.kind, row.preset = list(parts), kind, preset
    row.state, row.counts, row.problem = State.UPLOADED, {}, ""
    row.save()
    ImportRow.objects.filter(job=row).delete()
    record(events.ImportUploaded(name=row.name, holds=kind), about=row, by=by, at=at)
    return row


def _options(given: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    if strange := set(given) - OPTIONS:
        raise Invalid.field(min(strange), _("There is no such option."), "unknown")
    checks = Checks()
    found = {**own, **{k: v for k, v in given.items() if v not in (None, "")}}
    if "currency" in found:
        found["currency"] = checks.currency("currency", found["currency"])
    if "duplicates" in found:
        choice_of(str(found["duplicates"]))
    if found.get("date_order") not in (None, "dmy", "mdy"):
        checks.wrong("date_order", _("Choose day first or month first."), "unknown")
    if found.get("decimal") not in (None, ".", ","):
        checks.wrong("decimal", _("Choose a point or a comma."), "unknown")
    checks.finish()
    return found


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
def delete_import(job: Any, *, by: Actor, at: dt.datetime) -> None:
    """Take an import that wrote nothing, or was undone, off the list, with its files."""
    row = of(job, by=by, states=(State.UPLOADED, State.READY, State.REFUSED, State.FAILED, State.UNDONE))
    files.forget(row.parts)
    record(events.ImportDeleted(name=row.name), about=("import", row.pk), by=by, at=at)
    row.delete()
