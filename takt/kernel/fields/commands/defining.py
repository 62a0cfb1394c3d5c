"""Fields made, changed, put in order, taken out of use and brought back."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from takt.kernel.access.reach import demand, may, touched
from takt.kernel.events.unit import command, record
from takt.kernel.fields import events, rules
from takt.kernel.fields.models import MODELS, Entity, FieldDefinition, FieldKind
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks
from takt.kernel.lib.refusals import NotFound, Refused, Stale
from takt.kernel.undo.registry import inverse

EDITABLE = {"name", "hint", "is_required", "options"}


@command
def create_field(
    *,
    entity: str,
    name: str,
    kind: str,
    by: Actor,
    at: dt.datetime,
    slug: str = "",
    options: Iterable[Any] = (),
    hint: str = "",
    is_required: bool = False,
    only_record: Any = None,
) -> FieldDefinition:
    """Add a field to all records of a kind, or to one of them alone.

    The first takes the right to edit fields; the second whoever may change that record may do. `options` are
    labels, or `{"label"}`. Without a `slug` one is made from the name.
    """
    checks = Checks()
    if entity not in Entity.values:
        checks.wrong("entity", _("Choose what the field belongs to."), "unknown")
    if kind not in FieldKind.values:
        checks.wrong("kind", _("Choose what the field holds."), "unknown")
    checks.finish()
    number = _record(entity, only_record, by=by)
    shown = checks.text("name", name, most=80, required=True)
    row = FieldDefinition(
        entity=entity,
        kind=kind,
        name=shown,
        slug=_slug(entity, slug, shown, checks),
        hint=checks.text("hint", hint, most=200),
        is_required=bool(is_required) and number is None,
        only_record=number,
        created_at=at,
        created_by=by.user,
        updated_at=at,
    )
    row.options = _options(row, options, checks)
    _refuse_too_many(row, checks)
    checks.finish()
    row.position = min(FieldDefinition.objects.of(entity, number).count(), 32_000)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # two at once took the same name for programs
        raise Refused(_("Another field of this name was added just now. Try again."), code="taken") from None
    fact = events.FieldCreated(entity=entity, slug=row.slug, name=row.name, holds=kind, only_record=number)
    record(fact, about=_about(row), by=by, at=at)
    _index(row)
    return row


@command
def edit_field(
    field: Any, changes: Mapping[str, Any], *, by: Actor, at: dt.datetime, version: int | None = None
) -> FieldDefinition:
    """Rename a field, change its hint, whether it is required, and its options.

    Options are the whole list in its order; one that is left out is retired and stays where it stands. What the
    field holds and its name for programs never change.
    """
    row = _locked(field, by=by, version=version)
    checks = Checks()
    for unknown in sorted(set(changes) - EDITABLE):
        checks.wrong(unknown[:80], _("There is no such field, or it can't be changed here."), "unknown_field")
    before = {name: getattr(row, name) for name in EDITABLE}
    if "name" in changes:
        row.name = checks.text("name", changes["name"], most=80, required=True)
    if "hint" in changes:
        row.hint = checks.text("hint", changes["hint"], most=200)
    if "is_required" in changes:
        row.is_required = bool(changes["is_required"]) and row.only_record is None
    if "options" in changes:
        row.options = _options(row, changes["options"], checks)
    checks.finish()
    found = [
        {"field": n, "old": _plain(before[n]), "new": _plain(getattr(row, n))}
        for n in sorted(EDITABLE)
        if before[n] != getattr(row, n)
    ]
    if found:
        touched(row, at)
        row.save()
        record(events.FieldEdited(name=row.name, changes=found), about=_about(row), by=by, at=at)
    return row


@command
def move_field(
    field: Any, place: int, *, by: Actor, at: dt.datetime, version: int | None = None
) -> FieldDefinition:
    """Put a field at a place among the fields in use, counted from 0; forms and cards follow."""
    row = _locked(field, by=by, version=version)
    fields = FieldDefinition.objects.filter(entity=row.entity, only_record=row.only_record).active()
    others = list(fields.exclude(pk=row.pk).order_by("position", "id").select_for_update())
    place = max(0, min(int(place), len(others)))
    ordered = [*others[:place], row, *others[place:]]
    for position, one in enumerate(ordered):
        if one.position != position and one.pk != row.pk:
            FieldDefinition.objects.filter(pk=one.pk).update(position=position)
    if row.position != place:
        row.position = place
        touched(row, at)
        row.save(update_fields=["position", "version", "updated_at"])
        record(events.FieldMoved(name=row.name, place=place + 1), about=_about(row), by=by, at=at)
    return row


@command
def retire_field(field: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> FieldDefinition:
    """Take a field out of forms, cards and lists; its values stay and come back with it."""
    row = _locked(field, by=by, version=version)
    if row.is_active:
        row.retired_at = at
        touched(row, at)
        row.save(update_fields=["retired_at", "version", "updated_at"])
        record(events.FieldRetired(name=row.name), about=_about(row), by=by, at=at)
        _index(row)
    return row


@inverse("fields.restore_field")
@command
def restore_field(field: Any, *, by: Actor, at: dt.datetime, version: int | None = None) -> FieldDefinition:
    """Bring a retired field back, at the end of the order, with the values it had."""
    row = _locked(field, by=by, version=version)
    if not row.is_active:
        checks = Checks()
        _refuse_too_many(row, checks)
        checks.finish()
        row.retired_at = None
        row.position = min(FieldDefinition.objects.of(row.entity, row.only_record).count(), 32_000)
        touched(row, at)
        row.save(update_fields=["retired_at", "position", "version", "updated_at"])
        record(events.FieldRestored(name=row.name), about=_about(row), by=by, at=at)
        _index(row)
    return row


def _index(row: FieldDefinition) -> None:
    if row.only_record is None:
        app.configure_task("takt.fields.index", queue="fields", lock="fields.index").defer(field=row.pk)


def _about(row: FieldDefinition) -> list[tuple[str, int] | None]:
    """A field of one record is told on that record's timeline as well."""
    return [("field", row.pk), (row.entity, row.only_record) if row.only_record is not None else None]


