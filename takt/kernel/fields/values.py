"""Values of one's own fields, read from what a person or a program gives: one stored form for each kind.

Text, web address, phone and e-mail are texts; a number is a decimal as text; money `{"amount", "currency"}`; a date
`YYYY-MM-DD`; a moment `YYYY-MM-DDTHH:MM:SSZ`; a choice its key, several choices a list of keys; yes or no true or
false; a colleague, a company, a contact and a file a number. An empty value isn't stored.
"""

import datetime as dt
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.translation import gettext as _

from takt.kernel.accounts.models import User
from takt.kernel.fields.models import FieldDefinition, FieldKind
from takt.kernel.fields.reading import NotTaken, read_value, unknown
from takt.kernel.files.commands import attach_held, held_file
from takt.kernel.lib.actor import Actor
from takt.kernel.lib.clean import Checks

# By name, because these rooms stand higher.
REFERENCES = {"company": "contacts.Company", "contact": "contacts.Contact", "file": "files.File"}

type Names = Mapping[tuple[str, int], str]


@dataclass(frozen=True)
class Written:
    """The values as they will be stored, and what changes by that, as the timeline keeps it."""

    custom: dict[str, Any]
    changes: list[dict[str, Any]]
    held: tuple[
        str, ...
    ] = ()  # files that came with a new record; `bring_files` attaches them once it stands


def read_values(
    entity: str,
    stored: Mapping[str, Any],
    given: Mapping[str, Any] | None,
    *,
    by: Actor,
    checks: Checks,
    record: int | None = None,
    is_new: bool = False,
    at: dt.datetime | None = None,
) -> Written:
    """What the record's own fields become; only the fields of `given` change, and an empty value takes one away.

    `given` None means that nobody was asked. A new record has to bring what is required. What is wrong goes to
    `checks` under `custom.<slug>`. With `at`, a file that came with the form is attached to the `record`.
    """
    if given is None:
        return Written(dict(stored), [])
    known = {d.slug: d for d in FieldDefinition.objects.of(entity, record).active()}
    wanted: dict[str, Any] = {}
    for slug, value in given.items():
        definition = known.get(slug)
        if definition is None:
            checks.wrong(
                f"custom.{slug[:40]}", _("There is no such field, or it is retired."), "unknown_field"
            )
            continue
        try:
            wanted[slug] = read_value(definition, value, stored.get(slug))
        except NotTaken as problem:
            checks.wrong(f"custom.{slug}", problem.message, problem.code)
    may_bring = is_new or (record is not None and at is not None)
    held = _held(known, wanted, by, checks) if may_bring else ()
    _check_references(known, wanted, stored, by, checks, (entity, record), held)
    for slug, definition in known.items():
        is_asked = slug in wanted or (is_new and slug not in given)
        # A program may attach a file only when the record stands.
        if is_new and definition.kind == FieldKind.FILE and slug not in given:
            continue
        if definition.is_required and is_asked and wanted.get(slug) is None:
            checks.wrong(f"custom.{slug}", _("This can't be empty."), "required")
    if held and record is not None and at is not None and not checks.problems:
        wanted |= {s: attach_held(wanted[s], entity, record, by=by, at=at).pk for s in held}
    custom = {s: v for s, v in (dict(stored) | wanted).items() if v is not None}
    return Written(custom, changes_between(known.values(), stored, custom), tuple(held) if is_new else ())


def _held(
    known: Mapping[str, FieldDefinition], wanted: Mapping[str, Any], by: Actor, checks: Checks
) -> list[str]:
    """The fields whose file came with the form, still to be attached."""
    found = []
    for slug, value in wanted.items():
        if known[slug].kind == FieldKind.FILE and isinstance(value, str):
            found.append(slug)
            if held_file(value, by.user) is None:
                said = _("This file is not kept any more. Choose it again.")
                checks.wrong(f"custom.{slug}", said, "unknown")
    return found


def _check_references(
    known: Mapping[str, FieldDefinition],
    wanted: dict[str, Any],
    stored: Mapping[str, Any],
    by: Actor,
    checks: Checks,
    owner: tuple[str, int | None],
    held: Container[str] = (),
) -> None:
    """A reference that is new has to be a record that the person may see; what stands already may stay."""
    asked: dict[str, list[Any]] = {}
    for slug, value in wanted.items():
        if slug in held:
            continue
        if value is not None and known[slug].is_reference and value != stored.get(slug):
            asked.setdefault(known[slug].kind, []).append(value)
    seen = {kind: _standing(kind, refs, by, owner) for kind, refs in asked.items()}
    for slug, value in list(wanted.items()):
        definition = known[slug]
        if value is None or not definition.is_reference or value == stored.get(slug) or slug in held:
            continue
        found = seen[definition.kind].get(value)
        if found is None:
            checks.wrong(f"custom.{slug}", unknown(definition), "unknown")
        wanted[slug] = found


def _standing(kind: str, refs: list[Any], by: Actor, owner: tuple[str, int | None]) -> dict[Any, int]:
    """Of these references those that stand: what was given, and the number it means."""
    if kind == FieldKind.USER:
        people = User.objects.all() if by.is_historic else User.objects.filter(is_active=True)
        emails = [r for r in refs if isinstance(r, str)]
        ids = [r for r in refs if isinstance(r, int)]
        found: dict[Any, int] = {pk: pk for pk in people.filter(pk__in=ids).values_list("pk", flat=True)}
        if emails:
            found |= {e.lower(): pk for pk, e in people.filter(email__in=emails).values_list("pk", "email")}
        return found
    rows: Any = apps.get_model(REFERENCES[kind])._default_manager
    if kind == FieldKind.FILE:  # one of the record's own
        rows = rows.filter(kind=owner[0], object_id=owner[1] or 0)
        refs = [r for r in refs if isinstance(r, int)]
    return {pk: pk for pk in rows.visible_to(by.user).filter(pk__in=refs).values_list("pk", flat=True)}


def names_of(
    definitions: Iterable[FieldDefinition], rows: Iterable[Mapping[str, Any]], user: User | None
) -> Names:
    """The names of all colleagues, companies and contacts in these values, as far as the reader may see them."""
    asked: dict[str, set[int]] = {}
    references = [d for d in definitions if d.is_reference]
    if not references:
        return {}
    for custom in rows:
        for definition in references:
            if isinstance(value := custom.get(definition.slug), int):
                asked.setdefault(definition.kind, set()).add(value)
    return visible_names(asked, user)


def visible_names(asked: Mapping[str, Iterable[int]], user: User | None) -> Names:
    """Names by (kind, number), one question per kind."""
    found: dict[tuple[str, int], str] = {}
    for kind, ids in asked.items():
        if kind == FieldKind.USER:
            rows: Any = User.objects.all()
        else:
            rows = apps.get_model(REFERENCES[kind])._default_manager
            rows = rows.visible_to(user)
        found |= {(kind, pk): name for pk, name in rows.filter(pk__in=list(ids)).values_list("pk", "name")}
    return found


def changes_between(
    definitions: Iterable[FieldDefinition], old: Mapping[str, Any], new: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """What changes from `old` to `new`, under the names that the fields have now."""
    changed = [d for d in definitions if old.get(d.slug) != new.get(d.slug)]
    people = names_of([d for d in changed if d.kind == FieldKind.USER], (old, new), None)
    return [
        {
            "field": f"custom.{d.slug}",
            "label": d.name,
            "old": _told(d, old.get(d.slug), people),
            "new": _told(d, new.get(d.slug), people),
        }
        for d in changed
    ]


def _told(definition: FieldDefinition, value: Any, people: Names) -> Any:
    """A value as the timeline keeps it; a company and a contact as a reference, because they may be hidden."""
    if value is None:
        return None
    match definition.kind:
        case FieldKind.MONEY:
            return f"{value['amount']} {value['currency']}"
        case FieldKind.CHOICE:
            return definition.labels().get(value, value)
        case FieldKind.CHOICES:
            labels = definition.labels()
            return [labels.get(v, v) for v in value]
        case FieldKind.USER:
            return people.get((FieldKind.USER, value), str(value))
        case FieldKind.COMPANY | FieldKind.CONTACT | FieldKind.FILE:
            return {"entity": definition.kind, "id": value}
    return value


def readable(
    definitions: Iterable[FieldDefinition], rows: list[dict[str, Any]], user: User | None
) -> list[dict[str, Any]]:
    """The values as a program reads them: of fields in use, without references hidden from the reader."""
    fields = list(definitions)
    names = names_of(fields, rows, user)
    return [
        {
            d.slug: value
            for d in fields
            if (value := custom.get(d.slug)) is not None
            and not (d.is_reference and (d.kind, value) not in names)
        }
        for custom in rows
    ]