def _record(entity: str, given: Any, *, by: Actor) -> int | None:
    """The one record a field is for; None, with the right to edit fields, means all of its kind."""
    if given in (None, ""):
        demand(by, "edit_fields")
        return None
    text = str(getattr(given, "pk", given))
    number = int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 2**63 else 0
    rows: Any = apps.get_model(MODELS[Entity(entity)])._default_manager
    if entity == Entity.PRODUCT:
        demand(by, "edit_catalog")
        if not rows.filter(pk=number).exists():
            raise NotFound
    else:
        rows.locked(number, by=by)
    return number


def _locked(field: Any, *, by: Actor, version: int | None) -> FieldDefinition:
    text = str(getattr(field, "pk", field))
    number = int(text) if text.isascii() and text.isdigit() and int(text) < 2**63 else 0
    row = FieldDefinition.objects.select_for_update(of=("self",)).filter(pk=number).first()
    if row is None:
        raise NotFound
    if row.only_record is None or not may(by, "edit_fields"):
        _record(row.entity, row.only_record, by=by)
    if version is not None and version != row.version:
        raise Stale
    return row


def _slug(entity: str, given: str, name: str, checks: Checks) -> str:
    taken = set(FieldDefinition.objects.filter(entity=entity).values_list("slug", flat=True))
    if not given:
        return rules.free_slug(rules.slug_of(name), taken)
    if not isinstance(given, str) or not rules.is_slug(given):
        checks.wrong("slug", _("Small letters, digits and single underscores, beginning with a letter."))
        return ""
    if given in taken:
        checks.wrong("slug", _("Another field has this name for programs."), "taken")
    return given


def _refuse_too_many(row: FieldDefinition, checks: Checks) -> None:
    fields = FieldDefinition.objects.filter(entity=row.entity, only_record=row.only_record).active()
    most = rules.MOST_FIELDS if row.only_record is None else rules.MOST_OF_ONE_RECORD
    if fields.count() >= most:
        checks.wrong(
            "name", _("There are %(most)d fields already. Retire one first.") % {"most": most}, "too_many"
        )


def _options(row: FieldDefinition, given: Any, checks: Checks) -> list[dict[str, Any]]:
    """The options as they will stand: kept by key or label, new ones with a key of their own, missing ones retired."""
    if not row.is_choice:
        if given:
            checks.wrong("options", _("Only a choice has options."))
        return []
    if not isinstance(given, list | tuple) and not isinstance(given, Iterable):
        checks.wrong("options", _("Give a list of options."))
        return list(row.options)
    by_key = {o["key"]: o for o in row.options}
    by_label = {o["label"].casefold(): o["key"] for o in row.options}
    taken = set(by_key)
    found: dict[str, dict[str, Any]] = {}
    labels: set[str] = set()
    for option in given:
        option = {"label": option} if isinstance(option, str) else option
        if not isinstance(option, Mapping):
            checks.wrong("options", _("Give a list of options."))
            continue
        label = checks.text("options", option.get("label"), most=80, required=True)
        if label.casefold() in labels:
            checks.wrong(
                "options", _("“%(label)s” stands twice among the options.") % {"label": label}, "taken"
            )
            continue
        labels.add(label.casefold())
        key = option.get("key") or by_label.get(label.casefold())
        if key is not None and key not in by_key:
            checks.wrong("options", _("There is no such option."), "unknown")
            continue
        if key is None:
            key = rules.free_slug(rules.slug_of(label, "option"), taken)
            taken.add(key)
        found[key] = {"key": key, "label": label, "is_active": bool(option.get("is_active", True))}
    for key, option in by_key.items():
        if key not in found:
            found[key] = option | {"is_active": False}
    if not any(o["is_active"] for o in found.values()):
        checks.wrong("options", _("Give at least one option."), "required")
    if len(found) > rules.MOST_OPTIONS:
        checks.wrong("options", _("At most %(most)d options.") % {"most": rules.MOST_OPTIONS}, "too_many")
    return list(found.values())


def _plain(value: Any) -> Any:
    """Options on the timeline are their labels in use."""
    return [o["label"] for o in value if o["is_active"]] if isinstance(value, list) else value
